import type { Context } from 'hono'
import { getConnInfo } from 'hono/deno'
import type { RateLimits } from '../../api/accounts/rate_limits.ts'
import { requireSignedIn } from '../../api/accounts/signed_in.ts'
import { createApp } from '../../api/app.ts'
import { type Config, parseConfig } from '../../api/config.ts'
import type { Db } from '../../api/db.ts'
import { buildDeps, type Deps } from '../../api/deps.ts'
import { clientAddressOf } from '../../api/http/client_address.ts'
import { createLog } from '../../api/log.ts'
import { createClock } from './clock.ts'
import { freshDatabase } from './database.ts'
import { testEnvironment } from './environment.ts'

export interface AccountsApp {
  db: Db
  deps: Deps
  /** Moves the clock of the API and of the database. */
  passMs(ms: number): void
  /** A POST as the shop's own page sends it; `headers` may say otherwise. Keeps no cookies. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

export { NO_LIMITS } from './limits.ts'

/**
 * The API over real HTTP on a database of its own, without anything to sell. POST /api/probe is a
 * write that needs no more than to be signed in.
 */
export async function startAccountsApp(
  { rateLimits, publicUrl = 'http://shop.test' }: {
    rateLimits?: RateLimits
    publicUrl?: string
  } = {},
): Promise<AccountsApp> {
  const clock = createClock()
  const database = await freshDatabase(clock.offsetMs)
  const nowhere = 'http://127.0.0.1:9'
  const urls = { publicUrl, stripeUrl: nowhere, panelUrl: nowhere }
  const config = parseConfig(await testEnvironment(urls))
  const deps = buildDeps(config, {
    openDb: database.openDb,
    log: createLog(() => {}, clock.now),
    clientAddress: socketAddress(config),
    wake: () => {},
    now: clock.now,
    ...(rateLimits ? { rateLimits } : {}),
  })
  const app = createApp(deps)
    .post('/api/probe', requireSignedIn, (c) => c.json({ userId: c.var.signedIn.userId }))
  const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, app.fetch)
  const url = `http://127.0.0.1:${server.addr.port}`
  return {
    db: database.openDb(),
    deps,
    passMs: clock.advance,
    post: (path, body = {}, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: publicUrl, ...headers },
        body: JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(url + path, { headers }),
    async stop() {
      await server.shutdown()
      await database.drop()
    },
  }
}

/** The cookies a response sets, as the Cookie header of the next request; deleted ones left out. */
export function cookiesOf(response: Response): string {
  return response.headers.getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ')
}

function socketAddress(config: Config) {
  return (c: Context) =>
    clientAddressOf({
      peer: getConnInfo(c).remote.address ?? '',
      forwardedFor: c.req.header('x-forwarded-for'),
      trustedProxies: config.TRUSTED_PROXIES,
    })
}
