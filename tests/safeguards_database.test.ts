import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Db, DbUnavailable, isDuplicate } from '../api/db.ts'
import { createIdFactory } from '../api/ids.ts'
import { claimJobs, enqueue, finish, giveBack, type Job } from '../api/jobs/queue.ts'
import { assertSafeServer, openConnection, openPool, parseDatabaseUrl } from '../api/mysql.ts'
import { orderMoves, type OrderStatus } from '../api/orders/status.ts'
import { moveOrder } from '../api/orders/store.ts'
import { serverMoves, type ServerStatus } from '../api/servers/status.ts'
import { insertServer, moveServer } from '../api/servers/store.ts'
import { migrate } from '../migrations/migrate.ts'
import { createClock } from './support/clock.ts'
import { freshDatabase, type TestDatabase } from './support/database.ts'

const clock = createClock()
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
const deps = { newId: createIdFactory(clock.now, randomBytes), randomBytes }
let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await freshDatabase(clock.offsetMs)
  db = database.openDb()
})

afterAll(() => database.drop())

// ---- database.test.ts

/** What somebody else sees, on a connection of their own. */
async function seenByOthers<T>(sql: string): Promise<T[]> {
  const other = openConnection(parseDatabaseUrl(database.url))
  try {
    return await other.query<T>(sql)
  } finally {
    await other.close()
  }
}

test('transaction() has committed when it returns', async () => {
  await db.run('CREATE TABLE committed (id INT PRIMARY KEY)')
  await db.transaction((tx) => tx.run('INSERT INTO committed VALUES (1)'))
  expect(await seenByOthers('SELECT id FROM committed')).toEqual([{ id: 1 }])
})

test('a duplicate in a transaction undoes it, and its connection keeps no transaction open', async () => {
  await db.run('CREATE TABLE twice (id INT PRIMARY KEY)')
  await db.run('INSERT INTO twice VALUES (1)')
  await expect(db.transaction(async (tx) => {
    await tx.run('INSERT INTO twice VALUES (2)')
    await tx.run('INSERT INTO twice VALUES (1)')
  })).rejects.toSatisfy(isDuplicate)
  for (const id of [3, 4, 5]) await db.run('INSERT INTO twice VALUES (?)', [id])
  expect(await seenByOthers('SELECT id FROM twice ORDER BY id'))
    .toEqual([{ id: 1 }, { id: 3 }, { id: 4 }, { id: 5 }])
})

test('a transaction that waited too long for a lock is undone whole before it runs again', async () => {
  await db.run('CREATE TABLE waited (id INT PRIMARY KEY, n INT)')
  await db.run('INSERT INTO waited VALUES (1, 0), (2, 0)')
  const locked = Promise.withResolvers<void>()
  const free = Promise.withResolvers<void>()
  const holding = db.transaction(async (tx) => {
    await tx.run('UPDATE waited SET n = 10 WHERE id = 2')
    locked.resolve()
    await free.promise
  })
  await locked.promise
  let refused = 0
  await db.transaction(async (tx) => {
    await tx.run('SET innodb_lock_wait_timeout = 1')
    await tx.run('UPDATE waited SET n = n + 1 WHERE id = 1')
    await tx.run('UPDATE waited SET n = n + 1 WHERE id = 2').catch(async (error) => {
      refused++
      free.resolve()
      await holding
      throw error
    })
  })
  expect(refused).toBe(1)
  expect(await db.query('SELECT id, n FROM waited ORDER BY id')).toEqual([
    { id: 1, n: 1 },
    { id: 2, n: 11 },
  ])
})

test.each([1213, 1020, 1205, 8022, 9007])(
  'transaction() runs again after error %i, at most five times',
  async (errno) => {
    let runs = 0
    const failing = (times: number) =>
      db.transaction(() => {
        if (runs++ < times) return Promise.reject(Object.assign(new Error('again'), { errno }))
        return Promise.resolve('done')
      })
    expect(await failing(1)).toBe('done')
    expect(runs).toBe(2)
    runs = 0
    await expect(failing(100)).rejects.toThrow('again')
    expect(runs).toBe(6)
  },
)

