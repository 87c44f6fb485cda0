import * as z from 'zod'
import { findOrderIdOfSession } from '../checkout/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { InboxEvent } from '../jobs/queue.ts'
import { findOrder } from '../orders/store.ts'
import { findOrderIdOfSubscription, upsertSubscription } from './store.ts'
import { syncOrder } from './sync.ts'

/** What we act on; all else is stored, flagged and answered 200. Subscribe the endpoint to these. */
export const handledTypes = new Set([
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'invoice.paid',
  'invoice.payment_failed',
])

/**
 * Acts on a stored event: reads again, from Stripe, the object that it speaks of. Order and number
 * of events do not matter, since none of them is believed.
 */
export async function syncEvent(db: Db, deps: Deps, event: InboxEvent): Promise<void> {
  switch (event.objectType) {
    case 'checkout.session':
      return await syncSession(db, deps, event.objectId)
    case 'subscription':
      return await syncSubscription(db, deps, event.objectId)
    case 'invoice': {
      const subscriptionId = subscriptionOf(event.body)
      return subscriptionId ? await syncSubscription(db, deps, subscriptionId) : undefined
    }
    default:
      throw new Error(`Cannot act on an event as its object is not known: ${event.objectType}`)
  }
}

/** Makes our mirror of a subscription agree with Stripe; one that is not ours is left alone. */
async function syncSubscription(db: Db, deps: Deps, subscriptionId: string): Promise<void> {
  const orderId = await findOrderIdOfSubscription(db, subscriptionId)
  if (!orderId) return
  const subscription = await deps.payments.getSubscription(subscriptionId)
  if (subscription) await upsertSubscription(db, orderId, subscription)
}

async function syncSession(db: Db, deps: Deps, stripeSessionId: string): Promise<void> {
  const orderId = await findOrderIdOfSession(db, stripeSessionId) ??
    await orderNamedBy(db, deps, stripeSessionId)
  if (orderId) return await syncOrder(db, deps, orderId)
  deps.log.error('a checkout session belongs to no order of this shop', { stripeSessionId })
}

/** We may have died after Stripe made the session and before we wrote its id down. */
async function orderNamedBy(
  db: Db,
  deps: Deps,
  stripeSessionId: string,
): Promise<string | undefined> {
  const session = await deps.payments.getCheckoutSession(stripeSessionId)
  const order = session?.clientReferenceId && await findOrder(db, session.clientReferenceId)
  return order ? order.id : undefined
}

const InvoiceEvent = z.object({
  data: z.object({
    object: z.object({
      parent: z.object({ subscription_details: z.object({ subscription: z.string() }) }),
    }),
  }),
})

function subscriptionOf(body: string): string | undefined {
  const event = InvoiceEvent.safeParse(JSON.parse(body))
  return event.data?.data.object.parent.subscription_details.subscription
}
