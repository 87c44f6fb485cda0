import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPanelEmulator } from '../dev/panel/emulator.ts'
import { compareBodies } from './fixtures/panel/compare.ts'
import { readSample } from './fixtures/panel/samples.ts'
import {
  type CallOptions,
  type ServedWorld,
  SERVER,
  serveSampleWorld,
  startServer,
  Stats,
  UUID,
} from './fixtures/panel/served.ts'
import { ADMIN_KEY, FULL_KEY } from './fixtures/panel/world.ts'
import { failNext } from './support/faults.ts'

let it: ServedWorld
beforeEach(() => void (it = serveSampleWorld()))
afterEach(() => it.stop())

const unknown = '11111111-1111-4111-8111-111111111111'

/** A call of the panel to the daemon of a node, node 1 unless told otherwise. */
async function wings(line: string, options: CallOptions = {}, nodeId = 1) {
  const key = it.store.nodes.get(nodeId).daemonToken
  const [method, path] = line.split(' ')
  return await it.call(`${method} /api${path}`, { key, ...options })
}

/** A call of a daemon to the panel. */
async function remote(line: string, options: CallOptions = {}, nodeId = 1) {
  const { daemonTokenId, daemonToken } = it.store.nodes.get(nodeId)
  const [method, path] = line.split(' ')
  const key = `${daemonTokenId}.${daemonToken}`
  return await it.call(`${method} /api/remote${path}`, { key, ...options })
}

test('Wings takes a bearer token, and of a node only that node’s', async () => {
  const noBearer = { headers: { Authorization: 'Basic abc' } }
  const missing = await wings(`GET /servers/${UUID}`, noBearer)
  expect(missing).toMatchObject({
    status: 401,
    detail: 'The required authorization heads were not present in the request.',
  })
  expect(missing.headers.get('WWW-Authenticate')).toBe('Bearer')
  expect(await wings('GET /system', { key: 'wrong' })).toMatchObject({
    status: 403,
    detail: 'You are not authorized to access this endpoint.',
  })
  const beginning = it.store.nodes.get(1).daemonToken.slice(0, 20)
  for (const key of [FULL_KEY, ADMIN_KEY, beginning, 'undefined', '']) {
    expect([401, 403]).toContain((await wings('GET /system', { key })).status)
  }
  expect(await wings('GET /system')).toMatchObject({ status: 200, body: { os: 'linux' } })
})

test('Wings knows the servers of its own node and no others', async () => {
  const notFound = {
    status: 404,
    detail: 'The requested resource does not exist on this instance.',
  }
  expect(await wings(`GET /servers/${unknown}`)).toMatchObject(notFound)
  expect(await wings(`GET /servers/${UUID}`, {}, 2)).toMatchObject(notFound)
  expect(await wings(`DELETE /servers/${UUID}`, {}, 2)).toMatchObject(notFound)
  expect((await wings(`GET /servers/${UUID}`)).status).toBe(200)
  expect((await wings('GET /servers', {}, 2)).body).toEqual([])
})

test('Wings shows a server as recorded: state, use, configuration', async () => {
  const { body } = await wings(`GET /servers/${UUID}`)
  const shown = Shown.parse(body)
  const { configuration, ...recorded } = z.record(z.string(), z.unknown())
    .parse(readWings('wings-get-server'))
  expect(configuration).toMatch(/the settings block of remote-server-configuration/)
  expect(Object.keys(shown).sort()).toEqual([...Object.keys(recorded), 'configuration'].sort())
  expect(Object.keys(shown.utilization).sort())
    .toEqual(Object.keys(z.record(z.string(), z.unknown()).parse(recorded.utilization)).sort())
  const remoteAnswer = await remote(`GET /servers/${UUID}`)
  expect(shown.configuration)
    .toEqual(z.object({ settings: z.unknown() }).parse(remoteAnswer.body).settings)
})

