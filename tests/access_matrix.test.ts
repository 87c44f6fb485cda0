import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD, startWorld, type World } from './support/actors.ts'
import { isWrite, type Route, routesOf } from './support/routes.ts'
import { PURCHASE } from './support/shop.ts'

/**
 * What each route answers to each of them. All but `anonymous` are signed in: the owner of the order
 * and the server that paths name, another customer, an operator, an owner whose session was ended
 * elsewhere, and the owner's program with a bearer token.
 */
const TABLE = `
route                             anonymous  other  owner  operator  revoked  program
GET /healthz                         200      200    200      200      200      200
GET /metrics                         404      404    404      404      404      404
GET /readyz                          200      200    200      200      200      200
POST /api/stripe/webhook             400      400    400      400      400      400
POST /api/auth/signup                201      201    201      201      201      201
POST /api/auth/login                 200      200    200      200      200      200
POST /api/auth/refresh               401      200    200      200      401      401
POST /api/auth/logout                204      204    204      204      204      204
GET /api/auth/me                     401      200    200      200      200      200
POST /api/auth/tokens                200      200    200      200      200      200
POST /api/auth/verification          401      202    202      202      401      202
POST /api/auth/verification/confirm  200      200    200      200      200      200
POST /api/auth/password/forgot       202      202    202      202      202      202
POST /api/auth/password/reset        204      204    204      204      204      204
PATCH /api/account                   401      200    200      200      401      200
PUT /api/account/password            401      200    200      200      401      200
PUT /api/account/email               401      202    202      202      401      202
DELETE /api/account/email            401      200    200      200      401      200
GET /api/account/sessions            401      200    200      200      200      200
DELETE /api/account/sessions/:id     401      404    204      404      401      204
DELETE /api/account/sessions         401      204    204      204      401      204
POST /api/account/panel-login        401      409    200      409      401      200
GET /api/plans                       200      200    200      200      200      200
GET /api/plans/:id                   200      200    200      200      200      200
GET /api/regions                     200      200    200      200      200      200
POST /api/checkout/sessions          401      201    201      201      401      201
GET /api/orders                      401      200    200      200      200      200
GET /api/orders/:id                  401      404    200      404      200      200
GET /api/orders/:id/events           401      404    200      404      200      200
POST /api/orders/:id/cancel          401      404    200      404      401      200
POST /api/orders/:id/sync            401      404    200      404      401      200
GET /api/servers                     401      200    200      200      200      200
GET /api/servers/:id                 401      404    200      404      200      200
GET /api/admin/doctor                404      404    404      200      404      404
GET /api/admin/alerts                404      404    404      200      404      404
GET /api/admin/orders                404      404    404      200      404      404
GET /api/admin/orders/:id            404      404    404      200      404      404
POST /api/admin/orders/:id/retry     404      404    404      200      404      404
POST /api/admin/orders/:id/extend    404      404    404      409      404      404
POST /api/admin/orders/:id/refund    404      404    404      409      404      404
POST /api/admin/orders/:id/review    404      404    404      409      404      404
POST /api/admin/orders/:id/attach    404      404    404      409      404      404
POST /api/admin/events/:id/replay    404      404    404      200      404      404
`

const ACTORS = ['anonymous', 'other', 'owner', 'operator', 'revoked', 'program'] as const

type Actor = typeof ACTORS[number]

/** What may be kept for a moment, by anybody. The rest below /api says no-store. */
const CACHEABLE = ['GET /api/plans', 'GET /api/plans/:id', 'GET /api/regions']

/** Programs send no origin and take no cookie there: these are known by what they bring. */
const WITHOUT_ORIGIN = ['POST /api/stripe/webhook', 'POST /api/auth/tokens']

/** What a reading request may leave its mark in. */
const TOUCHED_BY_GET: Record<string, string[]> = {
  'GET /readyz': ['shop_settings'],
  // It sees that writes are taken, and knocks unsigned at the door of Stripe.
  'GET /api/admin/doctor': ['shop_settings', 'rate_limits', 'webhook_refusals'],
}

/** Somebody who is refused leaves marks here, and nowhere else. */
const TOUCHED_BY_REFUSED = ['rate_limits', 'login_delays', 'audit_log', 'webhook_refusals']

let world: World
let routes: Route[]
/** An order of the owner that was never paid. */
let canceledId: string

beforeAll(async () => {
  world = await startWorld()
  routes = routesOf(world.app)
  canceledId = await world.openOrder()
  const canceled = await (await world.client('owner')).post(`/api/orders/${canceledId}/cancel`)
  expect(canceled.status).toBe(200)
})

afterAll(() => world.stop())

/** What a request needs that is made for it: the path's ids and a body that would be accepted. */
interface Prepared {
  id?: string
  body?: unknown
  headers?: Record<string, string>
}

const newEmail = () => `${crypto.randomUUID()}@example.com`

