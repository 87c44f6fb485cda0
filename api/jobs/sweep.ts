import { tellAlerts } from '../alerts/tell.ts'
import { watch } from '../alerts/watch.ts'
import { sweepLedger } from '../checkout/ledger.ts'
import { sweepCapacity } from '../checkout/sweep_capacity.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { sweepOutbox } from '../mail/sweep.ts'
import { PanelError } from '../panel/panel.ts'
import { sweepMoney } from '../payments/money_report.ts'
import { sweepOpenOrders } from '../payments/open_orders.ts'
import { sweepMoneyBack, sweepSubscriptions } from '../payments/sweep_money_back.ts'
import { sweepStripe, sweepStripeMonth } from '../payments/sweep_stripe.ts'
import { sweepPanel } from '../servers/sweep_panel.ts'
import { sweepSample } from '../servers/sweep_sample.ts'
import { TryAgain } from './again.ts'
import { createHandlers } from './handlers.ts'
import { sweepJobAlerts } from './job_alerts.ts'
import { sealAudit } from '../accounts/audit_seals.ts'
import { sweepLeases } from './leases.ts'
import { sweepLostJobs } from './lost_jobs.ts'
import { purge } from './purge.ts'
import { enqueue } from './queue.ts'
import { findSweepsDue, recordSweep } from './sweeps_store.ts'

/** What a sweep did. */
export interface Swept {
  /** How much of what it found had been missed by the fast path, by what it is. */
  found: Record<string, number>
  /** How far it has looked, for those that do not look at everything each time. */
  watermark?: Date
}

interface Sweep {
  everyMs: number
  /** Idempotent, like any job. */
  run: (db: Db, deps: Deps) => Promise<Swept>
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Every sweep there is: each finds what a lost webhook, a lost job or a hand at the panel left. */
const sweeps = {
  'open-orders': { everyMs: MINUTE_MS, run: sweepOpenOrders },
  jobs: { everyMs: MINUTE_MS, run: sweepLostJobs },
  'job-alerts': { everyMs: MINUTE_MS, run: tellOfJobs },
  outbox: { everyMs: MINUTE_MS, run: sweepOutbox },
  leases: { everyMs: MINUTE_MS, run: sweepLeases },
  ledger: { everyMs: 10 * MINUTE_MS, run: sweepLedger },
  capacity: { everyMs: 10 * MINUTE_MS, run: sweepCapacity },
  panel: { everyMs: 10 * MINUTE_MS, run: sweepPanel },
  servers: { everyMs: 24 * HOUR_MS, run: sweepSample },
  stripe: { everyMs: HOUR_MS, run: sweepStripe },
  'stripe-month': { everyMs: 24 * HOUR_MS, run: sweepStripeMonth },
  refunds: { everyMs: HOUR_MS, run: sweepMoneyBack },
  subscriptions: { everyMs: HOUR_MS, run: sweepSubscriptions },
  money: { everyMs: HOUR_MS, run: sweepMoney },
  alerts: { everyMs: MINUTE_MS, run: sweepAlerts },
  audit: { everyMs: MINUTE_MS, run: sweepAudit },
  purge: { everyMs: HOUR_MS, run: purge },
} as const satisfies Record<string, Sweep>

export type SweepName = keyof typeof sweeps

export const sweepNames = Object.keys(sweeps).filter(isSweep)

/** How often a sweep runs by itself, in milliseconds; undefined for one of another release. */
export function everyMsOf(name: string): number | undefined {
  return isSweep(name) ? sweeps[name].everyMs : undefined
}

/** How a sweep ended that was run by hand. */
export interface SweepReport {
  name: SweepName
  found: Record<string, number>
  /** Why it did not go through. */
  error?: unknown
}

/** Each minute: makes a job of every sweep that is due. Any number of processes may do so at once. */
export async function sweep(db: Queryable, deps: Deps): Promise<void> {
  const every = sweepNames.map((name) => ({ name, everyMs: sweeps[name].everyMs }))
  for (const name of await findSweepsDue(db, every)) {
    await enqueue(db, deps, 'sweep', { name }, { topic: name })
  }
}

/** The job of one sweep. Throws TryAgain while the panel cannot be read: no job dies of that. */
export async function runSweepJob(
  db: Db,
  deps: Deps,
  { name }: { name: string },
): Promise<void> {
  // A row may have been written by a newer release.
  if (!isSweep(name)) throw new Error(`Cannot sweep as the name is not known: ${name}`)
  try {
    await runSweep(db, deps, name)
  } catch (error) {
    if (!(error instanceof PanelError)) throw error
    const delayMs = Math.max(error.retryAfterMs ?? 0, MINUTE_MS)
    throw new TryAgain(`cannot look at the panel: ${error.message}`, delayMs, error)
  }
}

/** Runs these sweeps now, or all of them, one after the other; none holds up the next. */
export async function runSweeps(
  db: Db,
  deps: Deps,
  names: readonly SweepName[] = sweepNames,
): Promise<SweepReport[]> {
  const reports: SweepReport[] = []
  for (const name of names) {
    try {
      reports.push({ name, found: await runSweep(db, deps, name) })
    } catch (error) {
      deps.log.error('a sweep did not go through', { job: name, error })
      reports.push({ name, found: {}, error })
    }
  }
  return reports
}

/** Not to find what was missed, but as regularly: seals the audit log. */
async function sweepAudit(db: Db): Promise<Swept> {
  await sealAudit(db)
  return { found: {} }
}

/** Not to find what was missed, but as regularly: tells the operators. */
async function sweepAlerts(db: Db, deps: Deps): Promise<Swept> {
  await watch(db, deps, everyMsOf)
  await tellAlerts(db, deps)
  return { found: {} }
}

async function runSweep(db: Db, deps: Deps, name: SweepName): Promise<Record<string, number>> {
  const run: Sweep['run'] = sweeps[name].run
  const { found, watermark } = await run(db, deps)
  let total = 0
  for (const [kind, count] of Object.entries(found)) {
    if (count === 0) continue
    total += count
    countFound(deps, kind, count)
  }
  await recordSweep(db, name, { found: total, ...(watermark ? { watermark } : {}) })
  return found
}

async function tellOfJobs(db: Db, deps: Deps): Promise<Swept> {
  await sweepJobAlerts(db, deps, Object.keys(createHandlers(deps)))
  return { found: {} }
}

/** Logs and counts what the fast path had missed. */
export function countFound(deps: Pick<Deps, 'log' | 'metrics'>, kind: string, count = 1): void {
  deps.log.warn('a sweep found what was missed', { code: kind, count })
  deps.metrics.count('reconcile_found_total', { kind }, count)
}

function isSweep(name: string): name is SweepName {
  return Object.hasOwn(sweeps, name)
}
