import { beforeEach, expect, test } from 'vitest'
import type { PanelEmulator } from '../dev/panel/emulator.ts'
import { FULL_KEY, openSampleWorld } from './fixtures/panel/world.ts'
import { failNext } from './support/faults.ts'

let emulator: PanelEmulator
let advance: (ms: number) => void

beforeEach(() => ({ emulator, advance } = openSampleWorld()))

async function ask(method: string, path: string, body?: object) {
  const headers = {
    Authorization: `Bearer ${FULL_KEY}`,
    Accept: 'application/json',
    'Content-Type': 'application/json',
  }
  const url = `https://panel.hostco.test/api/application${path}`
  const request = new Request(url, { method, headers, body: body ? JSON.stringify(body) : null })
  const response = await emulator.fetch(request)
  const text = await response.text()
  return { status: response.status, text, json: /^\{/.test(text) ? JSON.parse(text) : undefined }
}

function create() {
  return ask('POST', '/servers', {
    external_id: 'svc_1',
    name: 'World',
    user: 2,
    egg: 1,
    docker_image: 'ghcr.io/pterodactyl/yolks:java_21',
    startup: 'java -jar {{SERVER_JARFILE}}',
    environment: environment(),
    limits: { memory: 1024, swap: 0, disk: 1024, io: 500, cpu: 100 },
    feature_limits: { databases: 0, allocations: 0, backups: 0 },
    allocation: { default: 10 },
  })
}

function environment(): Record<string, string> {
  const { rows } = emulator.store.variables
  return Object.fromEntries(rows.map((row) => [row.envVariable, row.defaultValue]))
}

function look() {
  return ask('GET', '/servers/external/svc_1')
}

test('a server can be made when nothing is ordered', async () => {
  expect((await create()).status).toBe(201)
})

test('key-revoked: the call is answered as one without a key, and only as long as that is ordered', async () => {
  const rule = emulator.faults.order({
    on: { service: 'panel', call: 'GET /api/application/nodes' },
    fault: 'key-revoked',
  })
  const refused = await ask('GET', '/nodes')
  expect(refused).toMatchObject({
    status: 401,
    json: { errors: [{ code: 'AuthenticationException', detail: 'Unauthenticated.' }] },
  })
  expect((await ask('GET', '/locations')).status).toBe(200)
  rule.cancel()
  expect((await ask('GET', '/nodes')).status).toBe(200)
})

test.each(
  [
    ['memory', 'NoViableNodeException'],
    ['ports', 'NoViableAllocationException'],
  ] as const,
)('node-full of %s: nothing is made and the panel says %s', async (of, code) => {
  failNext(emulator, { name: 'node-full', of })
  expect(await create()).toMatchObject({ status: 400, json: { errors: [{ code }] } })
  expect((await look()).status).toBe(404)
  expect((await create()).status).toBe(201)
})

test('lost-race: the loser reads which field another request took', async () => {
  failNext(emulator, { name: 'lost-race', field: 'allocation_id' })
  const lost = await create()
  expect(lost).toMatchObject({
    status: 500,
    json: { errors: [{ code: 'DataValidationException' }] },
  })
  expect(lost.json.errors[0].detail).toContain('The allocation id has already been taken.')
  expect((await look()).status).toBe(404)
})

test('roll-back: a proxy answers 504, the server is there, and then it is gone with its port', async () => {
  failNext(emulator, { name: 'roll-back', seconds: 20 })
  const answer = await create()
  expect(answer.status).toBe(504)
  expect(answer.text).toContain('<h1>504 Gateway Time-out</h1>')
  advance(19_000)
  expect((await look()).status).toBe(200)
  advance(1_000)
  expect((await look()).status).toBe(404)
  expect(emulator.store.allocations.get(10).serverId).toBeNull()
  expect((await create()).status).toBe(201)
})

test('wings-down: the panel answers 504 and nothing remains', async () => {
  failNext(emulator, 'wings-down')
  expect(await create()).toMatchObject({
    status: 504,
    json: { errors: [{ code: 'DaemonConnectionException' }] },
  })
  expect((await look()).status).toBe(404)
})

test('wings-refuses: the panel passes on what the node answered, for the action that was named', async () => {
  const fault = { name: 'wings-refuses', status: 409 } as const
  emulator.faults.order({ on: { service: 'panel', wings: 'delete' }, fault })
  const { json } = await create()
  const { id } = json.attributes
  expect(await ask('DELETE', `/servers/${id}`)).toMatchObject({
    status: 409,
    json: { errors: [{ code: 'DaemonConnectionException' }] },
  })
  expect((await ask('DELETE', `/servers/${id}/force`)).status).toBe(204)
})

test('install-fails: the installation takes its time and fails; the next one succeeds', async () => {
  failNext(emulator, 'install-fails', { wings: 'create' })
  const { json } = await create()
  expect(json.attributes.status).toBe('installing')
  advance(4_000)
  expect((await look()).json.attributes.status).toBe('install_failed')
  await ask('POST', `/servers/${json.attributes.id}/reinstall`)
  advance(4_000)
  expect((await look()).json.attributes.status).toBeNull()
})

test('install-never-ends: it installs for ever; a reinstall mends it', async () => {
  failNext(emulator, 'install-never-ends')
  const { json } = await create()
  advance(7 * 24 * 3_600_000)
  expect((await look()).json.attributes.status).toBe('installing')
  await ask('POST', `/servers/${json.attributes.id}/reinstall`)
  advance(4_000)
  expect((await look()).json.attributes.status).toBeNull()
})
