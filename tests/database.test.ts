import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Db, isDuplicate, type SqlValue } from '../api/db.ts'
import { openConnection, parseDatabaseUrl } from '../api/mysql.ts'
import { migrate, splitStatements } from '../migrations/migrate.ts'
import { createClock } from './support/clock.ts'
import { emptyDatabase, type TestDatabase } from './support/database.ts'

const MIGRATIONS =
  [...Deno.readDirSync('migrations')].filter(({ name }) => name.endsWith('.sql')).length

const clock = createClock()
let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await emptyDatabase(clock.offsetMs)
  db = database.openDb()
})

afterAll(() => database.drop())

test('migrate() by two starters at once applies each file once, and a third time nothing', async () => {
  const [one, two] = await Promise.all([migrate(database.openDb()), migrate(database.openDb())])
  expect([one.length, two.length].sort()).toEqual([0, MIGRATIONS])
  expect(await migrate(db)).toEqual([])
})

test('migrate() refuses a file that changed after it was applied', async () => {
  await db.run("UPDATE schema_migrations SET checksum = REPEAT('0', 64) WHERE name LIKE '0002%'")
  await expect(migrate(db)).rejects.toThrow(/0002_catalogue\.sql was changed after it was applied/)
})

test('every table the design names is there', async () => {
  const rows = await db.query<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  )
  const names = rows.map((row) => row.name)
  expect(names).toEqual(expect.arrayContaining([
    'users',
    'sessions',
    'games',
    'plans',
    'plan_prices',
    'regions',
    'panel_nodes',
    'panel_eggs',
    'capacity_holds',
    'orders',
    'checkout_sessions',
    'order_events',
    'subscriptions',
    'payments',
    'refunds',
    'servers',
    'server_events',
    'stripe_events',
    'jobs',
    'outbox',
    'audit_log',
    'rate_limits',
    'idempotency_keys',
  ]))
})

test('splitStatements() splits at the end of statements only', () => {
  const sql = "-- one; comment\nSELECT ';', \"a;b\", `c;d`; /* x; y */ SELECT 'it''s; \\'; ok';\n"
  expect(splitStatements(sql)).toEqual([
    'SELECT \';\', "a;b", `c;d`',
    "SELECT 'it''s; \\'; ok'",
  ])
})

test('parameters that the driver would bend are refused', async () => {
  const bad: unknown[] = [undefined, [1, 2], { toString: () => '1' }, Number.NaN]
  for (const value of bad) {
    // The point of the test: what a caller without types could pass.
    await expect(db.query('SELECT ? AS v', [value as SqlValue])).rejects.toThrow(TypeError)
  }
})

test('text with quotes, backslashes and emoji comes back as it went in', async () => {
  const text = `'"\\ ; -- \u0000 \n 🎮 \\' OR 1=1`
  expect(await db.query('SELECT ? AS v', [text])).toEqual([{ v: text }])
})

test('transaction() undoes everything when its work throws', async () => {
  await db.run('CREATE TABLE undone (id INT PRIMARY KEY)')
  await expect(db.transaction(async (tx) => {
    await tx.run('INSERT INTO undone VALUES (1)')
    throw new Error('no')
  })).rejects.toThrow('no')
  expect(await db.query('SELECT id FROM undone')).toEqual([])
})

test('transaction() runs again after a deadlock, and both changes are there once', async () => {
  await db.run('CREATE TABLE dead (id INT PRIMARY KEY, n INT)')
  await db.run('INSERT INTO dead VALUES (1, 0), (2, 0)')
  const bump = (first: number, second: number) =>
    database.openDb().transaction(async (tx) => {
      await tx.run('UPDATE dead SET n = n + 1 WHERE id = ?', [first])
      await new Promise((resolve) => setTimeout(resolve, 150))
      await tx.run('UPDATE dead SET n = n + 1 WHERE id = ?', [second])
    })
  await Promise.all([bump(1, 2), bump(2, 1)])
  expect(await db.query('SELECT id, n FROM dead ORDER BY id')).toEqual([
    { id: 1, n: 2 },
    { id: 2, n: 2 },
  ])
})

test('a duplicate is told from other errors, and the connection stays usable', async () => {
  await db.run('CREATE TABLE once (id INT PRIMARY KEY)')
  await db.run('INSERT INTO once VALUES (1)')
  const error = await db.run('INSERT INTO once VALUES (1)').catch((reason) => reason)
  expect(isDuplicate(error)).toBe(true)
  expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('{now} follows the injected offset', async () => {
  const [before] = await db.query<{ at: Date }>('SELECT {now} AS at')
  clock.advance(3_600_000)
  const [after] = await db.query<{ at: Date }>('SELECT {now} AS at')
  const moved = Number(after?.at) - Number(before?.at)
  expect(moved).toBeGreaterThanOrEqual(3_600_000)
  expect(moved).toBeLessThan(3_610_000)
})

test('openConnection() gives statements at once one connection, in turn', async () => {
  const one = openConnection(parseDatabaseUrl(database.url))
  const ids = await Promise.all(
    Array.from({ length: 5 }, () => one.query<{ id: number }>('SELECT CONNECTION_ID() AS id')),
  )
  expect(new Set(ids.flat().map((row) => row.id)).size).toBe(1)
  await one.transaction(async (tx) => {
    await tx.query('SELECT 1 AS one')
  })
  await one.close()
})

test('parseDatabaseUrl() says what an address should look like', () => {
  expect(() => parseDatabaseUrl('postgres://x')).toThrow(/mysql:\/\/user:password@host:3306\/name/)
  expect(parseDatabaseUrl('mysql://a%40b:p%2Fw@db:3307/shop')).toEqual({
    host: 'db',
    port: 3307,
    user: 'a@b',
    password: 'p/w',
    database: 'shop',
  })
})
