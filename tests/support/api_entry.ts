import { createApp } from '../../api/app.ts'
import { parseConfig, parseDenoConfig } from '../../api/config.ts'
import { buildDeps } from '../../api/deps.ts'
import { startLoop } from '../../api/jobs/loop.ts'
import { createLog } from '../../api/log.ts'
import { openPool } from '../../api/mysql.ts'

/** How far the clock of this process is ahead, in milliseconds. */
export const CLOCK_OFFSET_MS = 'CLOCK_OFFSET_MS'

/**
 * What api/deno.ts does, with a clock that is ahead: so that a process may find what another one had
 * claimed free again, whose lease is three quarters of a minute.
 */
function main(environment: Record<string, string>): void {
  const config = parseConfig(environment)
  const { DATABASE_URL, HOST: hostname, PORT: port } = parseDenoConfig(environment)
  const offsetMs = Number(environment[CLOCK_OFFSET_MS] ?? 0)
  const now = () => new Date(Date.now() + offsetMs)
  const pool = openPool(DATABASE_URL, { clockOffsetMs: () => offsetMs })
  const deps = buildDeps(config, {
    openDb: pool.openDb,
    log: createLog((line) => console.log(line), now),
    clientAddress: () => '127.0.0.1',
    wake: () => loop.wake(),
    now,
  })
  const loop = startLoop(deps)
  Deno.serve({ port, hostname, onListen: () => {} }, createApp(deps).fetch)
}

if (import.meta.main) main(Deno.env.toObject())
