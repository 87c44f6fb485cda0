import * as z from 'zod'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  addUser,
  type CallOptions,
  type ServedWorld,
  SERVER,
  serveSampleWorld,
  startServer,
  UUID,
} from './fixtures/panel/served.ts'
import { ADMIN_KEY, CUSTOMER_KEY, FULL_KEY, SERVERS_KEY } from './fixtures/panel/world.ts'
import { failNext } from './support/faults.ts'

let it: ServedWorld
beforeEach(() => void (it = serveSampleWorld()))
afterEach(() => it.stop())

async function client(line: string, options: CallOptions = {}) {
  const [method, path] = line.split(' ')
  return await it.call(`${method} /api/client${path}`, options)
}

const power = (signal: unknown) => ({ body: { signal } })

test('each refusal comes before the next: key, body, address, server, kind of key, limit, …', async () => {
  const stranger = addUser(it)
  const guest = addUser(it, [])
  const narrow = addUser(it)
  it.store.keys.rows.find(({ token }) => token === narrow.key)!.allowedIps = ['203.0.113.9']
  it.store.servers.get(4).status = 'suspended'
  const answer = async (key: string, id: string, body: unknown) => {
    const { status, code } = await client(`POST /servers/${id}/power`, { key, body })
    return [status, code]
  }
  expect(await answer('ptlc_unknown', 'absent00', '{')).toEqual([401, 'AuthenticationException'])
  expect(await answer(narrow.key, 'absent00', '{')).toEqual([400, 'BadRequestHttpException'])
  expect(await answer(narrow.key, 'absent00', {})).toEqual([403, 'AccessDeniedHttpException'])
  expect(await answer(FULL_KEY, 'absent00', {})).toEqual([404, 'NotFoundHttpException'])
  expect(await answer(FULL_KEY, SERVER, {})).toEqual([403, 'AccessDeniedHttpException'])
  expect(await answer(stranger.key, SERVER, {})).toEqual([404, 'NotFoundHttpException'])
  expect(await answer(guest.key, SERVER, {})).toEqual([409, 'ServerStateConflictException'])
  it.store.servers.get(4).status = null
  expect(await answer(guest.key, SERVER, {})).toEqual([403, 'AccessDeniedHttpException'])
  expect(await answer(CUSTOMER_KEY, SERVER, {})).toEqual([
    422,
    'ValidationException signal required',
  ])
  failNext(it.emulator, { name: 'wings-refuses', status: 500 }, { wings: 'power' })
  expect(await answer(CUSTOMER_KEY, SERVER, { signal: 'start' }))
    .toEqual([500, 'DaemonConnectionException'])
  it.emulator.settings.requestsPerMinute.client = 0
  expect(await answer(stranger.key, SERVER, {})).toEqual([429, 'ThrottleRequestsException'])
  expect(await answer(FULL_KEY, SERVER, {})).toEqual([403, 'AccessDeniedHttpException'])
})

test('an unknown path and a wrong method are told without a look at the key', async () => {
  expect(await client('GET /nothing', { key: 'none' })).toMatchObject({ status: 404 })
  expect(await client('DELETE /account', { key: 'none' })).toMatchObject({
    status: 405,
    code: 'MethodNotAllowedHttpException',
  })
  expect(await client(`GET /servers/${SERVER}/files/list`)).toMatchObject({
    status: 501,
    code: 'NotImplementedByEmulator',
  })
})

test('calls are counted by user in a window of their own, and what is no call is not', async () => {
  const left = async (line: string, key: string) =>
    (await client(line, { key })).headers.get('X-RateLimit-Remaining')
  expect(await left('GET /account', CUSTOMER_KEY)).toBe('719')
  expect(await left(`GET /servers/${SERVER}`, CUSTOMER_KEY)).toBe('718')
  await it.call('GET /api/application/users', { key: ADMIN_KEY })
  expect(await left('GET /account', ADMIN_KEY)).toBe('719')
  const stranger = addUser(it)
  expect(await left(`GET /servers/${SERVER}`, stranger.key)).toBe('719')
  expect(await left('GET /servers/absent00', CUSTOMER_KEY)).toBeNull()
  expect(await left(`GET /servers/${SERVER}`, FULL_KEY)).toBeNull()
  expect(await left('GET /account', 'none')).toBeNull()
  expect(await left('GET /account', CUSTOMER_KEY)).toBe('717')
})

