import { dirname, join } from 'node:path'
import { canUseApt, installWithApt, linuxSystems } from '../apt.ts'
import type { Log } from '../log.ts'
import { StartError } from '../start_error.ts'

/** A program that can be started as a database server of our own. */
export interface ServerProgram {
  path: string
  kind: 'mariadb' | 'mysql'
  /** Major and minor, as in `10.11`. */
  version: string
  /** Where its installation begins, as in `/usr`. */
  baseDir: string
}

/** Where servers live besides PATH, which seldom has them for an ordinary user. */
const USUAL_FOLDERS = [
  '/usr/sbin',
  '/usr/libexec',
  '/usr/local/sbin',
  '/usr/local/libexec',
  '/usr/local/bin',
  '/usr/local/mysql/bin',
  '/usr/local/opt/mariadb/bin',
  '/usr/local/opt/mysql/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/opt/mariadb/bin',
  '/opt/homebrew/opt/mysql/bin',
  '/opt/local/lib/mariadb/bin',
]

/** MariaDB comes first: on Ubuntu, AppArmor keeps mysqld out of every folder but its own. */
const PROGRAMS = ['mariadbd', 'mysqld']

const PACKAGE = 'mariadb-server-core'

/** Finds a MariaDB or MySQL server program, else installs one, else says what to type. */
export async function ensureServerProgram(log: Log): Promise<ServerProgram> {
  const found = await findServerProgram()
  if (found) return found
  if (await canUseApt()) {
    await installWithApt(PACKAGE, log)
    const installed = await findServerProgram()
    if (installed) return installed
  }
  throw new StartError(
    `No MariaDB or MySQL server program was found on this system: install one with ` +
      `${await installLine()}, or name one in MYSQLD_PATH, or set DATABASE_URL to a database you have`,
  )
}

/** The program named in MYSQLD_PATH, else the first usable one in PATH and the usual folders. */
export async function findServerProgram(): Promise<ServerProgram | undefined> {
  const named = Deno.env.get('MYSQLD_PATH')
  if (named) {
    const program = await inspect(named)
    if (program) return program
    throw new StartError(
      `MYSQLD_PATH is not a server program of MariaDB 10.6 or MySQL 8.0 or later: ${named}`,
    )
  }
  const folders = [...(Deno.env.get('PATH') ?? '').split(':'), ...USUAL_FOLDERS]
  for (const name of PROGRAMS) {
    for (const folder of folders.filter((folder) => folder !== '')) {
      const program = await inspect(join(folder, name))
      if (program) return program
    }
  }
  return undefined
}

async function inspect(path: string): Promise<ServerProgram | undefined> {
  const realPath = await Deno.realPath(path).catch(() => undefined)
  if (!realPath) return undefined
  const output = await versionOutput(path)
  const version = output?.match(/Ver\s+(\d+\.\d+)/)?.[1]
  if (!output || !version) return undefined
  const kind = output.includes('MariaDB') ? 'mariadb' : 'mysql'
  if (!isRecent(kind, version)) return undefined
  return { path, kind, version, baseDir: dirname(dirname(realPath)) }
}

async function versionOutput(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command(path, {
      args: ['--no-defaults', '--version'],
      stdin: 'null',
      stderr: 'null',
    }).output()
    return new TextDecoder().decode(stdout)
  } catch {
    return undefined // not a program, or one that we may not run
  }
}

function isRecent(kind: ServerProgram['kind'], version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (kind === 'mysql') return major >= 8
  return major > 10 || (major === 10 && minor >= 6)
}

async function installLine(): Promise<string> {
  if (Deno.build.os === 'darwin') return '`brew install mariadb`'
  const sudo = Deno.build.os === 'linux' && Deno.uid() === 0 ? '' : 'sudo '
  const lines: Record<string, string> = {
    debian: `apt-get install -y --no-install-recommends ${PACKAGE}`,
    ubuntu: `apt-get install -y --no-install-recommends ${PACKAGE}`,
    fedora: 'dnf install -y mariadb-server',
    rhel: 'dnf install -y mariadb-server',
    arch: 'pacman -S mariadb',
    alpine: 'apk add mariadb',
    suse: 'zypper install mariadb',
  }
  const systems = await linuxSystems()
  const line = systems.map((name) => lines[name]).find((line) => line !== undefined)
  return line ? `\`${sudo}${line}\`` : "your system's package of MariaDB 10.6 or later"
}
