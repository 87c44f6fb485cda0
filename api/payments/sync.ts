import { raiseAlert } from '../alerts/alerts.ts'
import { releaseCapacity } from '../checkout/capacity.ts'
import { openSession } from '../checkout/open.ts'
import {
  type CheckoutSession,
  findAttempt,
  hasLiveSession,
  listCheckoutSessions,
  recordSessionStatus,
} from '../checkout/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { mailOrderProblem } from '../orders/mail.ts'
import { findOrder, lockOrder, moveOrder, type Order } from '../orders/store.ts'
import type { OrderStatus } from '../orders/status.ts'
import { differencesOf, isOurs } from './differences.ts'
import { recordExtra } from './extra.ts'
import { findLostSession } from './lost_session.ts'
import { syncMoney } from './money.ts'
import { markPaid, recordMoney } from './paid.ts'
import type { SessionState } from './payments.ts'

const LOOK_AGAIN_MS = 5000

/** Where the money of an order may still move it. */
const UNSETTLED = new Set<OrderStatus>(['pending', 'payment_processing', 'expired', 'canceled'])

export interface Settlement {
  order: Order
  attempt: CheckoutSession
  session: SessionState
}

/**
 * Makes an order agree with what Stripe says of every session it could be paid with. The return page
 * and the sweep come here, any number of times and at once; the inbox comes to `settleSession`.
 */
export async function syncOrder(db: Db, deps: Deps, orderId: string): Promise<void> {
  for (const attempt of await listCheckoutSessions(db, orderId)) {
    const order = await findOrder(db, orderId)
    if (!order || !mayChange(order, attempt)) continue
    const stripeSessionId = attempt.status === 'failed'
      ? await findLostSession(db, deps, order, attempt)
      : await openSession(db, deps, attempt)
    // Undefined: Stripe refused to open it, or has none; the order has ended with that if it had to.
    if (!stripeSessionId) continue
    const session = await deps.payments.getCheckoutSession(stripeSessionId)
    if (!session) throw new Error('Cannot sync the order as Stripe does not know its session')
    await settle(db, deps, { order, attempt: { ...attempt, stripeSessionId }, session })
  }
}

function mayChange(order: Order, { status }: CheckoutSession): boolean {
  if (status === 'complete') return UNSETTLED.has(order.status)
  return status !== 'expired' || order.status === 'pending'
}

/** Makes an order agree with one of its sessions. Nothing else marks an order paid. */
export async function settle(db: Db, deps: Deps, settlement: Settlement): Promise<void> {
  const { order, session } = settlement
  if (session.status === 'expired') return await end(db, deps, settlement, 'order.expired')
  if (session.status === 'open') return await closeUnlessWanted(db, deps, settlement)
  if (session.paymentStatus === 'unpaid') return await waitForBank(db, deps, settlement)
  if (session.subscription?.status === 'incomplete') return await lookAgain(db, deps, order)
  if (!UNSETTLED.has(order.status)) return await takeSecond(db, deps, settlement)
  const differences = differencesOf(deps, settlement)
  if (differences.length > 0) return await holdForReview(db, deps, settlement, differences)
  if (!await markPaid(db, deps, settlement)) await takeSecond(db, deps, settlement)
}

/** The order has what it was placed for, or has ended: another payment of it goes back. */
async function takeSecond(db: Db, deps: Deps, settlement: Settlement): Promise<void> {
  if (isOurs(deps, settlement)) return await recordExtra(db, deps, settlement)
  const { order, attempt, session } = settlement
  await db.transaction(async (tx) => {
    await lockOrder(tx, order.id)
    if ((await findAttempt(tx, attempt))?.status === 'complete') return
    await recordSessionStatus(tx, attempt, 'complete')
    const detail = { orderId: order.id, amount: session.amountTotal, currency: session.currency }
    await raiseAlert(tx, deps, { kind: 'orphan_payment', subject: session.id, detail })
  })
}

