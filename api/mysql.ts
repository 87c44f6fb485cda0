import mysql from 'mysql2/promise'
import { type Db, DbUnavailable, type Queryable, type SqlValue } from './db.ts'
import { errnoOf, judge, type Moment, nameOf, type Verdict } from './db_errors.ts'

export interface MysqlOptions {
  /** Moves `{now}`: always 0 in production, set by tests and the dev stack. */
  clockOffsetMs?: () => number
  /** How long a statement may go without an answer; PATIENCE_MS if absent, 0 for no end. */
  patienceMs?: number
  /** Told of each error of the database, by its number or code. */
  onError?: (name: string) => void
  /** Told of each transaction that runs again. */
  onRetry?: () => void
}

/** Where and as whom to connect; what Hyperdrive's binding and a mysql:// URL have in common. */
export interface MysqlAddress {
  host: string
  port: number
  user: string
  password: string
  database?: string
}

/** A pool with the lifetime of the process, for Deno. Hand out its handles with `openDb()`. */
export function openPool(
  address: MysqlAddress,
  options: MysqlOptions & { connectionLimit?: number } = {},
) {
  const pool = mysql.createPool({
    ...address,
    ...driverOptions,
    connectionLimit: options.connectionLimit ?? 10,
    maxIdle: 4,
    idleTimeout: 60_000,
    queueLimit: 200,
    enableKeepAlive: true,
  })
  const openDb = () =>
    createDb({
      acquire: () => pool.getConnection(),
      release: (connection) => connection.release(),
      destroy: (connection) => connection.destroy(),
      close: () => Promise.resolve(),
    }, options)
  return { openDb, end: () => pool.end() }
}

/**
 * One lazy connection with the lifetime of a request, for Workers: a socket may not outlive the
 * request that opened it, and Hyperdrive does the pooling.
 */
export function openConnection(address: MysqlAddress, options: MysqlOptions = {}): Db {
  let opening: Promise<Connection> | undefined
  let tail: Promise<unknown> = Promise.resolve()
  const free = new WeakMap<Connection, () => void>()
  return createDb({
    async acquire() {
      const { promise, resolve } = Promise.withResolvers<void>()
      const before = tail
      tail = promise
      await before
      try {
        const connection = await (opening ??= mysql.createConnection({
          ...address,
          ...driverOptions,
        }))
        free.set(connection, resolve)
        return connection
      } catch (error) {
        opening = undefined
        resolve()
        throw error
      }
    },
    release: (connection) => free.get(connection)?.(),
    destroy(connection) {
      opening = undefined
      connection.destroy()
      free.get(connection)?.()
    },
    async close() {
      await tail
      await opening?.then((connection) => connection.end()).catch(() => {})
    },
  }, options)
}

/** Reads `mysql://user:password@host:port/database`. Throws a TypeError that names what is wrong. */
export function parseDatabaseUrl(text: string): MysqlAddress {
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:')) {
    throw new TypeError(
      'Cannot read the database URL as it does not look like mysql://user:password@host:3306/name',
    )
  }
  const database = decodeURIComponent(url.pathname.slice(1))
  return {
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(database ? { database } : {}),
  }
}

/**
 * Refuses a server on which our statements would not be safe: with NO_BACKSLASH_ESCAPES the
 * driver's quoting of parameters can be broken out of.
 */
export async function assertSafeServer(db: Queryable): Promise<void> {
  const [row] = await db.query<{ mode: string }>('SELECT @@SESSION.sql_mode AS mode')
  if (row?.mode.includes('NO_BACKSLASH_ESCAPES')) {
    throw new Error(
      'Cannot use this database as its sql_mode has NO_BACKSLASH_ESCAPES: remove it from sql_mode',
    )
  }
}

type Connection = mysql.Connection

const driverOptions = {
  // Workers forbid code generation from strings; no measurable cost elsewhere.
  disableEval: true,
  timezone: 'Z',
  supportBigNumbers: true,
  connectTimeout: 3000,
  charset: 'utf8mb4_unicode_ci',
}

/** One deadlock rarely meets another; five in a row mean something else is wrong. */
const MAX_RERUNS = 5

/** A rerun waits 20 to 200 ms, so that two that met do not meet again. */
const RERUN_MS = { least: 20, most: 200 }

/** No statement of ours takes as long; what takes longer is a line that died without a word. */
const PATIENCE_MS = 30_000

interface Source<C extends Connection> {
  acquire(): Promise<C>
  release(connection: C): void
  destroy(connection: C): void
  close(): Promise<void>
}

/** What one run of some work came to. Without a verdict the error is the caller's own. */
type Outcome<T> = { value: T } | { error: unknown; verdict?: Verdict }

