import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import * as accounts from '../api/accounts/requests.ts'
import * as admin from '../api/admin/requests.ts'
import { PlaceOrder } from '../api/checkout/requests.ts'
import { problems } from '../api/problem.ts'
import { PASSWORD, type Role, startWorld, type World } from './support/actors.ts'
import { bodies, type JsonSchema, type RawBody, unknownKeys } from './support/arbitraries.ts'
import { isWrite, routesOf } from './support/routes.ts'
import { placeOrder, PURCHASE } from './support/shop.ts'

/** Set FUZZ_SEED to what a failure printed, to see it again; FUZZ_BODIES to look longer. */
const SEED = Number(Deno.env.get('FUZZ_SEED') ?? Date.now() % 2 ** 31)
const BODIES = Number(Deno.env.get('FUZZ_BODIES') ?? 500)

/** Sent at once, on average: the database works while the next is made, and its queue holds twice as many. */
const AT_ONCE = 100

/** Somebody who is refused leaves marks here, and nowhere else. */
const TOUCHED_BY_REFUSED = ['rate_limits', 'login_delays', 'audit_log', 'webhook_refusals']

/** The answers that say: your body is not what we take. */
const NOT_TAKEN = [400, 413, 415, 422]

interface Target {
  /** Status of the documented success. */
  success: number
  /** The route's own; none when it reads no body, and then no body may make a difference. */
  schema?: z.ZodType
  /** What it takes. */
  examples?: Record<string, unknown>[]
  /** Accepting costs a password hash or a mail: few of these bodies are right. */
  costly?: boolean
  id?: () => string
  headers?: Record<string, string>
  signedOut?: boolean
  /** The owner of all there is, unless named. */
  role?: Role
}

let world: World
let canceledId: string

const LOGIN = { email: 'owner@example.com', password: PASSWORD }
const TOKEN = 'A'.repeat(43)
const NO_ORDER = `ord_${'0'.repeat(26)}`

const targets: Record<string, Target> = {
  'POST /api/auth/signup': {
    success: 201,
    schema: accounts.SignUp,
    examples: [LOGIN],
    costly: true,
    signedOut: true,
  },
  'POST /api/auth/login': {
    success: 200,
    schema: accounts.LogIn,
    examples: [LOGIN],
    costly: true,
    signedOut: true,
  },
  'POST /api/auth/tokens': {
    success: 200,
    schema: accounts.GetTokens,
    examples: [
      { grantType: 'password', ...LOGIN },
      { grantType: 'refresh_token', refreshToken: TOKEN },
    ],
    costly: true,
  },
  'POST /api/auth/refresh': { success: 200, signedOut: true },
  'POST /api/auth/logout': { success: 204, signedOut: true },
  'POST /api/auth/verification': { success: 202, signedOut: true },
  'POST /api/auth/verification/confirm': {
    success: 200,
    schema: accounts.Confirm,
    examples: [{ token: TOKEN }],
  },
  'POST /api/auth/password/forgot': {
    success: 202,
    schema: accounts.ForgotPassword,
    examples: [{ email: 'nobody@example.com' }],
    costly: true,
  },
  'POST /api/auth/password/reset': {
    success: 204,
    schema: accounts.ResetPassword,
    examples: [{ token: TOKEN, password: PASSWORD }],
  },
  'PATCH /api/account': {
    success: 200,
    schema: accounts.ChangeAccount,
    examples: [{ name: 'Ann' }, { name: null }],
    costly: true,
  },
  'PUT /api/account/password': {
    success: 200,
    schema: accounts.ChangePassword,
    examples: [{ currentPassword: PASSWORD, newPassword: PASSWORD }],
    costly: true,
  },
  'PUT /api/account/email': {
    success: 202,
    schema: accounts.ChangeEmail,
    examples: [{ email: 'next@example.com', currentPassword: PASSWORD }],
    costly: true,
  },
  'DELETE /api/account/email': { success: 200 },
  'DELETE /api/account/sessions': { success: 204 },
  'DELETE /api/account/sessions/:id': { success: 204, id: () => `ses_${'0'.repeat(26)}` },
  'POST /api/account/panel-login': {
    success: 200,
    schema: accounts.SetPanelLogin,
    examples: [{ currentPassword: PASSWORD }],
    costly: true,
  },
  'POST /api/checkout/sessions': {
    success: 201,
    schema: PlaceOrder,
    examples: [
      PURCHASE,
      { ...PURCHASE, options: { MINECRAFT_VERSION: 'latest' } },
      { ...PURCHASE, planId: 'rust-8gb', options: { HOSTNAME: 'Mine', RCON_PASS: 'abcdefgh12' } },
    ],
  },
  'POST /api/orders/:id/cancel': { success: 200, id: () => canceledId },
  'POST /api/orders/:id/sync': { success: 200, id: () => world.orderId },
  'POST /api/admin/orders/:id/retry': { success: 200, id: () => NO_ORDER, role: 'operator' },
  'POST /api/admin/orders/:id/extend': {
    success: 200,
    schema: admin.ExtendOrder,
    examples: [{ byHours: 24 }],
    id: () => canceledId,
    role: 'operator',
  },
  'POST /api/admin/orders/:id/refund': {
    success: 200,
    schema: admin.RefundOrder,
    examples: [{ reason: 'asked for it', currentPassword: PASSWORD }],
    costly: true,
    id: () => canceledId,
    role: 'operator',
  },
  'POST /api/admin/orders/:id/review': {
    success: 200,
    schema: admin.ReviewOrder,
    examples: [{ decision: 'accept' }, { decision: 'refund', currentPassword: PASSWORD }],
    costly: true,
    id: () => canceledId,
    role: 'operator',
  },
  'POST /api/admin/orders/:id/attach': {
    success: 200,
    schema: admin.AttachServer,
    examples: [{ panelServer: '1' }],
    id: () => canceledId,
    role: 'operator',
  },
  'POST /api/admin/events/:id/replay': { success: 200, id: () => 'evt_none', role: 'operator' },
  // Whatever is not signed is refused before anybody looks into it.
  'POST /api/stripe/webhook': { success: 200, headers: { 'stripe-signature': 't=1,v1=00' } },
}

