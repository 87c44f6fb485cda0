import { releaseCapacity } from '../checkout/capacity.ts'
import { openSession } from '../checkout/open.ts'
import {
  type CheckoutSession,
  findCheckoutSession,
  recordSessionStatus,
} from '../checkout/store.ts'
import { isLive } from '../config.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { mailOrderProblem, mailOrderReceived } from '../orders/mail.ts'
import { findOrder, moveOrder, type Order, recordPaid } from '../orders/store.ts'
import type { OrderStatus } from '../orders/status.ts'
import { insertServer } from '../servers/store.ts'
import type { SessionState } from './payments.ts'
import { insertPayment, upsertSubscription } from './store.ts'

const HOUR_MS = 3_600_000

const LOOK_AGAIN_MS = 5000

/** Where the money of an order may still move it. */
const UNSETTLED = new Set<OrderStatus>(['pending', 'payment_processing', 'expired', 'canceled'])

/**
 * Makes an order agree with what Stripe says of its checkout session. The webhook's inbox, the
 * return page and the sweep all come here, any number of times and at once; nothing else marks an
 * order paid.
 */
export async function syncOrder(db: Db, deps: Deps, orderId: string): Promise<void> {
  const order = await findOrder(db, orderId)
  if (!order || !UNSETTLED.has(order.status)) return
  const attempt = await findCheckoutSession(db, orderId)
  if (!attempt || (attempt.status === 'expired' && order.status !== 'pending')) return
  const stripeSessionId = await openSession(db, deps, attempt)
  // Undefined: Stripe refused to open it, and the order has ended with that.
  if (!stripeSessionId) return
  const session = await deps.payments.getCheckoutSession(stripeSessionId)
  if (!session) throw new Error('Cannot sync the order as Stripe does not know its session')
  await settle(db, deps, { order, attempt, session })
}

interface Settlement {
  order: Order
  attempt: CheckoutSession
  session: SessionState
}

async function settle(db: Db, deps: Deps, settlement: Settlement): Promise<void> {
  const { order, session } = settlement
  if (session.status === 'expired') return await end(db, deps, settlement, 'order.expired')
  if (session.status === 'open') {
    // Canceled here, but the call to Stripe was lost: nobody may pay for it any more.
    if (order.status !== 'canceled') return
    await deps.payments.expireCheckoutSession(session.id)
    return await db.transaction((tx) => recordSessionStatus(tx, settlement.attempt, 'expired'))
  }
  if (session.paymentStatus === 'unpaid') return await waitForBank(db, deps, settlement)
  if (session.subscription?.status === 'incomplete') return await lookAgain(db, deps, order)
  const differences = differencesOf(deps, settlement)
  if (differences.length > 0) return await holdForReview(db, deps, settlement, differences)
  await markPaid(db, deps, settlement)
}

/** Paid, but Stripe is not done with the subscription: a moment later it is active, or has failed. */
async function lookAgain(db: Db, deps: Deps, order: Order): Promise<void> {
  const again = { topic: order.id, delayMs: LOOK_AGAIN_MS }
  await enqueue(db, deps, 'payment.sync', { orderId: order.id }, again)
}

/** The session ended without money: the order ends, and its place is given back. */
async function end(
  db: Db,
  deps: Deps,
  { order, attempt, session }: Settlement,
  kind: 'order.expired' | 'order.payment_failed',
): Promise<void> {
  await db.transaction(async (tx) => {
    await recordSessionStatus(tx, attempt, session.status)
    const canceled = order.cancelRequestedAt !== null && kind === 'order.expired'
    const ended = canceled
      ? await moveOrder(tx, deps, order.id, 'canceled', { kind: 'order.canceled' })
      : await moveOrder(tx, deps, order.id, 'expired', { kind })
    if (!ended) return
    await releaseCapacity(tx, order.id)
    if (!session.subscription) return
    // Stripe leaves the subscription of a failed delayed payment active.
    const payload = { subscriptionId: session.subscription.id }
    await enqueue(tx, deps, 'subscription.cancel', payload, { topic: session.subscription.id })
  })
}

