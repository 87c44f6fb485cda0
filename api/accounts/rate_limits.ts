import { createHmac } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { addressBlock } from '../http/client_address.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * How often something may be done, counted in fixed windows, per subject: `user` is a user id,
 * `address` the client's address (an IPv6 /64 counts as one). Log-ins per account have a growing
 * delay instead: see login_delays.ts.
 */
export const RATE_LIMITS: RateLimits = {
  /** Counts failures: a log-in that succeeds gives its hit back. */
  login: { address: [{ hits: 20, seconds: 10 * MINUTE }, { hits: 100, seconds: DAY }] },
  signup: { address: [{ hits: 5, seconds: HOUR }] },
  order: {
    user: [{ hits: 10, seconds: HOUR }],
    address: [{ hits: 30, seconds: HOUR }],
  },
  /** Each asks Stripe, which counts as well. */
  sync: { user: [{ hits: 30, seconds: MINUTE }] },
}

export interface RateLimits {
  login: { address: Rule[] }
  signup: { address: Rule[] }
  order: { user: Rule[]; address: Rule[] }
  sync: { user: Rule[] }
}

interface Rule {
  hits: number
  seconds: number
}

/** What counting needs of Deps. */
export interface LimitDeps extends Pick<Deps, 'now' | 'rateLimits'> {
  config: Pick<Config, 'AUTH_SECRET'>
}

/** A hit that was counted, to be given back when it turns out not to count. */
export interface Hit {
  key: Uint8Array
  windowStart: Date
}

/**
 * Counts one more `action` for each subject. Throws 429 `rate-limited` with Retry-After when there
 * were too many. The counting is one statement a rule, so that requests at once cannot slip by.
 */
export async function limit<A extends keyof RateLimits>(
  db: Queryable,
  deps: LimitDeps,
  action: A,
  subjects: Record<keyof RateLimits[A] & string, string>,
): Promise<Hit[]> {
  const named = new Map<string, string>(Object.entries(subjects))
  const hits: Hit[] = []
  for (const [kind, rules] of Object.entries<Rule[]>({ ...deps.rateLimits[action] })) {
    const given = named.get(kind) ?? ''
    const subject = kind === 'address' ? addressBlock(given) ?? given : given
    for (const rule of rules) {
      hits.push(await take(db, deps, { scope: `${action}|${kind}`, subject, rule }))
    }
  }
  return hits
}

/** Takes hits back: what they counted did not happen. */
export async function giveBack(db: Queryable, hits: readonly Hit[]): Promise<void> {
  for (const { key, windowStart } of hits) {
    await db.run(
      'UPDATE rate_limits SET hits = hits - 1 WHERE rate_key = ? AND window_start = ? AND hits > 0',
      [key, windowStart],
    )
  }
}

/** Deletes counters whose window is over, whatever its length; returns how many. */
export async function purgeRateLimits(db: Queryable): Promise<number> {
  const { affectedRows } = await db.run(
    'DELETE FROM rate_limits WHERE window_start < {now} - INTERVAL 2 DAY LIMIT 5000',
  )
  return affectedRows
}

/** 16 bytes that stand for a subject: nobody can read addresses out of the table. */
export function limitKey(secret: string, scope: string, subject: string): Uint8Array {
  return createHmac('sha256', secret).update(`limit|${scope}|${subject}`).digest().subarray(0, 16)
}

/** The 429 of every limit. */
export function rateLimited(retryAfterSeconds: number): Problem {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds))
  return new Problem('rate-limited', {
    detail: `Try again in ${describe(seconds)}.`,
    retryAfter: seconds,
  })
}

async function take(
  db: Queryable,
  deps: LimitDeps,
  { scope, subject, rule }: { scope: string; subject: string; rule: Rule },
): Promise<Hit> {
  const nowMs = deps.now().getTime()
  const startMs = nowMs - nowMs % (rule.seconds * 1000)
  const windowStart = new Date(startMs)
  // The length is part of the key: two windows of one subject may start at the same moment.
  const key = limitKey(deps.config.AUTH_SECRET, `${scope}|${rule.seconds}`, subject)
  const { affectedRows, insertId } = await db.run(
    `INSERT INTO rate_limits (rate_key, window_start, hits) VALUES (?, ?, 1)
       ON DUPLICATE KEY UPDATE hits = LAST_INSERT_ID(hits + 1)`,
    [key, windowStart],
  )
  // One row affected is a fresh counter; two are an update, whose insertId is this hit's number.
  const count = affectedRows === 1 ? 1 : insertId
  if (count > rule.hits) throw rateLimited((startMs - nowMs) / 1000 + rule.seconds)
  return { key, windowStart }
}

function describe(seconds: number): string {
  if (seconds < 2 * MINUTE) return `${seconds} seconds`
  if (seconds < 2 * HOUR) return `${Math.ceil(seconds / MINUTE)} minutes`
  return `${Math.ceil(seconds / HOUR)} hours`
}