beforeAll(async () => {
  world = await startWorld()
  const client = await world.client('owner')
  canceledId = (await placeOrder(client)).orderId
  expect((await client.post(`/api/orders/${canceledId}/cancel`)).status).toBe(200)
  // With five open orders the sixth is a 409: a right body then costs no call of Stripe.
  for (const currency of ['eur', 'usd', 'eur', 'eur', 'eur']) await placeOrder(client, { currency })
})

// What those before left behind only makes the tables slower to compare.
beforeEach(() => world.shop.db.run('DELETE FROM audit_log'))

afterAll(() => world.stop())

test('every write route of the app is fuzzed', () => {
  const writes = routesOf(world.app).filter(isWrite).map(({ name }) => name)
  expect(Object.keys(targets).sort()).toEqual(writes.sort())
})

test.each(Object.entries(targets))(
  `%s refuses what it does not know among ${BODIES} bodies, and never fails`,
  async (name, target) => {
    const send = await senderTo(name, target)
    const examples = target.examples ?? []
    const schema = target.schema && jsonSchemaOf(target.schema)
    const arbitrary = bodies({ schema, examples, refusedOnly: target.costly })
    const expected = schema ? undefined : (await send('{}')).status
    let sent = 0
    let batches = 0
    let refused = 0
    let before = await world.tables()
    const batch = async (batch: RawBody[]) => {
      sent += batch.length
      batches++
      const outcomes = await Promise.allSettled(batch.map(async (body) => {
        const response = await send(body)
        await expectHonest(response, target, body)
        if (schema) expectRefusedIfUnknown(schema, body, response.status)
        // A body too large or too deep is refused before anybody asks whether it is wanted.
        else if (!NOT_TAKEN.includes(response.status)) expect(response.status).toBe(expected)
        return response.status
      }))
      // All are in before anything is said of one: what is sent next must not meet them.
      const answers = outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
      expectNothingPolluted()
      expectNoErrorInLog()
      const after = await world.tables()
      const changed = changedTables(before, after)
      before = after
      if (answers.some((status) => status < 300)) return
      refused++
      expect(changed).toEqual([])
    }
    for (let round = 0; sent < BODIES; round++) {
      const lists = fc.array(arbitrary, { minLength: 1, maxLength: 2 * AT_ONCE, size: 'max' })
      await fc.assert(fc.asyncProperty(lists, batch), {
        seed: SEED + round,
        numRuns: 5,
        interruptAfterTimeLimit: 30_000,
        markInterruptAsFailure: true,
      })
    }
    if (schema) expect(refused, 'batches that were refused whole').toBeGreaterThan(batches / 2)
  },
  120_000,
)

