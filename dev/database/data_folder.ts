import { join } from 'node:path'
import { statfs } from 'node:fs/promises'
import { StartError } from '../start_error.ts'
import type { ServerProgram } from './server_program.ts'

/** The files of one private database. */
export interface DataFolder {
  dir: string
  data: string
  errorLog: string
  startFile: string
  user: string
  password: string
}

const USER = 'spawnpoint'

const MIB = 1024 * 1024

/** A new data directory and its logs take about 250 MiB, a MySQL one included. */
const NEEDED_AT_FIRST = 400 * MIB

/** On a full disk a server ends without a word, for it cannot write its log either. */
const NEEDED_LATER = 50 * MIB

/** What says that the data directory was made completely, and by which server. */
const MADE_FILE = 'made.json'

/**
 * Opens the folder of a private database and makes its data directory if there is none.
 * One that was left half made is made again: nobody ever kept anything in it.
 */
export async function openDataFolder(dir: string, program: ServerProgram): Promise<DataFolder> {
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 })
  const madeBy = await readIfThere(join(dir, MADE_FILE))
  await requireSpace(dir, madeBy === undefined ? NEEDED_AT_FIRST : NEEDED_LATER)
  const folder = await describe(dir)
  if (madeBy === undefined) await makeData(folder, program)
  else await checkData(folder, madeBy, program)
  await writeStartFile(folder)
  return folder
}

async function requireSpace(dir: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir)
  if (bavail * bsize < bytes) throw diskFull(dir)
}

async function describe(dir: string): Promise<DataFolder> {
  return {
    dir,
    data: join(dir, 'data'),
    errorLog: join(dir, 'error.log'),
    startFile: join(dir, 'start.sql'),
    user: USER,
    password: await keptPassword(join(dir, 'password')),
  }
}

async function keptPassword(path: string): Promise<string> {
  const kept = await readIfThere(path)
  if (kept) return kept
  const password = crypto.randomUUID().replaceAll('-', '')
  await Deno.writeTextFile(path, password, { mode: 0o600 })
  return password
}

async function makeData(folder: DataFolder, program: ServerProgram): Promise<void> {
  await Deno.remove(folder.data, { recursive: true }).catch(() => {})
  await Deno.mkdir(folder.data, { mode: 0o700 })
  if (program.kind === 'mariadb') await makeMariaDbData(folder, program)
  else await makeMySqlData(folder, program)
  const made = { kind: program.kind, version: program.version }
  await Deno.writeTextFile(join(folder.dir, MADE_FILE), JSON.stringify(made))
}

/**
 * Does what the script mariadb-install-db does, which cannot be used: it needs a program of
 * another package (my_print_defaults) that a server alone does not bring along.
 */
async function makeMariaDbData(folder: DataFolder, program: ServerProgram): Promise<void> {
  const args = ['--bootstrap', '--enforce-storage-engine=', '--max-allowed-packet=8M']
  await feedServer(folder, program, args, await mariaDbSystemTables(program))
}

async function makeMySqlData(folder: DataFolder, program: ServerProgram): Promise<void> {
  await feedServer(folder, program, ['--initialize-insecure'], '')
}

async function mariaDbSystemTables(program: ServerProgram): Promise<string> {
  const share = join(program.baseDir, 'share')
  for (const folder of [join(share, 'mysql'), join(share, 'mariadb'), share]) {
    for (const prefix of ['mariadb', 'mysql']) {
      const scripts = ['system_tables', 'performance_tables', 'system_tables_data']
      const texts = await Promise.all(
        scripts.map((name) => readIfThere(join(folder, `${prefix}_${name}.sql`))),
      )
      if (texts.every((text) => text !== undefined)) return withoutHostNames(texts.join('\n'))
    }
  }
  throw new StartError(
    `${program.path} has no mariadb_system_tables.sql under ${share}: ` +
      `install its package completely, or name another server program in MYSQLD_PATH`,
  )
}

/** A statement must begin on its own line: that is how --bootstrap reads them. */
function withoutHostNames(script: string): string {
  const lines = script.split('\n').filter((line) => !line.includes('@current_hostname'))
  const head = ['CREATE DATABASE IF NOT EXISTS mysql;', 'USE mysql;', 'SET @auth_root_socket=NULL;']
  return [...head, ...lines, ''].join('\n')
}

