import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as z from 'zod'
import { expect, test } from 'vitest'
import { checkListed, compareAnswer } from './fixtures/panel/compare.ts'
import { headersOf, readSample, type Sample, sampleNames } from './fixtures/panel/samples.ts'
import {
  ADMIN_KEY,
  CUSTOMER_KEY,
  FULL_KEY,
  openSampleWorld,
  type SampleWorld,
} from './fixtures/panel/world.ts'
import { failNext } from './support/faults.ts'

const names = sampleNames.filter((name) =>
  /^(client|remote)-/.test(name) || name === 'error-403-application-key-on-client-api'
)

const atTheMoment = 'what the process uses at the moment'
const oneAddress = 'every node is reached under the address of the emulator'

/** Where our answers differ from the recorded ones, and why they may. */
const listed: Record<string, Record<string, string>> = {
  'client-account-api-keys-list': {
    'data.0.attributes.allowed_ips':
      'a key made outside the API has null there, ours an empty list',
  },
  'client-resources': {
    'attributes.resources.memory_bytes': atTheMoment,
    'attributes.resources.cpu_absolute': atTheMoment,
    'attributes.resources.disk_bytes': atTheMoment,
    'attributes.resources.network_rx_bytes': atTheMoment,
    'attributes.resources.network_tx_bytes': atTheMoment,
    'attributes.resources.uptime': atTheMoment,
  },
  'client-websocket': { 'data.token': 'signed anew each time', 'data.socket': oneAddress },
  'client-websocket-admin-while-installing': {
    'data.token': 'signed anew each time',
    'data.socket': oneAddress,
  },
}

/** What the panel looked like when the sample was taken, where that differs from the sample world. */
const before: Record<string, (world: SampleWorld) => unknown> = {
  'client-account-api-keys-list': ({ store }) => {
    const [first] = store.keys.rows.filter((key) => key.ownerId === 2)
    if (!first) throw new Error('Cannot copy a key as there is none')
    const token = `ptlc_9QzzcnCkrC3${'0'.repeat(32)}`
    store.keys.insert((id) => ({ ...first, id, token, description: 'dashboard', lastUsedAt: null }))
  },
  'client-command-204': start,
  'client-power-409-suspended': suspend,
  'client-power-504': ({ emulator }) => failNext(emulator, 'wings-down', { wings: 'power' }),
  'client-resources': start,
  'client-resources-409-installing': ({ store }) => store.servers.get(4).status = 'installing',
  'client-resources-409-maintenance': ({ emulator }) => emulator.setMaintenance(1, true),
  'client-resources-409-suspended': suspend,
  'client-resources-504': ({ emulator, store }) => {
    store.servers.get(4).uuid = OTHER_UUID
    failNext(emulator, { name: 'wings-refuses', status: 500 }, { wings: 'details' })
  },
  'client-server-view': renew,
  'client-server-view-as-admin': renew,
  'client-server-view-installing': ({ store }) => store.servers.get(4).status = 'installing',
  'client-server-view-suspended': (world) => {
    renew(world)
    suspend(world)
  },
  'client-servers-list': (world) => {
    renew(world)
    const { store, addServer } = world
    Object.assign(addServer('svc_88121', 10), { name: 'Mira creative', status: 'installing' })
    Object.assign(store.allocations.get(10), { alias: null, port: 27003 })
    Object.assign(store.allocations.get(11), { alias: null, port: 27004, serverId: 5 })
  },
  'client-servers-list-admin-all': shrink,
  'client-websocket-admin-while-installing': ({ store }) => {
    Object.assign(store.servers.get(4), { uuid: OTHER_UUID, status: 'installing' })
  },
  'remote-servers-list': (world) => {
    shrink(world)
    Object.assign(world.store.servers.get(1).environment, {
      JAR_NAME: 'server.jar',
      GAME_VERSION: 'latest',
    })
  },
}

const OTHER_UUID = '296d1c58-73dd-4068-adfb-794a7a463a0a'

