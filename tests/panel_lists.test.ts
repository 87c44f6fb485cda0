import { expect, test } from 'vitest'
import { openCalls } from './fixtures/panel/calls.ts'
import { SERVERS_KEY } from './fixtures/panel/world.ts'

test.each([
  ['email', 'olt@mail', ['mira.holt']],
  ['email', 'OLT@MAIL', ['mira.holt']],
  ['email', 'm_ra', ['mira.holt']],
  ['email', 'm\\_ra', []],
  ['email', 'm%test', ['mira.holt']],
  ['email', 'nobody,mira', ['mira.holt']],
  ['email', 'nobody,', []],
  ['email', ',', ['billing-bot', 'mira.holt']],
  ['email', '', ['billing-bot', 'mira.holt']],
  ['email', '  ', ['billing-bot', 'mira.holt']],
  ['username', 'MÍRA', ['mira.holt']],
  ['external_id', '%', ['mira.holt']],
  ['external_id', 'true', ['mira.holt']],
  ['external_id', 'false', ['billing-bot', 'mira.holt']],
  ['email', '.*', []],
])('users filtered by %s %j', async (name, value, expected) => {
  const { call } = openCalls()
  const { rows } = await call(`GET /users?filter[${name}]=${encodeURIComponent(value)}`)
  expect(rows.map((row) => row.username)).toEqual(expected)
})

test('filters all have to hold, are read from lists too, and are refused by name', async () => {
  const { call } = openCalls()
  const names = async (query: string) =>
    (await call(`GET /users?${query}`)).rows.map((row) => row.username)
  expect(await names('filter[email]=mail&filter[username]=billing')).toEqual([])
  expect(await names('filter[email][]=mira&filter[email][]=ops')).toEqual([
    'billing-bot',
    'mira.holt',
  ])
  expect(await names('filter=mira')).toEqual(['billing-bot', 'mira.holt'])
  const refused = await call('GET /users?filter[name]=a&filter[id]=1')
  expect(refused.details).toEqual([
    'Requested filter(s) `name, id` are not allowed. ' +
    'Allowed filter(s) are `email, uuid, username, external_id`.',
  ])
})

test.each([
  ['filter[ip]=198.51.100.20', 9],
  ['filter[ip]=198.51.100.2', 0],
  ['filter[ip]=', 9],
  ['filter[port]=27001,27003', 2],
  ['filter[port]=2700', 0],
  ['filter[ip_alias]=PLAY1', 9],
  ['filter[server_id]=4', 1],
  ['filter[server_id]=99', 0],
  ['filter[server_id]=0', 8],
  ['filter[server_id]=none', 8],
  ['filter[server_id]=4&filter[port]=27001', 0],
])('the ports of a node by %s: %i', async (query, count) => {
  const { call } = openCalls()
  expect((await call(`GET /nodes/1/allocations?${query}`)).rows).toHaveLength(count)
})

test('a list is sorted by several columns, each in its direction', async () => {
  const { call, store } = openCalls()
  store.nodes.insert((id) => ({ ...store.nodes.get(2), id, disk: 1 }))
  const ids = async (sort: string) =>
    (await call(`GET /nodes?sort=${sort}`)).rows.map((row) => row.id)
  expect(await ids('memory')).toEqual([2, 3, 1])
  expect(await ids('memory,-id')).toEqual([3, 2, 1])
  expect(await ids('-memory,disk')).toEqual([1, 3, 2])
  expect(await ids('')).toEqual([1, 2, 3])
  expect((await call('GET /nodes?sort=-name,id,fqdn')).details).toEqual([
    'Requested sort(s) `name, fqdn` is not allowed. Allowed sort(s) are `id, uuid, memory, disk`.',
  ])
})

test.each([
  ['', 50, 1, 9],
  ['per_page=', 50, 1, 9],
  ['per_page=0', 15, 1, 9],
  ['per_page=5000', 5000, 1, 9],
  ['per_page=4&page=3', 4, 3, 1],
  ['per_page=4&page=9', 4, 9, 0],
  ['per_page=4&page=0', 4, 1, 4],
  ['per_page=4&page=-2', 4, 1, 4],
  ['per_page=4&page=x', 4, 1, 4],
])('a page of ports by %j', async (query, perPage, page, count) => {
  const { call } = openCalls()
  const { pagination, rows } = await call(`GET /nodes/1/allocations?${query}`)
  expect(pagination).toMatchObject({ per_page: perPage, current_page: page, count, total: 9 })
  expect(rows).toHaveLength(count)
})

test('the links of a page keep nothing but the page', async () => {
  const { call } = openCalls()
  const { pagination } = await call(
    'GET /nodes/1/allocations?per_page=3&page=2&include=node&filter[ip_alias]=play',
  )
  const url = 'https://panel.hostco.test/api/application/nodes/1/allocations'
  expect(pagination.links).toEqual({ previous: `${url}?page=1`, next: `${url}?page=3` })
})