test('Wings takes a new server and refuses as recorded', async () => {
  const { request, response, errors } = readCreation()
  it.store.servers.get(4).uuid = request.json.uuid
  const taken = await wings(`${request.method} ${request.path.replace('/api', '')}`, {
    body: request.json,
  })
  expect([taken.status, taken.body]).toEqual([response.status, response.body])
  const causes: Record<number, () => ReturnType<typeof wings>> = {
    401: () => wings('POST /servers', { headers: { Authorization: '' } }),
    403: () => wings('POST /servers', { key: 'wrong' }),
    404: () => wings(`GET /servers/${unknown}`),
    422: () => wings('POST /servers', { body: { uuid: 'five' } }),
    500: () => wings('POST /servers', { body: { uuid: unknown } }),
  }
  for (const { status, body } of errors) {
    const answer = await causes[status]?.()
    expect(answer?.status).toBe(status)
    expect(compareBodies(body, answer?.body)).toEqual([])
  }
})

test('Wings answers every request with its number, and tells it again with its own faults', async () => {
  const fine = await wings(`GET /servers/${UUID}`)
  expect(fine.headers.get('X-Request-Id')).toMatch(/^[\da-f-]{36}$/)
  const fault = await wings('POST /servers', { body: { uuid: unknown } })
  expect(fault.status).toBe(500)
  expect(fault.body).toEqual({
    error: 'An unexpected error was encountered while processing this request',
    request_id: fault.headers.get('X-Request-Id'),
  })
  const refusal = await wings('POST /servers', { body: { uuid: 'five' } })
  expect(refusal.status).toBe(422)
  expect(refusal.body).toEqual({
    error: 'The data provided in the request could not be validated.',
  })
})

test('Wings installs a server that the panel knows, and starts it if asked', async () => {
  it.store.servers.get(4).status = 'installing'
  const body = { uuid: UUID, start_on_completion: true }
  expect(await wings('POST /servers', { body })).toMatchObject({ status: 202, body: null })
  expect((await show()).state).toBe('offline')
  it.advance(4_000)
  expect((await show()).state).toBe('starting')
  expect(it.store.servers.get(4).status).toBeNull()
  it.advance(2_000)
  expect((await show()).state).toBe('running')
})

test('start_on_completion counts for an install that succeeds, and for no other', async () => {
  const create = async (externalId: string, defaultAllocation: number) => {
    const sample = z.record(z.string(), z.unknown())
      .parse(readSample('app-servers-create-201-allocation').request?.json)
    const body = {
      ...sample,
      external_id: externalId,
      allocation: { default: defaultAllocation },
      start_on_completion: true,
    }
    const answer = await it.call('POST /api/application/servers', { key: FULL_KEY, body })
    expect(answer.status).toBe(201)
    return Created.parse(answer.body).attributes.uuid
  }
  const good = await create('svc_good', 2)
  failNext(it.emulator, 'install-fails')
  const bad = await create('svc_bad', 3)
  it.advance(20_000)
  expect((await show(good)).state).toBe('running')
  expect((await show(bad)).state).toBe('offline')
})

test('a server comes up, goes down and comes up again in its own time', async () => {
  await power('start')
  expect((await show()).state).toBe('starting')
  it.advance(1_999)
  expect((await show()).state).toBe('starting')
  it.advance(1)
  expect((await show()).state).toBe('running')
  await power('stop')
  expect((await show()).state).toBe('stopping')
  it.advance(500)
  expect(await show()).toMatchObject({
    state: 'offline',
    utilization: { memory_bytes: 0, cpu_absolute: 0, uptime: 0 },
  })
  await power('start')
  it.advance(2_000)
  await power('restart')
  expect((await show()).state).toBe('stopping')
  it.advance(500)
  expect((await show()).state).toBe('starting')
  it.advance(60_000)
  expect(await show()).toMatchObject({ state: 'running', utilization: { uptime: 60_000 } })
  await power('kill')
  expect((await show()).state).toBe('offline')
})

test('a power action is taken when Wings cannot follow it: nobody is told', async () => {
  expect(await power('stop')).toMatchObject({ status: 202 })
  expect(await power('kill')).toMatchObject({ status: 202 })
  expect((await show()).state).toBe('offline')
  await startServer(it)
  const uptime = (await show()).utilization.uptime
  expect(await power('start')).toMatchObject({ status: 202 })
  expect((await show()).utilization.uptime).toBe(uptime)
})

