import { openConnection, parseDatabaseUrl } from '../../api/mysql.ts'
import { guardProcess, signal, stopChild } from '../processes.ts'
import { StartError } from '../start_error.ts'
import { type DataFolder, explainServerLog, placeArgs } from './data_folder.ts'
import { disown, own } from './owner.ts'
import type { ServerProgram } from './server_program.ts'

export interface ServerOptions {
  port: number
  /** False for tests: what is written need not survive a power cut. */
  durable: boolean
}

export interface RunningServer {
  url: string
  /** May be called again. */
  stop(): Promise<void>
}

/** Recovery after a power cut reads the whole log again; on a slow disk that takes a while. */
const READY_WITHIN_MS = 60_000
const STOP_PATIENCE_MS = 20_000
const POLL_MS = 30

/** Starts a server on the folder and waits until our user can sign in. */
export async function runServer(
  folder: DataFolder,
  program: ServerProgram,
  options: ServerOptions,
): Promise<RunningServer> {
  await Deno.writeTextFile(folder.errorLog, '')
  const child = new Deno.Command(program.path, {
    args: serverArgs(folder, program, options),
    stdin: 'null',
    stdout: 'null',
    stderr: 'null',
  }).spawn()
  const guard = guardProcess(child.pid, options.durable ? {} : { thenRemove: folder.dir })
  await own(folder.dir, child.pid)
  let stopped: Promise<void> | undefined
  const stop = () => stopped ??= end()
  const end = async () => {
    if (options.durable) await stopChild(child, { patienceMs: STOP_PATIENCE_MS })
    else signal(child.pid, 'SIGKILL')
    await child.status
    await disown(folder.dir)
    await guard.dismiss()
  }
  try {
    const url = `mysql://${folder.user}:${folder.password}@127.0.0.1:${options.port}`
    await untilReady(child, url, folder, options.port)
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function serverArgs(
  folder: DataFolder,
  program: ServerProgram,
  { port, durable }: ServerOptions,
): string[] {
  return [
    ...placeArgs(folder, program),
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--socket=mysqld.sock', // relative to the data directory, for a path may be too long for a socket
    `--pid-file=${folder.dir}/mysqld.pid`,
    `--log-error=${folder.errorLog}`,
    `--init-file=${folder.startFile}`,
    '--skip-name-resolve',
    '--skip-log-bin',
    '--loose-mysqlx=OFF',
    '--performance-schema=OFF',
    '--max-connections=300',
    '--transaction-isolation=READ-COMMITTED',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
    ...(durable ? [] : ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=OFF']),
  ]
}

async function untilReady(
  child: Deno.ChildProcess,
  url: string,
  folder: DataFolder,
  port: number,
): Promise<void> {
  let ended = false
  child.status.then(() => ended = true)
  const deadline = performance.now() + READY_WITHIN_MS
  while (!await canSignIn(url)) {
    if (ended) throw explainServerLog(await Deno.readTextFile(folder.errorLog), folder, port)
    if (performance.now() > deadline) {
      throw new StartError(
        `The database did not answer within ${READY_WITHIN_MS / 1000} s: see ${folder.errorLog}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function canSignIn(url: string): Promise<boolean> {
  const db = openConnection(parseDatabaseUrl(url))
  try {
    await db.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await db.close()
  }
}
