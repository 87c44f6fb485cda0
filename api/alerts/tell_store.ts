import { microseconds, placeholders, type Queryable } from '../db.ts'
import type { AlertKind } from './kinds.ts'

export interface TellableAlert {
  id: string
  subject: string
  /** JSON. */
  detail: string
  firstSeenAt: Date
  /** Null while nobody was told. */
  notifiedAt: Date | null
  /** Null while it is so. */
  resolvedAt: Date | null
}

/** In one notification; the others follow with the next. */
const MOST = 1000

/** The kinds of which a person was told within the last `withinMs`. */
export async function listToldLately(db: Queryable, withinMs: number): Promise<Set<string>> {
  const since = microseconds(withinMs)
  const rows = await db.query<{ kind: string }>(
    `SELECT DISTINCT kind FROM alerts WHERE notified_at > {now} - INTERVAL ? MICROSECOND
        OR resolved_told_at > {now} - INTERVAL ? MICROSECOND`,
    [since, since],
  )
  return new Set(rows.map(({ kind }) => kind))
}

/**
 * The alerts of a kind that a person should be told of, the oldest first, locked: those that are
 * certain and new, and unless `once` those that were told a day ago and those that are over.
 */
export async function listTellable(
  tx: Queryable,
  kind: AlertKind,
  { once }: { once: boolean },
): Promise<TellableAlert[]> {
  const again = `OR (resolved_at IS NULL AND notified_at <= {now} - INTERVAL 1 DAY)
      OR (resolved_at IS NOT NULL AND notified_at IS NOT NULL AND resolved_told_at IS NULL)`
  return await tx.query<TellableAlert>(
    `SELECT id, subject, detail, first_seen_at AS firstSeenAt, notified_at AS notifiedAt,
       resolved_at AS resolvedAt
      FROM alerts WHERE kind = ? AND confirmed_at IS NOT NULL
        AND ((${once ? '' : 'resolved_at IS NULL AND '}notified_at IS NULL) ${once ? '' : again})
      ORDER BY first_seen_at, id LIMIT ${MOST} FOR UPDATE`,
    [kind],
  )
}

export async function recordTold(tx: Queryable, alerts: TellableAlert[]): Promise<void> {
  const ids = alerts.map(({ id }) => id)
  await tx.run(
    `UPDATE alerts SET
       resolved_told_at = IF(resolved_at IS NULL, NULL, {now}),
       notified_at = IF(resolved_at IS NULL OR notified_at IS NULL, {now}, notified_at)
      WHERE id IN (${placeholders(ids)})`,
    ids,
  )
}

/** Deletes what has been over for three months, at most a thousand at a time. */
export async function purgeAlerts(db: Queryable): Promise<void> {
  await db.run('DELETE FROM alerts WHERE resolved_at < {now} - INTERVAL 90 DAY LIMIT 1000')
}