const keys: Record<string, (world: SampleWorld) => string> = {
  'application key, full read/write': () => FULL_KEY,
  'client key of the server owner': () => CUSTOMER_KEY,
  'client key of a root admin': () => ADMIN_KEY,
  'wings token_id.token': ({ store }) => {
    const { daemonTokenId, daemonToken } = store.nodes.get(1)
    return `${daemonTokenId}.${daemonToken}`
  },
}

test.each(names)('the emulator answers as the recorded panel: %s', async (name) => {
  const sample = readSample(name)
  const world = openSampleWorld()
  await before[name]?.(world)
  const response = await world.emulator.fetch(replay(sample, world))
  const found = await compareAnswer(sample, response)
  expect(response.status).toBe(sample.response.status)
  expect(checkListed(found, listed[name])).toEqual({ unlisted: [], gone: [] })
})

test('every recording of a node has its test', () => {
  expect(sampleNames.filter((name) => name.startsWith('wings-'))).toEqual([
    'wings-create-server', // panel_wings.test.ts
    'wings-get-server', // panel_wings.test.ts
    'wings-websocket-transcript', // panel_console.test.ts
  ])
})

test.each(['client-websocket', 'client-websocket-admin-while-installing'])(
  'a token carries the recorded claims: %s',
  async (name) => {
    const sample = readSample(name)
    const world = openSampleWorld()
    await before[name]?.(world)
    const response = await world.emulator.fetch(replay(sample, world))
    const real = Credentials.parse(sample.response.body).data.token
    const ours = Credentials.parse(await response.json()).data.token
    const claims = (token: string) => decodeJwt(token)
    expect(Object.keys(decodeProtectedHeader(ours)).sort())
      .toEqual(Object.keys(decodeProtectedHeader(real)).sort())
    expect(Object.keys(claims(ours)).sort()).toEqual(Object.keys(claims(real)).sort())
    for (const same of ['jti', 'server_uuid', 'permissions', 'user_id']) {
      expect(claims(ours)[same]).toEqual(claims(real)[same])
    }
    const spans = ({ iat = 0, nbf = 0, exp = 0 }) => [nbf - iat, exp - iat]
    expect(spans(claims(ours))).toEqual(spans(claims(real)))
  },
)

const Credentials = z.object({ data: z.object({ token: z.string() }) })

function replay(sample: Sample, world: SampleWorld): Request {
  const { method = 'GET', path = '/', key, json } = sample.request ?? {}
  return new Request(`https://panel.hostco.test${path}`, {
    method,
    headers: headersOf(keys[key ?? '']?.(world)),
    body: json === undefined || json === null ? undefined : JSON.stringify(json),
  })
}

/** By the admin's key, whose calls are counted apart from those of the samples. */
async function start({ emulator, advance }: SampleWorld): Promise<void> {
  const response = await emulator.fetch(
    new Request('https://panel.hostco.test/api/client/servers/cc4ef35c/power', {
      method: 'POST',
      headers: headersOf(ADMIN_KEY),
      body: JSON.stringify({ signal: 'start' }),
    }),
  )
  expect(response.status).toBe(204)
  advance(10_000)
}

function suspend({ store }: SampleWorld): void {
  store.servers.get(4).status = 'suspended'
}

/** Server 4 after all that the samples did with it. */
function renew({ store, rework }: SampleWorld): void {
  rework()
  store.servers.get(4).environment.GAME_VERSION = '1.4.2'
}

/** The only server is the first that the recorded panel ever had. */
function shrink({ store }: SampleWorld): void {
  Object.assign(store.servers.get(4), {
    id: 1,
    name: 'A',
    status: 'installing',
    memory: 512,
    disk: 1000,
    cpu: 100,
    oomDisabled: true,
    databaseLimit: 0,
    allocationLimit: 0,
    backupLimit: 0,
    startup: 'java',
    environment: { JAR_NAME: 'a.jar', GAME_VERSION: '1', LICENCE: '' },
  })
  for (const row of store.allocations.rows) if (row.serverId === 4) row.serverId = 1
}