async function feedServer(
  folder: DataFolder,
  program: ServerProgram,
  args: string[],
  input: string,
): Promise<void> {
  const child = new Deno.Command(program.path, {
    args: [...placeArgs(folder, program), ...args],
    stdin: 'piped',
    stdout: 'null',
    stderr: 'piped',
  }).spawn()
  const writer = child.stdin.getWriter()
  const written = writer.write(new TextEncoder().encode(input)).then(() => writer.close())
  const [{ code, stderr }] = await Promise.all([child.output(), written.catch(() => {})])
  if (code !== 0) throw explainServerLog(new TextDecoder().decode(stderr), folder)
}

/** Where the server works and as whom; --no-defaults keeps the system's own settings out. */
export function placeArgs(folder: DataFolder, program: ServerProgram): string[] {
  return [
    '--no-defaults', // must come first
    `--basedir=${program.baseDir}`,
    `--datadir=${folder.data}`,
    `--tmpdir=${folder.dir}`, // each server sweeps its own when it starts, and so another's in /tmp
    `--secure-file-priv=${folder.dir}`, // MySQL's own default is a folder of its full package
    '--loose-innodb-log-file-size=32M',
    ...(Deno.uid() === 0 ? ['--user=root'] : []),
  ]
}

async function checkData(
  folder: DataFolder,
  madeBy: string,
  program: ServerProgram,
): Promise<void> {
  if (!madeBy.includes(`"${program.kind}"`)) {
    throw new StartError(
      `The data in ${folder.dir} was made by another server than ${program.path}: ` +
        `name that one in MYSQLD_PATH, or start over with deno task dev --reset`,
    )
  }
  for (const part of ['ibdata1', 'mysql']) {
    const there = await Deno.stat(join(folder.data, part)).then(() => true, () => false)
    if (!there) throw damaged(folder, `${part} is missing`)
  }
}

/**
 * The server runs this file at each start: only our user can sign in, with the password kept in
 * the folder. Each statement stands on one line, as --init-file demands.
 */
async function writeStartFile({ startFile, user, password }: DataFolder): Promise<void> {
  const account = `'${user}'@'127.0.0.1'`
  const statements = [
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}';`,
    `ALTER USER ${account} IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO ${account} WITH GRANT OPTION;`,
    `ALTER USER IF EXISTS 'root'@'localhost' IDENTIFIED BY '${password}';`,
    `DROP USER IF EXISTS 'root'@'127.0.0.1', 'root'@'::1';`,
  ]
  await Deno.writeTextFile(startFile, statements.join('\n') + '\n', { mode: 0o600 })
}

/** Turns what a server wrote before it gave up into one sentence with the way out. */
export function explainServerLog(log: string, folder: DataFolder, port?: number): StartError {
  if (/No space left on device|errno:? 28\b|error:? 28\b|Disk (is )?full/i.test(log)) {
    return diskFull(folder.dir)
  }
  if (port !== undefined && /Address already in use|port: \d+ \?/i.test(log)) return portTaken(port)
  if (/Unable to lock|Can't lock aria|another (mysqld|mariadbd|instance)/i.test(log)) {
    return new StartError(
      `Another server is using ${folder.data}: stop it (lsof ${folder.data}/ibdata1 names it), then run this again`,
    )
  }
  if (/Permission denied|errno:? 13\b|error:? 13\b/i.test(log)) {
    return new StartError(
      `The database server may not use ${folder.dir} (permissions, or AppArmor on Ubuntu): ` +
        `make the folder yours, or install mariadb-server-core, which AppArmor leaves alone`,
    )
  }
  return damaged(folder, lastError(log))
}

export function portTaken(port: number): StartError {
  return new StartError(
    `Port ${port} is taken, so the database cannot start: run this again, or choose another port`,
  )
}

function diskFull(dir: string): StartError {
  return new StartError(
    `The disk is full: free 500 MB where ${dir} is (df -h ${dir} shows it), then run this again`,
  )
}

function damaged(folder: DataFolder, reason: string): StartError {
  return new StartError(
    `The database in ${folder.dir} is damaged (${reason}; the rest is in error.log there): ` +
      `start over with deno task dev --reset`,
  )
}

function lastError(log: string): string {
  const errors = log.split('\n').filter((line) => /\[?error\]?/i.test(line))
  const line = errors.find((line) => !/abort/i.test(line)) ?? 'it gives no reason'
  return line.replace(/^.*\[ERROR\]\s*/i, '').trim().slice(0, 200)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path)
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined
    throw error
  }
}
