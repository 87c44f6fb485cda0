import { microseconds, type Queryable } from '../db.ts'

export type CircuitKind = 'outage' | 'configuration'

/** How the gate stands; times are the database's. */
export interface GateState {
  circuit: 'closed' | 'open' | 'half_open'
  kind: CircuitKind | null
  /** The last failure in words; null when there was none since the last sensible answer. */
  reason: string | null
  /** Since when the circuit is open. */
  since: Date | null
  /** When a single call tries whether it can close. */
  nextProbeAt: Date | null
  /** In a row, over all processes. */
  failures: number
  failingSince: Date | null
  /** Calls a minute that the panel allows. */
  perMinute: number
  /** The panel asked for no call before then; null when it did not. */
  pausedUntil: Date | null
}

/** The panel's own default, until it has announced another. */
export const DEFAULT_PER_MINUTE = 240

/** The panel counts by fixed minutes. */
const WINDOW_MS = 60_000

/** How long an open circuit rests between two single calls. */
export const PROBE_EVERY_MS = 30_000

/**
 * Of the limit, 12 in 13 are used when calls are spread evenly; with the few that may run ahead at
 * most 95 % are made in any 60 s, wherever the panel's minute begins. The rest is for other users of
 * the key.
 */
const EVENLY = '(65000000 DIV per_minute)'

/** What of the panel's own count is left alone. Alone with the key we never come to it. */
const RESERVE = '(per_minute DIV 40)'

/** More left than we think, by more than calls under way explain: the panel's next minute began. */
const RENEWED = 20

/** For how long a panel that wants a longer pause is believed. */
const LONGEST_PAUSE_MS = 10 * 60_000

/**
 * Makes the gate's row if there is none. True when the panel's address or our key differ from those
 * of the row: then it starts afresh.
 */
export async function ensureGate(tx: Queryable, addressHash: string): Promise<boolean> {
  await tx.run(
    `INSERT INTO panel_gate (id, address_hash, per_minute, next_at, left_in_window, window_ends_at,
       paused_until, failures, probe_at)
     VALUES (1, ?, ${DEFAULT_PER_MINUTE}, {now}, 0, {now}, {now}, 0, {now})
     ON DUPLICATE KEY UPDATE id = id`,
    [addressHash],
  )
  const { affectedRows } = await tx.run(
    `UPDATE panel_gate SET address_hash = ?, per_minute = ${DEFAULT_PER_MINUTE}, next_at = {now},
       left_in_window = 0, window_ends_at = {now}, paused_until = {now}, failures = 0,
       failing_since = NULL, open_kind = NULL, open_since = NULL, open_op = NULL, reason = NULL
      WHERE id = 1 AND address_hash <> ?`,
    [addressHash, addressHash],
  )
  return affectedRows === 1
}

/**
 * Takes `count` calls out of the budget, running ahead of an even spread by at most `aheadMs`. While
 * the circuit is open it takes the one probe that is due, if it is. False: make no call.
 */
export async function takeCalls(
  db: Queryable,
  { count, aheadMs }: { count: number; aheadMs: number },
): Promise<boolean> {
  const { affectedRows } = await db.run(
    `UPDATE panel_gate SET
       next_at = IF(next_at > {now}, next_at, {now}) + INTERVAL ? * ${EVENLY} MICROSECOND,
       left_in_window = left_in_window - ?,
       probe_at = IF(open_since IS NULL, probe_at, {now} + INTERVAL ? MICROSECOND)
      WHERE id = 1 AND next_at <= {now} + INTERVAL ? MICROSECOND AND paused_until <= {now}
        AND (window_ends_at <= {now} OR left_in_window > ${RESERVE})
        AND (open_since IS NULL OR probe_at <= {now})`,
    [count, count, microseconds(PROBE_EVERY_MS), microseconds(aheadMs)],
  )
  return affectedRows === 1
}

/** Why no call can be taken now, and how long that will be so at most. */
export interface Obstacle {
  kind: 'budget' | 'pause' | CircuitKind
  reason: string | null
  waitMs: number
}

/** What stands in the way of the next call; undefined when nothing does any more. */
export async function findObstacle(
  db: Queryable,
  { aheadMs }: { aheadMs: number },
): Promise<Obstacle | undefined> {
  const until = (at: string) => `TIMESTAMPDIFF(MICROSECOND, {now}, ${at})`
  const [row] = await db.query<
    Record<'turnUs' | 'pauseUs' | 'windowUs' | 'probeUs', string | number> & {
      kind: CircuitKind | null
      reason: string | null
    }
  >(
    `SELECT open_kind AS kind, reason, ${until('next_at')} AS turnUs,
       ${until('paused_until')} AS pauseUs,
       IF(left_in_window > ${RESERVE}, 0, ${until('window_ends_at')}) AS windowUs,
       IF(open_since IS NULL, 0, ${until('probe_at')}) AS probeUs
      FROM panel_gate WHERE id = 1`,
  )
  if (!row) return undefined
  const waits: Obstacle[] = [
    { kind: row.kind ?? 'outage', reason: row.reason, waitMs: Number(row.probeUs) / 1000 },
    { kind: 'pause', reason: null, waitMs: Number(row.pauseUs) / 1000 },
    { kind: 'budget', reason: null, waitMs: Number(row.windowUs) / 1000 },
    { kind: 'budget', reason: null, waitMs: Number(row.turnUs) / 1000 - aheadMs },
  ]
  return waits.find(({ waitMs }) => waitMs > 0)
}