test('Wings refuses an action that does not exist, and starts nothing that is suspended', async () => {
  expect(await power('explode')).toMatchObject({
    status: 422,
    detail: 'The power action provided was not valid, should be one of "stop", "start", ' +
      '"restart", "kill"',
  })
  expect(await power('')).toMatchObject({ status: 422 })
  for (const body of [undefined, '{"action":']) {
    expect(await wings(`POST /servers/${UUID}/power`, { body })).toMatchObject({
      status: 400,
      detail: 'The data passed in the request was not in a parsable format. Please try again.',
    })
  }
  await it.call('POST /api/application/servers/4/suspend', { key: FULL_KEY })
  for (const action of ['start', 'restart']) {
    expect(await power(action)).toMatchObject({
      status: 400,
      detail: 'Cannot start or restart a server that is suspended.',
    })
  }
  expect(await power('stop')).toMatchObject({ status: 202 })
})

test('a suspension stops what runs, if the node hears of it', async () => {
  await startServer(it)
  failNext(it.emulator, 'wings-down', { wings: 'sync' })
  await it.call('POST /api/application/servers/4/suspend', { key: FULL_KEY })
  it.advance(60_000)
  expect(await show()).toMatchObject({ state: 'running', is_suspended: false })
  await it.call('POST /api/application/servers/4/suspend', { key: FULL_KEY })
  it.advance(60_000)
  expect(await show()).toMatchObject({ state: 'offline', is_suspended: true })
})

test('commands go to a process, and none is there while a server is offline', async () => {
  const commands = { body: { commands: ['say hello'] } }
  expect(await wings(`POST /servers/${UUID}/commands`, commands)).toMatchObject({
    status: 502,
    detail: 'Cannot send commands to a stopped server instance.',
  })
  await startServer(it)
  expect(await wings(`POST /servers/${UUID}/commands`, commands)).toMatchObject({ status: 204 })
  const { body } = await wings(`GET /servers/${UUID}/logs`)
  expect(z.object({ data: z.array(z.string()) }).parse(body).data.at(-1)).toBe('> say hello')
})

test('the game ends by its own stop command, which is no crash', async () => {
  await startServer(it)
  await wings(`POST /servers/${UUID}/commands`, { body: { commands: ['stop'] } })
  expect((await show()).state).toBe('stopping')
  it.advance(1_000)
  expect((await show()).state).toBe('offline')
})

test('a reinstall waits for no power action, and stops what runs', async () => {
  await startServer(it)
  await power('stop')
  expect(await wings(`POST /servers/${UUID}/reinstall`)).toMatchObject({ status: 409 })
  const refused = await it.call('POST /api/application/servers/4/reinstall', { key: FULL_KEY })
  expect(refused).toMatchObject({ status: 409, code: 'DaemonConnectionException' })
  await startServer(it)
  await startServer(it)
  await it.call('POST /api/application/servers/4/reinstall', { key: FULL_KEY })
  expect((await show()).state).toBe('offline')
})

test('a changed build reaches the node at once, or at the next start if it was away', async () => {
  await startServer(it)
  const change = async (memory: number) => {
    const limits = { memory, swap: 0, disk: 20000, io: 500, cpu: 200 }
    const features = { databases: 1, allocations: 2, backups: 3 }
    const body = { allocation: 1, limits, feature_limits: features }
    await it.call('PATCH /api/application/servers/4/build', { key: FULL_KEY, body })
  }
  const limit = async () => (await show()).utilization.memory_limit_bytes
  await change(2_048)
  expect(await limit()).toBe(2_355_200_000)
  failNext(it.emulator, 'wings-down', { wings: 'sync' })
  await change(8_192)
  expect(await limit()).toBe(2_355_200_000)
  await power('restart')
  it.advance(10_000)
  expect(await limit()).toBe(8_601_600_000)
})

test('a forced delete leaves files on a node that was away; a plain one takes them along', async () => {
  failNext(it.emulator, 'wings-down', { wings: 'delete' })
  await it.call('DELETE /api/application/servers/4/force', { key: FULL_KEY })
  expect(await wings(`GET /servers/${UUID}`)).toMatchObject({ status: 200 })
  expect(await power('start')).toMatchObject({ status: 202 })
  expect((await show()).state).toBe('offline')
  expect(await wings(`DELETE /servers/${UUID}`)).toMatchObject({ status: 204 })
  expect(await wings(`GET /servers/${UUID}`)).toMatchObject({ status: 404 })
})

