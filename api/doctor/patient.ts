import { readConfig } from '../config.ts'
import { type MysqlOptions, openPool } from '../mysql.ts'
import { checksumOf, readMigrations } from '../../migrations/migrate.ts'
import type { Patient } from './exam.ts'

/** The shop that an environment describes, as far as it does. Needs Deno and the files beside it. */
export function openPatient(
  environment: Record<string, string | undefined>,
  { now = () => new Date(), ...database }: { now?: () => Date } & MysqlOptions = {},
): Patient & { close(): Promise<void> } {
  const { config, database: address, problems } = readConfig(environment)
  const pool = address && openPool(address, { ...database, connectionLimit: 4 })
  return {
    settings: config,
    problems,
    db: pool?.openDb(),
    databaseHost: address?.host,
    fetch: globalThis.fetch,
    now,
    resolveTxt: async (name) => (await Deno.resolveDns(name, 'TXT')).map((parts) => parts.join('')),
    migrations: async () =>
      (await readMigrations()).map((file) => ({ name: file.name, checksum: checksumOf(file) })),
    libraries: readLibraries,
    close: async () => await pool?.end(),
  }
}

/** What the import map pins: `npm:hono@4.13.19`. */
async function readLibraries(): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(new URL('../../deno.json', import.meta.url))
  const pins = [...text.matchAll(/"npm:\/?((?:@[^/"]+\/)?[^@"]+)@([^"/]+)/g)]
  return Object.fromEntries(pins.map(([, name = '', version = '']) => [name, version]))
}