/** What the panel says of its limit with an answer. */
export interface Announced {
  limit: number
  left: number
}

/** The panel answered sensibly. False when the circuit is open, or there is no gate: nothing is written. */
export async function recordAnswer(db: Queryable, announced?: Announced): Promise<boolean> {
  const { affectedRows } = await db.run(
    `UPDATE panel_gate SET failures = 0, failing_since = NULL, reason = NULL${budgetSql(announced)}
      WHERE id = 1 AND open_since IS NULL`,
    budgetParams(announced),
  )
  return affectedRows === 1
}

/** The panel wants no call for so long: then its next minute begins. */
export async function recordPause(
  db: Queryable,
  { pauseMs, announced }: { pauseMs: number; announced?: Announced },
): Promise<void> {
  const pause = microseconds(Math.min(pauseMs, LONGEST_PAUSE_MS))
  await db.run(
    `UPDATE panel_gate SET paused_until = {now} + INTERVAL ? MICROSECOND,
       window_ends_at = {now} + INTERVAL ? MICROSECOND, left_in_window = 0,
       per_minute = COALESCE(?, per_minute)
      WHERE id = 1`,
    [pause, pause, announced?.limit ?? null],
  )
}

/** How late the end of a call may be written down. */
const LATE_MS = 1000

/**
 * Closes an open circuit after the call `op`, which took `ms`, succeeded. False when the circuit is
 * closed already, or opened after that call began, or waits for the success of another call: that
 * may then be tried at once.
 */
export async function closeCircuit(
  tx: Queryable,
  { op, ms }: { op: string; ms: number },
): Promise<boolean> {
  const beganLater = 'open_since <= {now} - INTERVAL ? MICROSECOND'
  // The call ended a moment before this is written; a probe begins half a minute after the opening.
  const agoMs = ms + LATE_MS
  const { affectedRows } = await tx.run(
    `UPDATE panel_gate SET failures = 0, failing_since = NULL, open_kind = NULL, open_since = NULL,
       open_op = NULL, reason = NULL
      WHERE id = 1 AND ${beganLater} AND (open_op IS NULL OR open_op = ?)`,
    [microseconds(agoMs), op],
  )
  if (affectedRows === 1) return true
  await tx.run(`UPDATE panel_gate SET probe_at = {now} WHERE id = 1 AND ${beganLater}`, [
    microseconds(agoMs),
  ])
  return false
}

/** Counts a failure in a row. */
export async function recordGateFailure(tx: Queryable, reason: string): Promise<void> {
  await tx.run(
    `UPDATE panel_gate SET failures = failures + 1, failing_since = COALESCE(failing_since, {now}),
       reason = IF(open_kind = 'configuration', reason, ?)
      WHERE id = 1`,
    [reason],
  )
}

/**
 * Opens the circuit if it has failed at least `after` times in a row, or keeps it open. A fault of
 * the configuration is not forgotten over an outage. True when it is open now for this `kind`.
 */
export async function openCircuit(
  tx: Queryable,
  { kind, op, reason, after }: {
    kind: CircuitKind
    op: string | null
    reason: string
    after: number
  },
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE panel_gate SET open_kind = ?, open_op = ?, reason = ?,
       open_since = COALESCE(open_since, {now}), probe_at = {now} + INTERVAL ? MICROSECOND
      WHERE id = 1 AND failures >= ? AND (open_kind IS NULL OR open_kind <> 'configuration' OR ? = 1)`,
    [kind, op, reason, microseconds(PROBE_EVERY_MS), after, kind === 'configuration' ? 1 : 0],
  )
  return affectedRows === 1
}

/** How the gate stands now; undefined when no call was ever made. For doctor, metrics and operators. */
export async function inspectGate(db: Queryable): Promise<GateState | undefined> {
  const [row] = await db.query<
    Omit<GateState, 'circuit' | 'nextProbeAt'> & { probeAt: Date; due: number }
  >(
    `SELECT open_kind AS kind, reason, open_since AS since, probe_at AS probeAt,
       probe_at <= {now} AS due, failures, failing_since AS failingSince, per_minute AS perMinute,
       IF(paused_until > {now}, paused_until, NULL) AS pausedUntil
      FROM panel_gate WHERE id = 1`,
  )
  if (!row) return undefined
  const { probeAt, due, ...state } = row
  if (!state.since) return { ...state, circuit: 'closed', nextProbeAt: null }
  return { ...state, circuit: due ? 'half_open' : 'open', nextProbeAt: probeAt }
}

/**
 * The panel's minute as it is announced; ours may outlast it a little, which only makes us slower.
 * Each assignment reads no column that one before it has set: engines differ in what it would see.
 */
function budgetSql(announced: Announced | undefined): string {
  if (!announced) return ''
  return `, per_minute = ?,
    window_ends_at = IF(window_ends_at > {now} AND left_in_window + ${RENEWED} >= ?,
      window_ends_at, {now} + INTERVAL ${WINDOW_MS * 1000} MICROSECOND),
    left_in_window = IF(left_in_window + ${RENEWED} >= ?, LEAST(left_in_window, ?), ?)`
}

function budgetParams(announced: Announced | undefined): number[] {
  if (!announced) return []
  const { limit, left } = announced
  return [limit, left, left, left, left]
}
