import { expect, test } from 'vitest'
import { openCalls, serverBody } from './fixtures/panel/calls.ts'
import { CUSTOMER_KEY, FULL_KEY, SERVERS_KEY } from './fixtures/panel/world.ts'
import { failNext } from './support/faults.ts'

test('a call that is wrong in every way is told one thing at a time, in the panel’s order', async () => {
  const { call, emulator, store } = openCalls()
  const { settings } = emulator
  const key = store.keys.get(1)
  const customer = store.users.get(2)
  settings.down = {}
  settings.requireTwoFactor = 'everyone'
  settings.requestsPerMinute.application = 0
  store.keys.get(3).allowedIps = ['192.0.2.0/24']
  Object.assign(key, { ownerId: 2, allowedIps: ['192.0.2.0/24'], permissions: { servers: 1 } })
  const told = async (line: string, body: unknown, as: string | null = FULL_KEY) => {
    const { status, errors } = await call(line, body, { key: as })
    return `${status} ${errors[0]}`
  }
  expect(await told('PUT /servers/99', '{', null)).toBe('503 HttpException')
  settings.down = null
  expect(await told('PUT /servers/99', '{', null)).toBe('405 MethodNotAllowedHttpException')
  expect(await told('PATCH /nothing/99', '{', null)).toBe('404 NotFoundHttpException')
  expect(await told('PATCH /servers/99/details', '{', null)).toBe('401 AuthenticationException')
  expect(await told('PATCH /servers/99/details', '{')).toBe('400 BadRequestHttpException')
  expect(await told('PATCH /servers/99/details', {})).toBe('400 TwoFactorAuthRequiredException')
  customer.twoFactor = true
  expect(await told('PATCH /servers/99/details', {})).toBe('403 AccessDeniedHttpException')
  key.allowedIps = []
  expect(await told('PATCH /servers/99/details', {})).toBe('429 ThrottleRequestsException')
  settings.requestsPerMinute.application = 240
  expect(await told('PATCH /servers/99/details', {})).toBe('404 NotFoundHttpException')
  const refusal = await call('PATCH /servers/4/details', {})
  expect(refusal.details).toEqual(['This account does not have permission to access the API.'])
  customer.rootAdmin = true
  expect((await call('PATCH /servers/4/details', {})).details).toEqual([
    'This action is unauthorized.',
  ])
  key.permissions = { servers: 3 }
  expect(await told('PATCH /servers/4/details', {})).toBe('422 name required')
})

test('a create is refused for its fields, then for room, then for variables, then by a race, then by the node', async () => {
  const { call, emulator, store } = openCalls()
  failNext(emulator, { name: 'wings-refuses', status: 502 }, { wings: 'create' })
  const deploy = { locations: [2], dedicated_ip: false, port_range: [] }
  const limits = { memory: 999_999, swap: 0, disk: 1, io: 500, cpu: 0 }
  const body = serverBody({ allocation: undefined, deploy, limits, environment: {}, name: '' })
  const told = async (changes: Record<string, unknown>) => {
    const { status, errors } = await call('POST /servers', { ...body, ...changes })
    return `${status} ${errors}`
  }
  expect(await told({})).toBe('422 name required')
  expect(await told({ name: 'n' })).toBe('400 NoViableNodeException')
  body.name = 'n'
  body.limits = { ...limits, memory: 1024 }
  const unknownPorts = { ...deploy, port_range: ['1-2', '9'] }
  expect(await told({ deploy: unknownPorts })).toBe('400 NoViableAllocationException')
  expect(await told({})).toBe('422 environment.JAR_NAME required,environment.GAME_VERSION required')
  body.environment = { JAR_NAME: 'a', GAME_VERSION: 'b', LICENCE: null, UNKNOWN: 'c' }
  failNext(emulator, { name: 'lost-race', field: 'allocation_id' })
  expect(await told({})).toBe('500 DataValidationException')
  expect(await told({})).toBe('502 DaemonConnectionException')
  expect(await told({})).toBe('201 ')
  expect(store.servers.rows.at(-1)?.environment).toEqual({
    JAR_NAME: 'a',
    GAME_VERSION: 'b',
    LICENCE: '',
  })
})

