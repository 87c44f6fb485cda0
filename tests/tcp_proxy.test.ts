import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Db, DbUnavailable } from '../api/db.ts'
import { openPool, parseDatabaseUrl } from '../api/mysql.ts'
import { emptyDatabase, type TestDatabase } from './support/database.ts'
import { startTcpProxy, type TcpProxy } from './support/tcp_proxy.ts'

let database: TestDatabase
let proxy: TcpProxy
let pool: ReturnType<typeof openPool>
let db: Db

beforeAll(async () => {
  database = await emptyDatabase()
  proxy = await startTcpProxy(database.url)
  pool = openPool(parseDatabaseUrl(proxy.url), { patienceMs: 300, connectionLimit: 2 })
  db = pool.openDb()
  await db.run('CREATE TABLE t (id INT PRIMARY KEY)')
})

afterEach(async () => {
  Object.assign(proxy, {
    fate: () => undefined,
    latencyMs: 0,
    blackHole: false,
    cutAfterBytes: Infinity,
  })
  await database.openDb().run('DELETE FROM t')
})

afterAll(async () => {
  await proxy.stop()
  await pool.end()
  await database.drop()
})

const ids = () => database.openDb().query<{ id: number }>('SELECT id FROM t ORDER BY id')

/** Fails the first statement of a kind. */
function once(pattern: RegExp, fate: ReturnType<TcpProxy['fate']>) {
  let hit = false
  proxy.fate = (sql) => {
    if (hit || !pattern.test(sql)) return undefined
    hit = true
    return fate
  }
}

test('a COMMIT whose reply is lost is done, and told as unknown', async () => {
  once(/^COMMIT/, { name: 'lose-reply' })
  await expect(db.transaction((tx) => tx.run('INSERT INTO t VALUES (1)')))
    .rejects.toMatchObject({ name: 'DbUnavailable', outcome: 'unknown' })
  expect(await ids()).toEqual([{ id: 1 }])
})

test('a COMMIT that never arrived did nothing, which nobody here can know', async () => {
  once(/^COMMIT/, { name: 'cut' })
  await expect(db.transaction((tx) => tx.run('INSERT INTO t VALUES (1)')))
    .rejects.toMatchObject({ name: 'DbUnavailable', outcome: 'unknown' })
  expect(await ids()).toEqual([])
})

test('a line cut before COMMIT is replaced, and the transaction done once', async () => {
  once(/VALUES \(2\)/, { name: 'lose-reply' })
  await db.transaction(async (tx) => {
    await tx.run('INSERT INTO t VALUES (1)')
    await tx.run('INSERT INTO t VALUES (2)')
  })
  expect(await ids()).toEqual([{ id: 1 }, { id: 2 }])
})

test('an error that undoes the transaction leaves nothing of it', async () => {
  once(/VALUES \(2\)/, { name: 'refuse', errno: 1213, undoesAll: true })
  let runs = 0
  await db.transaction(async (tx) => {
    runs++
    await tx.run('INSERT INTO t VALUES (1)')
    await tx.run('INSERT INTO t VALUES (2)')
  })
  expect(runs).toBe(2)
  expect(await ids()).toEqual([{ id: 1 }, { id: 2 }])
})

test('a line that died without a word is given up after the patience, and a new one is used', async () => {
  await db.query('SELECT 1')
  proxy.blackHole = true
  await expect(db.query('SELECT 1')).rejects.toThrow(DbUnavailable)
  proxy.blackHole = false
  expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('an answer cut short is no answer', async () => {
  proxy.cutAfterBytes = 1000
  await expect(db.query("SELECT REPEAT('x', 2000) AS long_text")).rejects.toThrow(DbUnavailable)
  proxy.cutAfterBytes = Infinity
  expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('latency is waited for, and a database that is away is told at once', async () => {
  proxy.latencyMs = 50
  const started = performance.now()
  await db.query('SELECT 1')
  expect(performance.now() - started).toBeGreaterThanOrEqual(100)
  proxy.latencyMs = 0
  await proxy.refuse()
  await expect(db.query('SELECT 1')).rejects.toThrow(DbUnavailable)
  await expect(db.run('INSERT INTO t VALUES (1)'))
    .rejects.toMatchObject({ name: 'DbUnavailable', outcome: 'nothing' })
  await proxy.listen()
  await db.run('INSERT INTO t VALUES (1)')
})
