import type Stripe from 'stripe'
import { refused } from '../errors.ts'
import { itemList } from '../objects/subscription.ts'
import type { Given } from '../openapi/operation.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Subscription } from '../wire.ts'
import { billAtOnce } from './at_once.ts'
import { payInvoiceNow } from './collect.ts'
import { creditItem, debitItem, pendingItems } from './invoice_items.ts'
import { finalizeInvoice } from './invoices.ts'
import { fullAmount, lineOfSubscriptionItem } from './lines.ts'
import { periodAt, recurrenceOf } from './period.ts'
import { isEnded } from './subscriptions.ts'

type Reason = NonNullable<Subscription['status_details']>['paused']['subscription']['type']

/** Halts a subscription: its periods no longer renew, and nothing is billed. */
export function haltSubscription(sandbox: Sandbox, id: string, reason: Reason): Subscription {
  const { store, now } = sandbox
  const former = store.subscriptions.get(id)
  const paused = store.subscriptions.update(id, {
    status: 'paused',
    status_details: {
      paused: {
        subscription: { type: reason },
        transitioned_at: now(),
        type: 'subscription',
      },
    },
  })
  emit(sandbox, 'customer.subscription.paused', paused)
  emit(sandbox, 'customer.subscription.updated', paused, former)
  return paused
}

/** Halts a subscription at somebody's wish; what is left of its periods is credited. */
export function pauseSubscription(
  sandbox: Sandbox,
  id: string,
  { bill_for: billFor, invoicing_behavior: invoicing = 'pending_invoice_item' }: Given<
    Pick<Stripe.SubscriptionPauseParams, 'bill_for' | 'invoicing_behavior' | 'type'>
  >,
): Subscription {
  const { store, now } = sandbox
  const subscription = store.subscriptions.get(id)
  if (isEnded(subscription) || PAUSED.has(subscription.status)) {
    throw refused(`A subscription that is ${subscription.status} cannot be paused.`)
  }
  const from = billFor?.unused_time_from?.type ?? 'now'
  for (const item of from === 'none' ? [] : subscription.items.data) {
    const at = from === 'now' ? now() : item.current_period_start
    creditItem(sandbox, subscription, item, at)
  }
  if (invoicing === 'invoice') billItems(sandbox, subscription)
  return haltSubscription(sandbox, id, 'pause_requested')
}

/** Asks a paused subscription to go on; what it must pay for that is billed at once. */
export function askToResume(
  sandbox: Sandbox,
  id: string,
  asked: Given<Omit<Stripe.SubscriptionResumeParams, 'expand'>>,
): Subscription {
  const { store } = sandbox
  const subscription = store.subscriptions.get(id)
  if (subscription.status !== 'paused') {
    throw refused(`The subscription is ${subscription.status}, and cannot be resumed.`)
  }
  const { billing_cycle_anchor: anchor, payment_behavior: behavior } = asked
  const invoice = anchor?.type === 'unchanged'
    ? billRest(sandbox, subscription, asked)
    : billAnew(sandbox, subscription)
  if (!invoice) return resumeSubscription(sandbox, id)
  const open = finalizeInvoice(sandbox, invoice)
  if (open.status !== 'open') return store.subscriptions.get(id)
  payInvoiceNow(sandbox, open.id, { offSession: false })
  if (behavior !== 'resume_on_payment_success') resumeUnpaid(sandbox, id)
  return store.subscriptions.get(id)
}

/** Lets a paused subscription go on. */
export function resumeSubscription(
  sandbox: Sandbox,
  id: string,
  status: 'active' | 'past_due' = 'active',
): Subscription {
  const { store } = sandbox
  const former = store.subscriptions.get(id)
  const { status_details: _, ...rest } = former
  const resumed = store.subscriptions.insert({ ...rest, status })
  emit(sandbox, 'customer.subscription.resumed', resumed)
  emit(sandbox, 'customer.subscription.updated', resumed, former)
  return resumed
}

/** What cannot be paused: it is, or never began. */
const PAUSED: ReadonlySet<string> = new Set(['incomplete', 'paused'])

function resumeUnpaid(sandbox: Sandbox, id: string) {
  const { status } = sandbox.store.subscriptions.get(id)
  if (status === 'paused') resumeSubscription(sandbox, id, 'past_due')
}

/** The periods begin anew at the moment of the request, and are billed in full. */
function billAnew(sandbox: Sandbox, former: Subscription): string {
  const { store, now } = sandbox
  const items = former.items.data.map((item) => ({
    ...item,
    current_period_start: now(),
    current_period_end: periodAt(now(), now(), recurrenceOf(item.price)).end,
  }))
  const subscription = { ...former, billing_cycle_anchor: now(), items: itemList(former.id, items) }
  const lines = items.map((item) =>
    lineOfSubscriptionItem(store, item, {
      amount: fullAmount(item),
      period: { start: item.current_period_start, end: item.current_period_end },
    })
  )
  return billAtOnce(sandbox, former, { after: subscription, lines }).id
}

/** The periods stay as the anchor has them; what is left of the running one is billed. */
function billRest(
  sandbox: Sandbox,
  former: Subscription,
  { proration_behavior: prorations, proration_date: date }: Parameters<typeof askToResume>[2],
): string | undefined {
  const { now } = sandbox
  const at = date ?? now()
  const items = former.items.data.map((item) => {
    const { start, end } = periodAt(
      now(),
      former.billing_cycle_anchor,
      recurrenceOf(item.price),
    )
    return { ...item, current_period_start: start, current_period_end: end }
  })
  const subscription = { ...former, items: itemList(former.id, items) }
  if (prorations !== 'none') {
    for (const item of items) {
      const whole = { start: item.current_period_start, end: item.current_period_end }
      debitItem(sandbox, subscription, item, { at, whole })
    }
  }
  if (prorations === 'always_invoice') {
    return billAtOnce(sandbox, former, { after: subscription, lines: [] }).id
  }
  sandbox.store.subscriptions.insert(subscription)
}

function billItems(sandbox: Sandbox, subscription: Subscription) {
  const { id, customer, currency } = subscription
  if (pendingItems(sandbox, { customer, subscription: id, currency }).length === 0) return
  const invoice = billAtOnce(sandbox, subscription, { after: subscription, lines: [] })
  finalizeInvoice(sandbox, invoice.id)
}
