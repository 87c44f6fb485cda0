import { inTimeOf } from '../billing/clocks.ts'
import { addInvoiceItem } from '../billing/invoice_items.ts'
import { draftInvoice, finalizeInvoice, payInvoice } from '../billing/invoices.ts'
import { fullAmount, lineOfSubscriptionItem } from '../billing/lines.ts'
import { periodEnd } from '../billing/period.ts'
import { discountsAfter } from '../billing/subscription_discounts.ts'
import { pricingOf } from '../objects/invoice.ts'
import { subscriptionParent } from '../objects/invoice_item.ts'
import { subscriptionItemObject, subscriptionObject } from '../objects/subscription.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Checkout } from '../store.ts'
import { DAY } from '../time.ts'
import type {
  Customer,
  Discount,
  Invoice,
  InvoiceItem,
  LineItem,
  PaymentIntent,
  Session,
  Subscription,
} from '../wire.ts'

/** A complete session, and who bought what in it. */
interface Sale {
  /** with the ids that its subscription and its invoice are to have */
  session: Session
  checkout: Checkout
  customer: Customer
  /** absent where nothing was due */
  intent: PaymentIntent | undefined
  /** the id of the method that pays from now on */
  method: string | null
  discounts: Discount[]
}

/** Begins the subscription that was sold, and bills its first period or its trial. */
export function beginSubscription(sandbox: Sandbox, sale: Sale) {
  const { checkout, customer, method } = sale
  const { store } = sandbox
  const begun = startSubscription(inTimeOf(sandbox, customer.id), sale)
  const lines = begun.items.data.map((item) => {
    const trial = begun.status === 'trialing'
    const period = { start: item.current_period_start, end: item.current_period_end }
    return lineOfSubscriptionItem(store, item, {
      amount: trial ? 0 : fullAmount(item),
      period,
      trial,
    })
  })
  const once = checkout.lineItems.filter(({ price }) => !price?.recurring)
  const invoice = bill(sandbox, sale, {
    reason: 'subscription_create',
    subscription: begun,
    lines,
    items: once.map((item) => waitingItem(sandbox, customer, item, subscriptionParent(begun.id))),
  })
  const updated = store.subscriptions.update(begun.id, {
    default_payment_method: method,
    discounts: discountsAfter(sandbox, begun.discounts, invoice),
  })
  emit(sandbox, 'customer.subscription.updated', updated, begun)
  tellOfCustomer(sandbox, customer, updated.currency)
}

/** Makes the paid invoice of a single payment. */
export function billPayment(sandbox: Sandbox, sale: Sale) {
  const { checkout, customer, session } = sale
  const { description, footer, metadata } = session.invoice_creation?.invoice_data ?? {}
  bill(sandbox, sale, {
    reason: 'manual',
    lines: [],
    items: checkout.lineItems.map((item) => waitingItem(sandbox, customer, item, null)),
    fields: { description: description ?? null, footer: footer ?? null, metadata: metadata ?? {} },
  })
}

function startSubscription(
  sandbox: Sandbox,
  { session, checkout, customer, discounts }: Sale,
): Subscription {
  const { store, now, newId } = sandbox
  const { description, metadata, trialSettings, billingMode } = checkout.subscription
  const id = session.subscription ?? ''
  const trialEnd = trialEndOf(checkout, now())
  const items = checkout.lineItems.flatMap(({ price, quantity }) =>
    price?.recurring
      ? subscriptionItemObject({
        id: newId('subscription_item'),
        subscription: id,
        price,
        quantity: quantity ?? 1,
        current_period_start: now(),
        current_period_end: trialEnd ?? periodEnd(now(), price.recurring),
      })
      : []
  )
  const subscription = store.subscriptions.insert(subscriptionObject({
    id,
    created: now(),
    billing_cycle_anchor: trialEnd ?? now(),
    ...(billingMode === 'classic' && { billing_mode: { flexible: null, type: 'classic' } }),
    currency: session.currency ?? 'usd',
    customer: customer.id,
    description,
    discounts: discounts.map((discount) => discount.id),
    latest_invoice: session.invoice,
    metadata,
    status: trialEnd === null ? 'active' : 'trialing',
    test_clock: customer.test_clock ?? null,
    trial_end: trialEnd,
    ...(trialSettings && { trial_settings: trialSettings }),
    trial_start: trialEnd === null ? null : now(),
  }, items))
  emit(sandbox, 'customer.subscription.created', subscription)
  return subscription
}

/** A trial of days begins when the session is paid. */
function trialEndOf({ subscription: { trial } }: Checkout, now: number): number | null {
  if (!trial) return null
  return 'days' in trial ? now + trial.days * DAY : trial.end
}

/** The invoice that a session announced: drafted, finalized, and paid unless the money takes time. */
function bill(
  sandbox: Sandbox,
  { session, customer, intent, discounts }: Sale,
  invoice: Pick<Parameters<typeof draftInvoice>[1], 'fields' | 'items' | 'lines' | 'reason'> & {
    subscription?: Subscription
  },
): Invoice {
  const billed = inTimeOf(sandbox, customer.id)
  const draft = draftInvoice(billed, {
    ...invoice,
    id: session.invoice ?? '',
    customer: billed.store.customers.get(customer.id),
    currency: session.currency ?? 'usd',
    discounts: discounts.map((discount) => discount.id),
    fields: { ...invoice.fields, automatically_finalizes_at: null },
  })
  finalizeInvoice(billed, draft.id, { intent: intent?.id })
  if (intent?.status !== 'processing') payInvoice(billed, draft.id)
  return billed.store.invoices.get(draft.id)
}

function waitingItem(
  sandbox: Sandbox,
  { id: customer }: Customer,
  { price, quantity, description, amount_subtotal: amount, currency }: LineItem,
  parent: InvoiceItem['parent'],
): InvoiceItem {
  return addInvoiceItem(sandbox, {
    customer,
    amount,
    currency,
    description: description ?? '',
    parent,
    pricing: price && pricingOf(price),
    quantity: quantity ?? 1,
  })
}

/** Tells once what the sale made of the customer, whose next invoice has another number. */
function tellOfCustomer(sandbox: Sandbox, former: Customer, currency: string) {
  const updated = sandbox.store.customers.update(former.id, { currency })
  emit(sandbox, 'customer.updated', updated, former)
}
