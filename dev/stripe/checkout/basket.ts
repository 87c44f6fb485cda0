import { draftDiscounts, findPromotionCode } from '../billing/discounts.ts'
import { refused } from '../errors.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Checkout } from '../store.ts'
import type { Session } from '../wire.ts'
import { checkTotal } from './create.ts'
import { checkQuantity } from './line_items.ts'
import { openSession } from './pay.ts'
import { reckon } from './totals.ts'

/** Changes how many the buyer wants: by the id of a line. */
export function changeQuantities(
  sandbox: Sandbox,
  id: string,
  wanted: ReadonlyMap<string, number>,
): Session {
  const session = openSession(sandbox, id)
  const { lineItems } = sandbox.store.checkouts.get(id)
  return rearrange(sandbox, session, {
    lineItems: lineItems.map((item) => {
      const quantity = wanted.get(item.id)
      if (quantity === undefined) return item
      checkQuantity(item, quantity)
      return { ...item, quantity }
    }),
  })
}

/** Redeems the code that a buyer typed, in place of an earlier one. Throws when it is not valid. */
export function enterPromotionCode(sandbox: Sandbox, id: string, typed: string): Session {
  const session = openSession(sandbox, id)
  if (!session.allow_promotion_codes) throw refused('This Checkout Session takes no codes.')
  const code = findPromotionCode(sandbox, typed)
  if (!code) throw refused('This code is invalid.')
  const drafts = draftDiscounts(sandbox, [{ promotion_code: code.id }], {
    owner: { checkout_session: id, customer: session.customer },
    currency: session.currency ?? '',
    subtotal: session.amount_subtotal ?? 0,
  })
  return rearrange(sandbox, session, { discounts: drafts })
}

export function dropPromotionCode(sandbox: Sandbox, id: string): Session {
  return rearrange(sandbox, openSession(sandbox, id), { discounts: [] })
}

/** Counts anew what a changed session comes to; an owner who was asked has another sum to approve. */
function rearrange(
  sandbox: Sandbox,
  session: Session,
  changes: Partial<Pick<Checkout, 'discounts' | 'lineItems'>>,
): Session {
  const { store } = sandbox
  const checkout = { ...store.checkouts.get(session.id), ...changes }
  const currency = session.currency ?? 'usd'
  const { lineItems, totals } = reckon(sandbox, {
    lineItems: checkout.lineItems,
    discounts: checkout.discounts,
    currency,
    trial: checkout.subscription.trial !== null,
  })
  checkTotal(totals.amount_total ?? 0, currency)
  store.checkouts.insert({ ...checkout, lineItems })
  const asked = store.paymentIntents.find(checkout.paymentIntent ?? '')
  if (asked) {
    store.paymentIntents.update(asked.id, {
      next_action: null,
      payment_method: null,
      status: 'requires_payment_method',
    })
  }
  return store.sessions.update(session.id, {
    ...totals,
    discounts: checkout.discounts.map(({ promotion_code: code, source }) => ({
      coupon: code === null ? source.coupon : null,
      promotion_code: code,
    })),
  })
}
