import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { endOrder } from '../api/payments/refund.ts'
import type { Client } from './support/client.ts'
import { STRIPE_KEY } from './support/environment.ts'
import { forgetCircuit, panelAway, withholdWebhooks } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

const HOUR_MS = 3_600_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(async () => {
  shop.intercept.panel = undefined
  shop.faults.clear()
  await forgetCircuit(shop)
  await assertInvariants(shop)
})

afterAll(() => shop.stop())

async function paidOrder(): Promise<{ customer: Client; orderId: string; sessionId: string }> {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  await shop.drain()
  return { customer, orderId, sessionId }
}

async function statusOf(orderId: string) {
  const [row] = await shop.db.query<{ order: string; server: string }>(
    `SELECT o.status AS \`order\`, s.status AS server FROM orders o
      JOIN servers s ON s.order_id = o.id WHERE o.id = ?`,
    [orderId],
  )
  return row
}

async function refundsAtStripe(orderId: string): Promise<number[]> {
  const url = `${shop.deps.config.STRIPE_API_URL}/v1/refunds?limit=100`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${STRIPE_KEY}` } })
  const { data } = await answer.json()
  return data.filter((refund: { metadata: { order_id: string } }) =>
    refund.metadata.order_id === orderId
  ).map((refund: { amount: number }) => refund.amount)
}

async function later(ms: number): Promise<void> {
  shop.clock.advance(ms)
  await shop.sweep()
  await shop.drain()
}

test('a panel that is down until the deadline: the money goes back, once, and no server comes', async () => {
  const away = panelAway(shop)
  const { customer, orderId, sessionId } = await paidOrder()
  const { body } = await customer.get(`/api/orders/${orderId}`)
  const left = Date.parse(body.order.refundAt) - shop.clock.now().getTime()
  expect(left).toBeGreaterThan(23.9 * HOUR_MS)
  await later(23 * HOUR_MS)
  expect((await statusOf(orderId))?.order).toBe('provisioning')
  await later(2 * HOUR_MS)
  expect((await statusOf(orderId))?.order).toBe('refunded')
  const amount = (await shop.deps.payments.getCheckoutSession(sessionId))?.amountTotal
  expect(await refundsAtStripe(orderId)).toEqual([amount])
  expect((await shop.deps.payments.getCheckoutSession(sessionId))?.subscription?.status)
    .toBe('canceled')

  away.cancel()
  await later(2 * HOUR_MS)
  expect(await statusOf(orderId)).toEqual({ order: 'refunded', server: 'deleted' })
  expect(await refundsAtStripe(orderId)).toEqual([amount])
  const mails = await shop.db.query("SELECT id FROM outbox WHERE template = 'order_refunded'")
  expect(mails).toHaveLength(1)
})

test('a server whose create was never confirmed is deleted at the panel with the refund', async () => {
  shop.panel.setInstallMs(100 * HOUR_MS)
  const { customer, orderId } = await paidOrder()
  expect((await statusOf(orderId))?.server).toBe('installing')
  const before = shop.panel.store.servers.rows.length
  await later(25 * HOUR_MS)
  shop.panel.setInstallMs(3000)
  expect(await statusOf(orderId)).toEqual({ order: 'refunded', server: 'deleted' })
  expect(shop.panel.store.servers.rows).toHaveLength(before - 1)
  await customer.post('/api/auth/refresh')
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.order).toMatchObject({ status: 'refunded', atRest: true, serverId: null })
  expect(body.timeline.at(-1).text).toMatch(/Your money is on its way back/)
})

test('a create under way at the deadline leaves no server for free', async () => {
  const { orderId } = await unprovisioned()
  await shop.db.run('UPDATE orders SET refund_at = {now} WHERE id = ?', [orderId])
  // The create reaches the panel in the very moment in which the deadline ends the delivery.
  shop.intercept.panel = async (request, next) => {
    const isCreate = request.method === 'POST' && request.url.includes('/application/servers')
    if (isCreate) {
      shop.intercept.panel = undefined
      await shop.db.run('UPDATE jobs SET run_at = {now} WHERE topic = ?', [
        `order.refund:${orderId}`,
      ])
      await shop.drain()
    }
    return await next(request)
  }
  await shop.drain()
  expect(await statusOf(orderId)).toEqual({ order: 'refunded', server: 'deleting' })
  await shop.pass(4 * 60_000)
  expect(await statusOf(orderId)).toEqual({ order: 'refunded', server: 'deleted' })
})

test('an order delivered in time is not refunded when the deadline comes', async () => {
  const { orderId } = await paidOrder()
  await shop.pass(10_000)
  await later(30 * HOUR_MS)
  expect(await statusOf(orderId)).toEqual({ order: 'provisioned', server: 'active' })
  expect(await refundsAtStripe(orderId)).toEqual([])
})

test('the deadline needs no sweep', async () => {
  const away = panelAway(shop)
  const { orderId } = await paidOrder()
  shop.clock.advance(25 * HOUR_MS)
  await shop.drain()
  away.cancel()
  expect((await statusOf(orderId))?.order).toBe('refunded')
})

test('a server that comes in the moment of the deadline stays, and so does the money', async () => {
  const { orderId } = await paidOrder()
  await shop.db.run('UPDATE orders SET refund_at = {now} WHERE id = ?', [orderId])
  const late = { ...shop.db }
  late.transaction = async (work) => {
    late.transaction = shop.db.transaction
    await shop.pass(10_000)
    return await shop.db.transaction(work)
  }
  expect((await statusOf(orderId))?.server).toBe('installing')
  await endOrder(late, shop.deps, { orderId })
  await later(HOUR_MS)
  expect(await statusOf(orderId)).toEqual({ order: 'provisioned', server: 'active' })
  expect(await refundsAtStripe(orderId)).toEqual([])
})

test('after a backup from before the delivery was restored, the server that runs is kept', async () => {
  const { orderId } = await paidOrder()
  await shop.pass(10_000)
  const { id: pteroServerId } = shop.panel.store.servers.rows.at(-1) ?? {}
  await restoreToPaid(orderId)
  await later(30 * HOUR_MS)
  await shop.pass(3 * 60_000)
  expect(await statusOf(orderId)).toEqual({ order: 'provisioned', server: 'active' })
  expect(shop.panel.store.servers.rows.at(-1)?.id).toBe(pteroServerId)
  expect(await refundsAtStripe(orderId)).toEqual([])
})

test('a server that is there is looked for when the calls of others leave room, before its order is refunded', async () => {
  const { orderId } = await paidOrder()
  await shop.pass(10_000)
  await restoreToPaid(orderId)
  shop.clock.advance(25 * HOUR_MS)
  const busy = shop.faults.order({
    on: { service: 'panel' },
    fault: { name: 'status', status: 429 },
  })
  await shop.drain()
  expect((await statusOf(orderId))?.order).toBe('provisioning')
  busy.cancel()
  await shop.pass(5 * 60_000)
  expect(await statusOf(orderId)).toEqual({ order: 'provisioned', server: 'active' })
  expect(await refundsAtStripe(orderId)).toEqual([])
})

test('a server that is there and cannot be taken up is refunded a quarter of an hour later', async () => {
  const { orderId } = await paidOrder()
  await shop.pass(10_000)
  await restoreToPaid(orderId)
  await later(25 * HOUR_MS)
  expect((await statusOf(orderId))?.order).toBe('provisioning')
  const away = panelAway(shop)
  await later(HOUR_MS)
  expect((await statusOf(orderId))?.order).toBe('refunded')
  away.cancel()
  await later(HOUR_MS)
  expect((await statusOf(orderId))?.server).toBe('deleted')
})

/** As the rows were when the order had just been paid; the panel and Stripe went on. */
async function restoreToPaid(orderId: string): Promise<void> {
  await shop.db.run(
    `UPDATE orders SET status = 'provisioning', ptero_server_id = NULL,
       refund_at = paid_at + INTERVAL 24 HOUR WHERE id = ?`,
    [orderId],
  )
  await shop.db.run(
    `UPDATE servers SET status = 'pending', ptero_server_id = NULL, ptero_uuid = NULL,
       ptero_identifier = NULL, address = NULL, create_sent_at = NULL WHERE order_id = ?`,
    [orderId],
  )
}

test('what was returned by hand is not returned again, and the rest is', async () => {
  panelAway(shop)
  const { orderId, sessionId } = await paidOrder()
  const [payment] = await shop.db.query<{ intent: string }>(
    'SELECT payment_intent_id AS intent FROM payments WHERE order_id = ?',
    [orderId],
  )
  await fetch(`${shop.deps.config.STRIPE_API_URL}/v1/refunds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${STRIPE_KEY}` },
    body: new URLSearchParams({
      payment_intent: payment?.intent ?? '',
      amount: '100',
      'metadata[order_id]': orderId,
    }),
  })
  await later(25 * HOUR_MS)
  const amount = (await shop.deps.payments.getCheckoutSession(sessionId))?.amountTotal ?? 0
  expect((await refundsAtStripe(orderId)).sort()).toEqual([100, amount - 100].sort())
})

test('a refunded order waits for nothing any more, and promises nothing', async () => {
  shop.faults.order({ on: { service: 'panel' }, fault: 'key-revoked' })
  const { customer, orderId } = await paidOrder()
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.waitingFor).toBe('panel')
  await later(25 * HOUR_MS)
  await customer.post('/api/auth/refresh')
  expect((await customer.get(`/api/orders/${orderId}`)).body.order)
    .toMatchObject({ status: 'refunded', waitingFor: null, refundAt: null })
})

test('a refund whose answer was lost is found, not sent twice', async () => {
  panelAway(shop)
  const { orderId } = await paidOrder()
  const lost = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/refunds' },
    when: { first: 1 },
    fault: 'drop-answer',
  })
  await later(25 * HOUR_MS)
  expect(lost.fired).toBe(1)
  await later(30 * HOUR_MS)
  expect((await statusOf(orderId))?.order).toBe('refunded')
  expect(await refundsAtStripe(orderId)).toHaveLength(1)
  const rows = await shop.db.query('SELECT status FROM refunds WHERE order_id = ?', [orderId])
  expect(rows).toHaveLength(1)
})

/** Paid, with its provisioning job not run yet. */
async function unprovisioned(): Promise<{ orderId: string }> {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await customer.post(`/api/orders/${orderId}/sync`)
  withheld.cancel()
  return { orderId }
}
