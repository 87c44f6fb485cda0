import { raiseAlert, resolveAbsent } from '../alerts/alerts.ts'
import { placeholders, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { MAX_FAILURES } from './run.ts'

/** A deployment is through by then. */
const FOREIGN_AFTER = '1 HOUR'

/**
 * Tells a person of jobs whose name is none of `known`, which this release leaves alone, and closes
 * what was said of jobs that are well again, or that a person has put right.
 */
export async function sweepJobAlerts(
  db: Queryable,
  deps: Pick<Deps, 'newId'>,
  known: readonly string[],
): Promise<void> {
  const foreign = await db.query<{ name: string }>(
    `SELECT DISTINCT name FROM jobs
      WHERE status = 'ready' AND run_at < {now} - INTERVAL ${FOREIGN_AFTER}
        AND name NOT IN (${placeholders(known)})`,
    known,
  )
  for (const { name } of foreign) await raiseAlert(db, deps, { kind: 'job_unknown', subject: name })
  await resolveAbsent(db, 'job_unknown', foreign.map(({ name }) => name))
  await resolveWell(db, 'job_dead', "x.status = 'dead'")
  await resolveWell(db, 'job_failing', `x.status = 'ready' AND x.failures >= ${MAX_FAILURES}`)
}

/** Closes the alerts about rows of either queue for which `still` no longer holds. */
async function resolveWell(db: Queryable, kind: string, still: string): Promise<void> {
  await db.run(
    `UPDATE alerts SET resolved_at = {now}, open_key = NULL
      WHERE kind = ? AND resolved_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM jobs x WHERE x.topic = alerts.subject AND ${still})
        AND NOT EXISTS (SELECT 1 FROM stripe_events x WHERE x.id = alerts.subject AND ${still})`,
    [kind],
  )
}
