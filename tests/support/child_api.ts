import { parseConfig, parseDenoConfig } from '../../api/config.ts'
import { buildDeps, type Deps } from '../../api/deps.ts'
import { createLog } from '../../api/log.ts'
import { openPool } from '../../api/mysql.ts'

/** What api/deno.ts makes of its environment, with a clock that is ahead. Nothing runs yet. */
export function openChildApi(
  environment: Record<string, string>,
  { offsetMs, wake }: { offsetMs: () => number; wake: () => void },
): { deps: Deps; address: { hostname: string; port: number } } {
  const { DATABASE_URL, HOST: hostname, PORT: port } = parseDenoConfig(environment)
  const pool = openPool(DATABASE_URL, { clockOffsetMs: offsetMs })
  const now = () => new Date(Date.now() + offsetMs())
  const deps = buildDeps(parseConfig(environment), {
    openDb: pool.openDb,
    log: createLog((line) => console.log(line), now),
    clientAddress: () => '127.0.0.1',
    wake,
    now,
  })
  return { deps, address: { hostname, port } }
}
