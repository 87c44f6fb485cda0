import { listServerHolds } from '../checkout/capacity.ts'
import type { Db, Queryable } from '../db.ts'
import type { Panel } from '../panel/panel.ts'
import type { Payments } from '../payments/payments.ts'
import { type Catalogue, type CataloguePlan, pricesOf } from './catalogue.ts'
import {
  type CatalogueFacts,
  changedFields,
  checkCatalogue,
  type Difference,
  same,
} from './check.ts'
import { isPriceInPlace, sameProductName } from './check_prices.ts'
import { readPanel } from './panel_facts.ts'
import { productName, regionsOf, resolvePlans } from './resolve.ts'
import { type Refusal, storeEggs, storeNodes } from './snapshot.ts'
import { listEggs, listGames, listListedPlans, listRegions, type Price } from './store.ts'
import {
  orderPlans,
  replaceGames,
  replacePrices,
  replaceRegions,
  setStripeProduct,
  unlistPlansBut,
  upsertPlan,
} from './catalogue_store.ts'

/** What the catalogue is applied to. `shopId` tells our servers at the panel from others'. */
export interface CatalogueTarget {
  db: Db
  panel: Panel
  payments: Payments
  shopId: string
}

/** Reads what the catalogue is held against; changes nothing. */
export async function fetchFacts(
  catalogue: Catalogue,
  { db, panel, payments, shopId }: CatalogueTarget,
): Promise<CatalogueFacts> {
  const plans = await listListedPlans(db)
  const lookupKeys = catalogue.plans.flatMap(pricesOf).map((price) => price.lookupKey)
  return {
    shop: {
      regions: await listRegions(db),
      games: await listGames(db),
      plans,
      eggs: await listEggs(db, plans),
    },
    stripePrices: await payments.findPrices(lookupKeys),
    panel: await readPanel(panel, {
      shopId,
      regions: regionsOf(catalogue),
      listHolds: () => listServerHolds(db),
    }),
  }
}

/**
 * Makes database and Stripe say what the catalogue says, and takes a snapshot of the panel. Safe to
 * repeat and to interrupt: products and prices come first, so that no row names a Price that is not
 * there. Returns what differed before, and the plans that are not sold and why. Throws a PanelError
 * or a PaymentsError when one of them cannot be reached.
 */
export async function applyCatalogue(
  catalogue: Catalogue,
  target: CatalogueTarget,
  facts?: CatalogueFacts,
): Promise<{ differences: Difference[]; refused: Refusal[] }> {
  const before = facts ?? await fetchFacts(catalogue, target)
  const products = await applyProducts(catalogue, before, target.payments)
  await storeNodes(target.db, before.panel.nodes)
  const refused = await target.db.transaction(async (tx) => {
    await writeCatalogue(tx, catalogue, before)
    for (const { planId, productId, prices } of products) {
      await setStripeProduct(tx, planId, productId)
      await replacePrices(tx, planId, prices)
    }
    return await storeEggs(tx, before.panel)
  })
  return { differences: checkCatalogue(catalogue, before), refused }
}

interface AppliedPlan {
  planId: string
  productId: string
  prices: Price[]
}

/** Asks Stripe only for plans whose product or prices are not in place everywhere. */
async function applyProducts(
  catalogue: Catalogue,
  facts: CatalogueFacts,
  payments: Payments,
): Promise<AppliedPlan[]> {
  const applied: AppliedPlan[] = []
  for (const plan of catalogue.plans) {
    if (isAtStripe(catalogue, plan, facts)) continue
    const wanted = pricesOf(plan)
    const game = catalogue.games.find((game) => game.id === plan.game)
    const { productId, prices } = await payments.applyProduct({
      planId: plan.id,
      name: productName(game?.name ?? '', plan.name),
      prices: wanted,
    })
    const idOf = new Map(prices.map((price) => [price.lookupKey, price.stripePriceId]))
    applied.push({
      planId: plan.id,
      productId,
      prices: wanted.map(({ lookupKey, ...price }) => ({
        ...price,
        stripePriceId: idOf.get(lookupKey) ?? missing(lookupKey),
      })),
    })
  }
  return applied
}

function isAtStripe(catalogue: Catalogue, plan: CataloguePlan, facts: CatalogueFacts): boolean {
  const stored = facts.shop.plans.find((one) => one.id === plan.id)
  const wanted = pricesOf(plan)
  return stored?.stripeProductId !== undefined && stored.prices.length === wanted.length &&
    sameProductName(catalogue, plan, facts) &&
    wanted.every((price) => isPriceInPlace(price, stored, facts.stripePrices))
}

function missing(lookupKey: string): never {
  throw new Error(`Cannot apply the catalogue as Stripe gave no price for ${lookupKey}`)
}

/** Writes only what differs, so that a second run leaves every row as it is. */
async function writeCatalogue(
  tx: Queryable,
  catalogue: Catalogue,
  { shop, panel }: CatalogueFacts,
): Promise<void> {
  const regions = regionsOf(catalogue)
  if (!same(shop.regions, regions)) await replaceRegions(tx, regions)
  if (!same(shop.games, catalogue.games)) await replaceGames(tx, catalogue.games)
  const plans = resolvePlans(catalogue, { eggs: panel.eggs, stored: shop.plans })
  for (const plan of plans) {
    const stored = shop.plans.find((one) => one.id === plan.id)
    if (!stored || changedFields(stored, plan).length > 0) await upsertPlan(tx, plan)
  }
  const ids = plans.map((plan) => plan.id)
  await unlistPlansBut(tx, ids)
  if (!same(shop.plans.map((plan) => plan.id), ids)) await orderPlans(tx, ids)
}
