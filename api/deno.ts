import type { Context } from 'hono'
import { getConnInfo } from 'hono/deno'
import { createApp } from './app.ts'
import { type Config, ConfigError, parseConfig } from './config.ts'
import { buildDeps } from './deps.ts'
import { clientAddressOf } from './http/client_address.ts'
import { type Loop, startLoop } from './jobs/loop.ts'
import { createLog } from './log.ts'
import { assertSafeServer, openPool, parseDatabaseUrl } from './mysql.ts'
import { serveStorefront } from './storefront_files.ts'

/** sysexits.h EX_CONFIG: no use in starting again before somebody changes the environment. */
const EXIT_CONFIG = 78

/** The Deno process: serves the API and the storefront, and drains the queues unless RUN_JOBS=off. */
async function main(environment: Record<string, string>): Promise<void> {
  const { config, databaseUrl } = readEnvironment(environment)
  const log = createLog((line) => console.log(line), () => new Date())
  const pool = openPool(databaseUrl)
  await assertSafeServer(pool.openDb()).catch((error) => fail(1, describe(error)))
  let loop: Loop | undefined
  const deps = buildDeps(config, {
    openDb: pool.openDb,
    log,
    clientAddress: clientAddressIn(config),
    wake: () => loop?.wake(),
  })
  const app = serveStorefront(createApp(deps), environment.STATIC_DIR ?? 'dist/storefront')
  const port = Number(environment.PORT ?? 8000)
  const hostname = environment.HOST ?? '0.0.0.0'
  const onListen = () => log.info(`listening on http://${hostname}:${port}`)
  const server = Deno.serve({ port, hostname, onListen }, app.fetch)
  if (environment.RUN_JOBS !== 'off') loop = startLoop(deps)

  await stopSignal()
  log.info('stopping: no new work, waiting for what runs')
  await Promise.all([server.shutdown(), loop?.stop()])
  await pool.end()
}

function readEnvironment(environment: Record<string, string>) {
  try {
    const config = parseConfig(environment)
    if (!environment.DATABASE_URL) {
      throw new ConfigError(
        'Cannot start as DATABASE_URL is missing: mysql://user:password@host:3306/name',
      )
    }
    return { config, databaseUrl: parseDatabaseUrl(environment.DATABASE_URL) }
  } catch (error) {
    return fail(EXIT_CONFIG, describe(error))
  }
}

function clientAddressIn(config: Config) {
  return (c: Context) =>
    clientAddressOf({
      peer: getConnInfo(c).remote.address ?? 'unknown',
      forwardedFor: c.req.header('x-forwarded-for'),
      trustedProxies: config.TRUSTED_PROXIES,
    })
}

function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  Deno.addSignalListener('SIGINT', resolve)
  Deno.addSignalListener('SIGTERM', resolve)
  return promise
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function fail(code: number, message: string): never {
  console.error(message)
  Deno.exit(code)
}

if (import.meta.main) await main(Deno.env.toObject())
