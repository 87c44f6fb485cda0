import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { holdCapacity, releaseCapacity } from '../api/checkout/capacity.ts'
import type { Client } from './support/client.ts'
import { STRIPE_KEY } from './support/environment.ts'
import { failNext, panelAway, withholdWebhooks } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

const HOUR_MS = 3_600_000
const LEASE_MS = 45_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(async () => {
  shop.intercept.stripe = undefined
  shop.intercept.panel = undefined
  shop.faults.clear()
  await assertInvariants(shop)
})

afterAll(() => shop.stop())

interface State {
  order: string
  server: string
  serverId: string
  ptero: number | null
}

async function stateOf(orderId: string): Promise<State | undefined> {
  const [row] = await shop.db.query<State>(
    `SELECT o.status AS \`order\`, s.status AS server, s.id AS serverId,
       s.ptero_server_id AS ptero FROM orders o LEFT JOIN servers s ON s.order_id = o.id
      WHERE o.id = ?`,
    [orderId],
  )
  return row
}

async function paidOrder(): Promise<{ customer: Client; orderId: string; sessionId: string }> {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  return { customer, orderId, sessionId }
}

async function later(ms: number): Promise<void> {
  shop.clock.advance(ms)
  await shop.sweep()
  await shop.drain()
}

function post(customer: Client, changes: Record<string, unknown> = {}) {
  return customer.post('/api/checkout/sessions', { ...PURCHASE, ...changes }, {
    'idempotency-key': crypto.randomUUID(),
  })
}

function atPanel(serverId: string) {
  return shop.panel.store.servers.rows.filter((server) => server.externalId?.endsWith(serverId))
}

test('an installation that a buyer makes fail again and again never opens a server for free', async () => {
  failNext(shop, 'install-fails')
  const { orderId } = await paidOrder()
  await shop.pass(30_000, async () => (await stateOf(orderId))?.server === 'install_failed')
  const { serverId = '' } = await stateOf(orderId) ?? {}
  failNext(shop, 'install-fails')
  await shop.pass(3 * 60_000)
  // The panel lets the owner of a server use it after a failed *re*install.
  expect(atPanel(serverId).map((server) => server.status)).toEqual(['install_failed'])
  await shop.pass(10 * 60_000, async () => (await stateOf(orderId))?.server === 'active')
  expect(await stateOf(orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
})

test('an order canceled while Stripe is opening its session cannot be paid any more', async () => {
  const customer = await shop.customer()
  let orderId = ''
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    const isCreate = request.method === 'POST' && request.url.endsWith('/v1/checkout/sessions')
    if (!isCreate) return answer
    shop.intercept.stripe = undefined
    orderId = (await customer.get('/api/orders')).body.orders[0].id
    await customer.post(`/api/orders/${orderId}/cancel`)
    return answer
  }
  const placed = await post(customer)
  expect(placed.body.type).toBe('/problems/order-not-open')
  const session = await shop.deps.payments.getCheckoutSession(await sessionOf(shop.db, orderId))
  expect(session?.status).toBe('expired')
})

test('unpaid orders are counted while the bank has them, and for requests at once', async () => {
  const patient = await shop.customer()
  let placed = 0
  for (; placed < 9; placed++) {
    const answer = await post(patient)
    if (answer.status !== 201) break
    const sessionId = await sessionOf(shop.db, answer.body.orderId)
    await shop.stripe.pay(sessionId, { delayed: 'processing' })
    await shop.drain()
  }
  expect(placed).toBe(5)
  const hasty = await shop.customer()
  const answers = await Promise.all(Array.from({ length: 12 }, () => post(hasty)))
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(5)
})

test('nobody is told of a refund that Stripe did not make', async () => {
  panelAway(shop)
  const { customer, orderId } = await paidOrder()
  await shop.drain()
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    if (!request.url.includes('/v1/refunds')) return answer
    const body = await answer.json()
    for (const refund of body.data ?? [body]) refund.status = 'failed'
    return Response.json(body, { status: answer.status })
  }
  await later(25 * HOUR_MS)
  expect((await stateOf(orderId))?.order).toBe('provisioning')
  await customer.post('/api/auth/refresh')
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.timeline.at(-1).kind).toBe('order.refund_failed')
  const mails = await shop.db.query(
    "SELECT id FROM outbox WHERE cause_id = ? AND template = 'order_refunded'",
    [orderId],
  )
  expect(mails).toEqual([])
  shop.intercept.stripe = undefined
  await later(HOUR_MS)
  expect((await stateOf(orderId))?.order).toBe('refunded')
})

test('a payment whose intent Stripe named too late is refunded all the same', async () => {
  panelAway(shop)
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    if (request.method !== 'GET' || !request.url.includes('/v1/checkout/sessions/')) return answer
    const body = await answer.json()
    if (body.invoice?.payments) body.invoice.payments.data = []
    return Response.json(body, { status: answer.status })
  }
  const { orderId } = await paidOrder()
  await shop.drain()
  shop.intercept.stripe = undefined
  await later(25 * HOUR_MS)
  expect((await stateOf(orderId))?.order).toBe('refunded')
  const answer = await fetch(`${shop.deps.config.STRIPE_API_URL}/v1/refunds?limit=100`, {
    headers: { authorization: `Bearer ${STRIPE_KEY}` },
  })
  const { data } = await answer.json()
  expect(
    data.filter((refund: { metadata: { order_id: string } }) =>
      refund.metadata.order_id === orderId
    ),
  ).toHaveLength(1)
})

