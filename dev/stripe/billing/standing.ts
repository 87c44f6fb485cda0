import { emit, type Sandbox } from '../sandbox.ts'
import type { Invoice, Subscription } from '../wire.ts'
import { intentOf } from './collect.ts'
import { subscriptionOf } from './invoices.ts'
import { resumeSubscription } from './pauses.ts'
import { applyPendingUpdate, dropPendingUpdate } from './pending_updates.ts'
import { endSubscription, isEnded } from './subscriptions.ts'
import { NO_DETAILS } from './terms.ts'

/** Lets the subscription of an invoice go on when that was paid. */
export function afterPaid(sandbox: Sandbox, invoice: Invoice) {
  noteDelinquency(sandbox, invoice, false)
  const subscription = subscriptionOf(sandbox, invoice)
  if (!subscription || isEnded(subscription)) return
  rememberMethod(sandbox, subscription, invoice)
  if (subscription.latest_invoice !== invoice.id) return
  if (subscription.pending_update) applyPendingUpdate(sandbox, subscription.id)
  switch (sandbox.store.subscriptions.get(subscription.id).status) {
    case 'incomplete':
    case 'past_due':
    case 'unpaid':
      return changeStatus(sandbox, subscription.id, 'active')
    case 'paused':
      return resumeSubscription(sandbox, subscription.id)
  }
}

/** Lets a subscription go on that owes its latest invoice, as nobody waits for that any more. */
export function afterGivenUp(sandbox: Sandbox, invoice: Invoice) {
  noteDelinquency(sandbox, invoice, false)
  const subscription = subscriptionOf(sandbox, invoice)
  if (subscription?.latest_invoice !== invoice.id) return
  if (subscription.status !== 'past_due' && subscription.status !== 'unpaid') return
  changeStatus(sandbox, subscription.id, 'active')
}

/** Ends what waited for the payment of an invoice that is void: a beginning, or a change. */
export function afterVoided(sandbox: Sandbox, invoice: Invoice) {
  const subscription = subscriptionOf(sandbox, invoice)
  if (subscription?.latest_invoice !== invoice.id) return
  const { id, cancellation_details: details, pending_update: pending, status } = subscription
  if (status === 'incomplete') endSubscription(sandbox, id, details, 'incomplete_expired')
  else if (pending) dropPendingUpdate(sandbox, id, { expired: true })
}

/** Remembers of a customer whether the last that happened to an invoice was that it was not paid. */
export function noteDelinquency(
  sandbox: Sandbox,
  { customer: id }: Invoice,
  delinquent: boolean,
) {
  const former = sandbox.store.customers.find(id ?? '')
  if (!former) return
  const updated = sandbox.store.customers.update(former.id, { delinquent })
  emit(sandbox, 'customer.updated', updated, former)
}

/** What a subscription comes to whose invoice was tried and not paid. */
export function afterUnpaid(sandbox: Sandbox, invoice: Invoice) {
  const subscription = subscriptionOf(sandbox, invoice)
  if (!subscription || isEnded(subscription) || subscription.pending_update) return
  if (subscription.status === 'active' || subscription.status === 'trialing') {
    changeStatus(sandbox, subscription.id, 'past_due')
  }
  if (isLastAttempt(invoice)) giveUp(sandbox, subscription.id)
}

/** A subscription begins while the money of its first invoice is still under way. */
export function afterProcessing(sandbox: Sandbox, invoice: Invoice) {
  const subscription = subscriptionOf(sandbox, invoice)
  if (subscription?.status === 'incomplete') changeStatus(sandbox, subscription.id, 'active')
}

export function changeStatus(sandbox: Sandbox, id: string, status: Subscription['status']) {
  const former = sandbox.store.subscriptions.get(id)
  const updated = sandbox.store.subscriptions.update(id, { status })
  emit(sandbox, 'customer.subscription.updated', updated, former)
}

function isLastAttempt(invoice: Invoice): boolean {
  return invoice.auto_advance === true && invoice.next_payment_attempt === null &&
    invoice.collection_method === 'charge_automatically'
}

function giveUp(sandbox: Sandbox, id: string) {
  const { store, billing } = sandbox
  const { status, cancellation_details: details } = store.subscriptions.get(id)
  if (status !== 'past_due') return
  switch (billing.afterLastRetry) {
    case 'canceled':
      return endSubscription(sandbox, id, { ...NO_DETAILS, ...details, reason: 'payment_failed' })
    case 'unpaid':
      return changeStatus(sandbox, id, 'unpaid')
    case 'past_due':
      return
  }
}

function rememberMethod(sandbox: Sandbox, former: Subscription, invoice: Invoice) {
  if (former.payment_settings?.save_default_payment_method !== 'on_subscription') return
  const method = intentOf(sandbox, invoice.id)?.payment_method
  if (!method) return
  const updated = sandbox.store.subscriptions.update(former.id, { default_payment_method: method })
  emit(sandbox, 'customer.subscription.updated', updated, former)
}
