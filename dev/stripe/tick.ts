import { runAgenda } from './billing/agenda.ts'
import { moveClock } from './billing/clocks.ts'
import { expireSession } from './checkout/expire.ts'
import { movePayments } from './payments/due.ts'
import type { Sandbox } from './sandbox.ts'
import { DAY } from './time.ts'

/** Stripe keeps an idempotency key at least this long; later it is as good as new. */
const REPLY_SECONDS = DAY

/**
 * Does what is due by the clock: sessions expire, money arrives, subscriptions begin their next
 * period or end, invoices are finalized and collected. Test clocks that were advanced arrive.
 */
export function tick(sandbox: Sandbox) {
  const { store, now } = sandbox
  for (const { id, status, expires_at: expiresAt } of store.sessions.toJSON()) {
    if (status === 'open' && expiresAt <= now()) expireSession(sandbox, id)
  }
  movePayments(sandbox)
  runAgenda(sandbox, { clock: null, until: now() })
  for (const clock of store.testClocks.toJSON()) moveClock(sandbox, clock)
  for (const { id, created } of store.replies.toJSON()) {
    if (created <= now() - REPLY_SECONDS) store.replies.delete(id)
  }
}
