import type {} from './global_setup.ts'
import { inject } from 'vitest'
import type { Db } from '../../api/db.ts'
import { openPool, parseDatabaseUrl } from '../../api/mysql.ts'
import { migrate } from '../../migrations/migrate.ts'

export interface TestDatabase {
  url: string
  openDb: () => Db
  drop(): Promise<void>
}

/** A database of its own, migrated, on the server of the run. */
export async function freshDatabase(clockOffsetMs: () => number = () => 0): Promise<TestDatabase> {
  const database = await emptyDatabase(clockOffsetMs)
  await migrate(database.openDb())
  return database
}

/** A database of its own without any table. */
export async function emptyDatabase(clockOffsetMs: () => number = () => 0): Promise<TestDatabase> {
  const address = parseDatabaseUrl(inject('databaseUrl'))
  const database = `test_${crypto.randomUUID().replaceAll('-', '')}`
  const server = openPool(address, { connectionLimit: 1 })
  await server.openDb().run(`CREATE DATABASE ${database}`)
  const pool = openPool({ ...address, database }, { clockOffsetMs, connectionLimit: 20 })
  return {
    url: `${inject('databaseUrl')}/${database}`,
    openDb: pool.openDb,
    async drop() {
      await pool.end()
      await server.openDb().run(`DROP DATABASE ${database}`)
      await server.end()
    },
  }
}
