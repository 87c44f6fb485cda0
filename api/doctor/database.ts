import { isLoopback } from '../mail/smtp_url.ts'
import { SCHEMA_VERSION } from '../schema_version.ts'
import { type Check, duration, fail, ok, type Seen, skip, some, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** The database: there, of our schema, and set so that nothing acknowledged is lost. */
export const databaseChecks: Check[] = [
  {
    id: 'database.reachable',
    what: 'The database',
    wanted: 'an answer to SELECT 1',
    mend: 'Start the database, and correct DATABASE_URL if it is elsewhere or the login is wrong.',
    look: lookAtConnection,
  },
  {
    id: 'database.schema',
    what: 'The migrations',
    wanted: 'all of this version, unchanged, and none of a newer one',
    mend: 'Run `deno task migrate`.',
    look: lookAtSchema,
  },
  {
    id: 'database.sql-mode',
    what: 'The mode of SQL',
    wanted: 'a strict sql_mode without NO_BACKSLASH_ESCAPES',
    mend: 'Set sql_mode at the server to include STRICT_TRANS_TABLES and not NO_BACKSLASH_ESCAPES.',
    look: lookAtSqlMode,
  },
  {
    id: 'database.time-zone',
    what: 'The database’s time zone',
    wanted: 'UTC, so that what people read there is what we wrote',
    mend: "Set default_time_zone = '+00:00' at the server.",
    look: async ({ rows }) => {
      const [row] = await rows<{ seconds: number }>(
        'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS seconds',
      )
      const hours = Number(row?.seconds ?? 0) / 3600
      return Math.abs(hours) < 0.01 ? ok('UTC') : warn(`UTC${hours > 0 ? '+' : ''}${hours}`)
    },
  },
  {
    id: 'database.clock',
    what: 'The database’s clock',
    wanted: 'within 2 s of ours',
    mend: 'Let NTP set the clocks of this machine and of the database’s.',
    look: lookAtClock,
  },
  {
    id: 'database.isolation',
    what: 'The isolation of transactions',
    wanted: 'READ COMMITTED or REPEATABLE READ',
    mend: 'Set transaction_isolation = READ-COMMITTED at the server.',
    look: async (exam) => {
      const level = await isolationOf(exam)
      if (/^READ-COMMITTED$|^REPEATABLE-READ$/.test(level)) return ok(level)
      return level === 'SERIALIZABLE' ? warn(level) : fail(level)
    },
  },
  {
    id: 'database.durability',
    what: 'What a crash of the database leaves',
    wanted: 'innodb_flush_log_at_trx_commit = 1: what was acknowledged is on the disk',
    mend: 'Set innodb_flush_log_at_trx_commit = 1 at the server.',
    look: async ({ rows }) => {
      const [row] = await rows<{ value: number }>(
        'SELECT @@GLOBAL.innodb_flush_log_at_trx_commit AS value',
      )
      return Number(row?.value) === 1 ? ok('1') : fail(String(row?.value))
    },
  },
  {
    id: 'database.collations',
    what: 'How keys are compared',
    wanted: 'ascii_bin on ids, addresses and the keys that keep things single',
    mend: 'Restore the columns that are named as their migration makes them.',
    look: lookAtCollations,
  },
  {
    id: 'database.grants',
    what: 'What the database’s user may do',
    wanted: 'no SUPER, FILE or other rights over the whole server',
    mend: 'Make a user of the shop’s own: GRANT ALL ON its database alone.',
    look: lookAtGrants,
  },
  {
    id: 'database.tls',
    what: 'The way to the database',
    wanted: 'TLS, or a network that is ours',
    mend: 'Let the shop reach the database by TLS or through a proxy or tunnel on this machine.',
    look: lookAtTls,
  },
  {
    id: 'database.writes',
    what: 'What is written, read again',
    wanted: 'the same row at once',
    mend: 'Let DATABASE_URL lead to the server that takes writes, with no cache between.',
    look: lookAtWrites,
  },
]

async function lookAtConnection({ db }: Exam): Promise<Seen> {
  if (!db) return fail('no DATABASE_URL to reach it by', 'Set DATABASE_URL.')
  try {
    const [row] = await db.query<{ version: string }>('SELECT VERSION() AS version')
    return ok(row?.version ?? 'no version')
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return fail(cause instanceof Error ? cause.message || cause.name : String(cause))
  }
}

async function lookAtSchema(exam: Exam): Promise<Seen> {
  const applied = await appliedMigrations(exam)
  if (!applied) return fail('no migration was ever applied')
  const files = await exam.migrations?.() ?? []
  const known = new Map(applied.map(({ name, checksum }) => [name, checksum]))
  const wanted = [...files.map(({ name }) => name), SCHEMA_VERSION]
  const missing = [...new Set(wanted.filter((name) => !known.has(name)))]
  if (missing.length) return fail(`not applied: ${some(missing)}`)
  const changed = files.filter(({ name, checksum }) => known.get(name) !== checksum)
  if (changed.length) {
    return fail(
      `changed after they were applied: ${some(changed.map(({ name }) => name))}`,
      'Restore these files as they were: a change is a new migration.',
    )
  }
  const newer = applied.filter(({ name }) => name > SCHEMA_VERSION)
  if (newer.length) {
    return warn(
      `newer than this version: ${some(newer.map(({ name }) => name))}`,
      'Deploy the version that made them.',
    )
  }
  return ok(`${applied.length} applied, the last is ${SCHEMA_VERSION}`)
}

async function appliedMigrations({ database }: Exam) {
  const db = await database()
  const [table] = await db.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'`,
  )
  if (Number(table?.n) === 0) return undefined
  return await db.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations ORDER BY name',
  )
}