function createDb<C extends Connection>(source: Source<C>, options: MysqlOptions): Db {
  /** Runs `work` on a connection of its own, which afterwards is released or destroyed. */
  async function once<T>(work: (session: Session) => Promise<T>): Promise<Outcome<T>> {
    let connection: C
    try {
      connection = await source.acquire()
    } catch (error) {
      options.onError?.(nameOf(error))
      return { error, verdict: judge(error, 'connect') }
    }
    const session = openSession(connection, options)
    try {
      const value = await work(session)
      source.release(connection)
      return { value }
    } catch (thrown) {
      const failed = session.failed(thrown)
      const hopeless = failed.verdict?.rollback === false
      const undone = !session.begun || (!hopeless && await session.rollBack())
      if (undone && failed.verdict?.connection !== 'destroy') source.release(connection)
      else source.destroy(connection)
      return failed
    }
  }

  /** Runs some work until it has a result or the policy says that it is in vain. */
  async function persist<T>(work: (session: Session) => Promise<T>): Promise<T> {
    for (let rerun = 0;; rerun++) {
      const outcome = await once(work)
      if ('value' in outcome) return outcome.value
      const { error, verdict } = outcome
      if (verdict?.next !== 'rerun' && verdict?.next !== 'back-off') throw error
      if (verdict.next === 'back-off' || rerun === MAX_RERUNS) {
        throw new DbUnavailable(error, verdict.done === 'unknown' ? 'unknown' : 'nothing')
      }
      options.onRetry?.()
      await new Promise((resolve) => setTimeout(resolve, jitterMs()))
    }
  }

  return {
    query: (sql, params) => persist((session) => session.query(sql, params)),
    run: (sql, params) =>
      persist((session) => {
        session.moment = 'commit'
        return session.run(sql, params)
      }),
    transaction: (work) =>
      persist(async (session) => {
        session.begun = true
        await session.run('START TRANSACTION')
        const result = await work(session)
        session.moment = 'commit'
        await session.run('COMMIT')
        return result
      }),
    close: () => source.close(),
  }
}

/** A connection for the time of one piece of work. */
interface Session extends Queryable {
  moment: Moment
  /** Whether there may be a transaction to roll back. */
  begun: boolean
  /** What became of the work that threw this: the error that ended it may have been swallowed. */
  failed(thrown: unknown): { error: unknown; verdict?: Verdict }
  /** False when it could not be told to the server. */
  rollBack(): Promise<boolean>
}

/**
 * After an error that ends a transaction every further statement fails with it: the next one would
 * run, and stay, outside of any transaction.
 */
function openSession(connection: Connection, options: MysqlOptions): Session {
  const timeout = options.patienceMs ?? PATIENCE_MS
  let failure: { error: unknown; verdict: Verdict } | undefined
  const send = async (text: string, params: readonly SqlValue[]) => {
    const sql = text.replaceAll('{now}', clockSql(options.clockOffsetMs?.() ?? 0))
    const values = params.map(checked)
    if (failure) throw failure.error
    try {
      const [result] = await connection.query({ sql, values, timeout })
      return result
    } catch (error) {
      options.onError?.(nameOf(error))
      const verdict = judge(error, session.moment)
      if (verdict.connection === 'destroy') failure = { error, verdict }
      throw error
    }
  }
  const session: Session = {
    moment: 'open',
    begun: false,
    failed(thrown) {
      if (failure) return failure
      if (errnoOf(thrown) === undefined) return { error: thrown }
      return { error: thrown, verdict: judge(thrown, session.moment) }
    },
    rollBack: () => connection.query({ sql: 'ROLLBACK', timeout }).then(() => true, () => false),
    async query<T>(sql: string, params: readonly SqlValue[] = []) {
      const rows = await send(sql, params)
      if (!Array.isArray(rows)) throw new TypeError('Cannot query as the statement has no rows')
      // The one place where a row takes its type: the SELECT beside the call names the columns.
      return rows as T[]
    },
    async run(sql: string, params: readonly SqlValue[] = []) {
      const result = await send(sql, params)
      if (Array.isArray(result)) throw new TypeError('Cannot run a statement that has rows')
      return { affectedRows: result.affectedRows, insertId: result.insertId }
    },
  }
  return session
}

function jitterMs(): number {
  return RERUN_MS.least + Math.random() * (RERUN_MS.most - RERUN_MS.least)
}

function clockSql(offsetMs: number): string {
  if (offsetMs === 0) return 'UTC_TIMESTAMP(3)'
  return `(UTC_TIMESTAMP(3) + INTERVAL ${Math.round(offsetMs) * 1000} MICROSECOND)`
}

/** mysql2 would turn undefined into NULL, arrays into lists and objects into text, silently. */
function checked(value: SqlValue): SqlValue {
  const plain = value === null || value instanceof Date || value instanceof Uint8Array ||
    typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isFinite(value))
  if (!plain) throw new TypeError(`Cannot use ${describe(value)} as an SQL parameter`)
  return value
}

function describe(value: unknown): string {
  return Array.isArray(value) ? 'an array' : `${typeof value} ${String(value)}`
}