test('transaction() does not run again after any other error', async () => {
  let runs = 0
  await expect(db.transaction(() => {
    runs++
    return Promise.reject(Object.assign(new Error('no'), { errno: 1064 }))
  })).rejects.toThrow('no')
  expect(runs).toBe(1)
})

test('only a broken UNIQUE key is a duplicate', async () => {
  const missing = await db.run('INSERT INTO nowhere VALUES (1)').catch((reason) => reason)
  expect(missing).toBeInstanceOf(Error)
  expect(isDuplicate(missing)).toBe(false)
  expect(isDuplicate(new Error('Duplicate entry'))).toBe(false)
})

test('a connection that failed with an error is not used again', async () => {
  const pool = openPool(parseDatabaseUrl(database.url), { connectionLimit: 1 })
  const id = async () =>
    (await pool.openDb().query<{ id: number }>('SELECT CONNECTION_ID() AS id'))[0]?.id
  const before = await id()
  await pool.openDb().run('INSERT INTO nowhere VALUES (1)').catch(() => {})
  expect(await id()).not.toBe(before)
  await pool.end()
})

async function killed(one: Db): Promise<void> {
  const [row] = await one.query<{ id: number }>('SELECT CONNECTION_ID() AS id')
  await db.run(`KILL ${row?.id}`)
}

test('a statement whose connection was lost is told as such, and the next has a new one', async () => {
  const one = openConnection(parseDatabaseUrl(database.url))
  const lost = expect(one.run('DO SLEEP(10)')).rejects
    .toMatchObject({ name: 'DbUnavailable', outcome: 'unknown' })
  const running = await vi.waitFor(async () => {
    const [row] = await db.query<{ id: number }>(
      "SELECT id FROM information_schema.processlist WHERE info = 'DO SLEEP(10)'",
    )
    if (!row) throw new Error('It does not run yet')
    return row.id
  })
  await db.run(`KILL ${running}`)
  await lost
  await one.run('DO 1')
  await one.close()
})

