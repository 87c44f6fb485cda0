import { expect, test } from 'vitest'
import { openCalls } from './fixtures/panel/calls.ts'
import { failNext } from './support/faults.ts'

const nodeBody = {
  name: 'sin-01',
  location_id: 1,
  fqdn: 'Sin-01.hostco.test',
  scheme: 'https',
  memory: 32768,
  memory_overallocate: 0,
  disk: 400000,
  disk_overallocate: -1,
  daemon_sftp: 2022,
  daemon_listen: 8443,
}

test('a user is written in full, except for what may be left out', async () => {
  const { call } = openCalls()
  const required = { email: 'Jo@x.test', username: 'Jo.X', first_name: 'Jo', last_name: 'X' }
  const made = await call('POST /users', { ...required, external_id: 'jo', root_admin: '1' })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    meta: { resource: 'https://panel.hostco.test/api/application/users/3' },
  })
  expect(made.row).toMatchObject({ email: 'Jo@x.test', username: 'jo.x', root_admin: true })
  const changed = await call('PATCH /users/3', { ...required, first_name: 'Joe', password: null })
  expect(changed.row).toMatchObject({ first_name: 'Joe', external_id: 'jo', root_admin: true })
  const cleared = await call('PATCH /users/3', { ...required, external_id: '', root_admin: 0 })
  expect(cleared.row).toMatchObject({ external_id: null, root_admin: false, language: 'en' })
  expect((await call('PATCH /users/3', { first_name: 'Joe' })).errors).toEqual([
    'email required',
    'username required',
    'last_name required',
  ])
})

test.each([
  [{ email: 'MIRA.HOLT@MAIL.TEST ' }, ['email unique'], 'The email has already been taken.'],
  [{ email: 'a@localhost' }, [], ''],
  [{ email: "o'neil+x@müller.example" }, [], ''],
  [{ email: 'a@b..c' }, ['email email'], ''],
  [{ email: 'a b@c' }, ['email email'], 'The email must be a valid email address.'],
  [{ email: '.a@b.c' }, ['email email'], 'The email must be a valid email address.'],
  [{ username: 'Mira.Holt' }, ['username unique'], 'The username has already been taken.'],
  [{ username: 'ab' }, ['username p_username'], undefined],
  [{ username: 'jö' }, ['username p_username'], undefined],
  [{ username: 'a'.repeat(192) }, ['username between'], undefined],
  [{ external_id: 7 }, ['external_id string'], 'The Third Party Identifier must be a string.'],
  [
    { external_id: 'CUST_1042' },
    ['external_id unique'],
    'The Third Party Identifier has already been taken.',
  ],
  [{ first_name: '   ' }, ['first_name required'], 'The first name field is required.'],
  [
    { last_name: 'x'.repeat(192) },
    ['last_name between'],
    'The last name must be between 1 and 191 characters.',
  ],
  [
    { root_admin: 'true' },
    ['root_admin boolean'],
    'The Root Administrator Status field must be true or false.',
  ],
  [{ language: 'xx' }, ['language in'], 'The selected language is invalid.'],
  [{ password: 5 }, ['password string'], 'The password must be a string.'],
])('a new user with %j: %j', async (changes, errors, detail) => {
  const { call } = openCalls()
  const required = { email: 'jo@x.test', username: 'jo.x', first_name: 'Jo', last_name: 'X' }
  const answer = await call('POST /users', { ...required, ...changes })
  expect(answer.errors).toEqual(errors)
  expect(answer.status).toBe(errors.length === 0 ? 201 : 422)
  if (detail) expect(answer.details[0]).toBe(detail)
})

test('users of one moment: one is made, the others break at the database', async () => {
  const { call, emulator, store } = openCalls()
  emulator.raceNext(4)
  const body = { email: 'jo@x.test', username: 'jo.x', first_name: 'Jo', last_name: 'X' }
  const answers = await Promise.all([
    call('POST /users', body),
    call('POST /users', { ...body, email: 'JO@X.TEST', username: 'jo2' }),
    call('POST /users', { ...body, email: 'other@x.test' }),
    call('POST /users', { ...body, email: 'new@x.test', username: 'new', external_id: null }),
  ])
  expect(answers.map(({ status, errors }) => [status, ...errors])).toEqual([
    [201],
    [500, 'QueryException'],
    [500, 'QueryException'],
    [201],
  ])
  expect(store.users.rows.map((user) => user.username)).toEqual([
    'billing-bot',
    'mira.holt',
    'jo.x',
    'new',
  ])
  expect((await call('POST /users', body)).errors).toEqual(['email unique', 'username unique'])
})

