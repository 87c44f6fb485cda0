import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { shopId } from '../api/plans/shop_id.ts'
import type { Client } from './support/client.ts'
import { STRIPE_KEY } from './support/environment.ts'
import { failNext, withholdWebhooks } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(async () => {
  shop.faults.clear()
  await assertInvariants(shop)
})

afterAll(() => shop.stop())

async function paidOrder(client?: Client) {
  const customer = client ?? await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.stripe.idle()
  return { customer, orderId }
}

async function statusOf(orderId: string) {
  const [row] = await shop.db.query<
    { order: string; server: string; waitingFor: string | null; ptero: number | null }
  >(
    `SELECT o.status AS \`order\`, s.status AS server, o.waiting_for AS waitingFor,
       o.ptero_server_id AS ptero FROM orders o LEFT JOIN servers s ON s.order_id = o.id
      WHERE o.id = ?`,
    [orderId],
  )
  return row
}

async function serversAtPanel(orderId: string): Promise<number> {
  const [row] = await shop.db.query<{ id: string }>('SELECT id FROM servers WHERE order_id = ?', [
    orderId,
  ])
  const externalId = `${await shopId(shop.db, shop.deps.randomBytes)}-${row?.id}`
  return [...shop.panel.store.servers.rows].filter((s) => s.externalId === externalId).length
}

async function expectDelivered(orderId: string, withinMs = 10 * MINUTE_MS): Promise<void> {
  await shop.pass(withinMs, async () => (await statusOf(orderId))?.order === 'provisioned')
  expect(await statusOf(orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
  expect(await serversAtPanel(orderId)).toBe(1)
}

async function kindsOf(customer: Client, orderId: string): Promise<string[]> {
  const { body } = await customer.get(`/api/orders/${orderId}`)
  return body.timeline.map((entry: { kind: string }) => entry.kind)
}

/** The ids of the sessions that were made for an order. */
async function sessionsAtStripe(orderId: string): Promise<string[]> {
  const answer = await fetch(`${shop.deps.config.STRIPE_API_URL}/v1/checkout/sessions?limit=100`, {
    headers: { authorization: `Bearer ${STRIPE_KEY}` },
  })
  const { data } = await answer.json()
  return data
    .filter((session: { client_reference_id: string }) => session.client_reference_id === orderId)
    .map((session: { id: string }) => session.id)
}

test('after ①: Stripe did not answer; the same key finishes the same order', async () => {
  const customer = await shop.customer()
  const key = { 'idempotency-key': crypto.randomUUID() }
  const down = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/checkout/sessions' },
    fault: { name: 'status', status: 500 },
  })
  const refused = await customer.post('/api/checkout/sessions', PURCHASE, key)
  expect(refused.status).toBe(503)
  expect(refused.body.detail).toMatch(/Your place is set aside/)
  down.cancel()
  const placed = await customer.post('/api/checkout/sessions', PURCHASE, key)
  expect(placed.status).toBe(201)
  expect(placed.body.orderId).toBe(refused.body.orderId)
  const { body } = await customer.get('/api/orders')
  expect(body.orders).toHaveLength(1)
})

test('after ①: the process died; the sweep opens the session and the buyer can pay', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.db.run(
    'UPDATE checkout_sessions SET stripe_session_id = NULL, url = NULL WHERE order_id = ?',
    [orderId],
  )
  shop.clock.advance(2 * MINUTE_MS)
  await shop.sweep()
  await shop.drain()
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.order.checkoutUrl).toEqual(expect.any(String))
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await expectDelivered(orderId)
})

test('after ②: the answer was lost; the retry finds the same session, and there is only one', async () => {
  const customer = await shop.customer()
  const key = { 'idempotency-key': crypto.randomUUID() }
  const lost = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/checkout/sessions' },
    fault: 'drop-answer',
  })
  expect((await customer.post('/api/checkout/sessions', PURCHASE, key)).status).toBe(503)
  expect(lost.fired).toBeGreaterThan(0)
  lost.cancel()
  const placed = await customer.post('/api/checkout/sessions', PURCHASE, key)
  expect(placed.status).toBe(201)
  expect(await sessionsAtStripe(placed.body.orderId))
    .toEqual([await sessionOf(shop.db, placed.body.orderId)])
})

test('after ②: the id was never written down; the webhook still finds the order', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.db.run(
    'UPDATE checkout_sessions SET stripe_session_id = NULL, url = NULL WHERE order_id = ?',
    [orderId],
  )
  await shop.stripe.pay(sessionId)
  await expectDelivered(orderId)
})

test('after ③: the event is stored and nothing else was done; the server arrives', async () => {
  const { orderId } = await paidOrder()
  expect(await statusOf(orderId)).toMatchObject({ order: 'pending' })
  await expectDelivered(orderId)
})

