import mysql from 'mysql2/promise'
import { type Db, DbUnavailable, errnoOf, type Queryable, type SqlValue } from './db.ts'

/** `clockOffsetMs` moves `{now}`: always 0 in production, set by tests and the dev stack. */
export interface MysqlOptions {
  clockOffsetMs?: () => number
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

/** Deadlock, snapshot conflict, lock wait: the transaction is undone and may simply run again. */
const RERUN = new Set([1213, 1020, 1205, 8022, 9007])

/** One deadlock rarely meets another; five in a row mean something else is wrong. */
const MAX_RERUNS = 5

interface Source<C extends Connection> {
  acquire(): Promise<C>
  release(connection: C): void
  destroy(connection: C): void
  close(): Promise<void>
}

function createDb<C extends Connection>(source: Source<C>, options: MysqlOptions): Db {
  const clock = () => clockSql(options.clockOffsetMs?.() ?? 0)

  async function withConnection<T>(work: (connection: C) => Promise<T>): Promise<T> {
    const connection = await source.acquire().catch((error) => {
      throw new DbUnavailable(error)
    })
    try {
      const result = await work(connection)
      source.release(connection)
      return result
    } catch (error) {
      // After an error of the database the connection may sit in half a transaction.
      if (isUsable(error)) source.release(connection)
      else source.destroy(connection)
      throw isConnectionLoss(error) ? new DbUnavailable(error) : error
    }
  }

  async function once<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    return await withConnection(async (connection) => {
      await connection.query('START TRANSACTION')
      try {
        const result = await work(queryableOf(connection, clock))
        await connection.query('COMMIT')
        return result
      } catch (error) {
        // Explicit: after 1205 MySQL has undone the statement only.
        await connection.query('ROLLBACK').catch((cause) => {
          throw new DbUnavailable(cause)
        })
        throw error
      }
    })
  }

  return {
    query: (sql, params) => withConnection((c) => queryableOf(c, clock).query(sql, params)),
    run: (sql, params) => withConnection((c) => queryableOf(c, clock).run(sql, params)),
    async transaction(work) {
      for (let rerun = 0;; rerun++) {
        try {
          return await once(work)
        } catch (error) {
          if (!RERUN.has(errnoOf(error) ?? 0) || rerun === MAX_RERUNS) throw error
          await new Promise((resolve) => setTimeout(resolve, 20 + 30 * rerun))
        }
      }
    },
    close: () => source.close(),
  }
}

function queryableOf(connection: Connection, clock: () => string): Queryable {
  const send = async (sql: string, params: readonly SqlValue[]) => {
    const [result] = await connection.query(sql.replaceAll('{now}', clock()), params.map(checked))
    return result
  }
  return {
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
}

/** A duplicate, or an error of the caller's own: what was begun is rolled back. */
function isUsable(error: unknown): boolean {
  const errno = errnoOf(error)
  if (error instanceof DbUnavailable || isConnectionLoss(error)) return false
  if (errno !== undefined) return errno === 1062
  return !(error instanceof Error && 'code' in error)
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

/** Connection refused, lost or refused to us: what the caller sees as "the database is away". */
function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  if (error.message.startsWith('Queue limit reached')) return true
  // A connection that ended while it lay idle: mysql2 says so without a code.
  if (error.message.includes('connection is in closed state')) return true
  return LOST_CODES.has(code) || LOST_ERRNOS.has(errnoOf(error) ?? 0)
}

const LOST_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ENOTFOUND',
])

/** Too many connections; read only (an old primary); gone away. */
const LOST_ERRNOS = new Set([1040, 1290, 1836, 1792, 2006, 2013])
