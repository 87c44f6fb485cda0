import { type Db, isDuplicate, microseconds, placeholders, type Queryable } from '../db.ts'
import type { Notification } from '../alerts/notification.ts'
import type { Deps } from '../deps.ts'

/** Every job there is, with what it is told. Handlers are in handlers.ts. */
export interface JobPayloads {
  /** Make our order agree with what Stripe says of its checkout session. `swept`: a sweep asks. */
  'payment.sync': { orderId: string; swept?: true }
  /** Cancel the subscription of an order whose delayed payment failed. */
  'subscription.cancel': { subscriptionId: string }
  /** Create the server at the panel, or find it there. */
  'server.provision': { serverId: string }
  /** Delete what is half installed, and create it again. */
  'server.recreate': { serverId: string }
  /** Look whether the server is installed. */
  'server.check': { serverId: string }
  /** Look again whether an active server is still there. */
  'server.verify': { serverId: string; look: 1 | 2 }
  /** Delete a server whose delivery was stopped. */
  'server.delete': { serverId: string }
  /** Make the panel agree with whether a server may run. */
  'server.suspend': { serverId: string }
  /** Delete a suspended server whose money went back, once its time has passed. */
  'server.retire': { serverId: string }
  /** End an order that was not delivered by its deadline, or whose end is decided: its money goes back. */
  'order.refund': { orderId: string }
  /** Return a payment that the order did not need. */
  'payment.return': { paymentId: string }
  /** Hand a mail of the outbox to the provider. */
  'mail.send': { mailId: string }
  /** Mail the owner a link to set a new password; null: nobody has the address that was given. */
  'password.recover': { userId: string | null; tokenId: string; requestId: string }
  /** Give the customer's account at the panel the address that their account here has. */
  'panel.user-email': { userId: string }
  /** Tell the operators by the webhook of ALERT_WEBHOOK_URL. */
  'alert.send': { notificationId: string; notification: Notification }
  /** Find what the fast path missed; the name is one of sweep.ts. */
  sweep: { name: string }
}

export type JobName = keyof JobPayloads

/** A claimed row of either queue. `leaseToken` fences every later write. */
export interface Claimed {
  id: string
  attempts: number
  /** How many of the attempts ended in an error. */
  failures: number
  leaseToken: string
  /** Taken over from a worker whose lease ran out: it died, or slept. */
  tookOver: boolean
}

export interface Job extends Claimed {
  name: string
  payload: string
  topic: string
}

/** A claimed row of the inbox. */
export interface InboxEvent extends Claimed {
  type: string
  objectType: string
  objectId: string
  /** As Stripe sent it; only ids are read from it. */
  body: string
}

/**
 * How long the rows of a worker that died stay taken. A living one renews its lease as long as the
 * handler runs, so it need not be longer than the slowest call (60 s, panel create).
 */
const LEASE_MS = 45_000

/** Two renewals may be lost before the lease is. */
export const RENEW_EVERY_MS = LEASE_MS / 3

/** Looked at per claim; one of several workers picks at random among them, so that few collide. */
const CANDIDATES = 40

/** The two queues: one claim, one finish, one failure for both. */
const queues = {
  jobs: { columns: 'name, payload, topic', onClaim: ', dedupe_key = NULL' },
  stripe_events: {
    columns: 'type, object_type AS objectType, object_id AS objectId, body',
    onClaim: '',
  },
} as const

export type Queue = keyof typeof queues

/**
 * Adds a job in the transaction of its cause, unless one on the same `topic` is waiting. A job that
 * is running does not count as waiting: what happened meanwhile is looked at again.
 * The time of one that waits is moved forward to `delayMs` from now if that is sooner.
 */
export async function enqueue<N extends JobName>(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  name: N,
  payload: JobPayloads[N],
  { topic, delayMs = 0 }: { topic: string; delayMs?: number },
): Promise<void> {
  const key = `${name}:${topic}`
  await tx.run(
    `INSERT INTO jobs (id, name, payload, topic, dedupe_key, status, run_at, attempts, created_at)
     VALUES (?, ?, ?, ?, ?, 'ready', {now} + INTERVAL ? MICROSECOND, 0, {now})
     ON DUPLICATE KEY UPDATE run_at = LEAST(run_at, VALUES(run_at))`,
    [deps.newId('job'), name, JSON.stringify(payload), key, key, microseconds(delayMs)],
  )
}

/**
 * Claims up to `limit` due jobs for LEASE_MS, of any name or of `names` alone: a release leaves jobs
 * that it does not know to the one that does. Each row goes to one claimer only.
 */
export function claimJobs(
  db: Db,
  deps: Claimer,
  limit: number,
  names?: readonly string[],
): Promise<Job[]> {
  return claim<Job>(db, deps, { queue: 'jobs', limit, names })
}

/** The same for the inbox. */
export function claimInbox(db: Db, deps: Claimer, limit: number): Promise<InboxEvent[]> {
  return claim<InboxEvent>(db, deps, { queue: 'stripe_events', limit })
}

type Claimer = Pick<Deps, 'newId' | 'randomBytes'>

