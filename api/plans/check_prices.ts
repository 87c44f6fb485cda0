import type { FoundPrice } from '../payments/payments.ts'
import type { GameBody } from './bodies.ts'
import { type Catalogue, type CataloguePlan, pricesOf } from './catalogue.ts'
import type { CatalogueFacts, Difference } from './check.ts'
import { productName } from './resolve.ts'
import type { Plan } from './store.ts'

type WantedPrice = ReturnType<typeof pricesOf>[number]

/** Where a plan's prices and its product's name differ between catalogue, database and Stripe. */
export function comparePrices(
  catalogue: Catalogue,
  plan: CataloguePlan,
  facts: CatalogueFacts,
): Difference[] {
  const stored = facts.shop.plans.find((one) => one.id === plan.id)
  const wanted = pricesOf(plan)
  return [
    ...wanted.flatMap((price) => comparePrice(price, stored, facts.stripePrices)),
    ...pricesGone(plan.id, stored, wanted),
    ...(stored && !sameProductName(catalogue, plan, facts)
      ? [{ kind: 'change' as const, subject: `product of ${plan.id}`, detail: 'has a new name' }]
      : []),
  ]
}

/** Whether Stripe and our rows both sell at this price, by the same Price. */
export function isPriceInPlace(
  price: WantedPrice,
  stored: Plan | undefined,
  stripePrices: FoundPrice[],
): boolean {
  return stored !== undefined && comparePrice(price, stored, stripePrices).length === 0
}

/** Whether the product's name at Stripe is still right, as far as our rows know. */
export function sameProductName(
  catalogue: Catalogue,
  plan: CataloguePlan,
  { shop }: CatalogueFacts,
): boolean {
  const stored = shop.plans.find((one) => one.id === plan.id)
  return stored !== undefined &&
    nameAt(shop.games, stored.gameId, stored.name) === nameAt(catalogue.games, plan.game, plan.name)
}

function comparePrice(
  price: WantedPrice,
  stored: Plan | undefined,
  stripePrices: FoundPrice[],
): Difference[] {
  const subject = `price ${price.lookupKey}`
  const found = stripePrices.find((one) => one.lookupKey === price.lookupKey)
  if (!found) return [{ kind: 'add', subject, detail: `${price.unitAmount} is not at Stripe yet` }]
  const matches = found.unitAmount === price.unitAmount && found.currency === price.currency &&
    found.term === price.term
  if (!matches) {
    const detail = `${found.unitAmount} becomes ${price.unitAmount}: a new Price, while ` +
      'subscriptions keep the old one'
    return [{ kind: 'change', subject, detail }]
  }
  const known = stored?.prices.some((one) =>
    one.term === price.term && one.currency === price.currency &&
    one.unitAmount === price.unitAmount && one.stripePriceId === found.stripePriceId
  )
  return known || !stored ? [] : [{ kind: 'change', subject, detail: 'is not in the database' }]
}

function pricesGone(
  planId: string,
  stored: Plan | undefined,
  wanted: WantedPrice[],
): Difference[] {
  return (stored?.prices ?? [])
    .filter(({ term, currency }) =>
      !wanted.some((one) => one.term === term && one.currency === currency)
    )
    .map(({ term, currency }) => ({
      kind: 'remove',
      subject: `price of ${planId}`,
      detail: `${term} in ${currency} left the catalogue`,
    }))
}

function nameAt(games: GameBody[], gameId: string, planName: string): string {
  return productName(games.find((game) => game.id === gameId)?.name ?? '', planName)
}
