import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startWorld, type World } from './support/actors.ts'
import { routesOf } from './support/routes.ts'
import { PURCHASE } from './support/shop.ts'

let world: World
/** Origins that the process called by itself. */
let called: Set<string>
const realFetch = globalThis.fetch

beforeAll(async () => {
  world = await startWorld()
  globalThis.fetch = (input, init) => {
    called.add(new URL(input instanceof Request ? input.url : input).origin)
    return realFetch(input, init)
  }
})

beforeEach(() => {
  called = new Set()
})

afterAll(async () => {
  globalThis.fetch = realFetch
  await world.stop()
})

/** Ways to write a host that only the shop's own machine, or its cloud, can reach. */
const INNER_HOSTS = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '0x7f000001',
  '0x7f.0.0.1',
  '2130706433',
  '017700000001',
  '0177.0.0.1',
  '0.0.0.0',
  '0',
  'localhost',
  'localhost.',
  'LOCALHOST',
  'localhost.localdomain',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:7f00:1]',
  '[fe80::1]',
  '[fd00::1]',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  'metadata.google.internal',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '127.0.0.1.nip.io',
  'evil.example@127.0.0.1',
]

test('no host that a client names is called, and none reaches Stripe as a place to return to', async () => {
  const owner = await world.browser('owner')
  const { STRIPE_API_URL = '', PANEL_URL, PUBLIC_URL } = world.shop.deps.config
  for (const host of INNER_HOSTS) {
    const answer = await order(owner, { serverName: 'Host test' }, {
      host,
      'x-forwarded-host': host,
      'x-forwarded-proto': 'gopher',
      'x-original-url': `http://${host}/`,
      forwarded: `host=${host};proto=http`,
      referer: `http://${host}/`,
    })
    expect(answer.status, host).toBe(201)
    const orderId = answer.body.orderId
    const [row] = await world.shop.db.query<{ request: string }>(
      'SELECT request FROM checkout_sessions WHERE order_id = ?',
      [orderId],
    )
    const { success_url, cancel_url } = JSON.parse(row?.request ?? '{}').params
    for (const url of [success_url, cancel_url]) expect(url).toMatch(`${PUBLIC_URL}/`)
    expect((await post(`/api/orders/${orderId}/cancel`, owner)).status).toBe(200)
  }
  // The emulator of Stripe runs in this process as well, and delivers its webhooks.
  const served = [STRIPE_API_URL, PANEL_URL, PUBLIC_URL].map((url) => new URL(url).origin)
  expect([...called].filter((origin) => !served.includes(origin))).toEqual([])
  expect(called.size).toBeGreaterThan(0)
})

test('no host that a client names is called when it is the name or a setting of a server', async () => {
  const owner = await world.browser('owner')
  for (const host of INNER_HOSTS) {
    const named = await order(owner, { serverName: `http://${host}/` })
    expect([host, named.status]).toEqual([host, 422])
    const set = await order(owner, { options: { SERVER_URL: `http://${host}/` } })
    expect([host, set.status]).toEqual([host, 422])
  }
  expect([...called]).toEqual([])
})

/** What ran elsewhere because somebody took a name for markup, a template, a formula or a command. */
const PAYLOADS: unknown[] = [
  '<script>alert(1)</script>',
  '<ScRiPt src=//evil.example/x.js></sCrIpT>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg><script>alert&#40;1)</script>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<body onload=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<base href=//evil.example>',
  '<form action=//evil.example><input name=x>',
  '<meta http-equiv=refresh content=0;url=//evil.example>',
  '<link rel=stylesheet href=//evil.example>',
  '<style>@import "//evil.example"</style>',
  '"><script>alert(1)</script>',
  "'-alert(1)-'",
  '";alert(1)//',
  '</script><script>alert(1)</script>',
  '<!--<script>',
  ']]><script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#x3C;img src=x onerror=alert(1)>',
  '\\u003cscript\\u003ealert(1)\\u003c/script\\u003e',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '\uff1cscript\uff1ealert(1)',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '${7*7}',
  '#{7*7}',
  '<%= 7*7 %>',
  '=HYPERLINK("//evil.example","x")',
  '\u202eevil\u202c',
  'a\u0000b',
  'a\u2028b',
  '\u001b]0;owned\u0007',
  { type: 'img', props: { src: 'x', onerror: 'alert(1)' } },
  { __html: '<img src=x onerror=alert(1)>' },
  ['<script>', { type: 'script', props: {}, constructor: null }],
]

