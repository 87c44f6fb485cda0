import { findAttempt, recordSessionStatus } from '../checkout/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { mailPaidTwice } from '../orders/mail.ts'
import { insertOrderEvent, lockOrder } from '../orders/store.ts'
import { findPaymentByRef, insertPayment } from './money_store.ts'
import type { Settlement } from './sync.ts'

/**
 * An order was paid a second time, or after its end: the payment goes back by itself, and the
 * subscription that it began is cancelled. Does nothing for a session that was taken before.
 */
export async function recordExtra(
  db: Db,
  deps: Deps,
  { order: { id: orderId }, attempt, session }: Settlement,
): Promise<void> {
  const stripeRef = session.invoice?.id ?? session.id
  const { amountTotal: amount, currency } = session
  const paymentId = deps.newId('payment')
  const taken = await db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId)
    const now = await findAttempt(tx, attempt)
    if (!order || now?.status === 'complete' || await findPaymentByRef(tx, stripeRef)) return false
    await recordSessionStatus(tx, attempt, 'complete')
    await insertPayment(tx, {
      id: paymentId,
      orderId,
      stripeRef,
      paymentIntentId: session.invoice?.paymentIntentId,
      subscriptionId: session.subscription?.id,
      role: 'extra',
      amount,
      currency,
      returnReason: 'paid_twice',
    })
    const cause = { stripeSessionId: session.id, paymentId }
    const facts = { amount, currency }
    await insertOrderEvent(tx, deps, { orderId, kind: 'order.paid_twice', facts, cause })
    await mailPaidTwice(tx, deps, order, { paymentId, amount, currency })
    await enqueue(tx, deps, 'payment.return', { paymentId }, { topic: paymentId })
    return true
  })
  if (!taken) return
  deps.log.warn('an order was paid twice: the second payment goes back', { orderId })
  deps.wake()
}
