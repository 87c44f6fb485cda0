import { join } from 'node:path'
import { openPool, parseDatabaseUrl } from '../../api/mysql.ts'
import type { Db } from '../../api/db.ts'
import { migrate } from '../../migrations/migrate.ts'
import { startDatabase } from '../database.ts'
import { type Log, withProgress } from '../log.ts'
import { preferPort } from '../ports.ts'
import { StartError } from '../start_error.ts'
import type { Closing } from './closing.ts'

/** The shop's database, with its schema. */
export interface ShopDatabase {
  url: string
  db: Db
}

/** Near MySQL's own port, which a database of the system may have. */
const PORT = 3307

/** Opens the database of DATABASE_URL, or starts a private one; migrates it. */
export async function openShopDatabase(
  dir: string,
  givenUrl: string | undefined,
  { closing, log }: { closing: Closing; log: Log },
): Promise<ShopDatabase> {
  const url = givenUrl ?? await startPrivate(join(dir, 'database'), closing, log)
  const pool = openPool(readUrl(url))
  closing.add(() => pool.end())
  const db = pool.openDb()
  await db.query('SELECT 1').catch((error) => {
    throw unreachable(url, error)
  })
  await migrate(db, log)
  return { url, db }
}

async function startPrivate(dir: string, closing: Closing, log: Log): Promise<string> {
  const database = await withProgress(
    log,
    'Starting the database',
    () => startDatabase({ dir, port: preferPort(PORT), durable: true, log }),
  )
  closing.add(() => database.stop())
  return await database.createDatabase('spawnpoint')
}

function readUrl(url: string) {
  try {
    const address = parseDatabaseUrl(url)
    if (address.database) return address
  } catch {
    // said below
  }
  throw new StartError(
    'DATABASE_URL must look like mysql://user:password@host:3306/name, the name of a database included',
  )
}

function unreachable(url: string, error: unknown): StartError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
  return new StartError(
    `The database of DATABASE_URL at ${new URL(url).host} does not let us in (${reason}): ` +
      `correct DATABASE_URL, or leave it out for a private database`,
  )
}
