import { microseconds, placeholders, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { AlertKind } from './kinds.ts'

export interface NewAlert {
  kind: AlertKind
  /** The id of what it is about; `shop` for what concerns it all. */
  subject: string
  /** Facts for the operator; never a secret, never an address. */
  detail?: Record<string, unknown>
  /** It is only certain once it was seen again at least this much later. */
  confirmAfterMs?: number
}

/**
 * Opens an alert, or counts one more sighting of it while it is open. Call it in the transaction of
 * its cause. Any number of calls tell a person once.
 */
export async function raiseAlert(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  { kind, subject, detail = {}, confirmAfterMs = 0 }: NewAlert,
): Promise<void> {
  const facts = JSON.stringify(detail)
  await tx.run(
    `INSERT INTO alerts (id, kind, subject, open_key, detail, first_seen_at, last_seen_at,
       times_seen, confirmed_at)
     VALUES (?, ?, ?, ?, ?, {now}, {now}, 1, IF(? = 0, {now}, NULL))
     ON DUPLICATE KEY UPDATE detail = VALUES(detail), last_seen_at = VALUES(last_seen_at),
       times_seen = times_seen + 1,
       confirmed_at = COALESCE(confirmed_at,
         IF(first_seen_at <= {now} - INTERVAL ? MICROSECOND, {now}, NULL))`,
    [
      deps.newId('alert'),
      kind,
      subject,
      `${kind}:${subject}`,
      facts,
      confirmAfterMs,
      microseconds(confirmAfterMs),
    ],
  )
}

/** It is no longer so. Does nothing when no such alert is open. */
export async function resolveAlert(
  tx: Queryable,
  { kind, subject }: { kind: AlertKind; subject: string },
): Promise<void> {
  await tx.run('UPDATE alerts SET resolved_at = {now}, open_key = NULL WHERE open_key = ?', [
    `${kind}:${subject}`,
  ])
}

/** Resolves the open alerts of a kind about anything but `subjects`: a sweep did not find them again. */
export async function resolveAbsent(
  tx: Queryable,
  kind: AlertKind,
  subjects: readonly string[],
): Promise<void> {
  await tx.run(
    `UPDATE alerts SET resolved_at = {now}, open_key = NULL
      WHERE kind = ? AND resolved_at IS NULL
        ${subjects.length ? `AND subject NOT IN (${placeholders(subjects)})` : ''}`,
    [kind, ...subjects],
  )
}

/** The open alerts of a kind: what each is about, and whether it was seen long enough to be certain. */
export async function listOpenAlerts(
  db: Queryable,
  kind: AlertKind,
): Promise<Map<string, { confirmed: boolean }>> {
  const rows = await db.query<{ subject: string; confirmed: number }>(
    `SELECT subject, confirmed_at IS NOT NULL AS confirmed FROM alerts
      WHERE kind = ? AND resolved_at IS NULL`,
    [kind],
  )
  return new Map(rows.map(({ subject, confirmed }) => [subject, { confirmed: Boolean(confirmed) }]))
}