test('what the emulator of Wings does not play it refuses by name', async () => {
  expect(await wings(`GET /servers/${UUID}/files/list-directory`)).toMatchObject({ status: 501 })
  expect(await wings(`POST /servers/${UUID}/backup`)).toMatchObject({ status: 501 })
})

test('the panel takes a daemon by its name and its secret', async () => {
  const refusal = async (key: string) => {
    const { status, code } = await remote('GET /servers', { key })
    return [status, code]
  }
  const { daemonTokenId, daemonToken } = it.store.nodes.get(1)
  expect(await refusal(daemonToken)).toEqual([400, 'BadRequestHttpException'])
  expect(await refusal(`${daemonTokenId}.`)).toEqual([400, 'BadRequestHttpException'])
  expect(await refusal('a.b.c')).toEqual([400, 'BadRequestHttpException'])
  expect(await refusal(`${daemonTokenId}.wrong`)).toEqual([403, 'AccessDeniedHttpException'])
  expect(await refusal(`wrong.${daemonToken}`)).toEqual([403, 'AccessDeniedHttpException'])
  expect(await refusal(`${it.store.nodes.get(2).daemonTokenId}.${daemonToken}`))
    .toEqual([403, 'AccessDeniedHttpException'])
  expect(await refusal(FULL_KEY)).toEqual([400, 'BadRequestHttpException'])
})

test('a daemon is told of the servers of its node, page by page', async () => {
  for (let extra = 0; extra < 3; extra++) it.addServer(`svc_${extra}`, 2 + extra)
  it.addServer('svc_elsewhere', 10)
  const page = await remote('GET /servers?per_page=3&page=2')
  expect(page.body).toMatchObject({
    data: [{ settings: { uuid: UUID } }],
    links: { prev: `${it.url}/api/remote/servers?page=1`, next: null },
    meta: { current_page: 2, from: 4, to: 4, last_page: 2, per_page: 3, total: 4 },
  })
  expect((await remote('GET /servers', {}, 2)).body).toMatchObject({ meta: { total: 1 } })
})

test('the panel takes the outcome of an install from any daemon, as the real one does', async () => {
  const report = async (body: unknown, nodeId = 1) =>
    (await remote(`POST /servers/${UUID}/install`, { body }, nodeId)).status
  const server = it.store.servers.get(4)
  expect(await report({})).toBe(422)
  expect(await report({ successful: false, reinstall: false })).toBe(204)
  expect(server.status).toBe('install_failed')
  expect(await report({ successful: false, reinstall: true })).toBe(204)
  expect(server.status).toBe('reinstall_failed')
  expect(await report({ successful: true, reinstall: false }, 2)).toBe(204)
  expect(server.status).toBeNull()
  server.status = 'suspended'
  expect(await report({ successful: true, reinstall: false })).toBe(204)
  expect(server.status).toBe('suspended')
  expect((await remote(`POST /servers/${unknown}/install`, { body: {} })).status).toBe(404)
})

test('a daemon can ask for the script of an install, and for what the emulator lacks it is told so', async () => {
  expect((await remote(`GET /servers/${UUID}/install`)).body).toEqual({
    container_image: 'registry.hostco.test/installer:1',
    entrypoint: 'sh',
    script: '#!/bin/sh\necho installing',
  })
  expect(await remote('POST /activity', { body: { data: [] } })).toMatchObject({ status: 501 })
})

test('a daemon that starts anew ends every install of its node as if it were done', async () => {
  const [here, elsewhere] = [it.store.servers.get(4), it.addServer('svc_elsewhere', 10)]
  for (const server of [here, elsewhere]) {
    await it.call(`POST /api/application/servers/${server.id}/reinstall`, { key: FULL_KEY })
  }
  it.emulator.rebootWings(1)
  expect([here.status, elsewhere.status]).toEqual([null, 'installing'])
  here.status = 'installing'
  it.advance(60_000)
  await wings('GET /system')
  expect([here.status, elsewhere.status]).toEqual(['installing', null])
  here.status = 'restoring_backup'
  expect(await remote('POST /servers/reset')).toMatchObject({ status: 204 })
  expect(here.status).toBeNull()
})

