import {
  type Credited,
  invoiceItemParent,
  itemParent,
  type LineDraft,
  pricingOf,
} from '../objects/invoice.ts'
import { formatMoney } from '../page/money.ts'
import type { Store } from '../store.ts'
import type { InvoiceItem, Price, SubscriptionItem } from '../wire.ts'
import type { Period } from './period.ts'

/** The line that bills an item of a subscription for a period, at `amount` minor units. */
export function lineOfSubscriptionItem(
  store: Store,
  item: SubscriptionItem,
  { amount, period, trial = false }: { amount: number; period: Period; trial?: boolean },
): LineDraft {
  const { price, quantity = 1 } = item
  const name = productName(store, price)
  return {
    amount,
    currency: price.currency,
    description: trial ? `Trial period for ${name}` : `${quantity} × ${name} (at ${rateOf(price)})`,
    discountable: true,
    metadata: item.metadata,
    parent: itemParent(item),
    period,
    pricing: pricingOf(price),
    quantity,
    subscription: item.subscription,
  }
}

/** The line that bills an invoice item: what a proration left, or what somebody added. */
export function lineOfInvoiceItem(item: InvoiceItem): LineDraft {
  const { subscription = null, subscription_item: subscriptionItem } =
    item.parent?.subscription_details ?? {}
  return {
    amount: item.amount,
    currency: item.currency,
    description: item.description ?? '',
    discountable: item.discountable,
    metadata: item.metadata ?? {},
    parent: subscription !== null && subscriptionItem !== undefined
      ? itemParent({ id: subscriptionItem, subscription }, {
        invoiceItem: item.id,
        credited: creditedLines(item),
      })
      : invoiceItemParent(item.id, subscription),
    period: item.period,
    pricing: item.pricing,
    quantity: item.quantity,
    subscription,
  }
}

/** What a price bills for a quantity, in minor units. */
export function fullAmount({ price, quantity = 1 }: Pick<SubscriptionItem, 'price' | 'quantity'>) {
  return (price.unit_amount ?? 0) * quantity
}

/** The name under which a price is billed. */
export function productName(store: Store, { product }: Price): string {
  return store.products.find(product)?.name ?? product
}

function rateOf({ unit_amount: amount, currency, recurring }: Price): string {
  const money = formatMoney(amount ?? 0, currency)
  if (!recurring) return money
  const { interval, interval_count: count } = recurring
  return count === 1 ? `${money} / ${interval}` : `${money} / every ${count} ${interval}s`
}

function creditedLines({ proration_details: details }: InvoiceItem): Credited {
  return details?.credited_items?.invoice_line_item_details ?? null
}
