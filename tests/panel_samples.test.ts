import { expect, test } from 'vitest'
import { checkListed, compareAnswer } from './fixtures/panel/compare.ts'
import { headersOf, readSample, type Sample, sampleNames } from './fixtures/panel/samples.ts'
import {
  CUSTOMER_KEY,
  FULL_KEY,
  openSampleWorld,
  type SampleWorld,
  SERVERS_KEY,
} from './fixtures/panel/world.ts'
import { failNext } from './support/faults.ts'

/** Samples that are not replayed, and why. */
const notReplayed: Record<string, string> = {
  'error-403-application-key-on-client-api': 'belongs to the client API, and to its own test',
  'pelican-server-view': 'another panel, which the emulator does not play',
  'pelican-user-view': 'another panel, which the emulator does not play',
}

const names = sampleNames.filter((name) => /^(app|error)-/.test(name) && !(name in notReplayed))

const ownWords = 'the recorded node was a script with error texts of its own'
const ownStack =
  'shows our own stack, as a debug mode should, and JavaScript has no chain of exceptions'

/** Where our answers differ from the recorded ones, and why they may. */
const listed: Record<string, Record<string, string>> = {
  'app-servers-create-422-from-wings': { 'errors.0.detail': ownWords },
  'app-servers-suspend-404-from-wings': { 'errors.0.detail': ownWords },
  'error-429': { 'X-RateLimit-Reset': 'the time of the recording' },
  'error-500-debug-mode': {
    'errors.0.source.line': ownStack,
    'errors.0.source.file': ownStack,
    'errors.0.meta.trace': ownStack,
    'errors.0.meta.previous': ownStack,
  },
}

/** What the panel looked like when the sample was taken, where that differs from the sample world. */
const before: Record<string, (world: SampleWorld) => unknown> = {
  'app-locations-delete-204': addLocation,
  'app-node-allocations-free': free,
  'app-node-allocations-list': ({ store }) => {
    store.allocations.get(1).serverId = null
    store.allocations.rows = store.allocations.rows.filter(({ id }) => id < 7)
  },
  'app-nodes-configuration': ({ store }) => store.nodes.get(1).scheme = 'http',
  'app-nodes-delete-204': addNode,
  'app-nodes-deployable': free,
  'app-nodes-deployable-paged': free,
  'app-nodes-list': free,
  'app-nodes-update-200': ({ store }) => {
    Object.assign(store.servers.get(4), { memory: 512, disk: 1000 })
  },
  'app-nodes-update-400-wings-unreachable': (world) => {
    addNode(world)
    failNext(world.emulator, 'wings-down', { wings: 'update' })
  },
  'app-nodes-view-include': free,
  'app-server-databases-list-empty': ({ store }) => store.servers.get(4).id = 1,
  'app-servers-create-201-allocation': free,
  'app-servers-create-201-deploy': ({ store }) => {
    free({ store })
    store.servers.lastId = 3
    for (const row of store.allocations.rows) row.serverId = row.id === 1 ? null : 99
  },
  'app-servers-create-400-no-allocation': free,
  'app-servers-create-400-no-node': free,
  'app-servers-create-422-allocation-taken': ({ addServer }) => addServer('svc_1', 10),
  'app-servers-create-422-egg-variable': free,
  'app-servers-create-422-from-wings': ({ emulator, store }) => {
    free({ store })
    failNext(emulator, { name: 'wings-refuses', status: 422 }, { wings: 'create' })
  },
  'app-servers-create-500-wings-error': ({ emulator, store }) => {
    free({ store })
    failNext(emulator, { name: 'wings-refuses', status: 500 }, { wings: 'create' })
  },
  'app-servers-create-504-wings-unreachable': ({ emulator, store }) => {
    free({ store })
    failNext(emulator, 'wings-down', { wings: 'create' })
  },
  'app-servers-delete-204': ({ addServer }) => addServer('svc_88121', 2),
  'app-servers-delete-504': ({ emulator }) => failNext(emulator, 'wings-down', { wings: 'delete' }),
  'app-servers-delete-force-204': ({ emulator }) => {
    failNext(emulator, 'wings-down', { wings: 'delete' })
  },
  'app-servers-details-200': ({ rebuild }) => rebuild(),
  'app-servers-details-200-external-id-wiped': ({ rebuild }) => rebuild(),
  'app-servers-external-404': free,
  'app-servers-list': ({ addServer }) => addServer('svc_88121', 2),
  'app-servers-list-empty': free,
  'app-servers-startup-200': ({ rework }) => rework(),
  'app-servers-suspend-404-from-wings': ({ emulator }) =>
    failNext(emulator, { name: 'wings-refuses', status: 404 }, { wings: 'sync' }),
  'app-servers-suspend-504': ({ emulator }) => failNext(emulator, 'wings-down', { wings: 'sync' }),
  'app-servers-unsuspend-204': ({ store }) => store.servers.get(4).status = 'suspended',
  'app-servers-view-install-failed': restart('install_failed'),
  'app-servers-view-reinstall-failed': restart('reinstall_failed'),
  'app-servers-view-suspended': restart('suspended'),
  'app-users-create-422-duplicate': addJon,
  'app-users-delete-204': addJon,
  'app-users-update-200': addJon,
  'app-users-update-422-partial': addJon,
  'app-users-view-include-servers': free,
  'error-400-two-factor-required': ({ emulator }) => {
    emulator.settings.requireTwoFactor = 'admins'
  },
  'error-403-ip': ({ store }) => store.keys.get(1).allowedIps = ['198.51.100.0/24'],
  'error-429': async ({ emulator }) => {
    for (let calls = 0; calls < 240; calls++) {
      await emulator.fetch(replay('app-users-view', readSample('app-users-view')))
    }
  },
  'error-500-data-validation-race': ({ emulator, store }) => {
    free({ store })
    failNext(emulator, { name: 'lost-race', field: 'external_id' })
  },
  'error-500-debug-mode': ({ emulator }) => emulator.settings.debug = true,
  'error-503-artisan-down': ({ emulator }) => emulator.settings.down = { retryAfterSeconds: 30 },
}

