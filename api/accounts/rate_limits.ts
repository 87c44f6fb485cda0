import { createHmac } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { addressBlock } from '../http/client_address.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Links to one mailbox. */
const MAILS: Rule[] = [
  { apartSeconds: MINUTE },
  { hits: 3, seconds: HOUR },
  { hits: 10, seconds: DAY },
]

/**
 * How often something may be done, per subject: `user` is a user id, `account` an e-mail address
 * whether it has an account or not, `address` the client's address (an IPv6 /64 counts as one),
 * `everybody` all clients together. Counted in fixed windows, or at least `apartSeconds` apart.
 * Passwords tried for one account have a growing delay instead: see login_delays.ts.
 */
export const RATE_LIMITS: RateLimits = {
  /** Every request below /api but Stripe's: see request_limits.ts. */
  request: { address: [{ hits: 300, seconds: MINUTE }] },
  read: { user: [{ hits: 120, seconds: MINUTE }] },
  write: { user: [{ hits: 30, seconds: MINUTE }] },
  /** Counts failures: a log-in that succeeds gives its hit back. */
  login: { address: [{ hits: 20, seconds: 10 * MINUTE }, { hits: 100, seconds: DAY }] },
  signup: { address: [{ hits: 5, seconds: HOUR }] },
  everySignup: { everybody: [{ hits: 60, seconds: MINUTE }] },
  /** The mail to the owner of an address that somebody tried to sign up with. */
  signupKnown: { account: [{ apartSeconds: HOUR }] },
  verification: { address: [{ hits: 10, seconds: HOUR }] },
  verificationMail: { user: MAILS },
  forgot: { address: [{ hits: 10, seconds: HOUR }] },
  resetMail: { account: MAILS },
  emailChange: { address: [{ hits: 10, seconds: HOUR }], user: MAILS },
  /** A token from a link, whatever it is for. */
  confirm: { address: [{ hits: 20, seconds: 10 * MINUTE }] },
  /** Each writes to the panel, which counts as well. */
  panelLogin: { user: [{ hits: 10, seconds: HOUR }] },
  order: {
    user: [{ hits: 10, seconds: HOUR }],
    address: [{ hits: 30, seconds: HOUR }],
  },
  /** Each asks Stripe, which counts as well. */
  sync: { user: [{ hits: 30, seconds: MINUTE }] },
  /** Deliveries to the webhook whose signature is wrong. */
  webhookRefused: { address: [{ hits: 60, seconds: MINUTE }] },
}

export interface RateLimits {
  request: { address: Rule[] }
  read: { user: Rule[] }
  write: { user: Rule[] }
  login: { address: Rule[] }
  signup: { address: Rule[] }
  everySignup: { everybody: Rule[] }
  signupKnown: { account: Rule[] }
  verification: { address: Rule[] }
  verificationMail: { user: Rule[] }
  forgot: { address: Rule[] }
  resetMail: { account: Rule[] }
  emailChange: { address: Rule[]; user: Rule[] }
  confirm: { address: Rule[] }
  panelLogin: { user: Rule[] }
  order: { user: Rule[]; address: Rule[] }
  sync: { user: Rule[] }
  webhookRefused: { address: Rule[] }
}

type Rule = { hits: number; seconds: number } | { apartSeconds: number }

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
    const scope = `${action}|${kind}`
    for (const rule of rules) {
      if ('apartSeconds' in rule) await takeTurn(db, deps, { scope, subject, rule })
      else hits.push(await take(db, deps, { scope, subject, rule }))
    }
  }
  return hits
}

/** The same for what goes unsaid when it is too much: false then. */
export async function isWithinLimit<A extends keyof RateLimits>(
  db: Queryable,
  deps: LimitDeps,
  action: A,
  subjects: Record<keyof RateLimits[A] & string, string>,
): Promise<boolean> {
  try {
    await limit(db, deps, action, subjects)
    return true
  } catch (error) {
    if (error instanceof Problem && error.code === 'rate-limited') return false
    throw error
  }
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

/** How long a row of the delays still blocks; undefined when it is gone. */
export async function secondsLeft(db: Queryable, key: Uint8Array): Promise<number | undefined> {
  const [row] = await db.query<{ microseconds: number }>(
    `SELECT TIMESTAMPDIFF(MICROSECOND, {now}, blocked_until) AS microseconds
       FROM login_delays WHERE account_key = ?`,
    [key],
  )
  return row && row.microseconds / 1e6
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
  { scope, subject, rule }: {
    scope: string
    subject: string
    rule: { hits: number; seconds: number }
  },
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

/** Kept beside the log-in delays, whose rows say until when: a window would begin anew too soon. */
async function takeTurn(
  db: Queryable,
  deps: LimitDeps,
  { scope, subject, rule }: { scope: string; subject: string; rule: { apartSeconds: number } },
): Promise<void> {
  const key = limitKey(deps.config.AUTH_SECRET, `${scope}|apart`, subject)
  await db.run(
    `INSERT INTO login_delays (account_key, failures, blocked_until) VALUES (?, 0, {now})
       ON DUPLICATE KEY UPDATE account_key = account_key`,
    [key],
  )
  const { affectedRows } = await db.run(
    `UPDATE login_delays SET blocked_until = {now} + INTERVAL ? SECOND
      WHERE account_key = ? AND blocked_until <= {now}`,
    [rule.apartSeconds, key],
  )
  if (affectedRows === 0) throw rateLimited(await secondsLeft(db, key) ?? rule.apartSeconds)
}

function describe(seconds: number): string {
  if (seconds < 2 * MINUTE) return `${seconds} seconds`
  if (seconds < 2 * HOUR) return `${Math.ceil(seconds / MINUTE)} minutes`
  return `${Math.ceil(seconds / HOUR)} hours`
}
