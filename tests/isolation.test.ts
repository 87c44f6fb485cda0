import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSession } from '../api/accounts/sessions.ts'
import { createAccessTokens } from '../api/accounts/tokens.ts'
import { createUser } from '../api/accounts/users.ts'
import { createApp } from '../api/app.ts'
import { parseConfig } from '../api/config.ts'
import type { Db } from '../api/db.ts'
import { buildDeps } from '../api/deps.ts'
import { createMetrics } from '../api/metrics/metrics.ts'
import { createIdFactory } from '../api/ids.ts'
import { createLog } from '../api/log.ts'
import { buildWorker } from '../dev/build/worker.ts'
import { freePort } from '../dev/ports.ts'
import { randomBytes } from './support/catalogue.ts'
import { freshDatabase, type TestDatabase } from './support/database.ts'
import { testEnvironment } from './support/environment.ts'
import { NO_LIMITS } from './support/limits.ts'
import { serve } from './support/serve.ts'

interface Person {
  id: string
  email: string
  orderId: string
  headers: Record<string, string>
}

/** The API on a platform, and what it wrote to its log. */
interface Running {
  url: string
  lines: string[]
  stop(): Promise<unknown>
}

const NOWHERE = 'http://127.0.0.1:9'
const REQUESTS = 200

let database: TestDatabase
let db: Db
let environment: Record<string, string>
let people: Person[]
const port = freePort()

beforeAll(async () => {
  database = await freshDatabase()
  db = database.openDb()
  const urls = { publicUrl: 'http://shop.test', stripeUrl: NOWHERE, panelUrl: NOWHERE }
  environment = await testEnvironment(urls)
  people = [await person('ann@example.com', 'at'), await person('bob@example.com', 'bearer')]
})

afterAll(() => database.drop())

test.each([
  ['workerd', startWorkerd],
  ['Deno', startDeno],
])(
  'two users who ask one isolate of %s two hundred times at once never see each other',
  async (_, start) => {
    const api = await start()
    try {
      const asked = Array.from({ length: REQUESTS }, (_, i) => ({ i, who: people[i % 3] }))
      const answers = await Promise.all(asked.map(async ({ i, who }) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 200))
        const path = i % 2 ? '/api/auth/me' : '/api/orders'
        const response = await fetch(api.url + path, { headers: who?.headers ?? {} })
        return { who, status: response.status, text: await response.text(), response }
      }))
      for (const { who, status, text, response } of answers) {
        expect(status).toBe(who ? 200 : 401)
        for (const other of people.filter((one) => one !== who)) {
          expect(text).not.toContain(other.id)
          expect(text).not.toContain(other.email)
          expect(text).not.toContain(other.orderId)
          expect(JSON.stringify([...response.headers])).not.toContain(other.id)
        }
        if (who) expect(text).toMatch(new RegExp(`${who.id}|${who.orderId}`))
      }
      const ids = answers.map(({ response }) => response.headers.get('x-request-id'))
      expect(new Set(ids).size).toBe(REQUESTS)
      const logged = await requestsIn(api.lines)
      for (const { who, response } of answers) {
        const line = logged.get(response.headers.get('x-request-id') ?? '')
        expect(line).toMatchObject({ status: response.status })
        expect(line?.userId).toBe(who?.id)
      }
    } finally {
      await api.stop()
    }
  },
  60_000,
)

/** Every request that the log has told of, by its id; waits for the last of them. */
async function requestsIn(lines: string[]) {
  const requests = () =>
    lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
      .filter(({ path }) => path.startsWith('/api/'))
  await expect.poll(() => requests().length, { timeout: 10_000 }).toBe(REQUESTS)
  return new Map<string, { status: number; userId?: string }>(
    requests().map((line) => [line.requestId, line]),
  )
}

/** Signed in as a browser or as a program, with one order of their own. */
async function person(email: string, by: 'at' | 'bearer'): Promise<Person> {
  const config = parseConfig(environment)
  const now = () => new Date()
  const newId = createIdFactory(now, randomBytes)
  const deps = { config, now, newId, randomBytes, metrics: createMetrics() }
  const password = 'correct horse battery'
  const { id } = await createUser(db, deps, { email, password, role: 'customer' })
  const orderId = newId('order')
  await db.run(
    `INSERT INTO orders (id, user_id, status, plan_id, game_id, region_id, node_id, server_name,
       term, currency, unit_amount, stripe_price_id, bought, created_at, expires_at)
     VALUES (?, ?, 'canceled', 'p', 'g', 'r', 1, 'n', 'monthly', 'eur', 1, 'x', ?, {now}, {now})`,
    [orderId, id, JSON.stringify({ planName: 'Plan' })],
  )
  const session = await db.transaction((tx) =>
    startSession(tx, deps, { userId: id, userAgent: 'test' })
  )
  const tokens = createAccessTokens({
    privateJwk: config.JWT_PRIVATE_KEY,
    issuer: config.PUBLIC_URL,
    now,
    randomBytes,
  })
  const token = await tokens.sign(session)
  const headers: Record<string, string> = by === 'at'
    ? { cookie: `at=${token}` }
    : { authorization: `Bearer ${token}` }
  return { id, email, orderId, headers }
}

async function startWorkerd(): Promise<Running> {
  const lines: string[] = []
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    modules: [{ type: 'ESModule', path: 'worker.js', contents: await buildWorker() }],
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
    bindings: environment,
    hyperdrives: { HYPERDRIVE: database.url },
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      createInterface(stdout).on('line', (line) => line.startsWith('{') && lines.push(line))
      stderr.pipe(process.stderr)
    },
  })
  await miniflare.ready
  return { url: `http://127.0.0.1:${port}`, lines, stop: () => miniflare.dispose() }
}

function startDeno(): Promise<Running> {
  const lines: string[] = []
  const deps = buildDeps(parseConfig(environment), {
    openDb: database.openDb,
    log: createLog((line) => lines.push(line), () => new Date()),
    clientAddress: () => '127.0.0.1',
    wake: () => {},
    // The same two asked the other isolate a moment ago.
    rateLimits: NO_LIMITS,
  })
  const server = serve()
  server.handler = createApp(deps).fetch
  return Promise.resolve({ url: server.url, lines, stop: server.stop })
}
