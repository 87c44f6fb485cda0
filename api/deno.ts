import type { Context } from 'hono'
import { getConnInfo } from 'hono/deno'
import { createApp } from './app.ts'
import { type Config, ConfigError, parseConfig, parseDenoConfig } from './config.ts'
import { buildDeps } from './deps.ts'
import { clientAddressOf } from './http/client_address.ts'
import { type Loop, startLoop } from './jobs/loop.ts'
import { createLog } from './log.ts'
import { createSmtpMailer } from './mail/smtp_mailer.ts'
import { assertSafeServer, openPool } from './mysql.ts'
import { serveStorefront } from './storefront_files.ts'

/** sysexits.h EX_CONFIG: no use in starting again before somebody changes the environment. */
const EXIT_CONFIG = 78

/** The Deno process: serves the API and the storefront, and drains the queues unless RUN_JOBS=off. */
async function main(environment: Record<string, string>): Promise<void> {
  const { config, settings } = readEnvironment(environment)
  const log = createLog((line) => console.log(line), () => new Date())
  const pool = openPool(settings.DATABASE_URL)
  await assertSafeServer(pool.openDb()).catch((error) => fail(1, describe(error)))
  let loop: Loop | undefined
  const stopping = new AbortController()
  const deps = buildDeps(config, {
    openDb: pool.openDb,
    log,
    clientAddress: clientAddressIn(config),
    wake: () => loop?.wake(),
    stopping: stopping.signal,
    createSmtpMailer,
  })
  const app = serveStorefront(createApp(deps), settings.STATIC_DIR)
  const { HOST: hostname, PORT: port } = settings
  const onListen = () => log.info(`listening on http://${hostname}:${port}`)
  const server = Deno.serve({ port, hostname, onListen }, app.fetch)
  if (settings.RUN_JOBS) loop = startLoop(deps)

  await stopSignal()
  log.info('stopping: no new work, waiting for what runs')
  stopping.abort()
  await Promise.all([server.shutdown(), loop?.stop()])
  await pool.end()
}

function readEnvironment(environment: Record<string, string>) {
  try {
    return { config: parseConfig(environment), settings: parseDenoConfig(environment) }
  } catch (error) {
    return fail(error instanceof ConfigError ? EXIT_CONFIG : 1, describe(error))
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
