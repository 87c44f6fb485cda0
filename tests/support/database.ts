import type {} from './global_setup.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import { inject } from 'vitest'
import type { Db } from '../../api/db.ts'
import { openPool, parseDatabaseUrl } from '../../api/mysql.ts'

/** Set while a transaction runs; no network belongs inside one. */
const inTransaction = new AsyncLocalStorage<boolean>()
const realFetch = globalThis.fetch
globalThis.fetch = (...args) => {
  if (!inTransaction.getStore()) return realFetch(...args)
  throw new Error('Cannot call the network as a transaction is open')
}

/** A transaction that calls the network fails, in every test. */
function watched(db: Db): Db {
  return { ...db, transaction: (work) => db.transaction((tx) => inTransaction.run(true, work, tx)) }
}

export interface TestDatabase {
  url: string
  openDb: () => Db
  drop(): Promise<void>
}

/** A database of its own, migrated, on the server of the run. */
export async function freshDatabase(
  clockOffsetMs: () => number = () => 0,
  serverUrl?: string,
  /** What it is made of. */
  statements = inject('template').schema,
): Promise<TestDatabase> {
  const database = await emptyDatabase(clockOffsetMs, serverUrl)
  const db = database.openDb()
  for (const statement of statements) await db.run(statement)
  return database
}

/** A database of its own without any table. */
export async function emptyDatabase(
  clockOffsetMs: () => number = () => 0,
  serverUrl = inject('databaseUrl'),
): Promise<TestDatabase> {
  const address = parseDatabaseUrl(serverUrl)
  const database = `test_${crypto.randomUUID().replaceAll('-', '')}`
  const server = openPool(address, { connectionLimit: 1 })
  await server.openDb().run(`CREATE DATABASE ${database}`)
  const pool = openPool({ ...address, database }, { clockOffsetMs, connectionLimit: 20 })
  return {
    url: `${serverUrl}/${database}`,
    openDb: () => watched(pool.openDb()),
    async drop() {
      await pool.end()
      await server.openDb().run(`DROP DATABASE ${database}`)
      await server.end()
    },
  }
}
