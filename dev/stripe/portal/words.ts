import { formatInterval, formatMoney } from '../page/money.ts'
import type { Invoice, Price, Product, Subscription } from '../wire.ts'

/** One subscription as the customer sees it. */
export interface Running {
  subscription: Subscription
  products: Map<string, Product>
  /** what the next renewal bills; none where it does not renew */
  next: Invoice | undefined
}

/** What a subscription is of: "Paper 4 GB × 2, €9.00 per month". */
export function nameOf({ subscription, products }: Running): string {
  return subscription.items.data.map(({ price, quantity = 1 }) => {
    const product = products.get(price.product)?.name ?? price.product
    return `${product}${quantity === 1 ? '' : ` × ${quantity}`}, ${priceText(price)}`
  }).join(' and ')
}

/** "€9.00 per month", "€25.00 every 3 months". */
export function priceText(price: Price): string {
  return `${formatMoney(price.unit_amount ?? 0, price.currency)} ${formatInterval({ price })}`
}

/** When the first of a subscription’s periods ends, in seconds. */
export function endOf({ items }: Subscription): number {
  return Math.min(...items.data.map((item) => item.current_period_end))
}

/** `past_due` as people read it: "Past due". */
export function words(value: string): string {
  const text = value.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** "25 Nov 2026" */
export function day(seconds: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
    .format(seconds * 1000)
}