const prepare: Record<string, () => Promise<Prepared> | Prepared> = {
  'POST /api/auth/signup': () => ({ body: { email: newEmail(), password: PASSWORD } }),
  'POST /api/auth/login': () => ({ body: { email: world.users.owner.email, password: PASSWORD } }),
  'POST /api/auth/tokens': () => ({
    body: { grantType: 'password', email: world.users.owner.email, password: PASSWORD },
  }),
  'POST /api/auth/verification': async () => {
    await world.verify(null)
    return {}
  },
  'POST /api/auth/verification/confirm': async () => ({
    body: { token: await world.linkToken('verify') },
  }),
  'POST /api/auth/password/forgot': () => ({ body: { email: world.users.owner.email } }),
  'POST /api/auth/password/reset': async () => ({
    body: { token: await world.linkToken('reset'), password: PASSWORD },
  }),
  'PATCH /api/account': () => ({ body: { name: 'Ann' } }),
  'PUT /api/account/password': () => ({
    body: { currentPassword: PASSWORD, newPassword: PASSWORD },
  }),
  'PUT /api/account/email': () => ({ body: { email: newEmail(), currentPassword: PASSWORD } }),
  'DELETE /api/account/sessions/:id': async () => ({ id: await world.sessionId('owner') }),
  'POST /api/account/panel-login': async () => {
    await world.verify('owner')
    return { body: { currentPassword: PASSWORD } }
  },
  'GET /api/plans/:id': () => ({ id: PURCHASE.planId }),
  'POST /api/checkout/sessions': () => ({
    body: PURCHASE,
    headers: { 'idempotency-key': crypto.randomUUID() },
  }),
  'GET /api/orders/:id': () => ({ id: world.orderId }),
  'GET /api/orders/:id/events': () => ({ id: world.orderId }),
  'POST /api/orders/:id/cancel': async () => ({ id: await world.openOrder() }),
  'POST /api/orders/:id/sync': async () => ({ id: await world.openOrder() }),
  'GET /api/servers/:id': () => ({ id: world.serverId }),
  'GET /api/admin/orders/:id': () => ({ id: world.orderId }),
  'POST /api/admin/orders/:id/retry': () => ({ id: canceledId }),
  // What was not paid has no deadline, no money to return or to decide over, and gets no server.
  'POST /api/admin/orders/:id/extend': () => ({
    id: canceledId,
    body: { byHours: 1 },
  }),
  'POST /api/admin/orders/:id/refund': () => ({
    id: canceledId,
    body: { reason: 'asked for it', currentPassword: PASSWORD },
  }),
  'POST /api/admin/orders/:id/review': () => ({
    id: canceledId,
    body: { decision: 'accept' },
  }),
  'POST /api/admin/orders/:id/attach': () => ({
    id: canceledId,
    body: { panelServer: '1' },
  }),
  'POST /api/admin/events/:id/replay': () => ({ id: world.eventId }),
}

const rows = TABLE.trim().split('\n').slice(1).map((line) => {
  const [method = '', path = '', ...statuses] = line.trim().split(/\s+/)
  return { method, path, name: `${method} ${path}`, statuses: statuses.map(Number) }
})

test('every route of the app has a row in the table, and every row a route', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(routes.map(({ name }) => name).sort())
  for (const { name, statuses } of rows) expect(statuses, name).toHaveLength(ACTORS.length)
})

test.each(rows)('$name answers each as the table says', async (row) => {
  const answered: Record<string, number> = {}
  for (const actor of ACTORS) {
    const prepared = await prepare[row.name]?.() ?? {}
    const credentials = await credentialsOf(actor)
    const before = await world.tables()
    const response = await send(row, prepared, credentials)
    answered[actor] = response.status
    await expectManners(row.name, response, `${row.name} as ${actor}`)
    const changed = changedTables(before, await world.tables())
    if (!isWrite(row)) {
      expect(changed, `${row.name} only reads`).toEqual(touchedBy(row.name, changed))
    }
    if (response.status >= 400) {
      const marks = [...TOUCHED_BY_REFUSED, ...TOUCHED_BY_GET[row.name] ?? []]
      expect(changed.filter((name) => !marks.includes(name)), `${actor} is refused`).toEqual([])
    }
  }
  const expected = Object.fromEntries(ACTORS.map((actor, i) => [actor, row.statuses[i]]))
  expect(answered).toEqual(expected)
})

test.each(rows.filter(({ path }) => path.includes(':id')))(
  '$name says the same of what is another’s and of what is not there',
  async (row) => {
    const prepared = await prepare[row.name]?.() ?? {}
    const credentials = await credentialsOf('other')
    const anothers = await send(row, prepared, credentials)
    if (anothers.status < 400) return expect(CACHEABLE).toContain(row.name)
    const nobodys = prepared.id?.replace(/.{26}$/, '0'.repeat(26))
    const absent = await send(row, { ...prepared, id: nobodys }, credentials)
    expect(await withoutIds(absent, nobodys)).toEqual(await withoutIds(anothers, prepared.id))
  },
)

test('a path answers no method but those of the table', async () => {
  const owner = await credentialsOf('owner')
  for (const path of new Set(rows.map((row) => row.path))) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      if (rows.some((row) => row.path === path && row.method === method)) continue
      const prepared = await prepare[rows.find((row) => row.path === path)?.name ?? '']?.() ?? {}
      const response = await send({ method, path }, prepared, owner)
      expect([method, path, response.status]).toEqual([method, path, expect.toSatisfy(isAbsent)])
    }
  }
})

