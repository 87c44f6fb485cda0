import type { Context } from 'hono'
import { getConnInfo } from 'hono/deno'
import { createApp } from './app.ts'
import { type Config, ConfigError, parseConfig, parseDenoConfig } from './config.ts'
import { buildDeps } from './deps.ts'
import { clientAddressOf } from './http/client_address.ts'
import { type Loop, startLoop } from './jobs/loop.ts'
import { createLog } from './log.ts'
import { startFlushing } from './metrics/flush.ts'
import { createSmtpMailer } from './mail/smtp_mailer.ts'
import { assertSafeServer, openPool } from './mysql.ts'
import { serveStorefront } from './storefront_files.ts'

/** sysexits.h EX_CONFIG: no use in starting again before somebody changes the environment. */
const EXIT_CONFIG = 78

/** After the grace: enough to give leases back, within the 10 s after which Docker kills. */
const HAND_OVER_MS = 2000

/** The Deno process: serves the API and the storefront, and drains the queues unless RUN_JOBS=off. */
async function main(environment: Record<string, string>): Promise<void> {
  const { config, settings } = readEnvironment(environment)
  const log = createLog((line) => console.log(line), () => new Date())
  const pool = openPool(settings.DATABASE_URL, {
    onError: (errno) => deps.metrics.count('db_errors_total', { errno }),
    onRetry: () => deps.metrics.count('db_tx_retries_total'),
  })
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
  await assertSafeServer(pool.openDb()).catch((error) => fail(1, describe(error)))
  const app = serveStorefront(createApp(deps), settings.STATIC_DIR)
  const { HOST: hostname, PORT: port } = settings
  const onListen = () => log.info(`listening on http://${hostname}:${port}`)
  const server = Deno.serve({ port, hostname, onListen }, app.fetch)
  const flushing = startFlushing(deps)
  if (settings.RUN_JOBS) loop = startLoop(deps)

  await stopSignal()
  log.info('stopping: no new work, waiting for what runs')
  stopping.abort()
  const graceMs = settings.STOP_GRACE_SECONDS * 1000
  const ended = Promise.all([server.shutdown(), loop?.stop(graceMs)])
    .then(() => flushing.stop()).then(() => pool.end())
  const late = new Promise((resolve) => setTimeout(resolve, graceMs + HAND_OVER_MS, 'late'))
  if (await Promise.race([ended, late]) === 'late') log.warn('stopping with work under way')
  // What was handed over to others may still run here.
  Deno.exit(0)
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
