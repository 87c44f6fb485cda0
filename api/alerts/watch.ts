import { microseconds, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { raiseAlert, resolveAbsent } from './alerts.ts'
import type { AlertKind } from './kinds.ts'

/** Told one by one; beyond it is one trouble and not many. */
const MOST = 500

/** Refusals within the last five minutes that are no accident any more. */
const REFUSALS = 5

/** A sweep that has not gone through for so long beyond its time. */
const SWEEP_LATE_MS = 30 * 60_000

/** How often each sweep runs by itself, in milliseconds; undefined for one of another release. */
type EveryMsOf = (name: string) => number | undefined

/** Opens and closes the alerts about what no single handler can see: that something does not happen. */
export async function watch(
  db: Queryable,
  deps: Pick<Deps, 'newId'>,
  everyMsOf: EveryMsOf,
): Promise<void> {
  await holdAgainst(db, deps, 'order_late', await listLateOrders(db))
  await holdAgainst(db, deps, 'sweep_late', await listLateSweeps(db, everyMsOf))
  await holdAgainst(db, deps, 'webhook_refused', await isRefused(db) ? ['shop'] : [])
}

async function holdAgainst(
  db: Queryable,
  deps: Pick<Deps, 'newId'>,
  kind: AlertKind,
  subjects: string[],
): Promise<void> {
  for (const subject of subjects) await raiseAlert(db, deps, { kind, subject })
  await resolveAbsent(db, kind, subjects)
}

async function listLateOrders(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM orders WHERE status IN ('paid', 'provisioning', 'provision_failed')
        AND paid_at < {now} - INTERVAL 15 MINUTE ORDER BY paid_at, id LIMIT ${MOST}`,
  )
  return rows.map(({ id }) => id)
}

async function listLateSweeps(db: Queryable, everyMsOf: EveryMsOf): Promise<string[]> {
  const rows = await db.query<{ name: string; us: number | string }>(
    `SELECT name, TIMESTAMPDIFF(MICROSECOND, last_success_at, {now}) AS us FROM sweeps
      WHERE last_success_at < {now} - INTERVAL ? MICROSECOND`,
    [microseconds(SWEEP_LATE_MS)],
  )
  return rows.filter(({ name, us }) => {
    const everyMs = everyMsOf(name)
    return everyMs !== undefined && Number(us) / 1000 > everyMs + SWEEP_LATE_MS
  }).map(({ name }) => name)
}

async function isRefused(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ refused: number | string | null }>(
    'SELECT SUM(refused) AS refused FROM webhook_refusals WHERE minute > {now} - INTERVAL 5 MINUTE',
  )
  return Number(row?.refused ?? 0) > REFUSALS
}
