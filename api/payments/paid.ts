import { hasLiveSession, recordSessionStatus } from '../checkout/store.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { mailOrderReceived } from '../orders/mail.ts'
import { moveOrder, type Order, recordPaid } from '../orders/store.ts'
import { insertServer } from '../servers/store.ts'
import { insertPayment } from './money_store.ts'
import type { SessionState } from './payments.ts'
import { upsertSubscription } from './store.ts'
import type { Settlement } from './sync.ts'

/** Step ⑤: the order is paid. False, and nothing written, when it was before, or cannot be. */
export async function markPaid(
  db: Db,
  deps: Deps,
  { order, attempt, session }: Settlement,
): Promise<boolean> {
  const moved = await db.transaction(async (tx) => {
    const first = await moveOrder(tx, deps, order.id, 'paid', {
      kind: 'order.paid',
      facts: { amount: session.amountTotal, currency: session.currency },
      nextInMs: 0,
    })
    if (!first) return false
    await recordSessionStatus(tx, attempt, 'complete')
    await recordMoney(tx, deps, order, session)
    await startDelivery(tx, deps, order, session)
    // Whatever else the order could be paid with is closed, or found paid and returned.
    if (await hasLiveSession(tx, order.id)) {
      await enqueue(tx, deps, 'payment.sync', { orderId: order.id }, { topic: order.id })
    }
    return true
  })
  if (!moved) return false
  deps.log.info('order paid', { orderId: order.id, userId: order.userId })
  deps.wake()
  return true
}

/** What follows once an order is `paid`: its server, the deadline and the receipt. */
export async function startDelivery(
  tx: Queryable,
  deps: Deps,
  order: Order,
  { amountTotal: amount, currency }: Pick<SessionState, 'amountTotal' | 'currency'>,
): Promise<void> {
  const { REFUND_AFTER: refundAfterMs } = deps.config
  await recordPaid(tx, order.id, refundAfterMs)
  const { serverId } = order.bought
  await insertServer(tx, {
    id: serverId,
    orderId: order.id,
    userId: order.userId,
    name: order.serverName,
    nodeId: order.nodeId,
  })
  await enqueue(tx, deps, 'server.provision', { serverId }, { topic: serverId })
  const deadline = { topic: order.id, delayMs: refundAfterMs }
  await enqueue(tx, deps, 'order.refund', { orderId: order.id }, deadline)
  await mailOrderReceived(tx, deps, { id: order.id, amount, currency })
}

/** The payment of an order and the subscription that it began. */
export async function recordMoney(
  tx: Queryable,
  deps: Deps,
  order: Order,
  session: SessionState,
): Promise<void> {
  await insertPayment(tx, {
    id: deps.newId('payment'),
    orderId: order.id,
    stripeRef: session.invoice?.id ?? session.id,
    paymentIntentId: session.invoice?.paymentIntentId,
    subscriptionId: session.subscription?.id,
    role: 'order',
    amount: session.amountTotal,
    currency: session.currency,
  })
  if (session.subscription) await upsertSubscription(tx, order.id, session.subscription)
}
