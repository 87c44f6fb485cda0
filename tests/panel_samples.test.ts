import * as z from 'zod'
import { expect, test } from 'vitest'
import {
  errorsIn,
  headersOf,
  readSample,
  type Sample,
  sampleNames,
} from './fixtures/panel/samples.ts'
import {
  CUSTOMER_KEY,
  FULL_KEY,
  openSampleWorld,
  type SampleWorld,
  SERVERS_KEY,
} from './fixtures/panel/world.ts'
import { failNext } from './support/faults.ts'

/** What the panel looked like when the sample was taken, where that differs from the sample world. */
const before: Record<string, (world: SampleWorld) => void> = {
  'app-node-allocations-list': ({ store }) => store.allocations.get(1).serverId = null,
  'app-servers-create-201-allocation': free,
  'app-servers-create-201-deploy': free,
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
  'app-servers-external-404': free,
  'app-servers-list': ({ addServer }) => addServer('svc_88121', 2),
  'app-servers-list-empty': free,
  'app-servers-suspend-404-from-wings': ({ emulator }) =>
    failNext(emulator, { name: 'wings-refuses', status: 404 }, { wings: 'sync' }),
  'app-servers-suspend-504': ({ emulator }) => failNext(emulator, 'wings-down', { wings: 'sync' }),
  'app-servers-unsuspend-204': ({ store }) => store.servers.get(4).status = 'suspended',
  'app-servers-view-install-failed': ({ store }) => store.servers.get(4).status = 'install_failed',
  'app-servers-view-reinstall-failed': ({ store }) => {
    store.servers.get(4).status = 'reinstall_failed'
  },
  'app-servers-view-suspended': ({ store }) => store.servers.get(4).status = 'suspended',
  'app-users-create-422-duplicate': addJon,
  'app-users-delete-204': addJon,
  'app-users-update-200': addJon,
  'app-users-update-422-partial': addJon,
  'error-500-data-validation-race': ({ emulator, store }) => {
    free({ store })
    failNext(emulator, { name: 'lost-race', field: 'external_id' })
  },
}

/** Requests that the sample does not hold, or holds in words. */
const requests: Record<string, { path: string; body?: string; headers?: HeadersInit }> = {
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

test.each(sampleNames)(
  'the emulator answers as the recorded panel: %s',
  async (name) => {
    const sample = readSample(name)
    const world = openSampleWorld()
    before[name]?.(world)
    const response = await world.emulator.fetch(replay(name, sample))
    const text = await response.text()
    expect(response.status).toBe(sample.response.status)
    if (sample.response.body === null) return expect(text).toBe('')
    if (response.status === 302) {
      return expect(response.headers.get('Location')).toBe(sample.response.headers.Location)
    }
    const body = JSON.parse(text)
    expect(errorsIn(body)).toEqual(errorsIn(sample.response.body))
    expect(differences(sample.response.body, body)).toEqual([])
    const limited = 'X-RateLimit-Limit' in sample.response.headers
    if (sample.request) expect(response.headers.has('X-RateLimit-Limit')).toBe(limited)
  },
)

function free({ store }: Pick<SampleWorld, 'store'>): void {
  store.servers.rows = []
  for (const row of store.allocations.rows) row.serverId = null
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
  const method = sample.request?.method ?? 'POST'
  const key = sample.request ? keys[sample.request.key ?? ''] : FULL_KEY
  const json = sample.request?.json
  return new Request(`https://panel.hostco.test${own?.path ?? sample.request?.path}`, {
    method,
    headers: { ...headersOf(key), ...own?.headers },
    body: own?.body ?? (json === undefined || json === null ? undefined : JSON.stringify(json)),
  })
}

/**
 * Where two answers have other keys or other types. Null stands for any type, and lists are compared
 * by their first elements, because the rows are not the same.
 */
function differences(real: unknown, ours: unknown, path = ''): string[] {
  if (path.endsWith('.config.files')) return [] // No install here, so nothing to configure.
  if (path.endsWith('.object') && real !== ours) return [`${path}: ${real} is ${ours}`]
  if (real === null || ours === null) return []
  if (Array.isArray(real) && Array.isArray(ours)) {
    if (real.length === 0 || ours.length === 0) return []
    return differences(real[0], ours[0], `${path}[]`)
  }
  if (kindOf(real) !== kindOf(ours)) return [`${path}: ${kindOf(real)} is ${kindOf(ours)}`]
  const left = z.record(z.string(), z.unknown()).safeParse(real).data
  const right = z.record(z.string(), z.unknown()).safeParse(ours).data
  if (!left || !right) return []
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...names].flatMap((name) => {
    if (!(name in left)) return [`${path}.${name}: only here`]
    if (!(name in right)) return [`${path}.${name}: only on the panel`]
    return differences(left[name], right[name], `${path}.${name}`)
  })
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value
}