test('after ③: the inbox worker died with its lease; another takes over', async () => {
  const { orderId } = await paidOrder()
  await shop.db.run(
    `UPDATE stripe_events SET lease_token = 'lea_00000000000000000000000000', attempts = 1,
       run_at = {now} + INTERVAL 45 SECOND WHERE status = 'ready'`,
  )
  await shop.drain()
  expect(await statusOf(orderId)).toMatchObject({ order: 'pending' })
  await expectDelivered(orderId)
})

test('without any webhook the sweep finds the payment within two minutes', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  shop.clock.advance(2 * MINUTE_MS)
  await shop.sweep()
  await shop.drain()
  expect(['paid', 'provisioning']).toContain((await statusOf(orderId))?.order)
  await expectDelivered(orderId)
  withheld.cancel()
})

test('after ⑤: the job was lost; the sweep notices that the order has none', async () => {
  const { orderId } = await paidOrder()
  await shop.db.run('UPDATE stripe_events SET run_at = {now} - INTERVAL 1 SECOND')
  while (!['paid', 'provisioning'].includes((await statusOf(orderId))?.order ?? '')) {
    await shop.drain()
  }
  await shop.db.run("DELETE FROM jobs WHERE status = 'ready'")
  await shop.sweep()
  await expectDelivered(orderId)
})

test('after ⑦: the job that looks was lost; the sweep notices, and the server becomes active', async () => {
  const { orderId } = await paidOrder()
  await shop.drain()
  expect(await statusOf(orderId)).toMatchObject({ server: 'installing' })
  await shop.db.run("DELETE FROM jobs WHERE status = 'ready'")
  await shop.sweep()
  await expectDelivered(orderId)
})

test('an outage of Stripe kills no job, and the sweep does not hurry those that wait', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const withheld = withholdWebhooks(shop)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  const down = [
    shop.faults.order({
      on: { service: 'stripe', call: `/v1/checkout/sessions/${sessionId}` },
      fault: 'html',
    }),
    shop.faults.order({ on: { service: 'stripe', call: '/v1/*' }, fault: 'html' }),
  ]
  for (let minute = 0; minute < 40; minute++) {
    shop.clock.advance(MINUTE_MS)
    await shop.sweep()
    await shop.drain()
  }
  for (const rule of down) rule.cancel()
  expect(down[0]?.fired).toBeGreaterThan(0)
  expect(down[0]?.fired).toBeLessThanOrEqual(45)
  withheld.cancel()
  await expectDelivered(orderId)
})

test('after ⑥: the panel made the server and the answer was lost; it is found, not made twice', async () => {
  failNext(shop, 'drop-answer', { call: 'POST /api/application/servers' })
  const { customer, orderId } = await paidOrder()
  await expectDelivered(orderId)
  expect(await kindsOf(customer, orderId)).toContain('order.provision_retry')
})

test('after ⑥: the process died before it wrote the server down; it is adopted', async () => {
  const { orderId } = await paidOrder()
  await shop.drain()
  await shop.db.transaction(async (tx) => {
    await tx.run(
      `UPDATE servers SET status = 'pending', ptero_server_id = NULL, create_answered = 0
        WHERE order_id = ?`,
      [orderId],
    )
    await tx.run('UPDATE orders SET ptero_server_id = NULL WHERE id = ?', [orderId])
    await tx.run("DELETE FROM jobs WHERE status = 'ready'")
  })
  await shop.sweep()
  await expectDelivered(orderId)
})

test('a create the panel rolled back is not believed, and is made again once', async () => {
  failNext(shop, 'wings-down', { wings: 'create' })
  const { orderId } = await paidOrder()
  await expectDelivered(orderId)
})

test('a server seen after an unconfirmed create does not count for a minute', async () => {
  failNext(shop, 'drop-answer', { call: 'POST /api/application/servers' })
  const { orderId } = await paidOrder()
  await shop.drain()
  const sent = shop.clock.now().getTime()
  await shop.pass(10 * MINUTE_MS, async () => (await statusOf(orderId))?.server === 'active')
  expect(shop.clock.now().getTime() - sent).toBeGreaterThanOrEqual(58_000)
})

test('a lost race for the external id ends in one server', async () => {
  failNext(shop, { name: 'lost-race', field: 'external_id' })
  const { orderId } = await paidOrder()
  await expectDelivered(orderId)
})

test('a port that somebody else took is replaced by another', async () => {
  failNext(shop, { name: 'lost-race', field: 'allocation_id' })
  const { orderId } = await paidOrder()
  await expectDelivered(orderId, 20_000)
})

test('a failed installation is started afresh, and the customer reads it', async () => {
  failNext(shop, 'install-fails')
  const { customer, orderId } = await paidOrder()
  await expectDelivered(orderId)
  expect(await kindsOf(customer, orderId)).toEqual(
    expect.arrayContaining(['server.install_failed', 'server.recreated', 'server.active']),
  )
})