test.each([['abc', 'TypeError'], ['-1', 'QueryException']])(
  'per_page=%s breaks the panel',
  async (perPage, code) => {
    const { call } = openCalls()
    const { status, errors } = await call(`GET /servers?per_page=${perPage}`)
    expect([status, ...errors]).toEqual([500, code])
  },
)

test('things are included two steps deep and no deeper, and unknown ones are ignored', async () => {
  const { call } = openCalls()
  const { body } = await call(
    'GET /users/2?include=servers.allocations.node,servers.nothing,nothing,servers.egg:limit(1)',
  )
  const shape = { object: 'list', data: [{ attributes: { port: 27000 } }] }
  expect(body).toMatchObject({
    attributes: {
      relationships: {
        servers: {
          data: [{ attributes: { relationships: { allocations: shape, egg: { object: 'egg' } } } }],
        },
      },
    },
  })
  expect(JSON.stringify(body)).not.toContain('"object":"node"')
  const listed = await call('GET /locations?include[]=servers&include[]=nodes.allocations')
  expect(listed.rows[1]?.relationships).toMatchObject({
    servers: { data: [] },
    nodes: { data: [{ attributes: { relationships: { allocations: { object: 'list' } } } }] },
  })
})

test('a key sees only the included things that it may read', async () => {
  const { call, store } = openCalls()
  store.keys.get(2).permissions = { servers: 1, nodes: 1 }
  const { row } = await call(
    'GET /servers/4?include=allocations,user,node.allocations,node.servers,variables,databases',
    undefined,
    { key: SERVERS_KEY },
  )
  const nothing = { object: 'null_resource', attributes: null }
  expect(row.relationships).toMatchObject({
    allocations: nothing,
    user: nothing,
    databases: nothing,
    variables: { object: 'list' },
    node: { attributes: { relationships: { allocations: nothing, servers: { object: 'list' } } } },
  })
})

test('an external id is found whatever its case, its accents and the spaces behind it', async () => {
  const { call, store } = openCalls()
  store.users.get(2).externalId = 'Müller-1'
  expect((await call('GET /users/external/M%C3%9CLLER-1')).row.id).toBe(2)
  expect((await call('GET /users/external/muller-1%20%20')).row.id).toBe(2)
  expect((await call('GET /users/external/%20muller-1')).status).toBe(404)
  const slash = await call('GET /users/external/muller%2F1')
  expect(slash.details).toEqual([
    'The route api/application/users/external/muller/1 could not be found.',
  ])
  expect(slash.headers.get('X-RateLimit-Limit')).toBe(null)
})

test.each([['2', 200], ['2abc', 200], ['2.0', 200], ['abc', 404], ['2.5', 404], ['-2', 404]])(
  'user %j of a path: %i, as MySQL reads a number',
  async (id, status) => {
    const { call } = openCalls()
    expect((await call(`GET /users/${id}/`)).status).toBe(status)
  },
)

test('an egg belongs to its nest, inherits when it says so, and breaks without its files', async () => {
  const { call, store } = openCalls()
  const parent = store.eggs.get(1)
  const script = { privileged: false, install: 'other', entry: 'sh', container: 'c' }
  const child = store.eggs.insert((id) => ({
    ...parent,
    id,
    configFiles: {},
    script,
    configFrom: 1,
    scriptFrom: 1,
  }))
  store.nests.insert((id) => ({ ...store.nests.get(1), id }))
  expect((await call('GET /nests/2/eggs/1')).status).toBe(404)
  const { row } = await call(`GET /nests/1/eggs/${child.id}?include=config,script,servers`)
  expect(row).toMatchObject({
    config: { files: {}, extends: 1 },
    script: { install: 'other', extends: 1 },
    relationships: {
      config: { object: null, attributes: { files: parent.configFiles, stop: 'stop' } },
      script: { object: null, attributes: { install: parent.script.install, privileged: false } },
      servers: { data: [] },
    },
  })
  const plain = await call('GET /nests/1/eggs/1?include=config,script')
  expect(plain.row.relationships).toEqual({
    config: { object: 'null_resource', attributes: null },
    script: { object: 'null_resource', attributes: null },
  })
  child.configFiles = null
  expect((await call('GET /nests/1/eggs')).errors).toEqual(['JsonException'])
})

test('input is read from the query and from forms as PHP reads it, and a body wins', async () => {
  const { call } = openCalls()
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const made = await call('POST /locations?long=Query', 'short=+eu+&long=', { headers: form })
  expect(made.row).toMatchObject({ short: 'eu', long: null })
  const query = await call('POST /locations?short=query&long=Query', { short: 'us' })
  expect(query.row).toMatchObject({ short: 'us', long: 'Query' })
  const nested = await call(
    'GET /nodes/deployable?memory=1&disk=1&location_ids[]=2&location_ids[5]=9',
  )
  expect(nested.rows.map((row) => row.id)).toEqual([2])
  const plain = await call('GET /nodes/deployable?memory=1&disk=x&location_ids=2')
  expect(plain.errors).toEqual(['disk integer', 'location_ids array'])
})