test('no markup, template, formula or control character becomes the name of a server', async () => {
  expect(PAYLOADS).toHaveLength(40)
  const owner = await world.browser('owner')
  const before = await world.tables()
  for (const serverName of PAYLOADS) {
    const { status, body } = await order(owner, { serverName })
    expect([serverName, status]).toEqual([serverName, 422])
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['#/serverName'])
  }
  const changed = [...await world.tables()].filter(([name, sum]) => before.get(name) !== sum)
  expect(changed.map(([name]) => name).filter((name) => name !== 'rate_limits')).toEqual([])
})

test('what stands in the database all the same is answered as text, and as JSON', async () => {
  const owner = await world.browser('owner')
  const { db } = world.shop
  for (const payload of PAYLOADS) {
    const name = (typeof payload === 'string' ? payload : JSON.stringify(payload)).slice(0, 60)
    await db.run('UPDATE orders SET server_name = ? WHERE id = ?', [name, world.orderId])
    await db.run('UPDATE servers SET name = ? WHERE id = ?', [name, world.serverId])
    const paths = ['/api/orders', `/api/orders/${world.orderId}`, '/api/servers']
    for (const path of [...paths, `/api/servers/${world.serverId}`]) {
      const { headers, body } = await get(path, owner)
      expect(headers.get('content-type')).toBe('application/json')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(namesIn(body), path).toContain(name)
    }
  }
})

/** Other readers of URLs take these for the same path, or for another. */
const SPELLINGS: ((path: string) => string)[] = [
  (path) => `/${path}`,
  (path) => path.replace('/api/', '/api//'),
  (path) => path.replace('/api/', '/API/'),
  (path) => path.replace('/api/', '/%61pi/'),
  (path) => path.replace('/api/', '/api%2f'),
  (path) => path.replace('/api/', '/api%5c'),
  (path) => path.replace('/api/', '/api/;x=1/'),
  (path) => path.replace('/api/', '/x/..;/api/'),
  (path) => path.replace(/.$/, (last) => `%${last.charCodeAt(0).toString(16)}`),
  (path) => path.replace(/.$/, (last) => `${last}\u0301`),
  (path) => `${path}/`,
  (path) => `${path}%00`,
  (path) => `${path}.json`,
  (path) => `${path};jsessionid=1`,
  (path) => `${path}%20`,
]

/** These every reader resolves to the path itself, before it looks at it. */
const SAME: typeof SPELLINGS = [
  (path) => path.replace('/api/', '/api\\'),
  (path) => path.replace('/api/', '/api/./'),
  (path) => path.replace('/api/', '/healthz/../api/'),
  (path) => path.replace('/api/', '/healthz/%2e%2E/api/'),
]

const TOKEN_ROUTES: [string, (token: unknown) => unknown][] = [
  ['/api/auth/tokens', (refreshToken) => ({ grantType: 'refresh_token', refreshToken })],
  ['/api/auth/verification/confirm', (token) => ({ token })],
  ['/api/auth/password/reset', (token) => ({ token, password: 'correct horse battery' })],
  ['/api/auth/login', (password) => ({ email: 'owner@example.com', password })],
  ['/api/auth/password/forgot', (email) => ({ email })],
]

test.each(TOKEN_ROUTES)(
  '%s takes text alone for what it compares with a secret',
  async (path, to) => {
    // MySQL takes 0 for equal to most texts, and the driver writes lists and objects out as SQL.
    await world.linkToken('verify')
    await world.linkToken('reset')
    for (
      const secret of [0, 1, true, [0], [''], ['x', 'y'], {}, { token: 1 }, null, '', undefined]
    ) {
      const answer = await post(path, { 'sec-fetch-site': 'same-origin' }, to(secret))
      expect([secret, answer.status]).toEqual([secret, 422])
    }
  },
)

