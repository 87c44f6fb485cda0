import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Queue } from './queue.ts'
import type { Swept } from './sweep.ts'

/** A worker that lives claims what is due within seconds. */
const UNCLAIMED_MS = 10_000

/**
 * A lease ends by itself, since it is the time at which the row is due again. Counts the rows whose
 * worker died and that nobody has taken over: then no worker is left, or none keeps up.
 */
export async function sweepLeases(db: Db, deps: Deps): Promise<Swept> {
  return {
    found: {
      lease: await countExpired(db, deps, 'jobs'),
      inbox_lease: await countExpired(db, deps, 'stripe_events'),
    },
  }
}

async function countExpired(db: Db, deps: Deps, queue: Queue): Promise<number> {
  const rows = await db.query<{ id: string; attempts: number }>(
    `SELECT id, attempts FROM ${queue} WHERE status = 'ready' AND lease_token IS NOT NULL
        AND run_at < {now} - INTERVAL ? MICROSECOND ORDER BY run_at, id LIMIT 200`,
    [UNCLAIMED_MS * 1000],
  )
  for (const { id, attempts } of rows) {
    deps.log.warn('a lease ran out and nobody took the row over', { jobId: id, attempt: attempts })
  }
  return rows.length
}
