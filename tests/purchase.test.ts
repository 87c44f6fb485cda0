import { afterAll, beforeAll, expect, test } from 'vitest'
import { withholdWebhooks } from './support/faults.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

test('a purchase ends in one server at the panel with the right owner, limits and variables', async () => {
  const customer = await shop.customer('buyer@example.com')
  const { orderId, url } = await placeOrder(customer, {
    options: { MINECRAFT_VERSION: '1.21.1' },
  })
  expect(url).toContain('/c/pay/')

  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(10_000, () => isActive(orderId))

  const [order] = await shop.db.query<{ status: string; ptero: number }>(
    'SELECT status, ptero_server_id AS ptero FROM orders WHERE id = ?',
    [orderId],
  )
  expect(order).toEqual({ status: 'provisioned', ptero: expect.any(Number) })
  const { body } = await customer.get('/api/servers')
  expect(body.servers).toHaveLength(1)
  expect(body.servers[0]).toMatchObject({
    name: PURCHASE.serverName,
    status: 'active',
    address: expect.stringMatching(/^[a-z0-9.-]+:\d+$/),
    limits: { memoryMib: 4096 },
  })

  const there = await shop.deps.panel.getServer(order?.ptero ?? 0)
  expect(there).toMatchObject({
    externalId: expect.stringMatching(/^[a-z0-9]{8}-srv_[0-9a-z]{26}$/),
    name: PURCHASE.serverName,
    status: null,
    limits: { memoryMib: 4096 },
    environment: expect.objectContaining({
      MINECRAFT_VERSION: '1.21.1',
      SERVER_JARFILE: 'server.jar',
      BUILD_NUMBER: 'latest',
    }),
  })
  const owner = [...shop.panel.store.users.rows].find((user) => user.id === there?.userId)
  expect(owner?.email).toBe('buyer@example.com')
})

test('the timeline tells each step, ends in the address, and never shows a cause to the customer', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(10_000, () => isActive(orderId))
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.timeline.map((entry: { kind: string }) => entry.kind)).toEqual([
    'order.placed',
    'order.paid',
    'order.provisioning',
    'server.created',
    'server.active',
  ])
  expect(body.timeline.at(-1).text).toMatch(/Your server runs at [a-z0-9.-]+:\d+\./)
  expect(JSON.stringify(body)).not.toContain('cause')
  expect(body.order).toMatchObject({ status: 'provisioned', atRest: true, refundAt: null })
})

test('from payment to active it takes at most 5 s beyond the installation', async () => {
  shop.panel.setInstallMs(10_000)
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const before = shop.clock.now().getTime()
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(60_000, () => isActive(orderId))
  shop.panel.setInstallMs(3000)
  expect(await isActive(orderId)).toBe(true)
  expect(shop.clock.now().getTime() - before).toBeLessThanOrEqual(15_000)
})

test('mail goes to the outbox once for the payment and once for the server', async () => {
  const customer = await shop.customer('mailed@example.com')
  const { orderId } = await placeOrder(customer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(10_000, () => isActive(orderId))
  const mails = await shop.db.query<{ template: string; to: string }>(
    'SELECT template, to_email AS `to` FROM outbox WHERE cause_id = ? ORDER BY id',
    [orderId],
  )
  expect(mails).toEqual([
    { template: 'order_received', to: 'mailed@example.com' },
    { template: 'server_ready', to: 'mailed@example.com' },
  ])
})

test('the return page finds the payment when no webhook ever comes', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  const synced = await customer.post(`/api/orders/${orderId}/sync`)
  expect(synced.body.order.status).toBe('paid')
  await shop.pass(10_000, () => isActive(orderId))
  expect(await isActive(orderId)).toBe(true)
  withheld.cancel()
  await shop.drain()
  expect(await liveServers(orderId)).toBe(1)
})

test('paying is refused by the card and the order stays open', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId), { card: 'declined' })
  await shop.drain()
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.order).toMatchObject({ status: 'pending', checkoutUrl: expect.any(String) })
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('provisioning')
})

test('a delayed payment waits for the bank, keeps its place, and is provisioned when it succeeds', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId, { delayed: 'processing' })
  await shop.drain()
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status)
    .toBe('payment_processing')
  expect(await holdOf(orderId)).toBe('held')
  expect(await liveServers(orderId)).toBe(0)
  await shop.stripe.settle(sessionId, 'succeeded')
  await shop.pass(10_000, () => isActive(orderId))
  expect(await isActive(orderId)).toBe(true)
})

test('a delayed payment that fails ends the order, gives the place back and cancels the subscription', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId, { delayed: 'processing' })
  await shop.drain()
  await shop.stripe.settle(sessionId, 'failed')
  await shop.drain()
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.order.status).toBe('expired')
  expect(await holdOf(orderId)).toBe('released')
  const session = await shop.deps.payments.getCheckoutSession(sessionId)
  expect(session?.subscription?.status).toBe('canceled')
})

test('an unpaid order expires with its session and gives its place back', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  expect(await holdOf(orderId)).toBe('held')
  await shop.stripe.expire(await sessionOf(shop.db, orderId))
  await shop.drain()
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('expired')
  expect(await holdOf(orderId)).toBe('released')
})

async function isActive(orderId: string): Promise<boolean> {
  const [row] = await shop.db.query<{ status: string }>(
    'SELECT status FROM servers WHERE order_id = ?',
    [orderId],
  )
  return row?.status === 'active'
}

async function liveServers(orderId: string): Promise<number> {
  const rows = await shop.db.query('SELECT id FROM servers WHERE live_order_id = ?', [orderId])
  return rows.length
}

async function holdOf(orderId: string): Promise<string> {
  const [row] = await shop.db.query<{ releasedAt: Date | null }>(
    'SELECT released_at AS releasedAt FROM capacity_holds WHERE order_id = ?',
    [orderId],
  )
  return row?.releasedAt ? 'released' : 'held'
}