test('the 721st call of a minute is refused, whatever key of the user makes it', async () => {
  it.store.keys.insert((id) => ({ id, token: 'ptlc_second', ownerId: 2, permissions: null }))
  it.emulator.settings.requestsPerMinute.client = 2
  const call = (key: string) => client('GET /account', { key })
  expect((await call(CUSTOMER_KEY)).status).toBe(200)
  expect((await call('ptlc_second')).status).toBe(200)
  it.advance(15_000)
  const refused = await call(CUSTOMER_KEY)
  expect(refused).toMatchObject({ status: 429, detail: 'Too Many Attempts.' })
  expect(refused.headers.get('Retry-After')).toBe('45')
  expect((await call(ADMIN_KEY)).status).toBe(200)
  it.advance(45_000)
  expect((await call(CUSTOMER_KEY)).status).toBe(200)
})

test('an application key is refused here, though its owner is a root admin', async () => {
  for (const key of [FULL_KEY, SERVERS_KEY]) {
    for (const line of ['GET ', 'GET /account', 'POST /account/api-keys']) {
      expect(await client(line, { key, body: line.startsWith('POST') ? {} : undefined }))
        .toMatchObject({ status: 403, code: 'AccessDeniedHttpException' })
    }
  }
})

test('a list holds what its type says, and nothing for who is no admin', async () => {
  const other = addUser(it)
  const guest = addUser(it, ['control.start'])
  Object.assign(it.addServer('svc_other', 10), { ownerId: other.user.id, name: 'Other' })
  const admins = it.addServer('svc_admin', 11)
  Object.assign(admins, { ownerId: 1, name: 'Admin' })
  const list = async (type: string, key: string) => await names(`?type=${type}`, key)
  expect(await list('', CUSTOMER_KEY)).toEqual(['Mira survival'])
  expect(await list('', guest.key)).toEqual(['Mira survival'])
  expect(await list('owner', guest.key)).toEqual([])
  for (const type of ['admin', 'admin-all']) expect(await list(type, CUSTOMER_KEY)).toEqual([])
  expect(await list('', ADMIN_KEY)).toEqual(['Admin'])
  expect(await list('owner', ADMIN_KEY)).toEqual(['Admin'])
  expect(await list('admin', ADMIN_KEY)).toEqual(['Mira survival', 'Other'])
  expect(await list('admin-all', ADMIN_KEY)).toEqual(['Mira survival', 'Other', 'Admin'])
})

test.each([
  ['filter[name]=SURV', 1],
  ['filter[name]=m_ra', 1],
  ['filter[external_id]=88120', 1],
  ['filter[uuid]=cc4ef35c', 1],
  ['filter[description]=x', 0],
  ['filter[*]=survival', 1],
  ['filter[*]=cc4e', 1],
  ['filter[*]=4ef35', 0],
  ['filter[*]=svc_88120', 1],
  ['filter[*]=svc_8812', 0],
  ['filter[*]=198.51.100.20', 1],
  ['filter[*]=198.51.100.20:27000', 1],
  ['filter[*]=198.51.100.20:27001', 0],
  ['filter[*]=198.51.100.21', 0],
  ['filter[*]=:27000', 1],
  ['filter[*]=:27', 1],
  ['filter[*]=:28', 0],
  ['filter[*]=27000', 0],
])('a list is filtered by %s', async (query, count) => {
  expect(await names(`?${query}`)).toHaveLength(count)
})

test('a filter that does not exist is refused by name', async () => {
  expect(await client('GET ?filter[status]=x')).toMatchObject({
    status: 400,
    code: 'InvalidFilterQuery',
    detail: 'Requested filter(s) `status` are not allowed. Allowed filter(s) are `uuid, name, ' +
      'description, external_id, *`.',
  })
})

test('a list is cut at 100, and its links keep the query', async () => {
  for (let extra = 0; extra < 3; extra++) it.addServer(`svc_${extra}`, 2 + extra)
  const links = async (query: string) => {
    const list = List.parse((await client(`GET ?${query}`)).body)
    return list.meta.pagination
  }
  expect(await links('per_page=500')).toMatchObject({ per_page: 100, count: 4, links: {} })
  expect(await links('per_page=0')).toMatchObject({ per_page: 15 })
  expect(await links('per_page=2&filter[name]=mira&page=2')).toMatchObject({
    current_page: 2,
    links: { previous: `${it.url}/api/client?per_page=2&filter%5Bname%5D=mira&page=1` },
  })
  expect(await links('type=owner&per_page=2')).toMatchObject({
    links: { next: `${it.url}/api/client?type=owner&per_page=2&page=2` },
  })
})

