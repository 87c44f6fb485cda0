import type { Sandbox } from '../sandbox.ts'
import type { Invoice, Subscription } from '../wire.ts'
import { type AskedDiscount, attachDiscounts, discountsLeft } from './discounts.ts'
import { fullAmount } from './lines.ts'

/** Gives a subscription the discounts that a request asks for; their ids. */
export function discountsOfSubscription(
  sandbox: Sandbox,
  { id, customer, currency, items }: Subscription,
  asked: AskedDiscount[],
): string[] {
  return attachDiscounts(sandbox, asked, {
    owner: { customer, subscription: id },
    currency,
    subtotal: items.data.reduce((sum, item) => sum + fullAmount(item), 0),
  }).map((discount) => discount.id)
}

/** The discounts that an invoice of the subscription has: its own, or else the customer's. */
export function discountsFor({ store }: Sandbox, subscription: Subscription): string[] {
  if (subscription.discounts.length > 0) return subscription.discounts
  const { discount } = store.customers.get(subscription.customer)
  return discount ? [discount.id] : []
}

/** What is left of a subscription's discounts after an invoice; one of nothing uses none up. */
export function discountsAfter(sandbox: Sandbox, discounts: string[], invoice: Invoice): string[] {
  return invoice.subtotal > 0 ? discountsLeft(sandbox, discounts) : discounts
}