test('a create that reaches the panel long after the refund is undone', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  withholdWebhooks(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await customer.post(`/api/orders/${orderId}/sync`)
  shop.intercept.panel = async (request, next) => {
    const isCreate = request.method === 'POST' && request.url.includes('/application/servers')
    if (!isCreate) return await next(request)
    shop.intercept.panel = undefined
    await shop.db.run('UPDATE orders SET refund_at = {now} WHERE id = ?', [orderId])
    await shop.db.run('UPDATE jobs SET run_at = {now} WHERE topic = ?', [`order.refund:${orderId}`])
    await shop.drain()
    await later(210_000)
    await later(60_000)
    return await next(request)
  }
  await shop.drain()
  await later(HOUR_MS)
  const state = await stateOf(orderId)
  expect(state).toMatchObject({ order: 'refunded', server: 'deleted' })
  expect(atPanel(state?.serverId ?? '?')).toEqual([])
})

test('a worker that slept through its lease cannot undo what another has delivered', async () => {
  const { customer, orderId } = await paidOrder()
  shop.intercept.panel = async (request, next) => {
    const isLook = request.method === 'GET' && request.url.includes('/servers/external/')
    if (!isLook || (await stateOf(orderId))?.server !== 'installing') return await next(request)
    shop.intercept.panel = undefined
    shop.clock.advance(LEASE_MS + 1000)
    await shop.drain()
    const detail = 'The requested resource could not be found on the server.'
    const errors = [{ code: 'NotFoundHttpException', status: '404', detail }]
    return Response.json({ errors }, { status: 404 })
  }
  await shop.pass(10_000)
  expect(await stateOf(orderId)).toMatchObject({ server: 'active', ptero: expect.any(Number) })
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.timeline.map((entry: { kind: string }) => entry.kind)).not.toContain('server.gone')
})

test('workers that hold for one order at the same moment hold once', async () => {
  const need = { memoryMib: 1000, diskMib: 1000, cpuPercent: 10, ports: 1 }
  for (let round = 0; round < 5; round++) {
    const orderId = shop.deps.newId('order')
    const hold = { orderId, regionId: PURCHASE.region, need }
    await shop.db.transaction((tx) => holdCapacity(tx, hold))
    await shop.db.transaction((tx) => releaseCapacity(tx, orderId))
    const workers = Array.from({ length: 3 }, () =>
      shop.db.transaction(async (tx) => {
        await releaseCapacity(tx, orderId)
        return await holdCapacity(tx, hold)
      }))
    await Promise.allSettled(workers)
    await shop.db.transaction((tx) => releaseCapacity(tx, orderId))
  }
  // assertInvariants() holds the ledger against the holds.
})

test('waiting uses up no attempt: an error after thirty looks does not end a job', async () => {
  shop.panel.setInstallMs(5 * 60_000)
  const { orderId } = await paidOrder()
  await shop.pass(3 * 60_000)
  const look = shop.deps.panel.findServer
  shop.deps.panel.findServer = () => Promise.reject(new TypeError('one hiccup'))
  await shop.pass(20_000)
  shop.deps.panel.findServer = look
  shop.panel.setInstallMs(3000)
  const jobs = await shop.db.query("SELECT name FROM jobs WHERE status = 'dead'")
  expect(jobs).toEqual([])
  await shop.pass(10 * 60_000, async () => (await stateOf(orderId))?.server === 'active')
  expect((await stateOf(orderId))?.server).toBe('active')
})

test('an hour of a dead panel is a few rows of the timeline, the last of them true', async () => {
  panelAway(shop)
  const { customer, orderId } = await paidOrder()
  await shop.pass(HOUR_MS / 4)
  await customer.post('/api/auth/refresh')
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.timeline.length).toBeLessThan(8)
  expect(Date.parse(body.timeline.at(-1).nextAt)).toBeGreaterThan(shop.clock.now().getTime() - 5000)
})

test('two hundred orders asked for at once leave the shop open for others', async () => {
  const hoarder = await shop.customer()
  const { orderId } = await placeOrder(hoarder)
  await hoarder.post(`/api/orders/${orderId}/cancel`)
  for (let i = 0; i < 200; i++) {
    await shop.db.run(
      `INSERT INTO orders (id, user_id, status, plan_id, game_id, region_id, node_id, server_name,
         term, currency, unit_amount, stripe_price_id, bought, created_at, expires_at)
       SELECT ?, user_id, status, plan_id, game_id, region_id, node_id, server_name, term, currency,
         unit_amount, stripe_price_id, bought, created_at, expires_at FROM orders WHERE id = ?`,
      [shop.deps.newId('order'), orderId],
    )
  }
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, () => hoarder.get('/api/orders')),
    ...Array.from({ length: 40 }, () => shop.client().get('/api/plans')),
  ])
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200))
})

test('text that is no Unicode is refused before it is sold', async () => {
  const customer = await shop.customer()
  const options = '{"HOSTNAME":"My server \\ud800","RCON_PASS":"abcdefgh12"}'
  const body = JSON.stringify({ ...PURCHASE, planId: 'rust-8gb' }).replace(
    '"options":{}',
    `"options":${options}`,
  )
  const answer = await customer.post('/api/checkout/sessions', body, {
    'idempotency-key': crypto.randomUUID(),
  })
  expect(answer.status).toBe(422)
  expect(answer.body.errors[0].pointer).toBe('#/options/HOSTNAME')
})