test.each([
  ['401', { key: 'ptla_unknown' }],
  ['302', { key: null, headers: { Accept: '*/*' } }],
  ['400', { headers: { 'X-Broken': '' } }],
])(
  'no requests are counted before the caller is known and understood: %s',
  async (status, options) => {
    const { call } = openCalls()
    const { headers, ...rest } = await call('POST /users', status === '400' ? '{' : {}, options)
    expect(String(rest.status)).toBe(status)
    expect(headers.get('X-RateLimit-Limit')).toBe(null)
  },
)

test('a key is found by 16 characters in any case, and proved by the other 32 alone', async () => {
  const { call } = openCalls()
  const status = async (key: string) => (await call('GET /users/1', undefined, { key })).status
  expect(await status(FULL_KEY)).toBe(200)
  expect(await status(FULL_KEY.slice(0, 16).toUpperCase() + FULL_KEY.slice(16))).toBe(200)
  expect(await status(FULL_KEY.slice(16))).toBe(401)
  expect(await status(FULL_KEY.slice(0, -1) + '1')).toBe(401)
  expect(await status('')).toBe(401)
  const bare = await call('GET /users/1', undefined, { headers: { Authorization: FULL_KEY } })
  expect(bare.status).toBe(401)
})

test('the key of an admin’s account may do everything, and that of a customer nothing', async () => {
  const { call, store } = openCalls()
  const admin = store.keys.get(4).token
  expect((await call('GET /users', undefined, { key: admin })).status).toBe(200)
  expect((await call('DELETE /servers/4', undefined, { key: admin })).status).toBe(204)
  const refused = await call('GET /users', undefined, { key: CUSTOMER_KEY })
  expect(refused.details).toEqual(['This account does not have permission to access the API.'])
  expect(refused.headers.get('X-RateLimit-Remaining')).toBe('239')
})

test('reading and writing are two bits: a key that may only write cannot read', async () => {
  const { call, store } = openCalls()
  store.keys.get(2).permissions = { locations: 2, nodes: 1 }
  const status = async (line: string, body?: unknown) =>
    (await call(line, body, { key: SERVERS_KEY })).status
  expect(await status('GET /locations')).toBe(403)
  expect(await status('POST /locations', { short: 'eu' })).toBe(201)
  expect(await status('GET /nodes/1/configuration')).toBe(200)
  expect(await status('HEAD /nodes')).toBe(200)
  expect(await status('DELETE /nodes/1')).toBe(403)
  expect(await status('GET /nodes/1/allocations')).toBe(403)
})

test('a user’s death is the death of the keys, even of the one that asked for it', async () => {
  const { call, store } = openCalls()
  expect((await call('DELETE /users/1')).status).toBe(204)
  expect((await call('GET /users')).status).toBe(401)
  expect(store.keys.rows.map((key) => key.ownerId)).toEqual([2])
})

test.each([
  ['198.51.100.7', '198.51.100.7', 200],
  ['198.51.100.0/24', '198.51.100.255', 200],
  ['198.51.100.0/24', '198.51.101.0', 403],
  ['198.51.100.0/24', 'unknown, 198.51.100.9', 200],
  ['2001:db8::/32', '2001:db8:0:1::7', 200],
  ['2001:db8::/32', '2001:db9::1', 403],
  ['2001:db8::/32', '198.51.100.7', 403],
  ['::/0', '198.51.100.7', 403],
  ['no address', '198.51.100.7', 403],
])('a key for %s lets %s in: %i', async (range, address, status) => {
  const { call, store } = openCalls()
  store.keys.get(1).allowedIps = ['192.0.2.1', range]
  const headers = { 'X-Forwarded-For': address }
  expect((await call('GET /users', undefined, { headers })).status).toBe(status)
})

test.each(
  [
    ['nobody', false, 200],
    ['admins', false, 400],
    ['admins', true, 200],
    ['everyone', false, 400],
  ] as const,
)('two-factor is asked of %s; an admin who has it (%s) gets %i', async (who, has, status) => {
  const { call, emulator, store } = openCalls()
  emulator.settings.requireTwoFactor = who
  store.users.get(1).twoFactor = has
  expect((await call('GET /users')).status).toBe(status)
})