/** A delayed method: complete, but the money is still under way, or was refused. */
async function waitForBank(db: Db, deps: Deps, settlement: Settlement): Promise<void> {
  const { order, attempt, session } = settlement
  if (session.invoice?.status === 'void' || session.invoice?.status === 'uncollectible') {
    return await end(db, deps, settlement, 'order.payment_failed')
  }
  await db.transaction(async (tx) => {
    await recordSessionStatus(tx, attempt, session.status)
    const kind = 'order.payment_processing'
    await moveOrder(tx, deps, order.id, 'payment_processing', { kind })
  })
}

/** Money came, but not what we asked for: a person decides, and nothing is provisioned. */
async function holdForReview(
  db: Db,
  deps: Deps,
  { order, attempt, session }: Settlement,
  differences: string[],
): Promise<void> {
  const moved = await db.transaction(async (tx) => {
    await recordSessionStatus(tx, attempt, session.status)
    const first = await moveOrder(tx, deps, order.id, 'needs_review', {
      kind: 'order.needs_review',
      cause: { differences, stripeSessionId: session.id },
    })
    if (first) await mailOrderProblem(tx, deps, order.id, 'needs_review')
    return first
  })
  const about = { orderId: order.id, stripeSessionId: session.id, differences }
  if (moved) deps.log.error('payment differs from its order', about)
}

/** The names of what Stripe's session says differently from our rows; none for an honest payment. */
function differencesOf(deps: Deps, { order, attempt, session }: Settlement): string[] {
  const net = session.amountSubtotal - session.amountDiscount
  // With prices that include their tax Stripe reports the tax, and does not add it.
  const totals = deps.config.STRIPE_TAX ? [net + session.amountTax, net] : [net]
  const checks: Record<string, boolean> = {
    session: session.id === attempt.stripeSessionId || attempt.stripeSessionId === null,
    mode: session.mode === 'subscription',
    livemode: session.livemode === isLive(deps.config),
    customer: session.customerId === attempt.stripeCustomerId,
    order: session.clientReferenceId === order.id,
    currency: session.currency === order.currency,
    price: session.stripePriceIds.join() === order.stripePriceId,
    amount_subtotal: session.amountSubtotal === order.unitAmount,
    amount_total: totals.includes(session.amountTotal),
    payment: session.paymentStatus === 'paid' || session.amountTotal === 0,
    discount: session.amountDiscount === 0 || deps.config.STRIPE_PROMOTION_CODES,
    subscription: ['active', 'trialing'].includes(session.subscription?.status ?? ''),
  }
  return Object.keys(checks).filter((name) => !checks[name])
}

async function markPaid(db: Db, deps: Deps, settlement: Settlement): Promise<void> {
  const { order, attempt, session } = settlement
  const refundAfterMs = deps.config.REFUND_AFTER_HOURS * HOUR_MS
  const moved = await db.transaction(async (tx) => {
    await recordSessionStatus(tx, attempt, session.status)
    const first = await moveOrder(tx, deps, order.id, 'paid', {
      kind: 'order.paid',
      facts: { amount: session.amountTotal, currency: session.currency },
      nextInMs: 0,
    })
    if (!first) return false
    await recordPaid(tx, order.id, refundAfterMs)
    await recordMoney(tx, deps, order, session)
    await insertServer(tx, {
      id: order.bought.serverId,
      orderId: order.id,
      userId: order.userId,
      name: order.serverName,
      nodeId: order.nodeId,
    })
    const payload = { serverId: order.bought.serverId }
    await enqueue(tx, deps, 'server.provision', payload, { topic: order.bought.serverId })
    const deadline = { topic: order.id, delayMs: refundAfterMs }
    await enqueue(tx, deps, 'order.refund', { orderId: order.id }, deadline)
    const { amountTotal: amount, currency } = session
    await mailOrderReceived(tx, deps, { id: order.id, amount, currency })
    return true
  })
  if (!moved) return
  deps.log.info('order paid', { orderId: order.id, userId: order.userId })
  deps.wake()
}

async function recordMoney(
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
    amount: session.amountTotal,
    currency: session.currency,
  })
  if (session.subscription) await upsertSubscription(tx, order.id, session.subscription)
}