test('a Minecraft server boots, answers and stops as one', async () => {
  let now = new Date('2026-11-24T12:00:00.000Z')
  const emulator = createPanelEmulator({
    url: 'http://localhost',
    applicationKey: FULL_KEY,
    now: () => now,
    random: () => 0.5,
  })
  const egg = emulator.store.eggs.rows.find(({ name }) => name === 'Paper')
  const world = it.store.servers.get(4)
  const server = emulator.store.servers.insert((id) => ({
    ...world,
    id,
    ownerId: 1,
    eggId: egg?.id ?? 0,
    environment: { MINECRAFT_VERSION: '1.21', SERVER_JARFILE: 'server.jar' },
  }))
  const { daemonToken } = emulator.store.nodes.get(1)
  const post = async (path: string, body: unknown) => {
    const response = await emulator.fetch(
      new Request(`http://localhost/api/servers/${server.uuid}/${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${daemonToken}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
    expect(response.ok).toBe(true)
  }
  await post('power', { action: 'start' })
  now = new Date(now.getTime() + 3_000)
  await post('commands', { commands: ['/list', 'nonsense here', 'stop'] })
  now = new Date(now.getTime() + 3_000)
  emulator.snapshot()
  await post('sync', {})
  const [container] = emulator.store.containers.rows
  expect(container?.state).toBe('offline')
  expect(container?.log.slice(1)).toEqual([
    '[12:00:00 INFO]: Starting minecraft server version 1.21',
    '[12:00:00 INFO]: Loading properties',
    '[12:00:00 INFO]: Default game type: SURVIVAL',
    '[12:00:00 INFO]: Starting Minecraft server on 203.0.113.10:25565',
    '[12:00:01 INFO]: Preparing level "world"',
    '[12:00:01 INFO]: Preparing spawn area: 0%',
    '[12:00:02 INFO]: Preparing spawn area: 61%',
    '[12:00:03 INFO]: Done (2.412s)! For help, type "help"',
    '[12:00:03 INFO]: There are 0 of a max of 20 players online: ',
    '[12:00:03 INFO]: Unknown or incomplete command, see below for error',
    '[12:00:03 INFO]: nonsense here<--[HERE]',
    '[12:00:03 INFO]: Stopping the server',
    '[12:00:03 INFO]: Saving players',
    '[12:00:03 INFO]: Saving worlds',
    '[12:00:03 INFO]: ThreadedAnvilChunkStorage: All dimensions are saved',
  ])
})

test('what runs runs on when the emulator is started again from its state', async () => {
  await startServer(it)
  await power('restart')
  const now = new Date('2026-11-23T16:28:13.000Z')
  const again = createPanelEmulator({
    url: it.url,
    applicationKey: FULL_KEY,
    now: () => new Date(now.getTime() + 60_000),
    state: JSON.parse(JSON.stringify(it.emulator.snapshot())),
  })
  const response = await again.fetch(
    new Request(`${it.url}/api/client/servers/${SERVER}/resources`, {
      headers: { Authorization: `Bearer ${ADMIN_KEY}`, Accept: 'application/json' },
    }),
  )
  expect(await response.json()).toMatchObject({
    attributes: { current_state: 'running', resources: { uptime: 59_500 } },
  })
})

async function power(action: string) {
  return await wings(`POST /servers/${UUID}/power`, { body: { action } })
}

async function show(uuid = UUID) {
  return Shown.parse((await wings(`GET /servers/${uuid}`)).body)
}

const Shown = z.object({
  state: z.string(),
  is_suspended: z.boolean(),
  utilization: Stats,
  configuration: z.unknown(),
})

const Created = z.object({ attributes: z.object({ uuid: z.string() }) })

function readCreation() {
  const path = new URL('./fixtures/panel/samples/wings-create-server.json', import.meta.url)
  return Creation.parse(JSON.parse(readFileSync(path, 'utf8')))
}

const Creation = z.object({
  request: z.object({
    method: z.string(),
    path: z.string(),
    json: z.object({ uuid: z.string(), start_on_completion: z.boolean() }),
  }),
  response: z.object({ status: z.int(), body: z.null() }),
  errors: z.array(z.object({ status: z.int(), body: z.unknown() })).min(1),
})

function readWings(name: string): unknown {
  return readSample(name).response.body
}
