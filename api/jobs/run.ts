import { raiseAlert } from '../alerts/alerts.ts'
import { type Db, DbUnavailable, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { type LogFields, scrub } from '../log.ts'
import { syncEvent } from '../payments/inbox.ts'
import { PanelError } from '../panel/panel.ts'
import { PaymentsError } from '../payments/payments.ts'
import { backoffMs, TryAgain } from './again.ts'
import { createHandlers, type Handlers } from './handlers.ts'
import {
  type Claimed,
  claimInbox,
  claimJobs,
  finish,
  giveBack,
  type InboxEvent,
  type Job,
  type Queue,
  renew,
  RENEW_EVERY_MS,
} from './queue.ts'

/** Some two hours with the backoff of again.ts; then a person must look. */
export const MAX_FAILURES = 12

const LONGEST_OUTAGE_DELAY_MS = 60_000

/**
 * What the promise rests on is never given up: it goes on each hour, so that what a repair or a new
 * release mends ends well by itself. A person is told all the same. The deadline of an order ends its
 * provisioning; nothing but success ends a refund.
 */
const PROMISED = new Set(['payment', 'subscription', 'order', 'server'])

/** Claimed at once where nobody has a better number. */
const BATCH = 10

/** Claims due rows of both queues and runs them to their end, see `startDue`. Returns how many. */
export async function runDue(db: Db, deps: Deps, handOver?: AbortSignal): Promise<number> {
  const runs = await startDue(db, deps, BATCH, handOver)
  await Promise.all(runs)
  return runs.length
}

/**
 * Claims up to `limit` due rows of both queues and starts them. Each promise ends when its row is
 * done or given back, and never rejects. When `handOver` is aborted, what still runs is given back
 * at once for another process to take, which its handler must bear like any other repetition.
 */
export async function startDue(
  db: Db,
  deps: Deps,
  limit: number,
  handOver?: AbortSignal,
): Promise<Promise<void>[]> {
  const handlers = createHandlers(deps)
  const events = await claimInbox(db, deps, limit)
  const runs = events.map((event) =>
    attempt(db, deps, ofEvent(event), () => syncEvent(db, deps, event), handOver)
  )
  // What is claimed runs, even when the database goes away before the next claim.
  const jobs = await claimJobs(db, deps, limit - events.length, Object.keys(handlers))
    .catch((error) => {
      deps.log.error('cannot claim jobs', { error })
      return []
    })
  return [
    ...runs,
    ...jobs.map((job) => attempt(db, deps, ofJob(job), () => handle(db, handlers, job), handOver)),
  ]
}

/** A claimed row of either queue, and how it is called in logs, metrics and alerts. */
interface Run {
  queue: Queue
  row: Claimed
  job: string
  subject: string
  about: LogFields & { jobId: string; job: string; attempt: number }
}

function ofJob(row: Job): Run {
  const about = { ...idIn(row.topic), jobId: row.id, job: row.name, attempt: row.attempts }
  return { queue: 'jobs', row, job: row.name, subject: row.topic, about }
}

function ofEvent(row: InboxEvent): Run {
  const about = { eventId: row.id, jobId: row.id, job: row.type, attempt: row.attempts }
  return { queue: 'stripe_events', row, job: 'stripe.event', subject: row.id, about }
}

/** What a job is about, for whoever searches the log for it: its topic names that. */
function idIn(topic: string): LogFields {
  const [id, kind] = /\b(ord|srv|pay|mal)_[a-z\d]+/.exec(topic) ?? []
  if (kind === 'ord') return { orderId: id }
  if (kind === 'srv') return { serverId: id }
  if (kind === 'pay') return { paymentId: id }
  return kind === 'mal' ? { mailId: id } : {}
}

async function handle(db: Db, handlers: Handlers, job: Job): Promise<void> {
  if (!isHandled(handlers, job.name)) {
    throw new Error(`Cannot run a job as its name is not known: ${job.name}`)
  }
  await handlers[job.name](db, JSON.parse(job.payload), job.attempts)
}

function isHandled(handlers: Handlers, name: string): name is keyof Handlers {
  return Object.hasOwn(handlers, name)
}

async function attempt(
  db: Db,
  deps: Deps,
  run: Run,
  work: () => Promise<void>,
  handOver?: AbortSignal,
): Promise<void> {
  const { queue, row, job, about } = run
  const started = performance.now()
  if (row.tookOver) {
    deps.metrics.count('lease_expired_total')
    deps.log.warn('took over a job whose worker died or slept', about)
  }
  const renewing = setInterval(() => {
    // Lost or not: every write of ours is fenced, and the handler may run twice.
    renew(db, queue, row).catch((error) =>
      deps.log.warn('cannot renew a lease', { ...about, error })
    )
  }, RENEW_EVERY_MS)
  try {
    await unlessHandedOver(work(), handOver)
    if (!await finish(db, queue, row)) return lost(deps, run)
    deps.metrics.count('jobs_total', { job, outcome: 'done' })
    deps.log.info('job done', { ...about, ms: Math.round(performance.now() - started) })
  } catch (error) {
    await recordFailure(db, deps, run, error).catch((cause) => {
      // The lease ends by itself, and the job is claimed again.
      deps.log.error('cannot record how a job ended', { ...about, error: cause })
    })
  } finally {
    clearInterval(renewing)
  }
}

/** Ends with the work, or by TryAgain when the row is to be handed over first. */
async function unlessHandedOver(work: Promise<void>, handOver?: AbortSignal): Promise<void> {
  const { promise: left, reject } = Promise.withResolvers<never>()
  const leave = () => reject(new TryAgain('its process stops', 0))
  handOver?.addEventListener('abort', leave)
  if (handOver?.aborted) leave()
  try {
    await Promise.race([work, left])
  } finally {
    handOver?.removeEventListener('abort', leave)
  }
}

/** Another has the row: what this run wrote down of its end hit nothing. */
function lost(deps: Deps, { job, about }: Run): void {
  deps.metrics.count('fenced_write_lost_total')
  deps.metrics.count('jobs_total', { job, outcome: 'lost' })
  deps.log.warn('lease lost before the job ended', about)
}

/** Somebody else is down: no job is to blame, and none dies of it. */
function isOutage(error: unknown): boolean {
  if (error instanceof PanelError) return ['retry', 'configuration'].includes(error.kind)
  return error instanceof DbUnavailable || (error instanceof PaymentsError && error.retryable)
}

/** After an outage the work goes on within the minute in which it ends. */
function delayAfter(error: unknown, failures: number, deps: Deps): number {
  const delayMs = backoffMs(failures, deps.randomBytes)
  return isOutage(error) ? Math.min(delayMs, LONGEST_OUTAGE_DELAY_MS) : delayMs
}

async function recordFailure(db: Db, deps: Deps, run: Run, error: unknown): Promise<void> {
  const { job, row, about } = run
  const waits = error instanceof TryAgain
  const spent = !waits && !isOutage(error) && row.failures + 1 >= MAX_FAILURES
  const dead = spent && !isPromised(job)
  const outcome = dead ? 'dead' : waits ? 'waits' : 'failed'
  const delayMs = waits ? error.delayMs : delayAfter(error, row.failures + 1, deps)
  const text = scrub(error instanceof Error ? error.message : String(error))
  const end = { delayMs, error: text, outcome } as const
  const kept = spent
    ? await db.transaction((tx) => giveBackAloud(tx, deps, run, end))
    : await giveBack(db, run.queue, row, end)
  if (!kept) return lost(deps, run)
  deps.metrics.count('jobs_total', { job, outcome })
  const retryAt = new Date(deps.now().getTime() + delayMs).toISOString()
  if (dead) deps.log.error('job is dead: a person must look', { ...about, error })
  else if (waits) deps.log.info('job waits', { ...about, retryAt, error: text })
  else deps.log.error('job failed', { ...about, retryAt, error })
}

/** Gives back a row that has failed so often that a person is told. */
async function giveBackAloud(
  tx: Queryable,
  deps: Deps,
  { queue, row, job, subject }: Run,
  end: { delayMs: number; error: string; outcome: 'waits' | 'failed' | 'dead' },
): Promise<boolean> {
  if (!await giveBack(tx, queue, row, end)) return false
  await raiseAlert(tx, deps, {
    kind: end.outcome === 'dead' ? 'job_dead' : 'job_failing',
    // As much of a topic as an alert has room for; none of ours is as long.
    subject: subject.slice(0, 140),
    detail: { job, jobId: row.id, failures: row.failures + 1, error: end.error.slice(0, 300) },
  })
  return true
}

function isPromised(job: string): boolean {
  return PROMISED.has(job.split('.')[0] ?? '')
}
