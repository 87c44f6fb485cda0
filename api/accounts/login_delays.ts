import type { Queryable } from '../db.ts'
import { type LimitDeps, limitKey, rateLimited, secondsLeft } from './rate_limits.ts'

/** Attempts in a row for one account before the next has to wait. */
const FREE_ATTEMPTS = 5

/** The longest wait: an account is slowed down, never locked. */
export const MAX_DELAY_SECONDS = 15 * 60

/**
 * Takes one attempt at logging in to this (canonical) address, counted as a failure until
 * `clearLoginDelay`. The fifth makes the next wait 1 s, the sixth 2 s, and so on to 15 minutes; a
 * day without attempts starts over. Throws 429 `rate-limited` while it is too early: that attempt
 * is not counted, so that a stranger cannot make the wait longer than it is.
 */
export async function takeLoginAttempt(
  db: Queryable,
  deps: LimitDeps,
  email: string,
): Promise<void> {
  const key = limitKey(deps.config.AUTH_SECRET, 'login|account', email)
  if (await countAttempt(db, key)) return
  const seconds = await secondsLeft(db, key)
  if (seconds !== undefined) throw rateLimited(seconds)
  // Whoever logged in between the two statements took the row away: there is no wait.
  if (!await countAttempt(db, key)) throw rateLimited(1)
}

/** Forgets the attempts: somebody knew the password. */
export async function clearLoginDelay(
  db: Queryable,
  deps: LimitDeps,
  email: string,
): Promise<void> {
  const key = limitKey(deps.config.AUTH_SECRET, 'login|account', email)
  await db.run('DELETE FROM login_delays WHERE account_key = ?', [key])
}

/** Deletes what has been quiet for so long that it counts for nothing; returns how many. */
export async function purgeLoginDelays(db: Queryable): Promise<number> {
  const { affectedRows } = await db.run(
    'DELETE FROM login_delays WHERE blocked_until < {now} - INTERVAL 2 DAY LIMIT 5000',
  )
  return affectedRows
}

async function countAttempt(db: Queryable, key: Uint8Array): Promise<boolean> {
  await db.run(
    `INSERT INTO login_delays (account_key, failures, blocked_until) VALUES (?, 0, {now})
       ON DUPLICATE KEY UPDATE
         failures = IF(blocked_until < {now} - INTERVAL 1 DAY, 0, failures)`,
    [key],
  )
  // blocked_until comes first: MySQL assigns from left to right, and it needs the old failures.
  const { affectedRows } = await db.run(
    `UPDATE login_delays
        SET blocked_until = {now} + INTERVAL
              IF(failures + 1 < ?, 0, LEAST(POW(2, LEAST(failures + 1 - ?, 20)), ?)) SECOND,
            failures = failures + 1
      WHERE account_key = ? AND blocked_until <= {now}`,
    [FREE_ATTEMPTS, FREE_ATTEMPTS, MAX_DELAY_SECONDS, key],
  )
  return affectedRows === 1
}
