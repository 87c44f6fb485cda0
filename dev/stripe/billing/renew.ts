import type { LineDraft } from '../objects/invoice.ts'
import { itemList } from '../objects/subscription.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Invoice, InvoiceItem, Subscription, SubscriptionItem } from '../wire.ts'
import { methodFor } from './collect.ts'
import { pendingItems } from './invoice_items.ts'
import { drawInvoice, keepDraft } from './invoices.ts'
import { fullAmount, lineOfSubscriptionItem } from './lines.ts'
import { haltSubscription } from './pauses.ts'
import { type Period, periodAt, recurrenceOf } from './period.ts'
import { remaining } from './prorations.ts'
import { discountsAfter, discountsFor } from './subscription_discounts.ts'
import { endSubscription } from './subscriptions.ts'
import { NO_DETAILS } from './terms.ts'

/**
 * Begins the next period of those items whose period is over now, and drafts what that costs. The
 * periods move on before anything is paid. A trial that is over with nothing to pay with ends as
 * its settings say.
 */
export function renewSubscription(sandbox: Sandbox, id: string) {
  const { store } = sandbox
  const former = store.subscriptions.get(id)
  if (former.status === 'trialing' && cannotBill(sandbox, former)) endUnpaidTrial(sandbox, id)
  else keepRenewed(sandbox, former)
}

/** Whether nothing is there to pay with, and the settings of the trial do not have it billed then. */
export function cannotBill(sandbox: Sandbox, subscription: Subscription): boolean {
  const end = subscription.trial_settings?.end_behavior.missing_payment_method
  return (end === 'pause' || end === 'cancel') && !methodFor(sandbox, subscription)
}

/** Ends a trial that cannot be billed as its settings say: paused, or canceled. */
export function endUnpaidTrial(sandbox: Sandbox, id: string) {
  const { cancellation_details: details, trial_settings: settings } = sandbox.store.subscriptions
    .get(id)
  if (settings?.end_behavior.missing_payment_method === 'pause') {
    haltSubscription(sandbox, id, 'trial_end_without_payment_method')
  } else endSubscription(sandbox, id, { ...NO_DETAILS, ...details })
}

/** The statuses in which periods renew. */
export const RENEWING: ReadonlySet<string> = new Set(['active', 'past_due', 'trialing', 'unpaid'])

function keepRenewed(sandbox: Sandbox, former: Subscription) {
  const { store, now } = sandbox
  const renewed = former.items.data.map((item) =>
    item.current_period_end <= now() ? nextPeriod(former, item) : undefined
  )
  const subscription: Subscription = {
    ...former,
    items: itemList(
      former.id,
      former.items.data.map((item, index) => renewed[index]?.item ?? item),
    ),
    status: former.status === 'trialing' ? 'active' : former.status,
  }
  const lines = renewed.flatMap((next) =>
    next ? lineOfSubscriptionItem(store, next.item, next) : []
  )
  const items = pendingItems(sandbox, {
    customer: former.customer,
    subscription: former.id,
    currency: former.currency,
  })
  const period = previousPeriod(sandbox, former)
  const invoice = drawRenewal(sandbox, subscription, { lines, items, period })
  const updated = store.subscriptions.insert({
    ...subscription,
    discounts: discountsAfter(sandbox, subscription.discounts, invoice),
    latest_invoice: invoice.id,
  })
  emit(sandbox, 'customer.subscription.updated', updated, former)
  keepDraft(sandbox, invoice, items)
}

/** An item in its next period, and what that costs; less where the subscription ends within it. */
function nextPeriod(
  { billing_cycle_anchor: anchor, cancel_at: cancelAt }: Subscription,
  item: SubscriptionItem,
): { item: SubscriptionItem; amount: number; period: Period } {
  const start = item.current_period_end
  const whole = periodAt(start, anchor, recurrenceOf(item.price))
  const end = Math.min(whole.end, cancelAt ?? Infinity)
  const full = fullAmount(item)
  return {
    item: { ...item, current_period_start: start, current_period_end: end },
    amount: remaining(full, whole, start) - remaining(full, whole, end),
    period: { start, end },
  }
}

function drawRenewal(
  sandbox: Sandbox,
  subscription: Subscription,
  { lines, items, period }: { lines: LineDraft[]; items: InvoiceItem[]; period: Period },
): Invoice {
  const { customer, pause_collection: pause, status } = subscription
  const waits = status === 'unpaid' || pause?.behavior === 'keep_as_draft'
  return drawInvoice(sandbox, {
    customer: sandbox.store.customers.get(customer),
    currency: subscription.currency,
    reason: 'subscription_cycle',
    subscription,
    lines,
    items,
    discounts: discountsFor(sandbox, subscription),
    period,
    fields: waits ? { auto_advance: false, automatically_finalizes_at: null } : {},
  })
}

function previousPeriod({ now }: Sandbox, { items }: Subscription): Period {
  const ended = items.data.filter((item) => item.current_period_end <= now())
  return {
    start: Math.min(...ended.map((item) => item.current_period_start)),
    end: Math.max(...ended.map((item) => item.current_period_end)),
  }
}
