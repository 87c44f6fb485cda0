import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Client } from './support/client.ts'
import { type Shop, startShop } from './support/shop.ts'

let shop: Shop
let visitor: Client
beforeAll(async () => {
  shop = await startShop({
    catalogue({ plans }) {
      const plan = plans.find((plan) => plan.id === 'garrys-mod-6gb')
      // More than the egg takes: its 128 stands.
      if (plan) plan.optionChanges.MAX_PLAYERS = { max: 500 }
    },
  })
  visitor = shop.client()
})
afterAll(() => shop.stop())

beforeEach(async () => {
  await shop.db.run('UPDATE panel_nodes SET memory_mib_held = 0')
  await shop.db.run('UPDATE plans SET refused_reason = NULL')
})

async function refuse(planId: string): Promise<void> {
  await shop.db.run("UPDATE plans SET refused_reason = 'egg is gone' WHERE id = ?", [planId])
}

test('GET /api/plans shows what is sold, to anyone', async () => {
  const { status, body } = await visitor.get('/api/plans')
  expect(status).toBe(200)
  expect(body.currencies).toEqual(['eur', 'usd'])
  expect(body.games.map((game: { id: string }) => game.id))
    .toEqual(['minecraft', 'rust', 'garrys-mod', 'teamspeak'])
  const ids = body.plans.map((plan: { id: string }) => plan.id)
  expect(ids.slice(0, 3))
    .toEqual(['minecraft-paper-2gb', 'minecraft-paper-4gb', 'minecraft-paper-8gb'])
})

test('GET /api/plans/:id shows one plan, and nothing of how it is set up', async () => {
  const { status, body } = await visitor.get('/api/plans/minecraft-paper-4gb')
  expect(status).toBe(200)
  expect(body).toEqual({
    id: 'minecraft-paper-4gb',
    gameId: 'minecraft',
    name: 'Paper 4 GB',
    summary: expect.any(String),
    limits: { memoryMib: 4096, diskMib: 20480, cpuPercent: 200 },
    featureLimits: { databases: 1, backups: 2, allocations: 0 },
    prices: [
      { term: 'monthly', currency: 'eur', unitAmount: 849 },
      { term: 'quarterly', currency: 'eur', unitAmount: 2419 },
      { term: 'yearly', currency: 'eur', unitAmount: 8549 },
      { term: 'monthly', currency: 'usd', unitAmount: 949 },
      { term: 'quarterly', currency: 'usd', unitAmount: 2699 },
      { term: 'yearly', currency: 'usd', unitAmount: 9559 },
    ],
    regions: ['frankfurt', 'new-york', 'singapore'].map((id) => ({ id, available: true })),
    options: [
      {
        variable: 'MINECRAFT_VERSION',
        label: 'Minecraft version',
        help: expect.any(String),
        kind: 'text',
        required: true,
        default: 'latest',
        maxLength: 20,
        pattern: expect.any(String),
      },
      expect.objectContaining({ variable: 'BUILD_NUMBER', default: 'latest' }),
    ],
  })
})

test('an option shows the tighter of the rules of plan and egg', async () => {
  const optionsOf = async (id: string) => (await visitor.get(`/api/plans/${id}`)).body.options
  expect(await optionsOf('garrys-mod-6gb')).toContainEqual(
    expect.objectContaining({ variable: 'MAX_PLAYERS', kind: 'number', min: 1, max: 128 }),
  )
  expect(await optionsOf('rust-8gb')).toContainEqual(
    expect.objectContaining({ variable: 'RCON_PASS', required: true, default: '', maxLength: 64 }),
  )
  expect(await optionsOf('minecraft-forge-4gb')).toContainEqual(
    expect.objectContaining({
      variable: 'BUILD_TYPE',
      required: true,
      values: ['recommended', 'latest'],
    }),
  )
})

test('GET /api/regions names where servers stand', async () => {
  const { status, body } = await visitor.get('/api/regions')
  expect(status).toBe(200)
  expect(body).toEqual({
    regions: [
      { id: 'frankfurt', name: 'Frankfurt', country: 'DE', available: true },
      { id: 'new-york', name: 'New York', country: 'US', available: true },
      { id: 'singapore', name: 'Singapore', country: 'SG', available: true },
    ],
  })
})

test('a plan that is unknown or refused is not shown', async () => {
  await refuse('rust-8gb')
  for (const id of ['nope', 'rust-8gb']) {
    const { status, headers, body } = await visitor.get(`/api/plans/${id}`)
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toMatchObject({ type: '/problems/not-found', requestId: expect.any(String) })
  }
  const ids = (await visitor.get('/api/plans')).body.plans.map((plan: { id: string }) => plan.id)
  expect(ids).not.toContain('rust-8gb')
  expect(ids).toContain('rust-12gb')
})

test('a game none of whose plans is sold is not shown', async () => {
  await refuse('teamspeak-512mb')
  const { body } = await visitor.get('/api/plans')
  expect(body.games.map((game: { id: string }) => game.id)).not.toContain('teamspeak')
})

test('a region without room is shown as full, for the plans that do not fit', async () => {
  await shop.db.run(
    `UPDATE panel_nodes SET memory_mib_held = memory_mib_limit - 3000
      WHERE region_id = 'frankfurt'`,
  )
  const frankfurt = async (id: string) => (await visitor.get(`/api/plans/${id}`)).body.regions[0]
  expect(await frankfurt('minecraft-paper-4gb')).toEqual({ id: 'frankfurt', available: false })
  expect(await frankfurt('minecraft-paper-2gb')).toEqual({ id: 'frankfurt', available: true })
})

test.each(['/api/plans', '/api/plans/minecraft-paper-4gb', '/api/regions'])(
  'GET %s is revalidated by its content',
  async (path) => {
    const first = await visitor.get(path)
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[0-9a-f]+"$/)
    expect(first.headers.get('cache-control')).toBe('public, max-age=15')

    const again = await visitor.get(path, { 'if-none-match': `"other", W/${tag}` })
    expect(again.status).toBe(304)
    expect(again.body).toBe('')
    expect(again.headers.get('etag')).toBe(tag)
    expect(again.headers.get('cache-control')).toBe('public, max-age=15')
    expect(again.headers.get('x-request-id')).toMatch(/^req_/)
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
  },
)

test('the ETag changes with room, so that a full region is not hidden by a cache', async () => {
  const first = await visitor.get('/api/plans')
  await shop.db.run('UPDATE panel_nodes SET memory_mib_held = memory_mib_limit')
  const tag = first.headers.get('etag') ?? ''
  const { status, body } = await visitor.get('/api/plans', { 'if-none-match': tag })
  expect(status).toBe(200)
  expect(body.plans[0].regions[0].available).toBe(false)
})
