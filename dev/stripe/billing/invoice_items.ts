import { pricingOf } from '../objects/invoice.ts'
import { invoiceItemObject, subscriptionParent } from '../objects/invoice_item.ts'
import { itemList } from '../objects/subscription.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { InvoiceItem, InvoiceLine, Subscription, SubscriptionItem } from '../wire.ts'
import { fullAmount, productName } from './lines.ts'
import type { Period } from './period.ts'
import { creditOf, debitOf } from './prorations.ts'
import { applyDiscounts } from './discounts.ts'
import { netOf } from './totals.ts'

/** Lets something wait for a customer's next invoice; amounts in minor units. */
export function addInvoiceItem(
  sandbox: Sandbox,
  item: Omit<Parameters<typeof invoiceItemObject>[0], 'id' | 'date'> & { customer: string },
): InvoiceItem {
  const { store, newId, now } = sandbox
  const { customer, ...fields } = item
  const added = store.invoiceItems.insert(
    invoiceItemObject(
      { ...fields, id: newId('invoice_item'), date: now() },
      store.customers.get(customer),
    ),
  )
  emit(sandbox, 'invoiceitem.created', added)
  return added
}

/** What waits for the next invoice of a subscription, or of none, in its currency. */
export function pendingItems({ store }: Sandbox, { customer, subscription, currency }: {
  customer: string
  subscription: string | null
  currency: string
}): InvoiceItem[] {
  return store.invoiceItems.toJSON().filter((item) =>
    item.customer === customer && item.invoice === null && item.currency === currency &&
    [null, subscription].includes(item.parent?.subscription_details?.subscription ?? null)
  )
}

/**
 * Gives back what was billed for the time after `at` of an item that ends or changes. Nothing is
 * given where nothing was billed, or where it was given back before. The classic billing mode gives
 * back what the item's price says instead, whatever was billed.
 */
export function creditItem(
  sandbox: Sandbox,
  subscription: Subscription,
  item: SubscriptionItem,
  at: number,
): InvoiceItem | undefined {
  const billed = subscription.billing_mode.type === 'classic'
    ? billedByPrice(sandbox, subscription, item)
    : lastBilled(sandbox, item, at)
  if (!billed || billed.amount <= 0) return
  const amount = creditOf(billed, at)
  if (amount === 0) return
  return addInvoiceItem(sandbox, {
    ...prorationOf(subscription, item),
    amount,
    net_amount: amount,
    description: `Unused time on ${describe(sandbox, item)} after ${dateOf(at)}`,
    period: { start: at, end: billed.period.end },
    proration_details: {
      credited_items: billed.credited,
      discount_amounts: [],
    },
  })
}

/** Bills an item for what is left of its period; `whole` is the period that its price is for. */
export function debitItem(
  sandbox: Sandbox,
  subscription: Subscription,
  item: SubscriptionItem,
  { at, whole }: { at: number; whole: Period },
): InvoiceItem {
  const { amount, period } = debitOf(discountedAmount(sandbox, subscription, item), whole, at)
  return addInvoiceItem(sandbox, {
    ...prorationOf(subscription, item),
    amount,
    net_amount: amount,
    description: `Remaining time on ${describe(sandbox, item)} after ${dateOf(at)}`,
    period,
    proration_details: { credited_items: null, discount_amounts: [] },
  })
}

interface Billed {
  amount: number
  period: Period
  credited: NonNullable<InvoiceItem['proration_details']>['credited_items']
}

function billedByPrice(
  sandbox: Sandbox,
  subscription: Subscription,
  item: SubscriptionItem,
): Billed {
  const before = { ...subscription, items: itemList(subscription.id, [item]) }
  return {
    amount: discountedAmount(sandbox, before, item),
    period: { start: item.current_period_start, end: item.current_period_end },
    credited: null,
  }
}

/** The last line or waiting item that bills, or gives back, a subscription's item at this time. */
function lastBilled({ store }: Sandbox, item: SubscriptionItem, at: number): Billed | undefined {
  const covers = ({ start, end }: Period) => start <= at && at < end
  const waiting = store.invoiceItems.newestFirst().find((candidate) =>
    candidate.invoice === null && covers(candidate.period) &&
    candidate.parent?.subscription_details?.subscription_item === item.id
  )
  if (waiting) {
    const credited = { invoice_item: waiting.id, type: 'invoice_item' as const }
    return { amount: waiting.amount, period: waiting.period, credited }
  }
  const invoices = store.invoices.newestFirst().filter(({ status }) => status !== 'void')
  for (const invoice of invoices) {
    const line = invoice.lines.data.findLast((line) =>
      itemOf(line) === item.id && covers(line.period)
    )
    if (line) return billedBy(line, invoice.id)
  }
}

function billedBy(line: InvoiceLine, invoice: string): Billed {
  return {
    amount: netOf(line),
    period: line.period,
    credited: {
      invoice_line_item_details: { invoice, invoice_line_items: [line.id] },
      type: 'invoice_line_items',
    },
  }
}

function itemOf({ parent }: InvoiceLine): string | undefined {
  return parent?.subscription_item_details?.subscription_item
}

/** A proration has the subscription's discounts in it, so no invoice takes them off again. */
function discountedAmount(sandbox: Sandbox, subscription: Subscription, item: SubscriptionItem) {
  const { items, discounts, currency } = subscription
  const taken = applyDiscounts(sandbox, {
    lines: items.data.map((each) => ({ amount: fullAmount(each), product: each.price.product })),
    discounts: discounts.map((id) => sandbox.store.discounts.get(id)),
    currency,
  })
  const own = taken[items.data.findIndex(({ id }) => id === item.id)] ?? []
  return own.reduce((left, { amount }) => left - amount, fullAmount(item))
}

function prorationOf({ id, customer }: Subscription, item: SubscriptionItem) {
  const { price, quantity = 1 } = item
  return {
    customer,
    currency: price.currency,
    metadata: item.metadata,
    parent: subscriptionParent(id, item.id),
    pricing: pricingOf(price),
    proration: true,
    quantity,
  }
}

function describe({ store }: Sandbox, { price, quantity = 1 }: SubscriptionItem): string {
  const name = productName(store, price)
  return quantity === 1 ? name : `${quantity} × ${name}`
}

function dateOf(seconds: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: '2-digit',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(seconds * 1000)
}