/** What a right body is answered when it is not the documented success. */
const BECAUSE: Record<string, number> = {
  'POST /api/auth/signup': 409, // the address has an account
  'POST /api/auth/verification/confirm': 410, // no such link
  'POST /api/auth/password/reset': 410,
  'POST /api/account/panel-login': 409, // not verified
  'POST /api/checkout/sessions': 409, // five open orders
  'POST /api/admin/orders/:id/extend': 409, // never paid
  'POST /api/admin/orders/:id/refund': 409,
  'POST /api/admin/orders/:id/review': 409,
  'POST /api/admin/orders/:id/attach': 409,
}

test.each(Object.entries(targets).filter(([, { examples }]) => examples))(
  '%s takes what the fuzzer starts from',
  async (name, target) => {
    for (const example of target.examples ?? []) {
      const send = await senderTo(name, target)
      const isUnknownToken = example.grantType === 'refresh_token'
      const expected = isUnknownToken ? 401 : BECAUSE[name] ?? target.success
      expect((await send(JSON.stringify(example))).status).toBe(expected)
    }
  },
)

async function senderTo(
  name: string,
  { id, headers, signedOut, role = 'owner' }: Target,
) {
  const [method = '', path = ''] = name.split(' ')
  const url = world.shop.url + path.replace(':id', id?.() ?? '')
  const from = signedOut ? { 'sec-fetch-site': 'same-origin' } : await world.browser(role)
  return async (body: RawBody) =>
    await world.app.request(url, {
      method,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
        ...headers,
        ...from,
      },
      body,
    })
}

/** The documented success, or a problem of ours that says what the client can do. */
async function expectHonest(
  response: Response,
  { success }: Target,
  body: RawBody,
): Promise<void> {
  const { status, headers } = response
  const text = await response.text()
  if (status < 300) return expect(status).toBe(success)
  expect(status, text).toBeLessThan(500)
  expect(headers.get('content-type')).toBe('application/problem+json')
  const problem = JSON.parse(text)
  expect(problem).toMatchObject({ status, requestId: expect.stringMatching(/^req_/) })
  expect(Object.keys(problems)).toContain(problem.type.replace('/problems/', ''))
  // An answer may name the keys that were sent, and chance may have called one of them so.
  const leaks = [...text.matchAll(/\.ts:\d|\bSELECT\b|\bER_[A-Z]+/g)].map(([leak]) => leak)
  const sent = JSON.stringify(parse(body)) ?? ''
  expect(leaks.filter((leak) => !sent.includes(leak)), text).toEqual([])
  for (const { pointer } of problem.errors ?? []) expect(pointer).toMatch(/^#/)
}

function expectRefusedIfUnknown(schema: JsonSchema, body: RawBody, status: number): void {
  const parsed = parse(body)
  if (parsed === undefined) return expect(NOT_TAKEN, describe(body)).toContain(status)
  const unknown = unknownKeys(schema, parsed)
  if (unknown.length === 0) return
  expect(NOT_TAKEN, `${JSON.stringify(unknown)} in ${describe(body)} → ${status}`)
    .toContain(status)
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  // What JSON Schema cannot say, as a transformation, is left to the route.
  // Nor are its parts to be named, which would put references in their place.
  const metadata = z.registry<Record<string, unknown>>()
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', metadata }) as JsonSchema
}

/** As the API reads it; undefined for what is no JSON. */
function parse(body: RawBody): unknown {
  try {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

function describe(body: RawBody): string {
  return typeof body === 'string' ? body.slice(0, 500) : `bytes ${body.toHex()}`
}

const OWN_KEYS = Object.getOwnPropertyNames(Object.prototype).sort()

function expectNothingPolluted(): void {
  const plain: Record<string, unknown> = {}
  expect([plain.polluted, plain.role, plain.prototype]).toEqual([undefined, undefined, undefined])
  expect(Object.keys(Array.prototype)).toEqual([])
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(OWN_KEYS)
}

function expectNoErrorInLog(): void {
  const lines = world.shop.lines.splice(0)
  expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
}

function changedTables(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...after].filter(([name, sum]) => before.get(name) !== sum).map(([name]) => name)
    .filter((name) => !TOUCHED_BY_REFUSED.includes(name))
}
