import { findCheckoutSession } from '../checkout/store.ts'
import { type Db, isPast, microseconds } from '../db.ts'
import type { Deps } from '../deps.ts'
import { BATCH, noJob, pages } from '../jobs/pages.ts'
import { enqueue } from '../jobs/queue.ts'
import { countFound, type Swept } from '../jobs/sweep.ts'
import { findOrder, findPaidAt } from '../orders/store.ts'
import { hasStripeEventOf } from './store.ts'
import { syncOrder } from './sync.ts'

/** A buyer who pays is synced by the webhook at once; the sweep is for those whose webhook never came. */
const SETTLE_MS = 60_000

/** Stripe ends a session at the time that we gave it, give or take. */
const LATE_MS = 5 * 60_000

/** Asks for every open order to be held against Stripe. What that finds is counted when it is found. */
export async function sweepOpenOrders(db: Db, deps: Deps): Promise<Swept> {
  const orders = (after: string) =>
    db.query<{ id: string }>(
      `SELECT o.id FROM orders o
        WHERE o.id > ? AND (o.status IN ('pending', 'payment_processing') OR (o.status <> 'pending'
          AND EXISTS (SELECT 1 FROM checkout_sessions c
            WHERE c.order_id = o.id AND c.status IN ('open', 'processing', 'failed'))))
          AND o.created_at < {now} - INTERVAL ? MICROSECOND AND ${noJob('payment.sync', 'o.id')}
        ORDER BY o.id LIMIT ${BATCH}`,
      [after, microseconds(SETTLE_MS)],
    )
  for await (const { id } of pages(orders)) {
    await enqueue(db, deps, 'payment.sync', { orderId: id, swept: true }, { topic: id })
  }
  return { found: {} }
}

/** Syncs an order that a sweep asked about: ends an overdue session, counts a payment nobody told us of. */
export async function syncSwept(db: Db, deps: Deps, orderId: string): Promise<void> {
  const before = await findOrder(db, orderId)
  if (!before) return
  const session = (await findCheckoutSession(db, orderId))?.stripeSessionId
  if (session && before.status === 'pending') {
    const isLate = await isPast(db, before.expiresAt, LATE_MS)
    if (isLate) await deps.payments.expireCheckoutSession(session)
  }
  await syncOrder(db, deps, orderId)
  if (before.paidAt || !await findPaidAt(db, orderId)) return
  if (session && await hasStripeEventOf(db, session)) return
  countFound(deps, 'paid_order')
}
