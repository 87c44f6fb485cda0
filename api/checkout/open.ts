import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { moveOrder } from '../orders/store.ts'
import { PaymentsError } from '../payments/payments.ts'
import { releaseCapacity } from './capacity.ts'
import {
  type CheckoutSession,
  deleteCustomer,
  hasLiveSession,
  insertCheckoutSession,
  recordFailed,
  recordOpened,
  recordSessionStatus,
} from './store.ts'

/**
 * Step ②: opens the session at Stripe, unless it is open already, and writes its id down. The
 * stored request goes out under the same key each time, so that a lost answer is found again.
 * Returns the session's id; undefined when Stripe refuses the request for good, which ends the
 * order. Throws a PaymentsError when Stripe did not answer, or failed: the next attempt is another
 * then, since Stripe keeps such an answer for the key for a day.
 */
export async function openSession(
  db: Db,
  deps: Deps,
  session: CheckoutSession,
): Promise<string | undefined> {
  if (session.stripeSessionId) return session.stripeSessionId
  try {
    const key = `checkout:${session.orderId}:${session.attempt}`
    const opened = await deps.payments.createCheckoutSession(session.request, key)
    await recordOpened(db, session, opened)
    return opened.id
  } catch (error) {
    if (!(error instanceof PaymentsError)) throw error
    if ((error.status ?? 0) >= 500) await tryAnother(db, session)
    if (error.retryable) throw error
    deps.log.error('Stripe refused to open a session', { orderId: session.orderId, error })
    await giveUp(db, deps, session, error)
    return undefined
  }
}

/** The failed attempt is looked for at Stripe, where its session may be all the same. */
async function tryAnother(db: Db, session: CheckoutSession): Promise<void> {
  await db.transaction(async (tx) => {
    if (!await recordFailed(tx, session)) return
    await insertCheckoutSession(tx, {
      ...session,
      attempt: session.attempt + 1,
      stripeCustomerId: session.stripeCustomerId ?? '',
    })
  })
}

async function giveUp(
  db: Db,
  deps: Deps,
  session: CheckoutSession,
  error: PaymentsError,
): Promise<void> {
  await db.transaction(async (tx) => {
    await recordSessionStatus(tx, session, 'expired')
    // Deleted at Stripe: the next order makes a new one.
    if (error.param === 'customer' && error.code === 'resource_missing') {
      await deleteCustomer(tx, session.stripeCustomerId ?? '')
    }
    if (await hasLiveSession(tx, session.orderId)) return
    const cause = { message: error.message, stripeRequestId: error.stripeRequestId }
    const moved = await moveOrder(tx, deps, session.orderId, 'expired', {
      kind: 'order.session_refused',
      cause,
    })
    if (moved) await releaseCapacity(tx, session.orderId)
  })
}