test('what cannot have been done twice runs again on a new connection: reads, and what was not sent', async () => {
  const one = openConnection(parseDatabaseUrl(database.url))
  await killed(one)
  expect(await one.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  await killed(one)
  // Long enough for the driver to have seen the end of it.
  await new Promise((resolve) => setTimeout(resolve, 200))
  await one.run('DO 1')
  await one.close()
})

test('a transaction whose connection was lost before COMMIT runs again, and is done once', async () => {
  await db.run('CREATE TABLE lost (id INT PRIMARY KEY)')
  const retries: string[] = []
  const errors: string[] = []
  const pool = openPool(parseDatabaseUrl(database.url), {
    onError: (name) => errors.push(name),
    onRetry: () => retries.push('again'),
  })
  let runs = 0
  await pool.openDb().transaction(async (tx) => {
    await tx.run('INSERT INTO lost VALUES (?)', [++runs])
    if (runs > 1) return
    const [row] = await tx.query<{ id: number }>('SELECT CONNECTION_ID() AS id')
    await db.run(`KILL ${row?.id}`)
    await tx.run('INSERT INTO lost VALUES (100)')
  })
  expect(await db.query('SELECT id FROM lost')).toEqual([{ id: 2 }])
  expect(retries).toHaveLength(1)
  expect(errors).toHaveLength(1)
  await pool.end()
})

test('after a deadlock that its work swallowed, a transaction writes nothing, and runs again', async () => {
  await db.run('CREATE TABLE swallowed (id INT PRIMARY KEY, n INT)')
  await db.run('INSERT INTO swallowed VALUES (1, 0), (2, 0), (3, 0)')
  const both = Promise.withResolvers<void>()
  let waiting = 0
  let runs = 0
  const bump = (first: number, second: number) =>
    database.openDb().transaction(async (tx) => {
      runs++
      await tx.run('UPDATE swallowed SET n = n + 1 WHERE id = ?', [first])
      if (++waiting === 2) both.resolve()
      await both.promise
      await tx.run('UPDATE swallowed SET n = n + 1 WHERE id = ?', [second]).catch(() => {})
      await tx.run('UPDATE swallowed SET n = n + 1 WHERE id = 3').catch(() => {})
    })
  await Promise.all([bump(1, 2), bump(2, 1)])
  expect(runs).toBe(3)
  expect(await db.query('SELECT n FROM swallowed ORDER BY id')).toEqual([
    { n: 2 },
    { n: 2 },
    { n: 2 },
  ])
})

test('a statement that nobody answers is given up, and its connection with it', async () => {
  const pool = openPool(parseDatabaseUrl(database.url), { connectionLimit: 1, patienceMs: 200 })
  const started = performance.now()
  await expect(pool.openDb().query('SELECT SLEEP(2) AS slept')).rejects.toThrow(DbUnavailable)
  expect(performance.now() - started).toBeLessThan(1500)
  expect(await pool.openDb().query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  await pool.end()
})

test('a database that is not there, and a queue that is full, are told as such', async () => {
  const address = parseDatabaseUrl(database.url)
  await expect(openConnection({ ...address, port: 1 }).query('SELECT 1 AS one'))
    .rejects.toThrow(DbUnavailable)
  const pool = openPool(address, { connectionLimit: 1 })
  const free = Promise.withResolvers<void>()
  const holding = pool.openDb().transaction(() => free.promise)
  const waiting = Array.from({ length: 200 }, () => pool.openDb().query('SELECT 1 AS one'))
  await expect(pool.openDb().query('SELECT 1 AS one')).rejects.toThrow(DbUnavailable)
  free.resolve()
  await Promise.all([holding, ...waiting])
  await pool.end()
})

test('openConnection() lets no statement into the transaction of another', async () => {
  const one = openConnection(parseDatabaseUrl(database.url))
  await one.run('CREATE TABLE apart (id INT PRIMARY KEY)')
  const undone = one.transaction(async (tx) => {
    await tx.run('INSERT INTO apart VALUES (1)')
    await new Promise((resolve) => setTimeout(resolve, 50))
    throw new Error('no')
  }).catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 20))
  await Promise.all([undone, one.run('INSERT INTO apart VALUES (2)')])
  expect(await one.query('SELECT id FROM apart')).toEqual([{ id: 2 }])
  await one.close()
})

test('close() ends the connection of openConnection()', async () => {
  const one = openConnection(parseDatabaseUrl(database.url))
  const [row] = await one.query<{ id: number }>('SELECT CONNECTION_ID() AS id')
  await one.close()
  await expect.poll(() =>
    db.query('SELECT id FROM information_schema.processlist WHERE id = ?', [row?.id ?? 0])
  ).toEqual([])
})

test('times are UTC on both sides, whatever the time zone of the session', async () => {
  const one = openConnection(parseDatabaseUrl(database.url))
  await one.run("SET time_zone = '+05:00'")
  const [row] = await one.query<{ at: Date; text: string; fixed: Date }>(
    "SELECT {now} AS at, CAST(? AS CHAR) AS text, CAST('2026-01-02 03:04:05' AS DATETIME) AS fixed",
    [new Date(0)],
  )
  await one.close()
  expect(Math.abs(Number(row?.at) - Date.now())).toBeLessThan(10_000)
  expect(row?.text).toMatch(/^1970-01-01 00:00:00/)
  expect(row?.fixed.toISOString()).toBe('2026-01-02T03:04:05.000Z')
})

