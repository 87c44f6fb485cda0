import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { findOrder, moveOrder, type Order, recordCancelRequested } from '../orders/store.ts'
import { PaymentsError } from '../payments/payments.ts'
import { syncOrder } from '../payments/sync.ts'
import { Problem } from '../problem.ts'
import { releaseCapacity } from './capacity.ts'
import { openSession } from './open.ts'
import { type CheckoutSession, findCheckoutSession, recordSessionStatus } from './store.ts'

/**
 * Cancels an order that is not paid: first its session at Stripe, so that nobody can pay for it any
 * more, then the order. Throws 409 `order-not-open` when it was paid meanwhile, or has ended.
 */
export async function cancelOrder(db: Db, deps: Deps, order: Order): Promise<void> {
  if (order.status === 'canceled') return
  if (order.status !== 'pending') throw notOpen(order)
  await recordCancelRequested(db, order.id)
  const session = await findCheckoutSession(db, order.id)
  if (session) await endAtStripe(db, deps, order, session)
  const moved = await db.transaction(async (tx) => {
    if (!await moveOrder(tx, deps, order.id, 'canceled', { kind: 'order.canceled' })) return false
    await releaseCapacity(tx, order.id)
    if (session) await recordSessionStatus(tx, session, 'expired')
    return true
  })
  // The webhook of the session's end may have been faster.
  const now = moved ? undefined : await findOrder(db, order.id)
  if (now && now.status !== 'canceled') throw notOpen(order)
}

async function endAtStripe(
  db: Db,
  deps: Deps,
  order: Order,
  attempt: CheckoutSession,
): Promise<void> {
  try {
    // One that is being opened at this moment is opened here too, the same one, to be ended.
    const sessionId = await openSession(db, deps, attempt)
    if (!sessionId) return
    await deps.payments.expireCheckoutSession(sessionId)
    const session = await deps.payments.getCheckoutSession(sessionId)
    if (session?.status !== 'complete') return
  } catch (error) {
    if (!(error instanceof PaymentsError)) throw error
    throw new Problem('payments-unavailable', {
      detail: 'The order is still open. Try to cancel it again in a moment.',
      retryAfter: 10,
      cause: error,
    })
  }
  await syncOrder(db, deps, order.id)
  throw notOpen(order)
}

function notOpen(order: Order): Problem {
  return new Problem('order-not-open', {
    detail: 'It was paid, or it has ended. Look at the order for where it is.',
    extra: { orderId: order.id },
  })
}