interface Claim {
  queue: Queue
  limit: number
  names?: readonly string[]
}

/**
 * Only the UPDATE decides, and each statement is a transaction of its own: what was read before may
 * be old, at any isolation level, and then changes nothing. Whoever dies between the statements, or
 * never hears that the UPDATE came through, has leased rows that are due again when the lease ends.
 */
async function claim<R extends Claimed>(
  db: Db,
  deps: Claimer,
  { queue, limit, names }: Claim,
): Promise<R[]> {
  if (limit <= 0) return []
  const due = await listDue(db, queue, names)
  if (due.length === 0) return []
  const ids = pick(due.map((row) => row.id), limit, deps.randomBytes)
  const leaseToken = deps.newId('lease')
  const { affectedRows } = await db.run(
    `UPDATE ${queue} SET lease_token = ?, attempts = attempts + 1,
            run_at = {now} + INTERVAL ? MICROSECOND${queues[queue].onClaim}
      WHERE id IN (${placeholders(ids)}) AND status = 'ready' AND run_at <= {now}`,
    [leaseToken, microseconds(LEASE_MS), ...ids],
  )
  if (affectedRows === 0) return []
  const rows = await db.query<R>(
    `SELECT id, attempts, failures, lease_token AS leaseToken, ${
      queues[queue].columns
    } FROM ${queue}
      WHERE id IN (${placeholders(ids)}) AND lease_token = ?`,
    [...ids, leaseToken],
  )
  const expired = new Set(due.filter((row) => row.leased).map((row) => row.id))
  return rows.map((row) => ({ ...row, tookOver: expired.has(row.id) }))
}

/** Without a lock: several workers may see the same rows. */
async function listDue(
  db: Db,
  queue: Queue,
  names: readonly string[] = [],
): Promise<{ id: string; leased: number }[]> {
  return await db.query(
    `SELECT id, lease_token IS NOT NULL AS leased FROM ${queue}
      WHERE status = 'ready' AND run_at <= {now}
        ${names.length ? `AND name IN (${placeholders(names)})` : ''}
      ORDER BY run_at, id LIMIT ${CANDIDATES}`,
    names,
  )
}

/** Keeps a claimed row for another LEASE_MS. False when the lease was lost meanwhile. */
export async function renew(db: Queryable, queue: Queue, row: Claimed): Promise<boolean> {
  const { affectedRows } = await db.run(
    `UPDATE ${queue} SET run_at = {now} + INTERVAL ? MICROSECOND
      WHERE id = ? AND lease_token = ? AND status = 'ready'`,
    [microseconds(LEASE_MS), row.id, row.leaseToken],
  )
  return affectedRows === 1
}

/** Marks a claimed row done. False when the lease was lost meanwhile. */
export async function finish(db: Queryable, queue: Queue, row: Claimed): Promise<boolean> {
  const { affectedRows } = await db.run(
    `UPDATE ${queue} SET status = 'done', lease_token = NULL, finished_at = {now}
      WHERE id = ? AND lease_token = ? AND status = 'ready'`,
    [row.id, row.leaseToken],
  )
  return affectedRows === 1
}

/**
 * Gives a claimed row back to run again after `delayMs`, or buries it as `dead`. A job whose topic
 * got a fresh waiting job meanwhile is done: that one carries on. False when the lease was lost.
 */
export async function giveBack(
  db: Queryable,
  queue: Queue,
  row: Claimed,
  { delayMs, error, outcome }: {
    delayMs: number
    error: string
    outcome: 'waits' | 'failed' | 'dead'
  },
): Promise<boolean> {
  const dead = outcome === 'dead'
  const waiting = queue === 'jobs' && !dead ? ', dedupe_key = topic' : ''
  try {
    const { affectedRows } = await db.run(
      `UPDATE ${queue} SET status = ?, lease_token = NULL, last_error = ?,
              failures = failures + ?,
              run_at = {now} + INTERVAL ? MICROSECOND,
              finished_at = IF(? = 'dead', {now}, NULL)${waiting}
        WHERE id = ? AND lease_token = ? AND status = 'ready'`,
      [
        dead ? 'dead' : 'ready',
        error.slice(0, 1000),
        outcome === 'waits' ? 0 : 1,
        microseconds(delayMs),
        dead ? 'dead' : 'ready',
        row.id,
        row.leaseToken,
      ],
    )
    return affectedRows === 1
  } catch (cause) {
    if (!isDuplicate(cause)) throw cause
    return await finish(db, queue, row)
  }
}

function pick(ids: string[], limit: number, randomBytes: Deps['randomBytes']): string[] {
  if (ids.length <= limit) return ids
  const order = randomBytes(ids.length)
  return ids.map((id, at) => ({ id, weight: order[at] ?? 0 }))
    .sort((a, b) => a.weight - b.weight).slice(0, limit).map(({ id }) => id)
}

/** Done jobs tell nobody anything after a week; dead ones stay until a person has looked. */
export async function purgeJobs(db: Queryable): Promise<void> {
  await db.run(
    `DELETE FROM jobs WHERE status = 'done' AND finished_at < {now} - INTERVAL 7 DAY LIMIT 5000`,
  )
}