test('a server is found by its uuid and its first eight characters, never by its number', async () => {
  const statusOf = async (id: string, key = CUSTOMER_KEY) =>
    (await client(`GET /servers/${id}`, { key })).status
  expect(await statusOf(SERVER)).toBe(200)
  expect(await statusOf(UUID)).toBe(200)
  expect(await statusOf(UUID.toUpperCase())).toBe(200)
  expect(await statusOf('4')).toBe(404)
  expect(await statusOf('svc_88120')).toBe(404)
  expect(await statusOf(SERVER, addUser(it).key)).toBe(404)
  expect(await statusOf(SERVER, ADMIN_KEY)).toBe(200)
})

test('a subuser reads of a server what was allowed, and nothing that is hidden', async () => {
  Object.assign(it.store.servers.get(4), {
    startup: 'run {{JAR_NAME}} {{LICENCE}} {{SERVER_PORT}}',
  })
  Object.assign(it.store.allocations.get(1), { notes: 'main' })
  it.store.allocations.get(2).serverId = 4
  const read = async (permissions: string[]) => {
    const { key } = addUser(it, permissions)
    const { body } = await client(`GET /servers/${SERVER}?include=subusers,egg,nothing`, { key })
    const { attributes, meta } = Server.parse(body)
    const { allocations, variables, subusers } = attributes.relationships
    return {
      owner: attributes.server_owner || meta.is_server_owner,
      invocation: attributes.invocation,
      notes: allocations.data?.map((row) => row.attributes.notes),
      variables: variables.data?.map((row) => row.attributes.env_variable),
      subusers: subusers?.data?.length,
      granted: meta.user_permissions,
    }
  }
  expect(await read(['control.start'])).toEqual({
    owner: false,
    invocation: 'run [hidden] [hidden] 27000',
    notes: [null],
    variables: undefined,
    subusers: undefined,
    granted: ['control.start'],
  })
  const all = ['startup.read', 'allocation.read', 'user.read']
  expect(await read(all)).toEqual({
    owner: false,
    invocation: 'run server.jar [hidden] 27000',
    notes: ['main', null],
    variables: ['JAR_NAME', 'GAME_VERSION'],
    subusers: 2,
    granted: all,
  })
})

test('the first of several conflicts is told, and only a look at the server is free', async () => {
  const server = it.store.servers.get(4)
  const conflict = async (path = 'resources', key = CUSTOMER_KEY) => {
    const { status, detail } = await client(`GET /servers/${SERVER}/${path}`, { key })
    return status === 409 ? detail?.split(/[, ]/).slice(0, 5).join(' ') : status
  }
  Object.assign(server, { status: 'installing', transferring: true })
  expect(await conflict()).toBe('This server has not yet')
  it.emulator.setMaintenance(1, true)
  expect(await conflict()).toBe('The node of this server')
  server.status = 'suspended'
  expect(await conflict()).toBe('This server is currently suspended')
  it.emulator.setMaintenance(1, false)
  server.status = 'restoring_backup'
  expect(await conflict()).toBe('This server is currently restoring')
  server.status = null
  expect(await conflict()).toBe('This server is currently being')
  server.transferring = false
  server.status = 'install_failed'
  expect(await conflict()).toBe('This server has not yet')
  expect((await client(`GET /servers/${SERVER}`)).status).toBe(200)
  server.status = 'reinstall_failed'
  expect(await conflict()).toBe(200)
})

test('a root admin opens a console while a server installs, and nothing else', async () => {
  const server = it.store.servers.get(4)
  const statusOf = async (path: string, key = ADMIN_KEY) =>
    (await client(`GET /servers/${SERVER}/${path}`, { key })).status
  for (const status of ['installing', 'install_failed', 'restoring_backup']) {
    server.status = status
    expect(await statusOf('websocket')).toBe(200)
    expect(await statusOf('websocket', CUSTOMER_KEY)).toBe(409)
    expect(await statusOf('resources')).toBe(409)
  }
  server.status = 'suspended'
  expect(await statusOf('websocket')).toBe(409)
  server.status = 'installing'
  it.emulator.setMaintenance(1, true)
  expect(await statusOf('websocket')).toBe(409)
})

