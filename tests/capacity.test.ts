import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { holdCapacity, releaseCapacity } from '../api/checkout/capacity.ts'
import type { Client } from './support/client.ts'
import { withholdWebhooks } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(() => assertInvariants(shop))

afterAll(() => shop.stop())

/** Leaves each node of a region room for `places` servers of the plan that is bought. */
async function leaveRoom(
  regionId: string,
  places: number,
  what: 'memory_mib' | 'disk_mib' | 'cpu_percent' | 'ports' = 'memory_mib',
): Promise<void> {
  const size = { memory_mib: 4096, disk_mib: 20_480, cpu_percent: 200, ports: 1 }[what]
  const nodes = await shop.db.query<{ id: number }>(
    'SELECT id FROM panel_nodes WHERE region_id = ? AND sellable = 1 ORDER BY id',
    [regionId],
  )
  for (const [index, node] of nodes.entries()) {
    await shop.db.run(
      `UPDATE panel_nodes SET ${what}_foreign = ${what}_limit - ${what}_held - ? WHERE id = ?`,
      [index === 0 ? size * places : 0, node.id],
    )
  }
}

async function freeRegion(regionId: string): Promise<void> {
  await shop.db.run(
    `UPDATE panel_nodes SET memory_mib_foreign = 0, disk_mib_foreign = 0, cpu_percent_foreign = 0,
       ports_foreign = 0 WHERE region_id = ?`,
    [regionId],
  )
}

function order(client: Client) {
  return client.post('/api/checkout/sessions', PURCHASE, { 'idempotency-key': crypto.randomUUID() })
}

test('two buyers and room for one: the second is told where there is room, and has no session', async () => {
  await leaveRoom(PURCHASE.region, 1)
  const buyers = await Promise.all([shop.customer(), shop.customer()])
  const sessions: string[] = []
  shop.intercept.stripe = (request, next) => {
    if (request.method === 'POST' && request.url.endsWith('/checkout/sessions')) {
      sessions.push(request.url)
    }
    return next(request)
  }
  const answers = await Promise.all(buyers.map((buyer) => order(buyer)))
  shop.intercept.stripe = undefined
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409])
  const refused = answers.find((answer) => answer.status === 409)
  expect(refused?.body).toMatchObject({
    type: '/problems/region-full',
    regionsWithRoom: expect.arrayContaining(['new-york', 'singapore']),
    detail: expect.stringContaining('New York'),
  })
  expect(refused?.body.regionsWithRoom).not.toContain(PURCHASE.region)
  expect(sessions).toHaveLength(1)
  await freeRegion(PURCHASE.region)
})

test('twenty buyers and room for three: three orders, never four', async () => {
  await leaveRoom(PURCHASE.region, 3)
  const buyers = await Promise.all(Array.from({ length: 20 }, () => shop.customer()))
  const answers = await Promise.all(buyers.map((buyer) => order(buyer)))
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(3)
  await freeRegion(PURCHASE.region)
})

test.each(['memory_mib', 'disk_mib', 'cpu_percent', 'ports'] as const)(
  'a node without %s left is full',
  async (what) => {
    await leaveRoom(PURCHASE.region, 0, what)
    expect((await order(await shop.customer())).status).toBe(409)
    const { body } = await shop.client().get(`/api/plans/${PURCHASE.planId}`)
    expect(body.regions).toContainEqual({ id: PURCHASE.region, available: false })
    await freeRegion(PURCHASE.region)
  },
)

test('nodes in maintenance get no order', async () => {
  const nodes = await shop.deps.panel.listNodes()
  const resting = nodes.filter((node) => node.maintenance).map((node) => node.id)
  expect(resting.length).toBeGreaterThan(0)
  const rows = await shop.db.query<{ id: number; sellable: number }>(
    'SELECT id, sellable FROM panel_nodes',
  )
  for (const row of rows) if (resting.includes(row.id)) expect(row.sellable).toBe(0)
})

test('a hold ends once: releasing twice gives the room back once', async () => {
  const need = { memoryMib: 1000, diskMib: 1000, cpuPercent: 10, ports: 1 }
  const orderId = shop.deps.newId('order')
  const nodeId = await shop.db.transaction((tx) =>
    holdCapacity(tx, { orderId, regionId: PURCHASE.region, need })
  )
  expect(nodeId).toEqual(expect.any(Number))
  const releases = await Promise.all(
    Array.from({ length: 5 }, () => shop.db.transaction((tx) => releaseCapacity(tx, orderId))),
  )
  expect(releases.filter(Boolean)).toHaveLength(1)
})

test('a canceled order gives its place back, and its session cannot be paid any more', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  const canceled = await customer.post(`/api/orders/${orderId}/cancel`)
  expect(canceled.body.order.status).toBe('canceled')
  expect((await shop.deps.payments.getCheckoutSession(sessionId))?.status).toBe('expired')
  const [hold] = await shop.db.query<{ releasedAt: Date | null }>(
    'SELECT released_at AS releasedAt FROM capacity_holds WHERE order_id = ?',
    [orderId],
  )
  expect(hold?.releasedAt).not.toBeNull()
  await shop.drain()
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('canceled')
  expect((await customer.post(`/api/orders/${orderId}/cancel`)).status).toBe(200)
})

