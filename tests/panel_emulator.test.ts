import * as z from 'zod'
import { expect, test } from 'vitest'
import { createPanelEmulator } from '../dev/panel/emulator.ts'
import { parseRules, passes } from '../dev/panel/rules.ts'
import { errorsIn, headersOf, readSample } from './fixtures/panel/samples.ts'
import {
  CUSTOMER_KEY,
  FULL_KEY,
  openSampleWorld,
  type SampleWorld,
  SERVERS_KEY,
} from './fixtures/panel/world.ts'
import { failNext } from './support/faults.ts'

test('the emulator counts the calls of an admin in a fixed window, whatever the key', async () => {
  const { emulator, advance } = openSampleWorld()
  const call = (key: string) => emulator.fetch(request('/api/application/servers', { key }))
  for (let calls = 0; calls < 239; calls++) await call(FULL_KEY)
  expect((await call(SERVERS_KEY)).headers.get('X-RateLimit-Remaining')).toBe('0')
  advance(20_000)
  const refused = await call(FULL_KEY)
  expect(refused.status).toBe(429)
  expect(errorsIn(await refused.json())).toEqual([['ThrottleRequestsException']])
  expect(refused.headers.get('Retry-After')).toBe('40')
  expect(refused.headers.get('X-RateLimit-Remaining')).toBe('0')
  expect(refused.headers.get('X-RateLimit-Reset')).toBe(
    String(Date.parse('2026-11-23T16:29:03Z') / 1000),
  )
  advance(40_000)
  expect((await call(FULL_KEY)).status).toBe(200)
})

test('the emulator tells an absent row before a missing permission', async () => {
  const { emulator } = openSampleWorld()
  const status = async (path: string, key: string) =>
    (await emulator.fetch(request(path, { key }))).status
  expect(await status('/api/application/users/99', SERVERS_KEY)).toBe(404)
  expect(await status('/api/application/users/2', SERVERS_KEY)).toBe(403)
  expect(await status('/api/application/servers/99', CUSTOMER_KEY)).toBe(404)
  expect(await status('/api/application/servers/4', CUSTOMER_KEY)).toBe(403)
  expect(await status('/api/application/nothing', 'ptla_unknown')).toBe(404)
  expect(await status('/api/application/servers', 'ptla_unknown')).toBe(401)
})

test('the emulator compares external ids as the collation does, and filters with wildcards', async () => {
  const { emulator } = openSampleWorld()
  const read = async (path: string) => await emulator.fetch(request(`/api/application${path}`))
  expect((await read('/servers/external/SVC_88120%20')).status).toBe(200)
  expect((await read('/servers/external/svc%2F88120')).status).toBe(404)
  const count = async (filter: string) => {
    const list = List.parse(await (await read(`/users?filter[email]=${filter}`)).json())
    return list.data.length
  }
  expect(await count('olt@mail')).toBe(1)
  expect(await count('nobody,m_ra')).toBe(1)
  expect(await count('')).toBe(2)
  expect(await count('nobody')).toBe(0)
})

test('the emulator reports an install on its own clock, success and failure', async () => {
  const { emulator, advance } = openSampleWorld()
  const made = await create(emulator, { external_id: 'svc_1' })
  expect(made.status).toBe('installing')
  advance(3999)
  expect(await statusOf(emulator, made.id)).toBe('installing')
  advance(1)
  expect(await statusOf(emulator, made.id)).toBe(null)

  failNext(emulator, 'install-fails')
  const failed = await create(emulator, { external_id: 'svc_2', allocation: { default: 12 } })
  advance(4000)
  expect(await statusOf(emulator, failed.id)).toBe('install_failed')
  await emulator.fetch(action(failed.id, 'reinstall'))
  expect(await statusOf(emulator, failed.id)).toBe('installing')
  advance(4000)
  expect(await statusOf(emulator, failed.id)).toBe(null)
})

test('the emulator hides an install behind a suspension and ends it with a failed one', async () => {
  const { emulator, advance } = openSampleWorld()
  const { id } = await create(emulator, { external_id: 'svc_1' })
  await emulator.fetch(action(id, 'suspend'))
  advance(4000)
  expect(await statusOf(emulator, id)).toBe('suspended')

  const other = await create(emulator, { external_id: 'svc_2', allocation: { default: 12 } })
  failNext(emulator, { name: 'wings-refuses', status: 500 }, { wings: 'sync' })
  expect((await emulator.fetch(action(other.id, 'suspend'))).status).toBe(500)
  expect(await statusOf(emulator, other.id)).toBe(null)
})