test('the panel repeats the numbers of a server for 20 seconds, and no failure', async () => {
  const state = async () => {
    const { body, status } = await client(`GET /servers/${SERVER}/resources`)
    return status === 200 ? Stats.parse(body).attributes.current_state : status
  }
  failNext(it.emulator, { name: 'wings-refuses', status: 404 }, { wings: 'details' })
  expect(await state()).toBe(504)
  expect(await state()).toBe('offline')
  await startServer(it)
  expect(await state()).toBe('offline')
  it.advance(9_999)
  expect(await state()).toBe('offline')
  failNext(it.emulator, 'wings-down', { wings: 'details' })
  it.advance(1)
  expect(await state()).toBe(504)
  expect(await state()).toBe('running')
})

test.each([404, 409, 422, 500, 502] as const)(
  'a node that answers a power order with %s is told as that',
  async (status) => {
    failNext(it.emulator, { name: 'wings-refuses', status }, { wings: 'power' })
    expect(await client(`POST /servers/${SERVER}/power`, power('start')))
      .toMatchObject({ status, code: 'DaemonConnectionException' })
  },
)

test('a node that does not answer a power order is a 504', async () => {
  failNext(it.emulator, 'wings-down', { wings: 'power' })
  expect(await client(`POST /servers/${SERVER}/power`, power('start')))
    .toMatchObject({ status: 504, code: 'DaemonConnectionException' })
})

test.each([
  ['control.start', ['start']],
  ['control.stop', ['stop', 'kill']],
  ['control.restart', ['restart']],
  ['control.console', []],
])('%s allows a subuser %s', async (permission, allowed) => {
  const { key } = addUser(it, [permission])
  for (const signal of ['start', 'stop', 'restart', 'kill', 'explode', null]) {
    const { status } = await client(`POST /servers/${SERVER}/power`, { key, ...power(signal) })
    expect(status).toBe(allowed.some((one) => one === signal) ? 204 : 403)
  }
})

test('a command needs its permission, a text, and a running server', async () => {
  const send = async (command: unknown, key = CUSTOMER_KEY) => {
    const { status, code } = await client(`POST /servers/${SERVER}/command`, {
      key,
      body: { command },
    })
    return [status, code]
  }
  expect(await send('help')).toEqual([502, 'HttpException'])
  expect(await send('  ')).toEqual([422, 'ValidationException command required'])
  expect(await send('help', addUser(it, ['control.start']).key))
    .toEqual([403, 'AccessDeniedHttpException'])
  await startServer(it)
  expect(await send('help', addUser(it, ['control.console']).key)).toEqual([204, undefined])
  failNext(it.emulator, 'wings-down', { wings: 'command' })
  expect(await send('help')).toEqual([504, 'DaemonConnectionException'])
})

test('a subuser needs a permission for a console, and gets no more than was allowed', async () => {
  const path = `GET /servers/${SERVER}/websocket`
  expect(await client(path, { key: addUser(it, ['control.start']).key })).toMatchObject({
    status: 403,
    code: 'HttpForbiddenException',
    detail: "You do not have permission to connect to this server's websocket.",
  })
  const { body } = await client(path, { key: addUser(it, ['websocket.connect']).key })
  expect(body).toMatchObject({
    data: { socket: `${it.url.replace('http', 'ws')}/api/servers/${UUID}/ws` },
  })
})

test('an owner shares a server, changes what is shared, and takes it back', async () => {
  const { user, key } = addUser(it)
  const users = `/servers/${SERVER}/users`
  const body = { email: user.email, permissions: ['control.start', 'no.such'] }
  expect(await client(`POST ${users}`, { body })).toMatchObject({
    status: 200,
    body: {
      object: 'server_subuser',
      attributes: { uuid: user.uuid, permissions: ['websocket.connect', 'control.start'] },
    },
  })
  expect(await names('', key)).toEqual(['Mira survival'])
  expect(await client(`POST ${users}`, { body })).toMatchObject({
    status: 400,
    code: 'ServerSubuserExistsException',
  })
  const owner = { email: 'mira.holt@mail.test', permissions: [] }
  expect(await client(`POST ${users}`, { body: { ...owner, permissions: ['user.read'] } }))
    .toMatchObject({ status: 400, code: 'UserIsServerOwnerException' })
  expect(await client(`POST ${users}/${user.uuid}`, { body: { permissions: ['user.read'] } }))
    .toMatchObject({ status: 200 })
  expect((await client(`GET ${users}`, { key })).status).toBe(200)
  expect((await client(`POST /servers/${SERVER}/power`, { key, ...power('start') })).status).toBe(
    403,
  )
  expect((await client(`DELETE ${users}/${user.uuid}`)).status).toBe(204)
  expect((await client(`GET /servers/${SERVER}`, { key })).status).toBe(404)
  expect((await client(`GET ${users}/${user.uuid}`)).status).toBe(404)
})