test('an order that was paid meanwhile is not canceled: it is delivered', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  const answer = await customer.post(`/api/orders/${orderId}/cancel`)
  expect(answer.status).toBe(409)
  expect(answer.body.type).toBe('/problems/order-not-open')
  withheld.cancel()
  await shop.pass(10_000)
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('provisioned')
})

test('a paid order whose region filled up waits for room, says so, and is delivered when there is', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.db.transaction((tx) => releaseCapacity(tx, orderId))
  await leaveRoom(PURCHASE.region, 0)
  await shop.pass(60_000)
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.order).toMatchObject({ status: 'provisioning', waitingFor: 'room' })
  expect(body.order.refundAt).toEqual(expect.any(String))
  expect(body.timeline.at(-1)).toMatchObject({
    kind: 'order.waiting_for_room',
    nextAt: expect.any(String),
  })
  await freeRegion(PURCHASE.region)
  await shop.pass(10 * 60_000, async () => {
    const { body } = await customer.get(`/api/orders/${orderId}`)
    return body.order.status === 'provisioned'
  })
  expect((await customer.get(`/api/orders/${orderId}`)).body.order).toMatchObject({
    status: 'provisioned',
    waitingFor: null,
  })
})

test('a node that went into maintenance after the order was placed gets no server', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer, { region: 'new-york' })
  const before = await nodeOf(orderId)
  shop.panel.setMaintenance(before, true)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(10_000)
  const waiting = (await customer.get(`/api/orders/${orderId}`)).body
  expect(waiting.order.waitingFor).toBe('room')
  expect(waiting.timeline.at(-1).text).toContain('New York')
  expect(await nodeOf(orderId)).toBe(before)
  shop.panel.setMaintenance(before, false)
  await shop.pass(10 * 60_000, async () => await statusOf(orderId) === 'provisioned')
  expect(await statusOf(orderId)).toBe('provisioned')
})

test('a node without a free port gives the order to another node of the region', async () => {
  const region = 'frankfurt'
  await shop.db.run('UPDATE panel_nodes SET sellable = 1 WHERE region_id = ?', [region])
  for (const node of shop.panel.store.nodes.rows) node.maintenance = false
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer, { region })
  const before = await nodeOf(orderId)
  shop.intercept.panel = async (request, next) => {
    const { pathname, searchParams } = new URL(request.url)
    const isFull = pathname.endsWith(`/nodes/${before}/allocations`) && searchParams.size > 0
    if (!isFull) return await next(request)
    const none = { total: 0, count: 0, per_page: 200, current_page: 1, total_pages: 1, links: {} }
    return Response.json({ object: 'list', data: [], meta: { pagination: none } })
  }
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(20_000, async () => await statusOf(orderId) === 'provisioned')
  shop.intercept.panel = undefined
  expect(await statusOf(orderId)).toBe('provisioned')
  expect(await nodeOf(orderId)).not.toBe(before)
})

test.each(['é', 'ord_1', '1 OR 1=1', '%00', '..%2f..', 'ord_' + '0'.repeat(26), 'x'.repeat(3000)])(
  'an id that is none of ours, %j, is 404 everywhere',
  async (id) => {
    const customer = await shop.customer()
    for (const path of ['/api/orders', '/api/servers', '/api/plans']) {
      expect((await customer.get(`${path}/${encodeURIComponent(id)}`)).status).toBe(404)
    }
    expect((await customer.post(`/api/orders/${encodeURIComponent(id)}/cancel`)).status).toBe(404)
  },
)

async function nodeOf(orderId: string): Promise<number> {
  const [row] = await shop.db.query<{ nodeId: number }>(
    'SELECT node_id AS nodeId FROM capacity_holds WHERE order_id = ? AND released_at IS NULL',
    [orderId],
  )
  return row?.nodeId ?? 0
}

async function statusOf(orderId: string): Promise<string | undefined> {
  const [row] = await shop.db.query<{ status: string }>('SELECT status FROM orders WHERE id = ?', [
    orderId,
  ])
  return row?.status
}

test('another user’s order and server are simply not there', async () => {
  const owner = await shop.customer()
  const { orderId } = await placeOrder(owner)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(10_000)
  const { body } = await owner.get('/api/servers')
  const serverId = body.servers[0].id
  const stranger = await shop.customer()
  for (const path of [`/api/orders/${orderId}`, `/api/servers/${serverId}`]) {
    expect((await stranger.get(path)).status).toBe(404)
    expect((await shop.client().get(path)).status).toBe(401)
  }
  for (const action of ['cancel', 'sync']) {
    expect((await stranger.post(`/api/orders/${orderId}/${action}`)).status).toBe(404)
    expect((await shop.client().post(`/api/orders/${orderId}/${action}`)).status).toBe(401)
  }
  expect((await stranger.get('/api/orders')).body.orders).toEqual([])
  expect((await stranger.get('/api/servers')).body.servers).toEqual([])
})
