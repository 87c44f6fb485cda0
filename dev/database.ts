import { resolve } from 'node:path'
import { openConnection, parseDatabaseUrl } from '../api/mysql.ts'
import { openDataFolder, portTaken } from './database/data_folder.ts'
import { freeFolder } from './database/owner.ts'
import { runServer } from './database/server.ts'
import { ensureServerProgram } from './database/server_program.ts'
import type { Log } from './log.ts'
import { freePort, isFree } from './ports.ts'

export interface DatabaseOptions {
  /** The folder of everything this database has: data, password, log. Made if absent. */
  dir: string
  /** 127.0.0.1 only; a free one if absent. */
  port?: number
  /** False for tests: no write waits for the disk, and stop() throws the folder away. */
  durable: boolean
  log: Log
}

export interface PrivateDatabase {
  /** `mysql://user:password@127.0.0.1:port`, without the name of a database. */
  url: string
  port: number
  /** Makes the database if there is none and gives its url. The name is [a-z0-9_]+. */
  createDatabase(name: string): Promise<string>
  /** May be called again. */
  stop(): Promise<void>
}

/**
 * Starts a MariaDB or MySQL server of our own, installing one first where that is possible.
 * Throws a StartError with one sentence when the person must act.
 */
export async function startDatabase(options: DatabaseOptions): Promise<PrivateDatabase> {
  const dir = resolve(options.dir)
  const removeDir = async () => {
    if (!options.durable) await Deno.remove(dir, { recursive: true }).catch(() => {})
  }
  try {
    const { server, port } = await startIn(dir, options)
    return {
      url: server.url,
      port,
      createDatabase: (name) => createDatabase(server.url, name),
      stop: () => server.stop().then(removeDir),
    }
  } catch (error) {
    await removeDir()
    throw error
  }
}

/** Makes a database on the server at `url` if there is none of that name, and gives its url. */
export async function createDatabase(url: string, name: string): Promise<string> {
  if (!/^[a-z0-9_]+$/.test(name)) throw new Error(`Cannot name a database: ${name}`)
  const db = openConnection(parseDatabaseUrl(url))
  try {
    await db.run(
      `CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    )
  } finally {
    await db.close()
  }
  return `${url}/${name}`
}

async function startIn(dir: string, options: DatabaseOptions) {
  const program = await ensureServerProgram(options.log)
  await freeFolder(dir)
  const folder = await openDataFolder(dir, program)
  const port = options.port ?? freePort()
  if (!isFree(port)) throw portTaken(port)
  return { server: await runServer(folder, program, { port, durable: options.durable }), port }
}