async function lookAtSqlMode({ rows }: Exam): Promise<Seen> {
  const [row] = await rows<{ mode: string }>('SELECT @@SESSION.sql_mode AS mode')
  const modes = row?.mode.split(',') ?? []
  if (modes.includes('NO_BACKSLASH_ESCAPES')) return fail('NO_BACKSLASH_ESCAPES is set')
  if (!modes.some((mode) => mode.startsWith('STRICT_') || mode === 'TRADITIONAL')) {
    return fail(`not strict: ${modes.join(', ') || 'none'}`)
  }
  return ok('strict')
}

async function lookAtClock({ rows, now }: Exam): Promise<Seen> {
  const before = now().getTime()
  const [row] = await rows<{ at: Date }>('SELECT {now} AS at')
  const after = now().getTime()
  const at = new Date(row?.at ?? Number.NaN).getTime()
  // Between the two looks at our own clock the difference is not known any better.
  const apart = Math.max(before - at, at - after, 0)
  if (Number.isNaN(apart)) return fail('no time')
  if (apart <= 2000) return ok('in step')
  const seen = `${duration(apart)} ${at > after ? 'ahead of' : 'behind'} this machine’s`
  return apart > 60_000 ? fail(seen) : warn(seen)
}

/** MySQL and MariaDB have each their own name for it. */
async function isolationOf({ rows }: Exam): Promise<string> {
  const [row] = await rows<{ Value: string }>(
    `SHOW SESSION VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')`,
  )
  return row?.Value ?? 'unknown'
}

/** What keeps one thing single: a comparison that is too kind would make two of them one. */
const BINARY_COLUMNS = [
  'users.email',
  'orders.id',
  'orders.user_id',
  'servers.live_order_id',
  'checkout_sessions.stripe_session_id',
  'payments.stripe_ref',
  'refunds.stripe_refund_id',
  'stripe_events.id',
  'jobs.dedupe_key',
]

async function lookAtCollations({ rows }: Exam): Promise<Seen> {
  const columns = await rows<{ name: string; collation: string | null }>(
    `SELECT CONCAT(table_name, '.', column_name) AS name, collation_name AS collation
      FROM information_schema.columns WHERE table_schema = DATABASE()`,
  )
  const collations = new Map(columns.map(({ name, collation }) => [name, collation]))
  const wrong = BINARY_COLUMNS.filter((name) =>
    collations.has(name) && collations.get(name) !== 'ascii_bin'
  )
  return wrong.length
    ? fail(some(wrong.map((name) => `${name} is ${collations.get(name)}`)))
    : ok('ascii_bin')
}

/** Rights over the server that let a stolen login read files or take the server over. */
const TOO_MUCH = /\b(ALL PRIVILEGES|SUPER|FILE|CREATE USER|SHUTDOWN|PROCESS)\b[^\n]* ON \*\.\*/

async function lookAtGrants({ database }: Exam): Promise<Seen> {
  const grants = await (await database()).query<Record<string, string>>(
    'SHOW GRANTS FOR CURRENT_USER()',
  )
  const found = grants.flatMap((row) => TOO_MUCH.exec(String(Object.values(row)[0]))?.[1] ?? [])
  return found.length ? warn(`${some(found)} on *.*`) : ok('its own database only')
}

async function lookAtTls({ rows, databaseHost }: Exam): Promise<Seen> {
  if (databaseHost === undefined) return skip('the platform made the connection')
  if (isPrivate(databaseHost)) return ok('a private network')
  const [row] = await rows<{ Value: string }>("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
  return row?.Value ? ok(row.Value) : warn('unencrypted, over a public network')
}

function isPrivate(host: string): boolean {
  return isLoopback(host) || !host.includes('.') || host.endsWith('.internal') ||
    /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:)/.test(host)
}

async function lookAtWrites({ database, rows, now }: Exam): Promise<Seen> {
  const read = async () =>
    (await rows<{ value: string }>("SELECT value FROM shop_settings WHERE name = 'doctor'"))[0]
      ?.value
  const db = await database()
  const before = await read()
  const time = now().toISOString()
  try {
    await db.run(
      `INSERT INTO shop_settings (name, value) VALUES ('doctor', ?)
        ON DUPLICATE KEY UPDATE value = VALUES(value)`,
      [time === before ? `${time}+` : time],
    )
  } catch (error) {
    return fail(`it takes no writes: ${error instanceof Error ? error.message : error}`)
  }
  // Another doctor may have written meanwhile; what stood there before must be gone.
  return await read() === before
    ? fail('the older row: something answers in between')
    : ok('the same')
}