test('no spelling of a path leads past its guard, and none but the plain one anywhere', async () => {
  const { shop, app, orderId, serverId } = world
  const owner = await world.browser('owner')
  const operator = await world.browser('operator')
  const before = await world.tables()
  const isOpen =
    /^(GET|POST) (\/(healthz|readyz|metrics)|\/api\/(auth\/|plans|regions|stripe|openapi))/
  const guarded = routesOf(app).filter(({ name }) => !isOpen.test(name))
  expect(guarded.length).toBeGreaterThan(6)
  for (const { method, name } of guarded) {
    const [, path = ''] = name.split(' ')
    const real = path.replace(':id', path.includes('servers') ? serverId : orderId)
    const isAdmin = path.startsWith('/api/admin/')
    const allowed = isAdmin ? operator : owner
    const ask = async (spelled: string, credentials: Record<string, string>) => {
      const response = await app.request(shop.url + spelled, {
        method,
        headers: { 'content-type': 'application/json', ...credentials },
        body: method === 'GET' ? undefined : '{}',
      })
      await response.body?.cancel()
      return [method, spelled, response.status]
    }
    for (const spelled of SPELLINGS.map((spell) => spell(real))) {
      expect(await ask(spelled, allowed)).toEqual([method, spelled, 404])
    }
    for (const spelled of SAME.map((spell) => spell(real))) {
      const nobody = { 'sec-fetch-site': 'same-origin' }
      expect(await ask(spelled, nobody)).toEqual([method, spelled, isAdmin ? 404 : 401])
    }
  }
  expect(await world.tables()).toEqual(before)
})

test.each([
  'install',
  'installer',
  'setup',
  'admin',
  'admin/login',
  'debug',
  'test',
  'metrics',
  'status',
  'internal',
  'system',
  'cron',
  'jobs',
  'phpinfo.php',
  '.env',
  '.git/config',
  'locales/locale.json',
  'graphql',
  'swagger',
  'actuator/env',
  '__scheduled',
  'cdn-cgi/handler/scheduled',
])('there is no /%s, for an operator neither', async (path) => {
  const operator = await world.browser('operator')
  for (const prefix of ['/', '/api/']) {
    expect((await get(prefix + path, operator)).status).toBe(404)
    expect((await post(prefix + path, operator)).status).toBe(404)
  }
})

test.each(['owner', 'anonymous'])('what a query says changes nothing for %s', async (who) => {
  const headers = who === 'owner' ? await world.browser('owner') : {}
  const query = '?__proto__[role]=operator&constructor[prototype][role]=operator&role=operator' +
    '&userId=usr_00000000000000000000000000&_method=DELETE&next=//evil.example'
  for (const path of ['/api/auth/me', '/api/orders', '/api/servers', '/api/plans']) {
    const [plain, asked] = [await get(path, headers), await get(path + query, headers)]
    expect(asked.status).toBe(plain.status)
    expect({ ...asked.body, requestId: '' }).toEqual({ ...plain.body, requestId: '' })
  }
  const nothing: Record<string, unknown> = {}
  expect(nothing.role).toBeUndefined()
})

async function order(
  credentials: Record<string, string>,
  changes: Record<string, unknown>,
  headers: Record<string, string> = {},
) {
  const key = { 'idempotency-key': crypto.randomUUID() }
  return await post('/api/checkout/sessions', { ...credentials, ...key, ...headers }, {
    ...PURCHASE,
    ...changes,
  })
}

async function post(path: string, headers: Record<string, string>, body: unknown = {}) {
  return await read(
    await world.app.request(world.shop.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  )
}

async function get(path: string, headers: Record<string, string>) {
  return await read(await world.app.request(world.shop.url + path, { headers }))
}

async function read(response: Response) {
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** Every name of an order or a server in an answer, which has to be text. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key !== 'serverName' && key !== 'name') return namesIn(inner)
    expect(inner).toEqual(expect.any(String))
    return [String(inner)]
  })
}
