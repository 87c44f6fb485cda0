import { expect, test } from 'vitest'
import { openCalls, serverBody } from './fixtures/panel/calls.ts'
import { failNext, failNode } from './support/faults.ts'

const limits = { memory: 4096, swap: 0, disk: 20000, io: 500, cpu: 200 }
const deploy = { locations: [2], dedicated_ip: false, port_range: [] }

function deployed(changes: Record<string, unknown> = {}) {
  return serverBody({ allocation: undefined, deploy, ...changes })
}

test.each([
  [{ external_id: 'SVC_88120 ' }, ['external_id unique']],
  [{ external_id: '' }, []],
  [{ user: 99 }, ['user exists']],
  [{ user: 'x' }, ['user integer']],
  [{ egg: '1', nest: 99 }, []],
  [{ egg: '1x' }, []],
  [{ egg: 99 }, ['egg exists']],
  [{ docker_image: '~registry/image' }, ['docker_image regex']],
  [{ docker_image: 'any/image:of-mine' }, []],
  [{ environment: [] }, ['environment.JAR_NAME required', 'environment.GAME_VERSION required']],
  [{ environment: 'x' }, ['environment array']],
  [{ limits: {} }, [
    'limits required',
    ...['memory', 'swap', 'disk', 'io', 'cpu'].map((name) => `limits.${name} required`),
  ]],
  [{ limits: { memory: '-1', swap: -2, disk: -1, io: 9, cpu: 'x', threads: '0;1' } }, [
    'limits.memory min',
    'limits.swap min',
    'limits.disk min',
    'limits.io between',
    'limits.threads regex',
    'limits.cpu numeric',
  ]],
  [{ feature_limits: { databases: null } }, ['feature_limits.backups present']],
  [{ feature_limits: { databases: 1.5, backups: null, allocations: -1 } }, [
    'feature_limits.databases integer',
    'feature_limits.allocations min',
  ]],
  [{ skip_scripts: 'true', start_on_completion: 'yes' }, [
    'skip_scripts boolean',
    'start_on_completion boolean',
  ]],
  [{ allocation: undefined }, ['allocation.default required']],
  [{ allocation: { default: 99, additional: [1, 'x'] } }, [
    'allocation.default exists',
    'allocation.additional.0 exists',
    'allocation.additional.1 integer',
  ]],
  [{ deploy: {} }, ['deploy required']],
  [{ allocation: undefined, deploy: { locations: [0], port_range: [80] } }, [
    'deploy.locations.0 min',
    'deploy.dedicated_ip required_with',
    'deploy.port_range.0 string',
  ]],
  [{ allocation: undefined, deploy: { dedicated_ip: false } }, [
    'deploy.locations present',
    'deploy.port_range present',
  ]],
])('a new server with %j: %j', async (changes, errors) => {
  const { call } = openCalls()
  const answer = await call('POST /servers', serverBody(changes))
  expect(answer.errors).toEqual(errors)
  expect(answer.status).toBe(errors.length === 0 ? 201 : 422)
})