test('a server with NO_BACKSLASH_ESCAPES is refused', async () => {
  const one = openConnection(parseDatabaseUrl(database.url))
  await assertSafeServer(one)
  await one.run("SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
  await expect(assertSafeServer(one)).rejects.toThrow(/NO_BACKSLASH_ESCAPES/)
  await expect(migrate(one)).rejects.toThrow(/NO_BACKSLASH_ESCAPES/)
  await one.close()
})

test('migrate() takes over from a starter that died, and says so when its lock was taken', async () => {
  await db.run(
    "UPDATE schema_lock SET owner = 'dead', held_until = {now} - INTERVAL 1 SECOND WHERE id = 1",
  )
  expect(await migrate(db)).toEqual([])
  // Taken by another between two statements: the rest is not applied.
  await db.run("DELETE FROM schema_migrations WHERE name LIKE '0005%'")
  const robbed: Db = {
    ...db,
    run: async (sql, params) => {
      const result = await db.run(sql, params)
      if (sql.startsWith('CREATE TABLE IF NOT EXISTS jobs')) {
        await db.run("UPDATE schema_lock SET owner = 'thief' WHERE id = 1")
      }
      return result
    },
  }
  await expect(migrate(robbed)).rejects.toThrow(/the lock was lost in 0005/)
  await db.run('UPDATE schema_lock SET owner = NULL')
  expect(await migrate(db)).toHaveLength(1)
})

// ---- states: orders and servers

async function placeAt(status: OrderStatus): Promise<string> {
  const id = deps.newId('order')
  await db.run(
    `INSERT INTO orders (id, user_id, status, plan_id, game_id, region_id, node_id, server_name, term,
       currency, unit_amount, stripe_price_id, bought, created_at, expires_at)
     VALUES (?, 'usr', ?, 'plan', 'game', 'region', 1, 'name', 'monthly', 'eur', 1, 'price', '{}',
       {now}, {now})`,
    [id, status],
  )
  return id
}

test('an order moves only as the table says, and only a move is told in the timeline', async () => {
  const statuses = Object.keys(orderMoves) as OrderStatus[]
  for (const from of statuses) {
    for (const to of statuses) {
      if (to === 'pending') continue
      const id = await placeAt(from)
      const allowed = (orderMoves[from] as readonly string[]).includes(to)
      const moved = await db.transaction((tx) =>
        moveOrder(tx, deps, id, to, { kind: 'order.placed' })
      )
      expect(moved, `${from} → ${to}`).toBe(allowed)
      const rows = await db.query(
        `SELECT o.status, COUNT(e.id) AS told FROM orders o
          LEFT JOIN order_events e ON e.order_id = o.id WHERE o.id = ?`,
        [id],
      )
      expect(rows, `${from} → ${to}`).toEqual([{ status: allowed ? to : from, told: +allowed }])
    }
  }
})

test('a server moves only as the table says', async () => {
  const statuses = Object.keys(serverMoves) as ServerStatus[]
  for (const from of statuses) {
    for (const to of statuses) {
      if (to === 'pending') continue
      const id = deps.newId('server')
      const orderId = deps.newId('order')
      await insertServer(db, { id, orderId, userId: 'usr', name: 'name', nodeId: 1 })
      await db.run('UPDATE servers SET status = ? WHERE id = ?', [from, id])
      const allowed = (serverMoves[from] as readonly string[]).includes(to)
      expect(await moveServer(db, deps, id, to), `${from} → ${to}`).toBe(allowed)
      const rows = await db.query(
        `SELECT s.status, COUNT(e.id) AS told FROM servers s
          LEFT JOIN server_events e ON e.server_id = s.id WHERE s.id = ?`,
        [id],
      )
      expect(rows, `${from} → ${to}`).toEqual([{ status: allowed ? to : from, told: +allowed }])
    }
  }
})

// ---- jobs.test.ts

function sync(orderId: string, delayMs = 0): Promise<void> {
  return enqueue(db, deps, 'payment.sync', { orderId }, { topic: orderId, delayMs })
}

const claimAll = (): Promise<Job[]> => claimJobs(db, deps, 10)

test('enqueue() adds nothing while a job on the topic waits; the soonest time counts', async () => {
  await sync('twice', 60_000)
  await sync('twice', 1000)
  await sync('twice', 30_000)
  clock.advance(2000)
  const [job] = await claimAll()
  expect(job).toBeDefined()
  if (job) await finish(db, 'jobs', job)
  clock.advance(90_000)
  expect(await claimAll()).toEqual([])
})

test('giveBack() cuts a long error, and what is dead holds up no new job on its topic', async () => {
  await sync('poison')
  const [job] = await claimAll()
  const end = { delayMs: 0, error: 'x'.repeat(5000), outcome: 'dead' as const }
  expect(job && await giveBack(db, 'jobs', job, end)).toBe(true)
  await sync('poison')
  expect(await claimAll()).toHaveLength(1)
})
