import { perRow } from '../per_row.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { DAY } from '../time.ts'
import type { Invoice, Subscription } from '../wire.ts'
import { payInvoiceNow } from './collect.ts'
import { finalizeInvoice, markUncollectible, subscriptionOf, voidInvoice } from './invoices.ts'
import { dropPendingUpdate, PENDING_SECONDS } from './pending_updates.ts'
import { RENEWING, renewSubscription } from './renew.ts'
import { changeStatus, noteDelinquency } from './standing.ts'
import { endByTime, endSubscription, isEnded } from './subscriptions.ts'
import { upcomingInvoice } from './upcoming.ts'

/** Something that the clock makes happen. */
interface Happening {
  /** seconds */
  at: number
  run(sandbox: Sandbox): void
}

/** More than any advance of a clock makes happen: a happening that does not end is a bug. */
const MOST_STEPS = 100_000

/**
 * Makes happen what is due, up to the sandbox's time: one thing after the other in the order of
 * time, each with its own time as the present. `clock` is the test clock whose objects these are.
 * `reached` is told the time of each before it happens.
 */
export function runAgenda(
  sandbox: Sandbox,
  { clock, until, reached }: {
    clock: string | null
    until: number
    reached?: (at: number) => void
  },
) {
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const next = earliest(sandbox, { clock, until })
    if (!next) return
    reached?.(next.at)
    next.run({ ...sandbox, now: () => next.at })
  }
  throw new Error('Cannot reach the time as something happens again and again')
}

function earliest(
  sandbox: Sandbox,
  { clock, until }: { clock: string | null; until: number },
): Happening | undefined {
  const { store } = sandbox
  let first: Happening | undefined
  const consider = (happening: Happening) => {
    if (happening.at <= until && (!first || happening.at < first.at)) first = happening
  }
  for (const subscription of store.subscriptions.toJSON()) {
    if (subscription.test_clock !== clock || isEnded(subscription)) continue
    if (restsUntil(subscription, sandbox) > until) continue
    ofSubscription(sandbox, subscription).forEach(consider)
  }
  for (const invoice of store.invoices.toJSON()) {
    if (invoice.test_clock !== clock || isDone(invoice)) continue
    if (!store.customers.find(invoice.customer ?? '')) continue
    ofInvoice(sandbox, invoice).forEach(consider)
  }
  return first
}

/**
 * When the first of its happenings is due, or earlier: one that was told since is no more, and then
 * the happenings themselves say so. A paused subscription hangs on its invoice and never rests.
 */
const restsUntil = perRow((subscription: Subscription, sandbox: Sandbox): number => {
  if (subscription.status === 'paused') return -Infinity
  return Math.min(...ofSubscription(sandbox, subscription).map(({ at }) => at))
})

function isDone({ status }: Invoice): boolean {
  return status === 'paid' || status === 'void' || status === 'uncollectible'
}

/** Of things at the same time the first happens first: who is cancelled does not renew. */
function ofSubscription(sandbox: Sandbox, subscription: Subscription): Happening[] {
  const { id, cancel_at: cancelAt, pending_update: pending } = subscription
  const { pause_collection: pause, status } = subscription
  const expiresAt = subscription.created + PENDING_SECONDS
  return [
    ...happening(
      status === 'incomplete' ? expiresAt : null,
      (now) =>
        void endSubscription(now, id, subscription.cancellation_details, 'incomplete_expired'),
    ),
    ...happening(pending?.expires_at, (now) => dropPendingUpdate(now, id, { expired: true })),
    ...happening(
      resumptionEnd(sandbox, subscription),
      (now) => void voidInvoice(now, subscription.latest_invoice ?? ''),
    ),
    ...happening(cancelAt, (now) => endByTime(now, id)),
    ...happening(pause?.resumes_at, (now) => resumeCollection(now, id)),
    ...announcements(sandbox, subscription),
    ...happening(renewalOf(subscription), (now) => renewSubscription(now, id)),
  ]
}

function ofInvoice(sandbox: Sandbox, invoice: Invoice): Happening[] {
  const { id, auto_advance: advances, due_date: dueDate, status } = invoice
  const finalizes = status === 'draft' && advances ? invoice.automatically_finalizes_at : null
  const retries = status === 'open' && advances ? invoice.next_payment_attempt : null
  const overdue = status === 'open' && !isTold(sandbox, 'invoice.overdue', id) ? dueDate : null
  return [
    ...happening(finalizes, (now) => advance(now, id)),
    ...happening(
      retries,
      (now) => void payInvoiceNow(now, id, { offSession: true, attempt: 'scheduled' }),
    ),
    ...happening(overdue, (now) => tellOverdue(now, id)),
  ]
}