test('what is left out of a new server has the panel’s own defaults, and fractions are rounded', async () => {
  const { call } = openCalls()
  const body = serverBody({
    external_id: undefined,
    description: undefined,
    oom_disabled: undefined,
    limits: { ...limits, memory: '1024.5', swap: -1, cpu: 100.4 },
    feature_limits: { databases: null, backups: null },
  })
  const { row } = await call('POST /servers', body)
  expect(row).toMatchObject({
    external_id: null,
    description: '',
    identifier: String(row.uuid).slice(0, 8),
    limits: { memory: 1025, swap: -1, cpu: 100, threads: null, oom_disabled: true },
    feature_limits: { databases: 0, allocations: 0, backups: 0 },
    container: { installed: 0 },
  })
  expect(row.uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test('a named port is taken without a look at room, at privacy or at maintenance', async () => {
  const { call, store } = openCalls()
  Object.assign(store.nodes.get(2), { public: false, maintenance: true })
  const body = serverBody({ limits: { ...limits, memory: 999_999 } })
  expect((await call('POST /servers', body)).status).toBe(201)
  expect((await call('POST /servers', { ...body, external_id: null })).errors).toEqual([
    'allocation.default exists',
  ])
})

test('deployment draws among the free ports of every node that fits, ranges and single ports alike', async () => {
  const { call, store } = openCalls()
  const drawn = new Set<number>()
  for (let draws = 0; draws < 40; draws++) {
    const { row, status } = await call(
      'POST /servers',
      deployed({
        external_id: null,
        limits: { ...limits, memory: 1, disk: 1 },
        deploy: {
          locations: [],
          dedicated_ip: 0,
          port_range: ['27001-27002', '27005', 'abc', '1-2'],
        },
      }),
    )
    expect(status).toBe(201)
    drawn.add(Number(row.allocation))
    await call(`DELETE /servers/${row.id}`)
  }
  const asked = store.allocations.rows.filter(({ port }) => [27001, 27002, 27005].includes(port))
  expect([...drawn].sort()).toEqual(asked.map(({ id }) => id).sort())
})

test('words that are no ports mean any port, and a range too wide is refused', async () => {
  const { call } = openCalls()
  const asking = (ports: string[]) => deployed({ deploy: { ...deploy, port_range: ports } })
  expect((await call('POST /servers', asking(['27000-28001']))).errors).toEqual([
    'DisplayException',
  ])
  expect((await call('POST /servers', asking(['30000']))).errors).toEqual([
    'NoViableAllocationException',
  ])
  expect((await call('POST /servers', asking(['abc', '27-28']))).status).toBe(201)
})

test.each([[true, 400], ['no', 400], [1, 400], ['0', 201], [0, 201], [false, 201]])(
  'a dedicated address asked for with %j, where one server lives already: %i',
  async (dedicated_ip, status) => {
    const { call } = openCalls()
    const asking = deployed({ deploy: { locations: [1], dedicated_ip, port_range: [] } })
    expect((await call('POST /servers', asking)).status).toBe(status)
  },
)

test('an address counts as shared on its own node alone', async () => {
  const { call, store } = openCalls()
  for (const row of store.allocations.rows) row.ip = '10.0.0.1'
  const asking = deployed({ deploy: { ...deploy, dedicated_ip: true } })
  expect((await call('POST /servers', asking)).row.node).toBe(2)
})

test('deploy beside further ports takes them away from other servers, as on the real panel', async () => {
  const { call, store } = openCalls()
  const body = deployed({ allocation: { additional: [1] } })
  const { row } = await call('POST /servers', body)
  expect(store.allocations.get(1).serverId).toBe(row.id)
})

test('creates of one moment share a node beyond its memory: nothing locks it', async () => {
  const { call, emulator, store } = openCalls()
  Object.assign(store.nodes.get(2), { memory: 8192, memoryOverallocate: 0 })
  let draw = 0
  for (const id of [10, 11, 12, 13]) store.allocations.get(id).ip = `203.0.113.${id}`
  emulator.raceNext(4)
  const answers = await Promise.all([10, 11, 12, 13].map((id) =>
    call(
      'POST /servers',
      deployed({
        external_id: `svc_${draw++}`,
        deploy: { ...deploy, port_range: [String(store.allocations.get(id).port)] },
      }),
    )
  ))
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  expect((await call('GET /nodes/2')).row.allocated_resources).toMatchObject({ memory: 16384 })
  expect((await call('POST /servers', deployed())).errors).toEqual(['NoViableNodeException'])
})

test('a create of one moment waits for the others that were announced', async () => {
  const { call, emulator, store } = openCalls()
  emulator.raceNext(2)
  const first = call('POST /servers', serverBody())
  const refused = await call('POST /servers', serverBody({ allocation: { default: 1 } }))
  expect(refused.status).toBe(422)
  expect((await call('GET /servers')).rows).toHaveLength(1)
  await call('POST /servers', serverBody({ external_id: 'other', allocation: { default: 11 } }))
  expect((await first).status).toBe(201)
  expect(store.servers.rows).toHaveLength(3)
})

test('creates of one moment with one external id, or one port: the losers get 500 and leave nothing', async () => {
  const { call, emulator, store } = openCalls()
  emulator.raceNext(3)
  const answers = await Promise.all([
    call('POST /servers', serverBody()),
    call('POST /servers', serverBody({ external_id: 'SVC_NEW', allocation: { default: 11 } })),
    call('POST /servers', serverBody({ external_id: 'other' })),
  ])
  expect(answers.map(({ status }) => status)).toEqual([201, 500, 500])
  expect(answers[1]?.details[0]).toContain('{"external_id":["The external id has already')
  expect(answers[2]?.details[0]).toContain('{"allocation_id":["The allocation id has already')
  expect(store.servers.rows.map((row) => row.id)).toEqual([4, 5])
  expect(store.allocations.get(11).serverId).toBe(null)
  expect((await call('POST /servers', serverBody())).errors).toEqual([
    'external_id unique',
    'allocation.default exists',
  ])
})

test('a create at a slow node has its row at once, and loses it when the node fails in the end', async () => {
  const { call, emulator, store } = openCalls()
  const release = emulator.holdCreates()
  failNode(emulator, 'create', 'unreachable')
  failNode(emulator, 'delete', 500)
  const creating = call('POST /servers', serverBody())
  await expect.poll(() => store.servers.rows.length).toBe(2)
  const seen = await call('GET /servers/external/svc_new')
  expect(seen.row).toMatchObject({ status: 'installing', allocation: 10 })
  release()
  expect((await creating).status).toBe(504)
  expect((await call('GET /servers/external/svc_new')).status).toBe(404)
  expect(store.allocations.get(10).serverId).toBe(null)
  expect((await call('POST /servers', serverBody())).row.id).toBe(6)
})

test('what waits for others or for a node goes on when the emulator is closed', async () => {
  const { call, emulator } = openCalls()
  emulator.raceNext(2)
  emulator.holdCreates()
  const creating = call('POST /servers', serverBody())
  emulator.close()
  expect((await creating).status).toBe(201)
})

test('details are written in full, and an external id may be given back', async () => {
  const { call } = openCalls()
  const body = { name: 'New', user: 1, external_id: 'svc_2', description: 'd' }
  expect((await call('PATCH /servers/4/details', body)).row).toMatchObject({
    name: 'New',
    user: 1,
    external_id: 'svc_2',
    description: 'd',
  })
  const wiped = await call('PATCH /servers/4/details', { name: 'New', user: 1 })
  expect(wiped.row).toMatchObject({ external_id: null, description: '' })
  expect((await call('PATCH /servers/4/details', { user: 99 })).details).toEqual([
    'The Server Name field is required.',
    'The selected User ID is invalid.',
  ])
})

const build = { allocation: 1, limits, feature_limits: { databases: 1, backups: 1 } }

test('a build turns what is left out into null, and none into unlimited databases', async () => {
  const { call, store } = openCalls()
  store.servers.get(4).threads = '0-3'
  const feature_limits = { databases: null, backups: null }
  const { row } = await call('PATCH /servers/4/build', { ...build, feature_limits })
  expect(row.feature_limits).toEqual({ databases: null, allocations: null, backups: 0 })
  expect(row.limits).toMatchObject({ threads: '0-3', oom_disabled: false })
  const cleared = { ...build, limits: { ...limits, threads: null }, oom_disabled: true }
  const changed = await call('PATCH /servers/4/build', cleared)
  expect(changed.row.limits).toMatchObject({ threads: null, oom_disabled: true })
})

test('a build takes its limits beside `limits` too, as old versions did', async () => {
  const { call } = openCalls()
  const old = { ...build, ...limits, memory: 7, threads: '1', limits: undefined }
  expect((await call('PATCH /servers/4/build', old)).row.limits).toMatchObject({
    memory: 7,
    threads: '1',
  })
  const partial = { ...build, limits: { memory: 1 }, disk: 'x' }
  expect((await call('PATCH /servers/4/build', partial)).errors).toEqual([
    'limits.swap required_with',
    'limits.io required_with',
    'limits.cpu required_with',
    'limits.disk required_with',
    'disk numeric',
  ])
})

test.each([
  [{ add_allocations: [2, 10, 99] }, [1, 2], 1],
  [{ add_allocations: [2], allocation: 2 }, [1, 2], 2],
  [{ add_allocations: [3, 2], remove_allocations: [1] }, [2, 3], 2],
  [{ remove_allocations: [5, 10] }, [1], 1],
  [{ add_allocations: [1], remove_allocations: [5] }, [1], 1],
])('the ports of a server after %j are %j, the first of them %i', async (changes, ids, first) => {
  const { call, store } = openCalls()
  store.allocations.get(2).notes = 'of another time'
  const { row, status } = await call('PATCH /servers/4/build', { ...build, ...changes })
  expect([status, row.allocation]).toEqual([200, first])
  const owned = store.allocations.rows.filter((one) => one.serverId === 4)
  expect(owned.map((one) => one.id)).toEqual(ids)
  if (ids.includes(2)) expect(store.allocations.get(2).notes).toBe(null)
})

test.each([
  [{ remove_allocations: [1] }, 'there is no fallback allocation'],
  [{ allocation: 2 }, 'is not currently assigned to this server'],
  [{ allocation: 2, remove_allocations: [2], add_allocations: [10] }, 'no fallback'],
])('a build with %j is refused: %s', async (changes, detail) => {
  const { call, store } = openCalls()
  const answer = await call('PATCH /servers/4/build', { ...build, ...changes })
  expect([answer.status, ...answer.errors]).toEqual([400, 'DisplayException'])
  expect(answer.details[0]).toContain(detail)
  expect(store.allocations.rows.filter((one) => one.serverId === 4).map(({ id }) => id)).toEqual([
    1,
  ])
})

test('the default port may be given up for another that is owned already', async () => {
  const { call, store } = openCalls()
  store.allocations.get(2).serverId = 4
  const changes = { allocation: 2, remove_allocations: [1] }
  const { row } = await call('PATCH /servers/4/build', { ...build, ...changes })
  expect(row.allocation).toBe(2)
  expect(store.allocations.get(1).serverId).toBe(null)
})

test('a port that is added and removed at once stays, and the present default is not looked up', async () => {
  const { call, store } = openCalls()
  store.allocations.get(2).serverId = 4
  store.allocations.get(1).serverId = null
  const changes = { add_allocations: [2], remove_allocations: [2] }
  expect((await call('PATCH /servers/4/build', { ...build, ...changes })).status).toBe(200)
  expect(store.allocations.get(2).serverId).toBe(4)
})

test('the default port of another server is not unique, and one that is nowhere does not exist', async () => {
  const { call, addServer } = openCalls()
  addServer('svc_2', 2)
  const told = async (allocation: unknown) =>
    (await call('PATCH /servers/4/build', { ...build, allocation })).errors
  expect(await told(2)).toEqual(['allocation unique'])
  expect(await told(99)).toEqual(['allocation exists'])
  expect(await told(undefined)).toEqual(['allocation required'])
})

test('a number that no column can hold breaks the database and changes nothing', async () => {
  const { call, store } = openCalls()
  const tooMuch = { ...limits, memory: 2 ** 32 }
  const made = await call('POST /servers', serverBody({ limits: tooMuch }))
  expect([made.status, ...made.errors]).toEqual([500, 'QueryException'])
  const changes = { limits: tooMuch, add_allocations: [2] }
  const changed = await call('PATCH /servers/4/build', { ...build, ...changes })
  expect([changed.status, ...changed.errors]).toEqual([500, 'QueryException'])
  expect(store.servers.rows).toHaveLength(1)
  expect(store.allocations.rows.filter(({ serverId }) => serverId !== null)).toHaveLength(1)
  const most = { ...limits, memory: 2 ** 32 - 1 }
  expect((await call('POST /servers', serverBody({ limits: most }))).status).toBe(201)
})

test('startup leaves the variables alone without an environment, and checks all of them with one', async () => {
  const { call, store } = openCalls()
  const body = { startup: 'run', egg: 1, image: 'i', skip_scripts: true, environment: {} }
  const { row } = await call('PATCH /servers/4/startup', body)
  expect(row.container).toMatchObject({
    startup_command: 'run',
    image: 'i',
    environment: { JAR_NAME: 'server.jar', STARTUP: 'run' },
  })
  expect(store.servers.get(4).skipScripts).toBe(true)
  const partly = { ...body, environment: { JAR_NAME: 'a.jar' } }
  expect((await call('PATCH /servers/4/startup', partly)).errors).toEqual([
    'environment.GAME_VERSION required',
  ])
})

test('a variable may be called as JavaScript calls something of its own', async () => {
  const { call, store } = openCalls()
  store.variables.insert((id) => ({ ...store.variables.get(3), id, envVariable: 'constructor' }))
  const { row, status } = await call('POST /servers', serverBody())
  expect(status).toBe(201)
  expect(JSON.stringify(row)).toContain('"constructor":""')
})

test('another egg brings its nest and its own variables with their defaults', async () => {
  const { call, store } = openCalls()
  store.nests.insert((id) => ({ ...store.nests.get(1), id }))
  store.eggs.insert((id) => ({ ...store.eggs.get(1), id, nestId: 2 }))
  store.variables.insert((id) => ({
    ...store.variables.get(1),
    id,
    eggId: 2,
    defaultValue: 'other.jar',
  }))
  const body = { startup: 'run', egg: 2, image: 'i', skip_scripts: false, environment: [] }
  const { row } = await call('PATCH /servers/4/startup', body)
  expect(row).toMatchObject({ egg: 2, nest: 2, status: null })
  expect(row.container).toMatchObject({ environment: { JAR_NAME: 'other.jar' } })
  expect(row.container).not.toHaveProperty('environment.GAME_VERSION')
})

test.each(
  [
    ['suspend', 'sync', 'installing', 'unreachable', 504, null],
    ['suspend', 'sync', 'install_failed', 404, 404, null],
    ['suspend', 'sync', null, 502, 502, null],
    ['suspend', 'sync', 'suspended', 500, 204, 'suspended'],
    ['unsuspend', 'sync', 'suspended', 'unreachable', 504, 'suspended'],
    ['unsuspend', 'sync', 'installing', 500, 204, 'installing'],
    ['reinstall', 'reinstall', 'suspended', 409, 409, 'suspended'],
    ['reinstall', 'reinstall', null, 'unreachable', 504, null],
  ] as const,
)(
  '%s of a server, %s failing, that was %s: the node says %s, the panel %i, and it is %s',
  async (verb, action, before, fault, status, after) => {
    const { call, emulator, store } = openCalls()
    store.servers.get(4).status = before
    failNode(emulator, action, fault)
    expect((await call(`POST /servers/4/${verb}`)).status).toBe(status)
    expect((await call('GET /servers/4')).row.status).toBe(after)
  },
)

test('a reinstall lifts a suspension, and ends in its own kind of failure', async () => {
  const { call, emulator, store, advance } = openCalls()
  store.servers.get(4).status = 'suspended'
  failNext(emulator, 'install-fails')
  expect((await call('POST /servers/4/reinstall')).status).toBe(204)
  expect((await call('GET /servers/4')).row).toMatchObject({
    status: 'installing',
    suspended: false,
  })
  advance(4000)
  expect((await call('GET /servers/4')).row).toMatchObject({
    status: 'reinstall_failed',
    container: { installed: 1 },
  })
})

test('a server under way to another node can be neither suspended nor let go', async () => {
  const { call, store } = openCalls()
  store.servers.get(4).transferring = true
  expect((await call('POST /servers/4/suspend')).errors).toEqual(['ConflictHttpException'])
  expect((await call('POST /servers/4/unsuspend')).status).toBe(204)
  store.servers.get(4).status = 'suspended'
  expect((await call('POST /servers/4/suspend')).status).toBe(204)
  expect((await call('POST /servers/4/unsuspend')).status).toBe(409)
})

test.each(
  [
    ['', 'unreachable', 504, true],
    ['', 500, 500, true],
    ['', 404, 204, false],
    ['/now', 500, 500, true],
    ['/force', 'unreachable', 204, false],
    ['/databases', 404, 204, false],
  ] as const,
)('DELETE /servers/4%s when the node says %s: %i', async (last, fault, status, stays) => {
  const { call, emulator, store } = openCalls()
  failNode(emulator, 'delete', fault)
  expect((await call(`DELETE /servers/4${last}`)).status).toBe(status)
  expect((await call('GET /servers/4')).status).toBe(stays ? 200 : 404)
  expect(store.allocations.get(1).serverId).toBe(stays ? 4 : null)
})

test.each(['build', 'details', 'startup'])('%s succeeds while the node is away', async (what) => {
  const { call, emulator, store } = openCalls()
  failNode(emulator, 'sync', 'unreachable')
  const bodies: Record<string, unknown> = {
    build,
    details: { name: 'n', user: 1 },
    startup: { startup: 's', egg: 1, image: 'i', skip_scripts: 0, environment: {} },
  }
  expect((await call(`PATCH /servers/4/${what}`, bodies[what])).status).toBe(200)
  expect(store.servers.get(4).updatedAt).not.toBe(store.servers.get(4).createdAt)
})