test('a subuser gives nobody more than they have, themselves least of all', async () => {
  const { user, key } = addUser(it, ['user.create', 'user.update', 'control.start'])
  const users = `/servers/${SERVER}/users`
  const add = async (permissions: string[], email: string) => {
    const body = { email, permissions }
    const { status, code } = await client(`POST ${users}`, { key, body })
    return [status, code]
  }
  expect(await add(['control.start'], 'friend@mail.test')).toEqual([200, undefined])
  expect(await add(['control.stop'], 'other@mail.test')).toEqual([403, 'HttpForbiddenException'])
  expect(
    await client(`POST ${users}/${user.uuid}`, {
      key,
      body: { permissions: ['user.update', 'control.start'] },
    }),
  ).toMatchObject({ status: 403 })
  expect(await client(`GET ${users}`, { key })).toMatchObject({ status: 403 })
})

test('a key that a user makes works at once, is told once, and dies when it is deleted', async () => {
  const body = { description: 'dashboard' }
  const made = Made.parse((await client('POST /account/api-keys', { body })).body)
  const { identifier } = made.attributes
  const key = identifier + made.meta.secret_token
  expect(key).toMatch(/^ptlc_\w{43}$/)
  expect((await client('GET /account', { key })).status).toBe(200)
  for (const wrong of [made.meta.secret_token, identifier, `${key}x`]) {
    expect((await client('GET /account', { key: wrong })).status).toBe(401)
  }
  const list = JSON.stringify((await client('GET /account/api-keys')).body)
  expect(list).toContain(identifier)
  expect(list).not.toContain(made.meta.secret_token)
  expect((await client(`DELETE /account/api-keys/${identifier}`, { key: ADMIN_KEY })).status).toBe(
    404,
  )
  expect((await client(`DELETE /account/api-keys/${identifier}`)).status).toBe(204)
  expect((await client('GET /account', { key })).status).toBe(401)
  expect((await client(`DELETE /account/api-keys/${identifier}`)).status).toBe(404)
})

test('the keys of the admin area are neither listed nor deleted here', async () => {
  const list = JSON.stringify((await client('GET /account/api-keys', { key: ADMIN_KEY })).body)
  expect(list).toContain(ADMIN_KEY.slice(0, 16))
  expect(list).not.toContain(FULL_KEY.slice(0, 16))
  const path = `DELETE /account/api-keys/${FULL_KEY.slice(0, 16)}`
  expect((await client(path, { key: ADMIN_KEY })).status).toBe(404)
})

test('a user has 25 keys at most, and each has its description', async () => {
  const make = async (body: unknown) => {
    const { status, code } = await client('POST /account/api-keys', { body })
    return [status, code]
  }
  expect(await make({})).toEqual([422, 'ValidationException description required'])
  expect(await make({ description: 'x'.repeat(501) }))
    .toEqual([422, 'ValidationException description max'])
  for (let keys = 1; keys < 25; keys++) {
    expect(await make({ description: 'x' })).toEqual([200, undefined])
  }
  expect(await make({ description: 'x' })).toEqual([400, 'DisplayException'])
})

test('a key for some addresses works from there alone, on both APIs', async () => {
  const make = async (allowed_ips: unknown) =>
    await client('POST /account/api-keys', {
      key: ADMIN_KEY,
      body: { description: 'x', allowed_ips },
    })
  expect(await make(['nowhere'])).toMatchObject({
    status: 422,
    detail: '"nowhere" is not a valid IP address or CIDR range.',
  })
  expect((await make(Array(51).fill('10.0.0.1'))).status).toBe(422)
  const made = Made.parse((await make(['198.51.100.0/24', '2001:db8::/32'])).body)
  const key = made.attributes.identifier + made.meta.secret_token
  const from = async (address: string, path = '/api/client/account') => {
    const headers = { 'X-Forwarded-For': address }
    return (await it.call(`GET ${path}`, { key, headers })).status
  }
  expect(await from('198.51.100.77')).toBe(200)
  expect(await from('2001:db8::1')).toBe(200)
  expect(await from('203.0.113.9')).toBe(403)
  expect(await from('203.0.113.9', '/api/application/users')).toBe(403)
  expect(await from('198.51.100.77', '/api/application/users')).toBe(200)
})