test('a failed installation that was mended at the panel is kept as it is', async () => {
  failNext(shop, 'install-fails')
  const { orderId } = await paidOrder()
  await shop.pass(30_000, async () => (await statusOf(orderId))?.server === 'install_failed')
  const ptero = (await statusOf(orderId))?.ptero ?? 0
  shop.panel.store.servers.get(ptero).status = null
  await expectDelivered(orderId)
  expect((await statusOf(orderId))?.ptero).toBe(ptero)
})

test('a server that the panel took back while it installed is created again', async () => {
  shop.panel.setInstallMs(MINUTE_MS)
  const { orderId } = await paidOrder()
  await shop.drain()
  const ptero = (await statusOf(orderId))?.ptero ?? 0
  shop.panel.setInstallMs(3000)
  await deleteAtPanel(ptero)
  await expectDelivered(orderId)
  expect((await statusOf(orderId))?.ptero).not.toBe(ptero)
})

test('a server that vanishes after it was active is reported and never rebuilt', async () => {
  const { customer, orderId } = await paidOrder()
  await expectDelivered(orderId)
  await deleteAtPanel((await statusOf(orderId))?.ptero ?? 0)
  await shop.pass(12 * MINUTE_MS)
  // The access token has run out by now.
  expect((await customer.post('/api/auth/refresh')).status).toBe(200)
  expect(await kindsOf(customer, orderId)).toContain('server.missing')
  expect(await serversAtPanel(orderId)).toBe(0)
  // So that the other tests' invariants do not find the wreck.
  await shop.db.run("UPDATE servers SET status = 'suspended' WHERE order_id = ?", [orderId])
})

test('a revoked panel key stops nothing for good: the order says why it waits, then goes on', async () => {
  const revoked = shop.faults.order({ on: { service: 'panel' }, fault: 'key-revoked' })
  const { customer, orderId } = await paidOrder()
  await shop.pass(5 * MINUTE_MS)
  expect(await statusOf(orderId)).toMatchObject({ order: 'provisioning', waitingFor: 'panel' })
  const kinds = await kindsOf(customer, orderId)
  expect(kinds.filter((kind) => kind === 'order.waiting_for_panel')).toHaveLength(1)
  revoked.cancel()
  await expectDelivered(orderId)
  expect((await statusOf(orderId))?.waitingFor).toBeNull()
})

test('an account at the panel with the buyer’s address that is not ours is never taken over', async () => {
  const admin = [...shop.panel.store.users.rows].find((user) => user.rootAdmin)
  const { customer, orderId } = await paidOrder(await shop.customer(admin?.email))
  await shop.pass(MINUTE_MS)
  expect(await statusOf(orderId)).toMatchObject({ server: 'pending', waitingFor: 'account' })
  expect(await kindsOf(customer, orderId)).toContain('order.waiting_for_account')
  const servers = [...shop.panel.store.servers.rows].filter((server) =>
    server.ownerId === admin?.id
  )
  expect(servers).toEqual([])
})

test('an address that contains a panel user’s address gets an account of its own', async () => {
  const admin = [...shop.panel.store.users.rows].find((user) => user.rootAdmin)
  const { orderId } = await paidOrder(await shop.customer(`x${admin?.email}`))
  await expectDelivered(orderId)
  const there = await shop.deps.panel.getServer((await statusOf(orderId))?.ptero ?? 0)
  expect(there?.userId).not.toBe(admin?.id)
})

test('a request the panel refuses for good is shown as failed, and goes on once it is mended', async () => {
  const refused = shop.faults.order({
    on: { service: 'panel', call: 'POST /api/application/servers' },
    fault: {
      name: 'status',
      status: 422,
      message: 'The name may not be greater than 3 characters.',
      field: 'name',
    },
  })
  const { customer, orderId } = await paidOrder()
  await shop.drain()
  expect(await statusOf(orderId)).toMatchObject({ order: 'provision_failed' })
  expect(await kindsOf(customer, orderId)).toContain('order.provision_failed')
  refused.cancel()
  await expectDelivered(orderId, 30 * MINUTE_MS)
})

test('many workers at once make one server of each of ten orders', async () => {
  const orders = await Promise.all(Array.from({ length: 10 }, () => paidOrder()))
  await Promise.all(Array.from({ length: 5 }, () => shop.drain()))
  for (const { orderId } of orders) await expectDelivered(orderId)
})

async function deleteAtPanel(pteroServerId: number): Promise<void> {
  const { PANEL_URL, PANEL_API_KEY } = shop.deps.config
  const answer = await fetch(`${PANEL_URL}/api/application/servers/${pteroServerId}`, {
    method: 'DELETE',
    headers: { accept: 'application/json', authorization: `Bearer ${PANEL_API_KEY}` },
  })
  expect(answer.status).toBe(204)
}