test('a location is made, written, refused and removed', async () => {
  const { call } = openCalls()
  expect((await call('POST /locations', { short: 'DE-FAL', long: '' })).errors).toEqual([
    'short unique',
  ])
  const made = await call('POST /locations', { short: 'sg-sin', long: 'Singapore' })
  expect(made.row.id).toBe(3)
  expect((await call('PATCH /locations/3', { long: null })).details).toEqual([
    'The Location Identifier field is required.',
  ])
  expect((await call('PATCH /locations/3', { short: 'sg' })).row).toMatchObject({
    short: 'sg',
    long: 'Singapore',
  })
  expect((await call('PATCH /locations/3', { short: 'sg', long: null })).row.long).toBe(null)
  expect((await call('DELETE /locations/3')).status).toBe(204)
  expect((await call('GET /locations/3')).status).toBe(404)
  expect((await call('POST /locations', { short: 'sg' })).row.id).toBe(4)
})

test('the time of the last change moves only with a change', async () => {
  const { call, advance } = openCalls()
  const { row } = await call('POST /locations', { short: 'sg', long: 'Singapore' })
  advance(60_000)
  expect((await call('PATCH /locations/3', { short: 'sg' })).row.updated_at).toBe(row.updated_at)
  expect((await call('PATCH /locations/3', { short: 'sgp' })).row.updated_at).not.toBe(
    row.updated_at,
  )
})

test('a node is made with its defaults and its token, which the configuration shows', async () => {
  const { call, store } = openCalls()
  const made = await call('POST /nodes', nodeBody)
  expect(made.row).toMatchObject({
    public: true,
    behind_proxy: false,
    maintenance_mode: false,
    upload_size: 100,
    daemon_base: '/var/lib/pterodactyl/volumes',
    description: null,
    allocated_resources: { memory: 0, disk: 0 },
  })
  const { daemonToken, daemonTokenId } = store.nodes.get(3)
  const { body } = await call('GET /nodes/3/configuration')
  expect(body).toMatchObject({
    token_id: daemonTokenId,
    token: daemonToken,
    api: {
      port: 8443,
      ssl: { enabled: true, cert: '/etc/letsencrypt/live/sin-01.hostco.test/fullchain.pem' },
    },
  })
  expect((await call(`GET /nodes?filter[daemon_token_id]=${daemonTokenId}`)).rows).toHaveLength(1)
  await call('PATCH /nodes/3', { ...nodeBody, behind_proxy: true, reset_secret: true })
  expect(store.nodes.get(3).daemonToken).not.toBe(daemonToken)
  expect((await call('GET /nodes/3/configuration')).body).toMatchObject({
    api: { ssl: { enabled: false } },
  })
})

test('a node is written in full and stays changed when its daemon cannot be told', async () => {
  const { call, emulator } = openCalls()
  await call('POST /nodes', { ...nodeBody, description: 'Fast', public: false, upload_size: 50 })
  expect((await call('PATCH /nodes/3', { name: 'a/b', upload_size: 1025 })).errors).toEqual([
    'name regex',
    'location_id required',
    'fqdn required',
    'scheme required',
    'memory required',
    'memory_overallocate required',
    'disk required',
    'disk_overallocate required',
    'daemon_sftp required',
    'daemon_listen required',
    'upload_size between',
  ])
  failNext(emulator, { name: 'wings-refuses', status: 500 }, { wings: 'update' })
  const refused = await call('PATCH /nodes/3', { ...nodeBody, memory: 100 })
  expect([refused.status, ...refused.errors]).toEqual([400, 'ConfigurationNotPersistedException'])
  expect((await call('GET /nodes/3')).row).toMatchObject({
    memory: 100,
    description: 'Fast',
    public: false,
    upload_size: 50,
  })
  expect((await call('PATCH /nodes/3', nodeBody)).row.mounts).toEqual([])
  expect((await call('GET /nodes/3')).row).not.toHaveProperty('mounts')
})

