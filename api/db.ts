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
   * Runs `work` in one transaction and commits. Deadlocks and lock time-outs roll back and run
   * `work` again (up to five times), so it must have no effect outside the database.
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

/** Cannot reach the database, or it lost us: the outcome of what ran last is not known. */
export class DbUnavailable extends Error {
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`Cannot use the database as the connection failed: ${reason}`, { cause })
    this.name = 'DbUnavailable'
  }
}

/** True for a broken UNIQUE key (1062): somebody, perhaps we ourselves, was there first. */
export function isDuplicate(error: unknown): boolean {
  return errnoOf(error) === 1062
}

export function errnoOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined
  return typeof error.errno === 'number' ? error.errno : undefined
}
