import { refused } from '../errors.ts'
import { subscriptionItemObject, subscriptionObject } from '../objects/subscription.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Checkout, Store } from '../store.ts'
import type { Session, Subscription } from '../wire.ts'
import { periodEnd } from './period.ts'

/** Begins the subscription that a session was paid for. `id` and `invoice` are told already. */
export function startSubscription(sandbox: Sandbox, { id, invoice, customer, session, checkout }: {
  id: string
  invoice: string
  customer: string
  session: Session
  checkout: Checkout
}): Subscription {
  const { store, now, newId } = sandbox
  const items = checkout.lineItems.flatMap(({ price, quantity }) =>
    price?.recurring
      ? subscriptionItemObject({
        id: newId('subscription_item'),
        subscription: id,
        price,
        quantity: quantity ?? 1,
        current_period_start: now(),
        current_period_end: periodEnd(now(), price.recurring),
      })
      : []
  )
  const subscription = store.subscriptions.insert(subscriptionObject({
    id,
    created: now(),
    currency: session.currency ?? 'usd',
    customer,
    description: checkout.subscription.description,
    latest_invoice: invoice,
    metadata: checkout.subscription.metadata,
  }, items))
  emit(sandbox, 'customer.subscription.created', subscription)
  return subscription
}

/** Ends a subscription now. No money is given back. */
export function endSubscription(
  sandbox: Sandbox,
  id: string,
  details: Subscription['cancellation_details'],
): Subscription {
  const { store, now } = sandbox
  const { canceled_at: asked } = store.subscriptions.get(id)
  const ended = store.subscriptions.update(id, {
    canceled_at: asked ?? now(),
    cancellation_details: details,
    ended_at: now(),
    status: 'canceled',
  })
  emit(sandbox, 'customer.subscription.deleted', ended)
  return ended
}

export function isEnded({ status }: Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

/** A customer pays in one currency for as long as a subscription runs. */
export function refuseSecondCurrency(store: Store, customer: string, currency: string) {
  const other = store.subscriptions.toJSON().find((subscription) =>
    subscription.customer === customer && !isEnded(subscription) &&
    subscription.currency !== currency
  )
  if (!other) return
  throw refused(
    'You cannot combine currencies on a single customer. This customer has an active ' +
      'subscription, subscription schedule, discount, quote, or invoice item with currency ' +
      `${other.currency}.`,
  )
}