test('a node goes only without servers, and takes its ports along', async () => {
  const { call, store } = openCalls()
  expect((await call('DELETE /nodes/1')).errors).toEqual(['HasActiveServersException'])
  expect((await call('DELETE /nodes/2')).status).toBe(204)
  expect(store.allocations.rows.map((row) => row.nodeId)).not.toContain(2)
})

test.each([
  [{ ports: ['28000-28001'] }, ['198.51.100.20:28000', '198.51.100.20:28001']],
  [{ ports: ['27000', '28000'] }, ['198.51.100.20:28000']],
  [{ ip: '203.0.113.7/31', ports: ['28000'] }, ['203.0.113.6:28000', '203.0.113.7:28000']],
  [{ ports: ['28001-28000'] }, ['198.51.100.20:28000', '198.51.100.20:28001']],
  [{ ip: '2001:db8::7', ports: ['28000'] }, ['2001:db8::7:28000']],
])('ports are added by %j', async (changes, added) => {
  const { call, store } = openCalls()
  const before = store.allocations.lastId
  const answer = await call('POST /nodes/1/allocations', {
    ip: '198.51.100.20',
    alias: 'play',
    ...changes,
  })
  expect(answer.status).toBe(204)
  const rows = store.allocations.rows.filter((row) => row.id > before)
  expect(rows.map(({ ip, port }) => `${ip}:${port}`)).toEqual(added)
  expect(rows.every(({ alias, nodeId }) => alias === 'play' && nodeId === 1)).toBe(true)
})

test.each([
  [{ ports: [28000] }, 'ports.0 string'],
  [{ ports: [] }, 'ports required'],
  [{ ports: '28000' }, 'ports array'],
  [{ ip: '' }, 'ip required'],
  [{ alias: 'x'.repeat(192) }, 'alias max'],
  [{ ports: ['28000', '1024'] }, 'PortOutOfRangeException'],
  [{ ports: ['65000-65536'] }, 'PortOutOfRangeException'],
  [{ ports: ['28000', 'x'] }, 'InvalidPortMappingException'],
  [{ ports: ['28000', '100-200'] }, 'InvalidPortMappingException'],
  [{ ports: ['28000-29000'] }, 'TooManyPortsInRangeException'],
  [{ ip: '198.51.100.0/24' }, 'CidrOutOfRangeException'],
  [{ ip: '198.51.100.0/33' }, 'CidrOutOfRangeException'],
  [{ ip: '198.51.100.0/x' }, 'CidrOutOfRangeException'],
  [{ ip: 'play.hostco.test' }, 'DisplayException'],
])('no port is added by %j: %s', async (changes, error) => {
  const { call, store } = openCalls()
  const before = store.allocations.lastId
  const body = { ip: '203.0.113.9', ports: ['28000'], ...changes }
  const answer = await call('POST /nodes/1/allocations', body)
  expect(answer.errors).toEqual([error])
  expect(answer.status).toBe(error.includes(' ') ? 422 : 400)
  expect(store.allocations.lastId).toBe(before)
})

test('a thousand ports fit in a range', async () => {
  const { call, store } = openCalls()
  await call('POST /nodes/1/allocations', { ip: '203.0.113.9', ports: ['28000-28999'] })
  expect(store.allocations.rows.filter(({ ip }) => ip === '203.0.113.9')).toHaveLength(1000)
})

test('a port is removed when it is free and of this node', async () => {
  const { call } = openCalls()
  expect((await call('DELETE /nodes/2/allocations/2')).status).toBe(404)
  expect((await call('DELETE /nodes/1/allocations/1')).errors).toEqual([
    'ServerUsingAllocationException',
  ])
  expect((await call('DELETE /nodes/1/allocations/2')).status).toBe(204)
  expect((await call('DELETE /nodes/1/allocations/2')).status).toBe(404)
})

test('no database can be made without a host for it, and none is there', async () => {
  const { call } = openCalls()
  expect((await call('GET /servers/4/databases')).body).toEqual({ object: 'list', data: [] })
  const body = { database: 'world', remote: '%', host: 1 }
  const refused = await call('POST /servers/4/databases', body)
  expect(refused.details).toEqual(['The selected Database Host Server ID is invalid.'])
  expect((await call('GET /servers/4/databases/1')).status).toBe(404)
  expect((await call('POST /servers/4/databases/1/reset-password')).status).toBe(404)
  expect((await call('DELETE /servers/4/databases/1')).status).toBe(404)
  expect((await call('GET /servers/4')).status).toBe(200)
})