test('a customer without two-factor is let through where only admins need it', async () => {
  const { call, emulator } = openCalls()
  emulator.settings.requireTwoFactor = 'admins'
  expect((await call('GET /users', undefined, { key: CUSTOMER_KEY })).errors).toEqual([
    'AccessDeniedHttpException',
  ])
  emulator.settings.requireTwoFactor = 'everyone'
  expect((await call('GET /users', undefined, { key: CUSTOMER_KEY })).errors).toEqual([
    'TwoFactorAuthRequiredException',
  ])
})

test('the debug mode shows the stack beside what is not valid, and keeps the words for people', async () => {
  const { call, emulator } = openCalls()
  emulator.settings.debug = true
  const { body } = await call('POST /locations', {})
  expect(body).toMatchObject({
    errors: [{
      code: 'ValidationException',
      detail: 'The Location Identifier field is required.',
      source: { file: expect.stringContaining('.ts'), line: expect.any(Number) },
      meta: {
        source_field: 'short',
        rule: 'required',
        trace: expect.arrayContaining([{
          file: '/dev/panel/validation.ts',
          line: expect.any(Number),
          function: 'validate',
        }]),
        previous: [],
      },
    }],
  })
})

test.each([
  ['/users/99x', 'User] 99x'],
  ['/users/external/nobody', 'User].'],
  ['/servers/77/databases', 'Server] 77'],
  ['/nests/1/eggs/55?include=nest', 'Egg] 55'],
])('the debug mode names what %s lacks: %s', async (path, words) => {
  const { call, emulator } = openCalls()
  emulator.settings.debug = true
  expect((await call(`GET ${path}`)).details).toEqual([
    `No query results for model [Pterodactyl\\Models\\${words}`,
  ])
})

test.each([
  ['application/json', 'json'],
  ['application/vnd.pterodactyl.v1+json', 'json'],
  ['Application/vnd.Pterodactyl.v1+JSON', 'json'],
  ['text/html;q=0.5, application/json', 'json'],
  ['text/html, application/json', 'html'],
  ['*/*', 'html'],
  ['', 'html'],
])('a caller that accepts %j is answered in %s', async (accept, kind) => {
  const { call } = openCalls()
  const answer = await call('GET /users/99', undefined, { headers: { Accept: accept } })
  expect(answer.status).toBe(404)
  expect(answer.headers.get('Content-Type')).toContain(kind)
  const invalid = await call('POST /users', {}, { headers: { Accept: accept } })
  expect(invalid.status).toBe(kind === 'json' ? 422 : 302)
  if (kind === 'json') return
  expect(invalid.headers.get('Location')).toBe('https://panel.hostco.test')
  const script = { Accept: accept, 'X-Requested-With': 'XMLHttpRequest' }
  const counted = await call('GET /users/99', undefined, { headers: script })
  expect(counted.headers.get('Content-Type')).toContain(accept.includes('html') ? 'html' : 'json')
})

test('a known path tells its methods, to an unknown one and to OPTIONS', async () => {
  const { call } = openCalls()
  const put = await call('PUT /servers/4/details', {}, { key: null })
  expect(put.status).toBe(405)
  expect(put.headers.get('Allow')).toBe('PATCH, DELETE')
  const options = await call('OPTIONS /users', undefined, { key: null })
  expect(options.status).toBe(200)
  expect(options.headers.get('Allow')).toBe('GET,HEAD,POST')
})

test('artisan down closes the pages and unknown paths too, with or without a time to come back', async () => {
  const { emulator } = openCalls()
  emulator.settings.down = { retryAfterSeconds: 90 }
  const page = await emulator.fetch(new Request('https://panel.hostco.test/'))
  expect(page.status).toBe(503)
  expect(page.headers.get('Retry-After')).toBe('90')
  expect(page.headers.get('Content-Type')).toContain('html')
  emulator.settings.down = {}
  const api = await emulator.fetch(new Request('https://panel.hostco.test/api/application/users'))
  expect(api.headers.get('Retry-After')).toBe(null)
  emulator.settings.down = null
  expect((await emulator.fetch(new Request('https://panel.hostco.test/'))).status).toBe(200)
})
