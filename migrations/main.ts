import { parseDatabaseConfig } from '../api/config.ts'
import { openPool } from '../api/mysql.ts'
import { migrate } from './migrate.ts'

/** `deno task migrate`: brings the database named by DATABASE_URL to this version's schema. */
async function main(): Promise<number> {
  let pool: ReturnType<typeof openPool> | undefined
  try {
    // A change of a large table may take its time.
    pool = openPool(parseDatabaseConfig(Deno.env.toObject()), { patienceMs: 0 })
    const applied = await migrate(pool.openDb(), (line) => console.log(line))
    console.log(applied.length ? `${applied.length} applied` : 'The schema is up to date')
    return 0
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    return 1
  } finally {
    await pool?.end()
  }
}

Deno.exit(await main())
