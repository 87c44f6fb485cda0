import { type Db, DbUnavailable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { scrub } from '../log.ts'
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
  type Job,
  type Queue,
  renew,
  RENEW_EVERY_MS,
} from './queue.ts'

/** Some two hours with the backoff of again.ts; then a person must look. */
const MAX_FAILURES = 12

const LONGEST_OUTAGE_DELAY_MS = 60_000

/** Claims up to `limit` due rows of both queues and runs them to their end. Returns how many. */
export async function runDue(db: Db, deps: Deps, limit = 10): Promise<number> {
  const runs = await startDue(db, deps, limit)
  await Promise.all(runs)
  return runs.length
}

/**
 * Claims up to `limit` due rows of both queues and starts them. Each promise ends when its row is
 * done or given back, and never rejects.
 */
export async function startDue(db: Db, deps: Deps, limit: number): Promise<Promise<void>[]> {
  const events = await claimInbox(db, deps, limit)
  const runs = events.map((event) =>
    attempt(db, deps, 'stripe_events', event, () => syncEvent(db, deps, event))
  )
  // What is claimed runs, even when the database goes away before the next claim.
  const jobs = await claimJobs(db, deps, limit - events.length).catch((error) => {
    deps.log.error('cannot claim jobs', { error })
    return []
  })
  return [
    ...runs,
    ...jobs.map((job) => attempt(db, deps, 'jobs', job, () => handle(db, deps, job))),
  ]
}

async function handle(db: Db, deps: Deps, job: Job): Promise<void> {
  const handlers = createHandlers(deps)
  // A row may have been written by a newer or an older release.
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
  queue: Queue,
  row: Claimed & { name?: string; type?: string },
  work: () => Promise<void>,
): Promise<void> {
  const about = { jobId: row.id, job: row.name ?? row.type, attempt: row.attempts }
  const renewing = setInterval(() => {
    // Lost or not: every write of ours is fenced, and the handler may run twice.
    renew(db, queue, row).catch((error) =>
      deps.log.warn('cannot renew a lease', { ...about, error })
    )
  }, RENEW_EVERY_MS)
  try {
    await work()
    if (!await finish(db, queue, row)) deps.log.warn('lease lost before the job ended', about)
  } catch (error) {
    await recordFailure(db, deps, queue, { row, about, error }).catch((cause) => {
      // The lease ends by itself, and the job is claimed again.
      deps.log.error('cannot record how a job ended', { ...about, error: cause })
    })
  } finally {
    clearInterval(renewing)
  }
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

async function recordFailure(
  db: Db,
  deps: Deps,
  queue: Queue,
  { row, about, error }: {
    row: Claimed
    about: { jobId: string; job: string | undefined; attempt: number }
    error: unknown
  },
): Promise<void> {
  const waits = error instanceof TryAgain
  const dead = !waits && !isOutage(error) && row.failures + 1 >= MAX_FAILURES
  const outcome = dead ? 'dead' : waits ? 'waits' : 'failed'
  const delayMs = waits ? error.delayMs : delayAfter(error, row.failures + 1, deps)
  const text = scrub(error instanceof Error ? error.message : String(error))
  const kept = await giveBack(db, queue, row, { delayMs, error: text, outcome })
  if (!kept) return deps.log.warn('lease lost before the job failed', about)
  const retryAt = new Date(deps.now().getTime() + delayMs).toISOString()
  if (dead) deps.log.error('job is dead: a person must look', { ...about, error })
  else if (waits) deps.log.info('job waits', { ...about, retryAt, error: text })
  else deps.log.error('job failed', { ...about, retryAt, error })
}
