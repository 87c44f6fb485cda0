import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { PanelStore } from '../dev/panel/store.ts'
import { openCalls, serverBody } from './fixtures/panel/calls.ts'

const limits = { memory: 1, swap: 0, disk: 1, io: 500, cpu: 1, threads: null }
const feature_limits = { databases: 1, allocations: 1, backups: 1 }

/** What the panel accepts, for the fuzzer to spoil. */
const calls: [line: string, body?: Record<string, unknown>][] = [
  ['POST /users', { email: 'a@b.test', username: 'abc', first_name: 'A', last_name: 'B' }],
  ['PATCH /users/2', {
    email: 'a@b.test',
    username: 'abc',
    first_name: 'A',
    last_name: 'B',
    external_id: 'x',
    password: 'secret',
    root_admin: false,
    language: 'en',
  }],
  ['POST /locations', { short: 'eu', long: 'Europe' }],
  ['PATCH /locations/1', { short: 'eu', long: 'Europe' }],
  ['POST /nodes', nodeBody()],
  ['PATCH /nodes/1', { ...nodeBody(), reset_secret: true }],
  ['GET /nodes/deployable', { memory: 1, disk: 1, location_ids: [1], page: 1 }],
  ['POST /nodes/1/allocations', { ip: '203.0.113.0/30', alias: 'a', ports: ['28000-28003'] }],
  ['POST /servers', serverBody()],
  [
    'POST /servers',
    serverBody({
      allocation: undefined,
      deploy: { locations: [2], dedicated_ip: false, port_range: ['27000-27005'] },
    }),
  ],
  ['PATCH /servers/4/details', { name: 'n', user: 2, external_id: 'e', description: 'd' }],
  ['PATCH /servers/4/build', {
    allocation: 1,
    limits,
    feature_limits,
    oom_disabled: true,
    add_allocations: [2, 3],
    remove_allocations: [1],
  }],
  ['PATCH /servers/4/build', { allocation: 1, ...limits, feature_limits }],
  ['PATCH /servers/4/startup', {
    startup: 's',
    egg: 1,
    image: 'i',
    skip_scripts: false,
    environment: { JAR_NAME: 'a', GAME_VERSION: 'b', LICENCE: '' },
  }],
  ['POST /servers/4/databases', { database: 'a', remote: '%', host: 1 }],
]

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      undefined,
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e21,
      '1e999',
      '',
      ' ',
      '0',
      '-1',
      '1e3',
      'abc',
      [],
      {},
    ],
    ...[
      [[]],
      [null],
      { 0: 'a' },
      { __proto__: null, constructor: 1 },
      'x'.repeat(300),
      '9'.repeat(30),
    ],
    ...['::', '1.2.3.4/33', '1-2', '28000-', '%', '\\', '\u0000', '😀', '__proto__'],
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

test('no input, however odd, breaks the panel in a way of its own or spoils its tables', async () => {
  const broken = vi.spyOn(console, 'error').mockImplementation(() => {})
  const spoiled = fc.constantFrom(...calls).chain(([line, body = {}]) => {
    const fields = Object.keys(body)
    const changes = fc.array(fc.tuple(fc.constantFrom(...fields), odd), { maxLength: 3 })
    return fc.tuple(fc.constant(line), fc.constant(body), changes, fc.option(odd))
  })
  const property = fc.asyncProperty(spoiled, async ([line, body, changes, inner]) => {
    const { call, store } = openCalls()
    const changed = Object.fromEntries([...Object.entries(body), ...changes])
    const { status, errors } = isWrite(line)
      ? await call(line, spoilOne(changed, inner))
      : await call(`${line}?${query(changed)}`)
    const isTooLarge = errors[0] === 'QueryException' && isWrite(line)
    expect(status < 500 || isTooLarge, `${line} ${status} ${errors}`).toBe(true)
    expect(broken.mock.calls).toEqual([])
    new PanelStore().load(JSON.parse(JSON.stringify(store.snapshot())))
  })
  await fc.assert(property, { numRuns: 1500, seed: 20261125 })
  broken.mockRestore()
})

test('no query, however odd, breaks a list', async () => {
  const { call, emulator } = openCalls()
  emulator.settings.requestsPerMinute.application = Infinity
  const broken = vi.spyOn(console, 'error').mockImplementation(() => {})
  const lists = ['/users', '/servers', '/nodes', '/nodes/1/allocations', '/nests', '/nests/1/eggs']
  const name = fc.constantFrom(
    'filter',
    'filter[name]',
    'filter[ip]',
    'filter[constructor]',
    'sort',
  )
  const more = fc.constantFrom(
    'page',
    'include',
    'include[]',
    'filter[][]',
    'filter[a',
    '__proto__',
  )
  const value = fc.constantFrom(
    ...['constructor', '-__proto__', 'a,b', '%', '\\', '[', '*', '(', 'servers.user.servers', ':x'],
    ...['transfer', 'location,allocations.server', 'NaN', '1e999', '\u0000', '%F0%9F', '99999999'],
  )
  const pair = fc.tuple(fc.oneof(name, more), value)
  const property = fc.asyncProperty(
    fc.constantFrom(...lists),
    fc.array(pair, { maxLength: 4 }),
    async (list, pairs) => {
      const { status, errors } = await call(`GET ${list}?${new URLSearchParams(pairs)}`)
      const transfer = status === 500 && errors[0] === 'TypeError' &&
        pairs.flat().includes('transfer')
      expect(transfer || status < 500, `${errors}`).toBe(true)
      expect(broken.mock.calls).toEqual([])
    },
  )
  await fc.assert(property, { numRuns: 1500, seed: 20261125 })
  broken.mockRestore()
})

function isWrite(line: string): boolean {
  return !line.startsWith('GET')
}

function nodeBody() {
  return {
    name: 'n',
    description: 'd',
    location_id: 1,
    public: true,
    fqdn: 'f',
    scheme: 'https',
    behind_proxy: false,
    maintenance_mode: false,
    memory: 1,
    memory_overallocate: 0,
    disk: 1,
    disk_overallocate: 0,
    upload_size: 1,
    daemon_base: '/a',
    daemon_sftp: 1,
    daemon_listen: 1,
  }
}

function query(fields: Record<string, unknown>): string {
  return new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value) ?? '',
    ]),
  ).toString()
}

/** Spoils one value inside of the first map among the fields, unless there is nothing to spoil it with. */
function spoilOne(body: Record<string, unknown>, value: unknown): Record<string, unknown> {
  if (value === null) return body
  const inner = Object.entries(body).find(([, field]) => isMap(field))
  if (!inner) return body
  const [name, map] = inner
  const first = Object.keys(Object(map))[0] ?? 'x'
  return { ...body, [name]: { ...Object(map), [first]: value } }
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