test('an account changes its address and its password for who knows the password', async () => {
  const user = it.store.users.get(2)
  const setPassword = { ...userBody(user), password: 'first password' }
  expect((await client('PUT /account/email', { body: { email: 'a@b.test', password: '' } })).status)
    .toBe(400)
  await it.call('PATCH /api/application/users/2', { key: FULL_KEY, body: setPassword })
  const put = async (line: string, body: unknown) => {
    const { status, code } = await client(`PUT /account/${line}`, { body })
    return [status, code]
  }
  expect(await put('email', { email: 'not', password: 'wrong' }))
    .toEqual([400, 'InvalidPasswordProvidedException'])
  expect(await put('email', { email: 'ops@hostco.test', password: 'first password' }))
    .toEqual([422, 'ValidationException email unique'])
  expect(await put('email', { email: 'new@mail.test', password: 'first password' }))
    .toEqual([204, undefined])
  expect(user.email).toBe('new@mail.test')
  const change = (password: string, password_confirmation = password) => ({
    current_password: 'first password',
    password,
    password_confirmation,
  })
  expect(await put('password', change('short'))).toEqual([422, 'ValidationException password min'])
  expect(await put('password', change('second password', 'other')))
    .toEqual([422, 'ValidationException password confirmed'])
  expect(await put('password', change('second password'))).toEqual([204, undefined])
  expect(await put('password', change('third password')))
    .toEqual([400, 'InvalidPasswordProvidedException'])
  expect(JSON.stringify(it.emulator.snapshot())).not.toContain('second password')
})

test('a panel that wants two factors lets an account without look at itself, and no more', async () => {
  it.emulator.settings.requireTwoFactor = 'everyone'
  expect((await client('GET /account')).status).toBe(200)
  expect(await client('GET ')).toMatchObject({
    status: 400,
    code: 'TwoFactorAuthRequiredException',
  })
  expect(await client(`GET /servers/${SERVER}`)).toMatchObject({ status: 400 })
  it.store.users.get(2).twoFactor = true
  expect((await client('GET ')).status).toBe(200)
})

test('the keys of a user die with the user, and what was shared is no longer', async () => {
  const { user, key } = addUser(it, ['websocket.connect'])
  await it.call(`DELETE /api/application/users/${user.id}`, { key: FULL_KEY })
  expect((await client('GET /account', { key })).status).toBe(401)
  expect(await client(`GET /servers/${SERVER}/users`)).toMatchObject({ body: { data: [] } })
})

test('nothing that was shared remains of a server that is gone', async () => {
  addUser(it, ['websocket.connect'])
  await it.call('DELETE /api/application/servers/4', { key: FULL_KEY })
  expect(it.store.subusers.rows).toEqual([])
  expect(it.store.containers.rows).toEqual([])
})

async function names(query: string, key = CUSTOMER_KEY): Promise<string[]> {
  const { body } = await client(`GET ${query}`, { key })
  return List.parse(body).data.map(({ attributes }) => attributes.name)
}

function userBody(user: ReturnType<ServedWorld['store']['users']['get']>) {
  return {
    email: user.email,
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
  }
}

const List = z.object({
  data: z.array(z.object({ attributes: z.object({ name: z.string() }) })),
  meta: z.object({ pagination: z.record(z.string(), z.unknown()) }),
})
const Rows = z.object({
  data: z.array(z.object({ attributes: z.record(z.string(), z.unknown()) })).optional(),
})
const Server = z.object({
  attributes: z.object({
    server_owner: z.boolean(),
    invocation: z.string(),
    relationships: z.object({ allocations: Rows, variables: Rows, subusers: Rows.optional() }),
  }),
  meta: z.object({ is_server_owner: z.boolean(), user_permissions: z.array(z.string()) }),
})
const Stats = z.object({ attributes: z.object({ current_state: z.string() }) })
const Made = z.object({
  attributes: z.object({ identifier: z.string() }),
  meta: z.object({ secret_token: z.string() }),
})
