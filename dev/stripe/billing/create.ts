import type Stripe from 'stripe'
import { missing, refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import type { LineDraft } from '../objects/invoice.ts'
import { subscriptionItemObject, subscriptionObject } from '../objects/subscription.ts'
import type { Given } from '../openapi/operation.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { DAY } from '../time.ts'
import type { Customer, Invoice, InvoiceItem, Price, Subscription } from '../wire.ts'
import { inTimeOf } from './clocks.ts'
import { methodFor, nothingToPayWith, payInvoiceNow } from './collect.ts'
import { pendingItems } from './invoice_items.ts'
import { drawInvoice, finalizeInvoice, keepDraft } from './invoices.ts'
import { type AskedItem, checkItems, priceOf } from './items.ts'
import { fullAmount, lineOfSubscriptionItem } from './lines.ts'
import { addOneOffs } from './one_offs.ts'
import { periodAt, periodEnd, recurrenceOf } from './period.ts'
import { remaining } from './prorations.ts'
import { failureIn } from './rehearsal.ts'
import { discountsAfter, discountsFor, discountsOfSubscription } from './subscription_discounts.ts'
import { refuseSecondCurrency } from './subscriptions.ts'
import { cancellationOf, checkCollection, checkedTrialEnd, TERMS, termsOf } from './terms.ts'

/** The parameters of a new subscription that the emulator follows. */
export const CREATE = [
  ...TERMS,
  'add_invoice_items',
  'billing_cycle_anchor',
  'billing_mode',
  'currency',
  'customer',
  'discounts',
  'items',
  'metadata',
  'payment_behavior',
  'proration_behavior',
  'trial_end',
  'trial_period_days',
] as const

type AskedSubscription = Given<
  Pick<Stripe.SubscriptionCreateParams, typeof CREATE[number]>
>

/**
 * Begins a subscription and bills its first period. With `error_if_incomplete` a payment that does
 * not succeed throws 402, and there is no subscription.
 */
export function createSubscription(sandbox: Sandbox, asked: AskedSubscription): Subscription {
  const customer = customerOf(sandbox, asked.customer)
  const billed = inTimeOf(sandbox, customer.id)
  const failure = failureIn(billed, null, (trial) => begin(trial, customer, asked))
  if (failure && asked.payment_behavior === 'error_if_incomplete') throw failure
  return begin(billed, customer, asked)
}

function begin(sandbox: Sandbox, customer: Customer, asked: AskedSubscription): Subscription {
  const { store } = sandbox
  const drawn = drawUp(sandbox, customer, asked)
  const items = [
    ...pendingItems(sandbox, {
      customer: customer.id,
      subscription: drawn.id,
      currency: drawn.currency,
    }),
    ...addOneOffs(sandbox, drawn, asked.add_invoice_items ?? []),
  ]
  const lines = firstLines(sandbox, drawn, asked.proration_behavior)
  const invoice = lines.length + items.length === 0
    ? undefined
    : drawFirstInvoice(sandbox, customer, drawn, { lines, items })
  const subscription = store.subscriptions.insert({
    ...drawn,
    ...(invoice && begunWith(sandbox, drawn, invoice)),
  })
  emit(sandbox, 'customer.subscription.created', subscription)
  rememberCurrency(sandbox, customer, subscription.currency)
  if (invoice) {
    keepDraft(sandbox, invoice, items)
    payFirst(sandbox, invoice, subscription, asked)
  }
  return store.subscriptions.get(subscription.id)
}

/** The subscription as it begins, before anything is billed. */
function drawUp(sandbox: Sandbox, customer: Customer, asked: AskedSubscription): Subscription {
  const { newId, now } = sandbox
  const id = newId('subscription')
  const classic = asked.billing_mode?.type === 'classic'
  const prices = pricesOf(sandbox, asked.items ?? [])
  checkItems(prices, !classic)
  const currency = prices[0]?.price.currency ?? ''
  checkCurrency(sandbox, customer, currency, asked.currency)
  const trialEnd = trialEndOf(sandbox, asked)
  const anchor = anchorOf(sandbox, asked, trialEnd, prices)
  const items = prices.map(({ price, quantity, metadata }) =>
    subscriptionItemObject({
      id: newId('subscription_item'),
      subscription: id,
      price,
      quantity,
      metadata: mergeMetadata({}, metadata),
      current_period_start: now(),
      current_period_end: trialEnd ?? periodAt(now(), anchor, recurrenceOf(price)).end,
    })
  )
  const subscription = subscriptionObject({
    id,
    created: now(),
    currency,
    customer: customer.id,
    billing_cycle_anchor: anchor,
    ...(classic && { billing_mode: { flexible: null, type: 'classic' } }),
    latest_invoice: null,
    metadata: mergeMetadata({}, asked.metadata),
    status: trialEnd === null ? 'active' : 'trialing',
    test_clock: customer.test_clock ?? null,
    trial_end: trialEnd,
    trial_start: trialEnd === null ? null : now(),
    ...termsOf(sandbox, customer.id, asked),
  }, items)
  checkCollection(subscription)
  checkMethod(sandbox, subscription, asked)
  return {
    ...subscription,
    ...cancellationOf(sandbox, subscription, asked),
    discounts: discountsOfSubscription(sandbox, subscription, asked.discounts ?? []),
  }
}

function drawFirstInvoice(
  sandbox: Sandbox,
  customer: Customer,
  subscription: Subscription,
  { lines, items }: { lines: LineDraft[]; items: InvoiceItem[] },
): Invoice {
  const sends = subscription.collection_method === 'send_invoice'
  return drawInvoice(sandbox, {
    customer,
    currency: subscription.currency,
    reason: 'subscription_create',
    subscription,
    lines,
    items,
    discounts: discountsFor(sandbox, subscription),
    fields: sends ? {} : { automatically_finalizes_at: null },
  })
}

/** What the first invoice makes of a subscription: one that must be paid first is incomplete. */
function begunWith(
  sandbox: Sandbox,
  { collection_method: method, discounts }: Subscription,
  invoice: Invoice,
): Partial<Subscription> {
  const mustPay = method === 'charge_automatically' && invoice.amount_due > 0
  return {
    latest_invoice: invoice.id,
    discounts: discountsAfter(sandbox, discounts, invoice),
    ...(mustPay && { status: 'incomplete' }),
  }
}

function firstLines(
  { store, now }: Sandbox,
  subscription: Subscription,
  prorations: AskedSubscription['proration_behavior'],
): LineDraft[] {
  const trial = subscription.status === 'trialing'
  return subscription.items.data.flatMap((item) => {
    const period = { start: item.current_period_start, end: item.current_period_end }
    const whole = periodAt(now(), subscription.billing_cycle_anchor, recurrenceOf(item.price))
    const partial = !trial && whole.start < now()
    if (partial && prorations === 'none') return []
    const amount = trial ? 0 : remaining(fullAmount(item), whole, now())
    return lineOfSubscriptionItem(store, item, { amount, period, trial })
  })
}

/** The first payment decides whether it begins; an invoice that is sent has an hour as a draft. */
function payFirst(
  sandbox: Sandbox,
  invoice: Invoice,
  { collection_method: method }: Subscription,
  { payment_behavior: behavior, off_session: offSession = false }: AskedSubscription,
) {
  if (method === 'send_invoice') return
  const open = finalizeInvoice(sandbox, invoice.id)
  if (open.status !== 'open' || behavior === 'default_incomplete') return
  payInvoiceNow(sandbox, open.id, { offSession })
}

function customerOf({ store }: Sandbox, id: string | undefined): Customer {
  if (id !== undefined) return store.customers.get(id, 'customer')
  throw missing('customer')
}

function pricesOf(sandbox: Sandbox, items: AskedItem[]) {
  return items.map((item, index) => ({
    price: priceOf(sandbox, item, { param: `items[${index}]`, type: 'recurring' }),
    quantity: item.quantity ?? 1,
    metadata: item.metadata,
  }))
}

function checkCurrency(
  { store }: Sandbox,
  customer: Customer,
  currency: string,
  asked: string | undefined,
) {
  if (asked !== undefined && asked !== currency) {
    throw refused(`The price specified does not have a currency of ${asked}.`, {
      param: 'currency',
    })
  }
  refuseSecondCurrency(store, customer.id, currency)
}

function trialEndOf({ now }: Sandbox, asked: AskedSubscription): number | null {
  const { trial_end: end, trial_period_days: days } = asked
  if (end !== undefined && days !== undefined) {
    throw refused('You may only specify one of these parameters: trial_end, trial_period_days.')
  }
  if (days !== undefined) return days > 0 ? now() + days * DAY : null
  return end === undefined || end === 'now' ? null : checkedTrialEnd(end, now())
}

function anchorOf(
  { now }: Sandbox,
  { billing_cycle_anchor: anchor }: AskedSubscription,
  trialEnd: number | null,
  prices: { price: Price }[],
): number {
  const start = trialEnd ?? now()
  if (anchor === undefined) return start
  const latest = Math.min(...prices.map(({ price }) => periodEnd(start, recurrenceOf(price))))
  if (anchor >= start && anchor <= latest) return anchor
  throw refused(
    anchor < start
      ? 'billing_cycle_anchor must be in the future, and not before the end of the trial.'
      : 'billing_cycle_anchor cannot be later than next natural billing date ' +
        `(${latest}) for plan`,
    { param: 'billing_cycle_anchor' },
  )
}

/** Something must be there to pay with, unless the first payment is confirmed by the buyer. */
function checkMethod(
  sandbox: Sandbox,
  subscription: Subscription,
  { payment_behavior: behavior, add_invoice_items: oneOffs = [] }: AskedSubscription,
) {
  if (subscription.collection_method === 'send_invoice' || behavior === 'default_incomplete') return
  const costs = subscription.items.data.some((item) => fullAmount(item) > 0)
  if (!costs || (subscription.status === 'trialing' && oneOffs.length === 0)) return
  if (methodFor(sandbox, subscription)) return
  throw nothingToPayWith()
}

function rememberCurrency(sandbox: Sandbox, former: Customer, currency: string) {
  if (former.currency === currency) return
  const updated = sandbox.store.customers.update(former.id, { currency })
  emit(sandbox, 'customer.updated', updated, former)
}
