import * as z from 'zod'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { InboxEvent } from '../jobs/queue.ts'
import { syncInvoice } from './invoices.ts'
import { syncMoney } from './money.ts'
import { settleSession } from './settle_session.ts'
import { findOrderIdOfSubscription, upsertSubscription } from './store.ts'

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
  'charge.refunded',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
])

/**
 * Acts on a stored event: reads again, from Stripe, the object that it speaks of. Order and number
 * of events do not matter, since none of them is believed.
 */
export async function syncEvent(db: Db, deps: Deps, event: InboxEvent): Promise<void> {
  switch (event.objectType) {
    case 'checkout.session':
      return await settleSession(db, deps, event.objectId)
    case 'subscription':
      return await syncSubscription(db, deps, event.objectId)
    case 'invoice':
      return await syncInvoice(db, deps, event.objectId)
    case 'charge':
    case 'refund':
    case 'dispute': {
      const intent = intentOf(event.body)
      return intent ? await syncIntent(db, deps, intent) : undefined
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

/** Money went back that we have not seen arrive yet: then its order is looked at first. */
async function syncIntent(db: Db, deps: Deps, paymentIntentId: string): Promise<void> {
  if (await syncMoney(db, deps, paymentIntentId)) return
  const invoiceId = await deps.payments.findInvoiceOf(paymentIntentId)
  if (!invoiceId) return
  await syncInvoice(db, deps, invoiceId)
  await syncMoney(db, deps, paymentIntentId)
}

const MoneyEvent = z.object({
  data: z.object({ object: z.object({ payment_intent: z.string() }) }),
})

/** The one thing that is read from a payload: where to look. */
function intentOf(body: string): string | undefined {
  return MoneyEvent.safeParse(JSON.parse(body)).data?.data.object.payment_intent
}