const origins: [string, Record<string, string>][] = [
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['another site that claims our origin', { 'sec-fetch-site': 'cross-site', origin: 'OURS' }],
  ['a neighbour', { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.test' }],
  ['an old browser on another site', { origin: 'https://evil.example' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['nowhere', {}],
]

const types = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  null,
]

test.each(origins)('no write that %s makes a browser send is taken', async (_, from) => {
  const writes = rows.filter(isWrite)
  expect(writes.length).toBeGreaterThan(5)
  const { 'sec-fetch-site': _site, ...cookies } = await credentialsOf('owner')
  const origin = from.origin === 'OURS' ? world.shop.url : from.origin
  for (const row of writes) {
    const prepared = await prepare[row.name]?.() ?? {}
    const before = await world.tables()
    for (const type of types) {
      if (WITHOUT_ORIGIN.includes(row.name) && type === 'application/json') continue
      const headers = { ...cookies, ...from, ...(origin ? { origin } : {}) }
      const response = await send(row, prepared, headers, type)
      const refusals = WITHOUT_ORIGIN.includes(row.name) ? [400, 403, 415] : [403, 415]
      expect(refusals, `${row.name} ${type} → ${response.status}`).toContain(response.status)
    }
    const marks = WITHOUT_ORIGIN.includes(row.name) ? TOUCHED_BY_REFUSED : []
    const changed = changedTables(before, await world.tables())
    expect(changed.filter((name) => !marks.includes(name)), row.name).toEqual([])
  }
})

test('our own page sends JSON or nothing is taken', async () => {
  const owner = await credentialsOf('owner')
  for (const row of rows.filter(isWrite)) {
    if (row.name === 'POST /api/stripe/webhook') continue
    const prepared = await prepare[row.name]?.() ?? {}
    for (const type of types.slice(1)) {
      const response = await send(row, prepared, owner, type)
      expect([row.name, type, response.status]).toEqual([row.name, type, 415])
    }
  }
})

test('nobody on another site may read an answer, nor ask for leave to', async () => {
  const owner = await credentialsOf('owner')
  for (const origin of ['https://evil.example', 'null', `${world.shop.url}.evil.example`]) {
    for (const row of rows) {
      const prepared = await prepare[row.name]?.() ?? {}
      const preflight = await send({ ...row, method: 'OPTIONS' }, { id: prepared.id }, {
        origin,
        'access-control-request-method': row.method,
        'access-control-request-headers': 'authorization,content-type',
      })
      expect(corsHeaders(preflight), `OPTIONS ${row.path}`).toEqual([])
      if (isWrite(row)) continue
      const read = await send(row, prepared, { ...owner, origin, 'sec-fetch-site': 'cross-site' })
      expect(corsHeaders(read), row.name).toEqual([])
    }
  }
})

async function credentialsOf(actor: Actor): Promise<Record<string, string>> {
  switch (actor) {
    case 'anonymous':
      return { 'sec-fetch-site': 'same-origin' }
    case 'revoked':
      return await world.revokedBrowser('owner')
    case 'program':
      return await world.program('owner')
    default:
      return await world.browser(actor)
  }
}

async function send(
  { method, path }: { method: string; path: string },
  { id = 'none', body, headers }: Prepared,
  credentials: Record<string, string>,
  type: string | null = 'application/json',
): Promise<Response> {
  const content = isWrite({ method }) && type ? { 'content-type': type } : undefined
  // Bytes, since a text would bring a content type of its own.
  const bytes = new TextEncoder().encode(JSON.stringify(body ?? {}))
  return await world.app.request(world.shop.url + path.replace(':id', id), {
    method,
    headers: { ...content, ...headers, ...credentials },
    body: isWrite({ method }) && method !== 'OPTIONS' ? bytes : undefined,
  })
}

/** What every answer below /api keeps to, whatever it says. */
async function expectManners(name: string, response: Response, label: string): Promise<void> {
  const { headers, status } = response
  expect(corsHeaders(response), label).toEqual([])
  expect(headers.get('x-content-type-options'), label).toBe('nosniff')
  const isOk = status < 400
  if (name.includes(' /api/') && !(isOk && CACHEABLE.includes(name))) {
    expect(headers.get('cache-control'), label).toBe('no-store')
  }
  if (!isOk) expect(headers.get('content-type'), label).toBe('application/problem+json')
  // Never read to its end: a stream of events has none.
  await response.body?.cancel()
}

function corsHeaders({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'))
}

function changedTables(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...after].filter(([name, sum]) => before.get(name) !== sum).map(([name]) => name)
}

function touchedBy(name: string, changed: string[]): string[] {
  return changed.filter((table) => TOUCHED_BY_GET[name]?.includes(table))
}

async function withoutIds(response: Response, id: string | undefined) {
  const { requestId: _ours, ...problem } = await response.json()
  return { ...problem, instance: problem.instance.replace(id, ':id') }
}

function isAbsent(status: number): boolean {
  return status === 404 || status === 405
}