/** Paid, but Stripe is not done with the subscription: a moment later it is active, or has failed. */
async function lookAgain(db: Db, deps: Deps, order: Order): Promise<void> {
  const again = { topic: order.id, delayMs: LOOK_AGAIN_MS }
  await enqueue(db, deps, 'payment.sync', { orderId: order.id }, again)
}

/** A session that nobody is to pay any more is ended, unless somebody did at this moment. */
async function closeUnlessWanted(db: Db, deps: Deps, settlement: Settlement): Promise<void> {
  const { order, attempt, session } = settlement
  // The one whose address the buyer has, or will be told.
  const newest = (await listCheckoutSessions(db, order.id))
    .findLast(({ url, stripeSessionId }) => url !== null || stripeSessionId === null)
  if (order.status === 'pending' && attempt.attempt === newest?.attempt) return
  await deps.payments.expireCheckoutSession(session.id)
  const now = await deps.payments.getCheckoutSession(session.id)
  if (now && now.status !== 'open') return await settle(db, deps, { ...settlement, session: now })
  throw new Error(`Cannot end a session at Stripe as it stays open: ${session.id}`)
}

/** The session ended without money: the order ends with its last one, and its place is given back. */
async function end(
  db: Db,
  deps: Deps,
  { order, attempt, session }: Settlement,
  kind: 'order.expired' | 'order.payment_failed',
): Promise<void> {
  await db.transaction(async (tx) => {
    await recordSessionStatus(tx, attempt, 'expired')
    if (session.subscription) {
      // Stripe leaves the subscription of a failed delayed payment active.
      const payload = { subscriptionId: session.subscription.id }
      await enqueue(tx, deps, 'subscription.cancel', payload, { topic: session.subscription.id })
    }
    if (await hasLiveSession(tx, order.id)) return
    const canceled = order.cancelRequestedAt !== null && kind === 'order.expired'
    const ended = canceled
      ? await moveOrder(tx, deps, order.id, 'canceled', { kind: 'order.canceled' })
      : await moveOrder(tx, deps, order.id, 'expired', { kind })
    if (ended) await releaseCapacity(tx, order.id)
  })
}

/** A delayed method: complete, but the money is still under way, or was refused. */
async function waitForBank(db: Db, deps: Deps, settlement: Settlement): Promise<void> {
  const { order, attempt, session } = settlement
  if (session.invoice?.status === 'void' || session.invoice?.status === 'uncollectible') {
    return await end(db, deps, settlement, 'order.payment_failed')
  }
  await db.transaction(async (tx) => {
    await recordSessionStatus(tx, attempt, 'processing')
    const kind = 'order.payment_processing'
    await moveOrder(tx, deps, order.id, 'payment_processing', { kind })
  })
}

/** Money came, but not what we asked for: a person decides, and nothing is provisioned. */
async function holdForReview(
  db: Db,
  deps: Deps,
  settlement: Settlement,
  differences: string[],
): Promise<void> {
  const { order, attempt, session } = settlement
  const cause = { differences, stripeSessionId: session.id }
  const moved = await db.transaction(async (tx) => {
    const kind = 'order.needs_review'
    const first = await moveOrder(tx, deps, order.id, 'needs_review', { kind, cause })
    if (!first) return false
    await recordSessionStatus(tx, attempt, 'complete')
    // Of another session we do not know whose money it is.
    if (!differences.includes('session') && session.paymentStatus === 'paid') {
      await recordMoney(tx, deps, order, session)
    }
    await raiseAlert(tx, deps, { kind: 'order_needs_review', subject: order.id, detail: cause })
    await mailOrderProblem(tx, deps, order.id, 'needs_review')
    return true
  })
  // Paid meanwhile with another session, or this one was looked at by another worker.
  if (!moved) return await takeSecond(db, deps, settlement)
  deps.log.error('payment differs from its order', { orderId: order.id, ...cause })
  // It differs, perhaps, because it was returned before we looked: then that is its end.
  if (session.invoice?.paymentIntentId) {
    await syncMoney(db, deps, session.invoice.paymentIntentId)
  }
}