/** Requests that the sample does not hold, or holds in words. */
const requests: Record<
  string,
  { path: string; method?: string; body?: string; headers?: HeadersInit }
> = {
  'error-400-two-factor-required': { method: 'GET', path: '/api/application/users' },
  'error-403-ip': {
    method: 'GET',
    path: '/api/application/users',
    headers: { 'X-Forwarded-For': '203.0.113.9' },
  },
  'error-429': { method: 'GET', path: '/api/application/users' },
  'error-500-debug-mode': { method: 'GET', path: '/api/application/users/999' },
  'error-503-artisan-down': { method: 'GET', path: '/api/application/nothing' },
  'error-400-malformed-json': { path: '/api/application/users', body: '{"email":' },
  'error-401-html-redirect': { path: '/api/application/users', headers: { Accept: '*/*' } },
  'error-500-data-validation-race': {
    path: '/api/application/servers',
    body: JSON.stringify(readSample('app-servers-create-201-allocation').request?.json),
  },
}

const keys: Record<string, string> = {
  'application key, full read/write': FULL_KEY,
  'application key, servers only': SERVERS_KEY,
  'client key of the server owner': CUSTOMER_KEY,
}

test.each(names)('the emulator answers as the recorded panel: %s', async (name) => {
  const sample = readSample(name)
  const world = openSampleWorld()
  await before[name]?.(world)
  const response = await world.emulator.fetch(replay(name, sample))
  const found = await compareAnswer(sample, response)
  expect(response.status).toBe(sample.response.status)
  expect(checkListed(found, listed[name])).toEqual({ unlisted: [], gone: [] })
})

test('every recorded sample is replayed, or listed with a reason', () => {
  const ours = sampleNames.filter((name) => !/^(client|remote|wings)-/.test(name))
  expect([...names, ...Object.keys(notReplayed)].sort()).toEqual(ours.sort())
})

function free({ store }: Pick<SampleWorld, 'store'>): void {
  store.servers.rows = []
  for (const row of store.allocations.rows) row.serverId = null
}

function restart(status: string) {
  return (world: SampleWorld) => {
    world.rework()
    const server = world.store.servers.get(4)
    Object.assign(server, { status })
    server.environment.GAME_VERSION = '1.4.2'
  }
}

function addLocation({ store }: SampleWorld): void {
  store.locations.insert((id) => ({ ...store.locations.get(1), id, short: 'sg-sin' }))
}

function addNode({ store }: SampleWorld): void {
  store.nodes.insert((id) => ({ ...store.nodes.get(1), id, name: 'sin-01' }))
}

function addJon({ store }: SampleWorld): void {
  const mira = store.users.get(2)
  store.users.insert((id) => ({
    ...mira,
    id,
    username: 'jon.park',
    email: 'jon.park@mail.test',
    externalId: 'cust_1043',
  }))
}

function replay(name: string, sample: Sample): Request {
  const own = requests[name]
  const method = own?.method ?? sample.request?.method ?? 'POST'
  const key = sample.request ? keys[sample.request.key ?? ''] : FULL_KEY
  const json = sample.request?.json
  return new Request(`https://panel.hostco.test${own?.path ?? sample.request?.path}`, {
    method,
    headers: { ...headersOf(key), ...own?.headers },
    body: own?.body ?? (json === undefined || json === null ? undefined : JSON.stringify(json)),
  })
}