test('the emulator rolls a create back when the node fails: row, port and external id', async () => {
  const { emulator, store } = openSampleWorld()
  failNext(emulator, 'wings-down', { wings: 'create' })
  const body = { ...createBody(), external_id: 'svc_1' }
  const failed = await emulator.fetch(request('/api/application/servers', { method: 'POST', body }))
  expect(failed.status).toBe(504)
  expect(store.servers.rows).toHaveLength(1)
  expect(store.allocations.get(10).serverId).toBe(null)
  const made = await create(emulator, { external_id: 'svc_1' })
  expect(made.id).toBe(6)
})

test('the emulator deploys by limits alone: overallocation of -1 is less, maintenance is nothing', async () => {
  const { emulator, store } = openSampleWorld()
  const deployable = async (memory: number) =>
    (await emulator.fetch(
      request(`/api/application/nodes/deployable?memory=${memory}&disk=1&location_ids[]=2`),
    )).status
  Object.assign(store.nodes.get(2), { memory: 8192, memoryOverallocate: -1, maintenance: true })
  expect(await deployable(8110)).toBe(200)
  expect(await deployable(8111)).toBe(400)
  store.nodes.get(2).memoryOverallocate = 100
  expect(await deployable(16384)).toBe(200)
  store.nodes.get(2).public = false
  expect(await deployable(1)).toBe(400)
})

test('the emulator reads a body as Laravel does: trimmed, empty as null, booleans strict', async () => {
  const { emulator } = openSampleWorld()
  const failed = async (fields: Record<string, unknown>) => {
    const body = { ...createBody(), external_id: 'svc_1', ...fields }
    const answer = await emulator.fetch(
      request('/api/application/servers', { method: 'POST', body }),
    )
    return errorsIn(await answer.json()).map(([, field, rule]) => `${field} ${rule}`)
  }
  expect(await failed({ name: '   ' })).toEqual(['name required'])
  expect(await failed({ external_id: 7 })).toEqual(['external_id string'])
  expect(await failed({ oom_disabled: 'yes' })).toEqual(['oom_disabled boolean'])
  expect(await failed({ feature_limits: {} })).toContain('feature_limits required')
  expect(await failed({ environment: { JAR_NAME: '', GAME_VERSION: 'x'.repeat(21) } }))
    .toEqual(['environment.JAR_NAME required', 'environment.GAME_VERSION max'])
})

test('the emulator writes details and build in full: what is left out is lost', async () => {
  const { emulator, store } = openSampleWorld()
  const patch = async (what: string, body: unknown) =>
    (await emulator.fetch(
      request(`/api/application/servers/4/${what}`, { method: 'PATCH', body }),
    )).status
  store.servers.get(4).description = 'Kept only when sent'
  expect(await patch('details', { name: 'Mira SMP', user: 2 })).toBe(200)
  expect(store.servers.get(4)).toMatchObject({ externalId: null, description: '' })

  const limits = { memory: 999_999, swap: 0, disk: 100.9, io: 500, cpu: 0 }
  const feature_limits = { databases: null, backups: null }
  const add_allocations = [2, 10]
  expect(await patch('build', { allocation: 2, limits, feature_limits, add_allocations })).toBe(200)
  expect(store.servers.get(4)).toMatchObject({
    memory: 999_999,
    disk: 101,
    allocationId: 2,
    databaseLimit: null,
    allocationLimit: null,
    backupLimit: 0,
  })
  expect(store.allocations.get(10).serverId).toBe(null)
})

