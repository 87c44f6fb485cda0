import { releaseCapacity } from '../checkout/capacity.ts'
import {
  type CheckoutSession,
  hasLiveSession,
  listCheckoutSessions,
  recordFound,
  recordSessionStatus,
} from '../checkout/store.ts'
import { type Db, isPast } from '../db.ts'
import type { Deps } from '../deps.ts'
import { moveOrder, type Order } from '../orders/store.ts'

/** Stripe's list may lag behind, and so may our clock. */
const MARGIN_MS = 5 * 60_000

/**
 * The session that Stripe made although it answered the attempt with an error, if it did. Once none
 * could be paid any more, the attempt is over.
 */
export async function findLostSession(
  db: Db,
  deps: Deps,
  order: Order,
  attempt: CheckoutSession,
): Promise<string | undefined> {
  const known = (await listCheckoutSessions(db, order.id)).map((one) => one.stripeSessionId)
  const there = attempt.stripeCustomerId
    ? await deps.payments.listCheckoutSessionsOf(attempt.stripeCustomerId, order.createdAt)
    : []
  const lost = there.find(({ id, clientReferenceId }) =>
    clientReferenceId === order.id && !known.includes(id)
  )
  if (lost) {
    await recordFound(db, attempt, { id: lost.id, url: undefined })
    return lost.id
  }
  if (await isPast(db, attempt.expiresAt, MARGIN_MS)) {
    await giveUp(db, deps, order, attempt)
  }
  return undefined
}

async function giveUp(db: Db, deps: Deps, order: Order, attempt: CheckoutSession): Promise<void> {
  await db.transaction(async (tx) => {
    await recordSessionStatus(tx, attempt, 'expired')
    if (await hasLiveSession(tx, order.id)) return
    const kind = 'order.session_refused'
    if (await moveOrder(tx, deps, order.id, 'expired', { kind })) {
      await releaseCapacity(tx, order.id)
    }
  })
}
