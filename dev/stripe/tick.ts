import { endSubscription, isEnded } from './billing/subscriptions.ts'
import { expireSession } from './checkout/expire.ts'
import { movePayments } from './payments/due.ts'
import type { Sandbox } from './sandbox.ts'

/** Stripe keeps an idempotency key at least this long; later it is as good as new. */
const REPLY_SECONDS = 24 * 60 * 60

/**
 * Does what is due by the clock: sessions expire, money arrives, subscriptions that were cancelled
 * end.
 */
export function tick(sandbox: Sandbox) {
  const { store, now } = sandbox
  for (const { id, status, expires_at: expiresAt } of store.sessions.toJSON()) {
    if (status === 'open' && expiresAt <= now()) expireSession(sandbox, id)
  }
  movePayments(sandbox)
  for (const subscription of store.subscriptions.toJSON()) {
    const { id, cancel_at: cancelAt, cancellation_details: details } = subscription
    if (isEnded(subscription) || cancelAt === null || cancelAt > now()) continue
    endSubscription(sandbox, id, details)
  }
  for (const { id, created } of store.replies.toJSON()) {
    if (created <= now() - REPLY_SECONDS) store.replies.delete(id)
  }
}