test.each([
  ['required|regex:/^(a|b)$/|max:9', 'b', true],
  ['required|regex:/^(a|b)$/|max:9', 'c', false],
  ['required|regex:/^([\\w\\d._-]+)(\\.jar)$/', 'server.jar', true],
  ['required|regex:/^([\\w\\d._-]+)(\\.jar)$/', 'server.sh', false],
  ['regex:#^A$#i', 'a', true],
  ['string|between:3,15', '1.20', true],
  ['string|between:3,15', '12', false],
  ['required|integer|between:1025,65535', '30033', true],
  ['required|integer|between:1025,65535', '80', false],
  ['integer|max:128', '129', false],
  ['string|max:3', '1234', false],
  ['numeric', '1e3', true],
  ['integer', '1.5', false],
  ['boolean', '1', true],
  ['boolean', 'true', false],
  ['in:recommended,latest', 'latest', true],
  ['in:recommended,latest', 'Latest', false],
  ['url', 'https://example.com/map', true],
  ['url', 'example.com', false],
  ['alpha_num|size:32', 'a'.repeat(32), true],
  ['alpha_dash', 'gm_flat-grass', true],
  ['alpha_dash', 'gm flatgrass', false],
  ['string', null, false],
])('passes() reads %s and lets %j through: %s', (rules, value, expected) => {
  const parsed = parseRules(rules).filter((rule) => rule.name !== 'required')
  expect(parsed.every((rule) => passes(rule, value, parsed))).toBe(expected)
})

test('snapshot() brings everything back, through JSON, with ids that are never reused', async () => {
  const { emulator, store } = openSampleWorld()
  await emulator.fetch(request('/api/application/servers/4', { method: 'DELETE' }))
  const state = JSON.parse(JSON.stringify(emulator.snapshot()))
  const again = createPanelEmulator({
    url: 'https://panel.hostco.test',
    applicationKey: FULL_KEY,
    now: () => new Date(),
    state,
  })
  expect(again.snapshot()).toEqual(store.snapshot())
  expect((await create(again, { external_id: 'svc_1' })).id).toBe(5)
})

test('the emulator shows a server on a page, with names escaped', async () => {
  const { emulator, store } = openSampleWorld()
  store.servers.get(4).name = '<script>alert(1)</script>'
  const page = await emulator.fetch(new Request('https://panel.hostco.test/server/cc4ef35c'))
  const text = await page.text()
  expect(page.status).toBe(200)
  expect(text).toContain('play1.hostco.test:27000')
  expect(text).toContain('&lt;script&gt;')
  expect(text).not.toContain('<script>')
})

test('the shop seed holds what the catalogue sells, and defaults that the panel itself accepts', () => {
  const { store } = createPanelEmulator({
    url: 'http://localhost',
    applicationKey: FULL_KEY,
    now: () => new Date(),
  })
  expect(store.eggs.rows.map((egg) => egg.name).sort()).toEqual([
    'Forge Minecraft',
    'Garrys Mod',
    'Paper',
    'Rust',
    'Teamspeak3 Server',
    'Vanilla Minecraft',
  ])
  expect(store.nodes.rows.filter((node) => node.maintenance)).toHaveLength(1)
  const refused = store.variables.rows.filter(({ rules, defaultValue }) => {
    const parsed = parseRules(rules)
    if (defaultValue === '') return !rules.includes('nullable')
    return !parsed.every((rule) => rule.name === 'required' || passes(rule, defaultValue, parsed))
  })
  expect(refused.map((variable) => variable.envVariable)).toEqual(['RCON_PASS'])
})

const List = z.object({ data: z.array(z.unknown()) })
const ServerItem = z.object({
  attributes: z.object({ id: z.int(), status: z.string().nullable() }),
})
type Emulator = SampleWorld['emulator']

function request(
  path: string,
  { key = FULL_KEY, method = 'GET', body }: { key?: string; method?: string; body?: unknown } = {},
): Request {
  return new Request(`https://panel.hostco.test${path}`, {
    method,
    headers: headersOf(key),
    body: body === undefined ? undefined : JSON.stringify(body),
  })
}

function action(id: number, verb: string): Request {
  return request(`/api/application/servers/${id}/${verb}`, { method: 'POST' })
}

function createBody(): Record<string, unknown> {
  const body = readSample('app-servers-create-201-allocation').request?.json
  return { ...z.record(z.string(), z.unknown()).parse(body), allocation: { default: 10 } }
}

async function create(emulator: Emulator, fields: Record<string, unknown>) {
  const body = { ...createBody(), ...fields }
  const answer = await emulator.fetch(request('/api/application/servers', { method: 'POST', body }))
  expect(answer.status).toBe(201)
  return ServerItem.parse(await answer.json()).attributes
}

async function statusOf(emulator: Emulator, id: number): Promise<string | null> {
  const answer = await emulator.fetch(request(`/api/application/servers/${id}`))
  return ServerItem.parse(await answer.json()).attributes.status
}
