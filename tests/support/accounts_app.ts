import { randomBytes } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { exportJWK, generateKeyPair } from 'jose'
import * as z from 'zod'
import { RATE_LIMITS, type RateLimits } from '../../api/accounts/rate_limits.ts'
import { type AccountDeps, accountRoutes } from '../../api/accounts/routes.ts'
import { requireSignedIn, withSignedIn } from '../../api/accounts/signed_in.ts'
import { createAccessTokens } from '../../api/accounts/tokens.ts'
import { type Config, parseConfig } from '../../api/config.ts'
import type { Db } from '../../api/db.ts'
import type { AppEnv } from '../../api/deps.ts'
import { API_BODY, limitBody } from '../../api/http/body_limit.ts'
import { clientAddressOf } from '../../api/http/client_address.ts'
import { sameOriginWrites } from '../../api/http/same_origin.ts'
import { createIdFactory } from '../../api/ids.ts'
import { openPool, parseDatabaseUrl } from '../../api/mysql.ts'
import { problemResponse } from '../../api/problem.ts'
import { createDatabase } from '../../dev/database.ts'
import { migrate } from '../../migrations/migrate.ts'

export const ORIGIN = 'http://shop.test'

export const PrivateJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
})

export interface AccountsApp {
  url: string
  db: Db
  deps: AccountDeps
  /** Moves the clock of the API and of the database. */
  passMs(ms: number): void
  /** A POST as the shop's own page sends it; `headers` may say otherwise. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

export interface AccountsOptions {
  rateLimits?: RateLimits
  trustedProxies?: string
  publicUrl?: string
}

/** Limits that no test meets by accident. */
export const NO_LIMITS: RateLimits = {
  login: { address: [] },
  signup: { address: [] },
  order: { user: [], address: [] },
}

/** A new Ed25519 key. */
export async function newPrivateJwk(): Promise<z.output<typeof PrivateJwk>> {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  return PrivateJwk.parse(await exportJWK(privateKey))
}

/** The accounts over real HTTP on a database of their own, with one protected write, /api/probe. */
export async function startAccountsApp(
  databaseUrl: string,
  options: AccountsOptions = {},
): Promise<AccountsApp> {
  const config = await testConfig(options)
  let offsetMs = 0
  const name = `accounts_${randomBytes(6).toString('hex')}`
  const address = parseDatabaseUrl(await createDatabase(databaseUrl, name))
  const pool = openPool(address, { clockOffsetMs: () => offsetMs, connectionLimit: 16 })
  await migrate(pool.openDb())

  const now = () => new Date(Date.now() + offsetMs)
  const deps = createDeps(config, now, options)
  const app = createTestApp(deps, pool.openDb)
  const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, app.fetch)
  const url = `http://127.0.0.1:${server.addr.port}`
  return {
    url,
    db: pool.openDb(),
    deps,
    passMs: (ms) => void (offsetMs += ms),
    post: (path, body = {}, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: ORIGIN, ...headers },
        body: JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(url + path, { headers }),
    async stop() {
      await server.shutdown()
      await pool.openDb().run(`DROP DATABASE ${name}`)
      await pool.end()
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

async function testConfig(options: AccountsOptions): Promise<Config> {
  return parseConfig({
    PUBLIC_URL: options.publicUrl ?? ORIGIN,
    STRIPE_SECRET_KEY: 'sk_test_51HqAbCdEfGhIjKlMn',
    STRIPE_WEBHOOK_SECRETS: 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw',
    PANEL_URL: 'http://127.0.0.1:9',
    PANEL_API_KEY: 'ptla_aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3bC5dE7fG9h',
    JWT_PRIVATE_KEY: JSON.stringify(await newPrivateJwk()),
    AUTH_SECRET: 'b7Qk2vX9mR4tZ8wL1nC6yH3dF5gJ0pSa',
    TRUSTED_PROXIES: options.trustedProxies,
  })
}

function createDeps(config: Config, now: () => Date, options: AccountsOptions): AccountDeps {
  return {
    config,
    now,
    randomBytes,
    newId: createIdFactory(now, randomBytes),
    rateLimits: options.rateLimits ?? RATE_LIMITS,
    tokens: createAccessTokens({
      privateJwk: config.JWT_PRIVATE_KEY,
      issuer: config.PUBLIC_URL,
      now,
      randomBytes,
    }),
    clientAddress: (c: Context) =>
      clientAddressOf({
        peer: c.env.remoteAddr.hostname,
        forwardedFor: c.req.header('x-forwarded-for'),
        trustedProxies: config.TRUSTED_PROXIES,
      }),
  }
}

function createTestApp(deps: AccountDeps, openDb: () => Db) {
  const app = new Hono<AppEnv>()
  app.onError((error, c) => problemResponse(error, c, c.var.requestId, console.error))
  app.use(async (c, next) => {
    c.set('requestId', deps.newId('request'))
    c.set('db', openDb())
    await next()
  })
  app.use(sameOriginWrites(deps.config.PUBLIC_URL), limitBody(API_BODY), withSignedIn(deps))
  return app
    .route('/api/auth', accountRoutes(deps))
    .post('/api/probe', requireSignedIn, (c) => c.json({ userId: c.var.signedIn.userId }))
}