function happening(at: number | null | undefined, run: Happening['run']): Happening[] {
  return at === null || at === undefined ? [] : [{ at, run }]
}

function renewalOf({ items, status }: Subscription): number | null {
  if (!RENEWING.has(status)) return null
  return Math.min(...items.data.map((item) => item.current_period_end))
}

/** When the invoice that a paused subscription waits for is given up. */
function resumptionEnd({ store }: Sandbox, subscription: Subscription): number | null {
  if (subscription.status !== 'paused') return null
  const invoice = store.invoices.find(subscription.latest_invoice ?? '')
  const asks = invoice?.status === 'open' && invoice.billing_reason === 'subscription_update'
  return asks ? invoice.created + PENDING_SECONDS : null
}

/** How long before the end of a trial `trial_will_end` tells of it. */
const TRIAL_NOTICE = 3 * DAY

function announcements(sandbox: Sandbox, subscription: Subscription): Happening[] {
  const { id, cancel_at: cancelAt, status, trial_end: trialEnd } = subscription
  const renewal = renewalOf(subscription)
  if (renewal === null) return []
  const told = (type: string) => isTold(sandbox, type, `${id}:${renewal}`)
  const trial = status === 'trialing' && trialEnd !== null &&
    !told('customer.subscription.trial_will_end')
  const upcoming = upcomingAt(sandbox, subscription, renewal)
  const renews = cancelAt === null || cancelAt > renewal
  return [
    ...happening(
      trial ? Math.max(trialEnd - TRIAL_NOTICE, subscription.trial_start ?? 0) : null,
      (now) => {
        tell(now, 'customer.subscription.trial_will_end', `${id}:${renewal}`)
        emit(now, 'customer.subscription.trial_will_end', now.store.subscriptions.get(id))
      },
    ),
    ...happening(renews && !told('invoice.upcoming') ? upcoming : null, (now) => {
      tell(now, 'invoice.upcoming', `${id}:${renewal}`)
      const upcoming = upcomingInvoice(now, id)
      if (upcoming) emit(now, 'invoice.upcoming', upcoming)
    }),
  ]
}

/** A period shorter than the notice has none. */
function upcomingAt({ billing }: Sandbox, { items }: Subscription, renewal: number): number | null {
  const at = renewal - billing.upcomingDays * DAY
  return items.data.some((item) => item.current_period_start >= at) ? null : at
}

function isTold({ store }: Sandbox, type: string, of: string): boolean {
  return store.announcements.find(`${type}:${of}`) !== undefined
}

function tell({ store, now }: Sandbox, type: string, of: string) {
  store.announcements.insert({ id: `${type}:${of}`, toldAt: now() })
}

/** Ends a draft by itself, and collects it; what its subscription collects not is given up. */
function advance(sandbox: Sandbox, id: string) {
  const draft = sandbox.store.invoices.get(id)
  const pause = subscriptionOf(sandbox, draft)?.pause_collection
  const open = finalizeInvoice(sandbox, id)
  if (open.status !== 'open') return
  if (pause?.behavior === 'void') return void voidInvoice(sandbox, id)
  if (pause?.behavior === 'mark_uncollectible') return void markUncollectible(sandbox, id)
  if (open.collection_method === 'send_invoice') return emit(sandbox, 'invoice.sent', open)
  payInvoiceNow(sandbox, id, { offSession: true, attempt: 'scheduled' })
}

function tellOverdue(sandbox: Sandbox, id: string) {
  const invoice = sandbox.store.invoices.get(id)
  tell(sandbox, 'invoice.overdue', id)
  emit(sandbox, 'invoice.overdue', invoice)
  noteDelinquency(sandbox, invoice, true)
  const subscription = subscriptionOf(sandbox, invoice)
  if (subscription?.status === 'active') changeStatus(sandbox, subscription.id, 'past_due')
}

function resumeCollection(sandbox: Sandbox, id: string) {
  const former = sandbox.store.subscriptions.get(id)
  const updated = sandbox.store.subscriptions.update(id, { pause_collection: null })
  emit(sandbox, 'customer.subscription.updated', updated, former)
}
