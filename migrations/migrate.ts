import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { type Db, isDuplicate, microseconds } from '../api/db.ts'
import { errnoOf } from '../api/db_errors.ts'
import { assertSafeServer } from '../api/mysql.ts'

export interface Migration {
  name: string
  sql: string
}

/** Longer than any single statement of ours takes; the lock is renewed before each. */
const LOCK_MS = 60_000

/**
 * The column or key is there, or gone, already: a starter died between the statement and its record.
 * So an ALTER TABLE of ours makes one change.
 */
const ALREADY_SO = new Set([1060, 1061, 1091])

/** How long a second starter waits for the first. */
const WAIT_MS = 120_000

/**
 * Applies what has not been applied yet, in order, and returns the names. Safe to run twice and by
 * two starters at once. Throws when a file changed after it was applied: migrations are forward only.
 */
export async function migrate(db: Db, log: (line: string) => void = () => {}): Promise<string[]> {
  await assertSafeServer(db)
  await createBookkeeping(db)
  const owner = randomUUID()
  await takeLock(db, owner)
  try {
    return await applyPending(db, owner, await readMigrations(), log)
  } finally {
    await db.run('UPDATE schema_lock SET owner = NULL WHERE id = 1 AND owner = ?', [owner])
  }
}

/** Splits at the semicolons that end statements, not at those in quotes or comments. */
export function splitStatements(sql: string): string[] {
  const token = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`|;/g
  const statements: string[] = []
  let start = 0
  let text = ''
  for (const match of sql.matchAll(token)) {
    const isComment = match[0].startsWith('--') || match[0].startsWith('/*')
    if (isComment) {
      text += sql.slice(start, match.index)
    } else if (match[0] === ';') {
      statements.push(text + sql.slice(start, match.index))
      text = ''
    } else continue
    start = match.index + match[0].length
  }
  statements.push(text + sql.slice(start))
  return statements.map((statement) => statement.trim()).filter(Boolean)
}

async function readMigrations(): Promise<Migration[]> {
  const folder = import.meta.dirname ?? '.'
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort()
  return await Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(`${folder}/${name}`, 'utf8') })),
  )
}

async function createBookkeeping(db: Db): Promise<void> {
  await db.run(`CREATE TABLE IF NOT EXISTS schema_migrations (
    name VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    checksum CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    applied_at DATETIME(3) NOT NULL) ENGINE=InnoDB`)
  await db.run(`CREATE TABLE IF NOT EXISTS schema_lock (
    id INT NOT NULL PRIMARY KEY,
    owner CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
    held_until DATETIME(3) NOT NULL) ENGINE=InnoDB`)
  try {
    await db.run('INSERT INTO schema_lock (id, owner, held_until) VALUES (1, NULL, {now})')
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
}

async function takeLock(db: Db, owner: string): Promise<void> {
  for (let waited = 0; waited < WAIT_MS; waited += 250) {
    const { affectedRows } = await db.run(
      `UPDATE schema_lock SET owner = ?, held_until = {now} + INTERVAL ? MICROSECOND
        WHERE id = 1 AND (owner IS NULL OR held_until < {now})`,
      [owner, microseconds(LOCK_MS)],
    )
    if (affectedRows === 1) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('Cannot migrate as another process has held the migration lock for two minutes')
}

async function applyPending(
  db: Db,
  owner: string,
  files: Migration[],
  log: (line: string) => void,
): Promise<string[]> {
  const applied = await appliedChecksums(db)
  const fresh: string[] = []
  for (const file of files) {
    const checksum = createHash('sha256').update(file.sql).digest('hex')
    const known = applied.get(file.name)
    if (known && known !== checksum) {
      throw new Error(
        `Cannot migrate as ${file.name} was changed after it was applied: restore it and add a new file`,
      )
    }
    if (known) continue
    log(`applying ${file.name}`)
    await applyOne(db, owner, file)
    await db.run(
      'INSERT INTO schema_migrations (name, checksum, applied_at) VALUES (?, ?, {now})',
      [file.name, checksum],
    )
    fresh.push(file.name)
  }
  return fresh
}

async function applyOne(db: Db, owner: string, file: Migration): Promise<void> {
  for (const statement of splitStatements(file.sql)) {
    const { affectedRows } = await db.run(
      `UPDATE schema_lock SET held_until = {now} + INTERVAL ? MICROSECOND WHERE id = 1 AND owner = ?`,
      [microseconds(LOCK_MS), owner],
    )
    if (affectedRows !== 1) throw new Error(`Cannot migrate as the lock was lost in ${file.name}`)
    await db.run(statement).catch((error) => {
      if (!ALREADY_SO.has(errnoOf(error) ?? 0)) throw error
    })
  }
}

async function appliedChecksums(db: Db): Promise<Map<string, string>> {
  const rows = await db.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations',
  )
  return new Map(rows.map((row) => [row.name, row.checksum]))
}
