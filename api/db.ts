import { errnoOf } from './db_errors.ts'

/** What a parameter of a statement may be. Objects and arrays are refused: stringify JSON yourself. */
export type SqlValue = string | number | bigint | boolean | Date | Uint8Array | null

export interface RunResult {
  affectedRows: number
  insertId: number
}

/**
 * Something that runs statements: a database or a transaction. In the SQL text the token `{now}`
 * stands for the database's clock (UTC, milliseconds) plus the offset that tests and the dev stack
 * may set; durations are written `{now} + INTERVAL ? MICROSECOND`.
 */
export interface Queryable {
  query<T>(sql: string, params?: readonly SqlValue[]): Promise<T[]>
  run(sql: string, params?: readonly SqlValue[]): Promise<RunResult>
}

export interface Db extends Queryable {
  /**
   * Runs `work` in one transaction and commits. What undoes it before its end (a deadlock, a lock
   * time-out, a lost connection) runs `work` again, up to five times, so it must have no effect
   * outside the database. Throws DbUnavailable when the database stays away.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** `?, ?, ?` for an IN list of `values`; never call it with none. */
export function placeholders(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ')
}

/** Milliseconds as the MICROSECOND intervals that MySQL and MariaDB both take. */
export function microseconds(ms: number): number {
  return Math.round(ms * 1000)
}

/**
 * The database is away, refuses, or lost us. `outcome` says what is known of the work: `nothing` of it
 * was done, or it is `unknown` whether all of it was, as its COMMIT was never answered. The latter is
 * not run again here, for not every caller can tell its own work from another's: a sign-up would find
 * its own address taken, a rotated refresh token would look stolen. Who has a key of their own comes
 * again with it: Stripe with the event, a buyer with the Idempotency-Key, the queue with the job.
 */
export class DbUnavailable extends Error {
  readonly outcome: 'nothing' | 'unknown'

  constructor(cause: unknown, outcome: 'nothing' | 'unknown' = 'nothing') {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`Cannot use the database, outcome ${outcome}: ${reason}`, { cause })
    this.name = 'DbUnavailable'
    this.outcome = outcome
  }
}

/** True for a broken UNIQUE key (1062): somebody, perhaps we ourselves, was there first. */
export function isDuplicate(error: unknown): boolean {
  return errnoOf(error) === 1062
}

/** Whether a time was at least so long ago. The database decides: the clocks of processes differ. */
export async function isPast(db: Queryable, at: Date, agoMs = 0): Promise<boolean> {
  const [row] = await db.query<{ past: number }>(
    'SELECT CAST(? AS DATETIME(3)) < {now} - INTERVAL ? MICROSECOND AS past',
    [at, microseconds(agoMs)],
  )
  return Boolean(row?.past)
}
