import { findCheckoutSession } from '../checkout/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { TryAgain } from '../jobs/again.ts'
import { enqueue } from '../jobs/queue.ts'
import { scrub } from '../log.ts'
import { mailOrderProblem, mailOrderRefunded } from '../orders/mail.ts'
import {
  countOrderEvents,
  findOrder,
  insertOrderEvent,
  moveOrder,
  msUntilRefund,
  type Order,
  recordSettled,
} from '../orders/store.ts'
import type { OrderStatus } from '../orders/status.ts'
import { stopDelivery } from '../servers/store.ts'
import { PaymentsError } from './payments.ts'
import { findSubscriptionIdOf, listPaymentsOf, upsertRefund } from './store.ts'

const UNDELIVERED = new Set<OrderStatus>(['paid', 'provisioning', 'provision_failed'])

/**
 * The deadline: an order that has no running server by then ends in a refund. First the delivery is
 * stopped, so that there is never a server for free; then the subscription ends and the money goes
 * back, which does not wait for a panel that may be away. What is left there is deleted by a job.
 */
export async function refundUndelivered(
  db: Db,
  deps: Deps,
  { orderId }: { orderId: string },
): Promise<void> {
  const order = await findOrder(db, orderId)
  if (!order || !UNDELIVERED.has(order.status)) return
  const leftMs = await msUntilRefund(db, orderId)
  if (leftMs === undefined) return
  if (leftMs > 0) throw new TryAgain('the deadline was moved', leftMs)
  if (!await stop(db, deps, order)) return
  const subscriptionId = await findSubscriptionIdOf(db, orderId)
  if (subscriptionId) {
    await deps.payments.cancelSubscription(subscriptionId, `cancel:${subscriptionId}`)
  }
  try {
    await returnMoney(db, deps, order)
  } catch (error) {
    const refused = error instanceof PaymentsError && !error.retryable
    if (refused) await recordRefusal(db, deps, order, error)
    throw error
  }
  await recordRefunded(db, deps, order)
}

/** False when the server became active a moment ago: then it is delivered after all. */
async function stop(db: Db, deps: Deps, order: Order): Promise<boolean> {
  const { serverId } = order.bought
  return await db.transaction(async (tx) => {
    if (!await stopDelivery(tx, deps, serverId)) return false
    await enqueue(tx, deps, 'server.delete', { serverId }, { topic: serverId })
    return true
  })
}

async function returnMoney(db: Db, deps: Deps, order: Order): Promise<void> {
  for (const payment of await listPaymentsOf(db, order.id)) {
    if (payment.amount === 0) continue
    const paymentIntentId = payment.paymentIntentId ?? await paymentIntentOf(db, deps, order)
    const returned = { paymentIntentId, orderId: order.id }
    for (const refund of await deps.payments.refundPayment(returned, `refund:${payment.id}`)) {
      await upsertRefund(db, {
        id: deps.newId('refund'),
        paymentId: payment.id,
        orderId: order.id,
        stripeRefundId: refund.id,
        amount: refund.amount,
        currency: payment.currency,
        status: refund.status,
        reason: 'not delivered in time',
      })
    }
  }
}

/** Stripe may list an invoice's payments later than it calls the session paid. */
async function paymentIntentOf(db: Db, deps: Deps, order: Order): Promise<string> {
  const attempt = await findCheckoutSession(db, order.id)
  const session = attempt?.stripeSessionId &&
    await deps.payments.getCheckoutSession(attempt.stripeSessionId)
  const found = session ? session.invoice?.paymentIntentId : undefined
  if (found) return found
  throw new Error(`Cannot refund as Stripe names no payment intent of the order: ${order.id}`)
}

/** What Stripe refuses to return, as while a dispute is open, is a person's to look at. */
async function recordRefusal(db: Db, deps: Deps, order: Order, error: Error): Promise<void> {
  const kind = 'order.refund_failed'
  if (await countOrderEvents(db, order.id, kind) > 0) return
  const cause = { message: scrub(error.message) }
  await db.transaction(async (tx) => {
    await insertOrderEvent(tx, deps, { orderId: order.id, kind, cause })
    await mailOrderProblem(tx, deps, order.id, 'refund_failed')
  })
}

async function recordRefunded(db: Db, deps: Deps, order: Order): Promise<void> {
  await db.transaction(async (tx) => {
    if (!await moveOrder(tx, deps, order.id, 'refunded', { kind: 'order.refunded' })) return
    await recordSettled(tx, order.id)
    await mailOrderRefunded(tx, deps, order)
  })
  deps.log.error('an order was refunded as it could not be delivered', { orderId: order.id })
}
