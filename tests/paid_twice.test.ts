import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { settleSession } from '../api/payments/settle_session.ts'
import { syncOrder } from '../api/payments/sync.ts'
import { resolveReview } from '../api/orders/operator.ts'
import { shopId } from '../api/plans/shop_id.ts'
import { withholdWebhooks } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { askStripe, openAlerts, paymentsOf, refundByHand, stateOf } from './support/money.ts'
import { expectOneOfTwo, orderWithTwoSessions, payTwice } from './support/paid_twice.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(async () => {
  shop.intercept.stripe = undefined
  shop.faults.clear()
  await assertInvariants(shop)
})

afterAll(() => shop.stop())

test('two tabs paying two sessions of one order: one server, the other payment goes back', async () => {
  const orders = [await payTwice(shop), await payTwice(shop), await payTwice(shop)]
  await shop.pass(20_000)
  for (const orderId of orders) await expectOneOfTwo(shop, orderId)
  for (const { id } of shop.stripe.events) await shop.stripe.deliver(id)
  await shop.db.run("UPDATE stripe_events SET status = 'ready'")
  await shop.drain()
  for (const orderId of orders) await expectOneOfTwo(shop, orderId)
})

test('without any webhook the sweep finds both payments, and returns one', async () => {
  const withheld = withholdWebhooks(shop)
  const orderId = await payTwice(shop)
  shop.clock.advance(2 * MINUTE_MS)
  await shop.sweep()
  await shop.pass(20_000)
  await expectOneOfTwo(shop, orderId)
  withheld.cancel()
  await shop.drain()
})

test('the session that nobody pays is closed once its order is paid with the other', async () => {
  const { orderId, sessions } = await orderWithTwoSessions(shop)
  const paid = await sessionOfNewest(orderId)
  const other = sessions.find((id) => id !== paid) ?? ''
  await shop.stripe.pay(paid)
  await shop.pass(10_000)
  expect((await askStripe(shop, `/checkout/sessions/${other}`)).status).toBe('expired')
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
  expect(await paymentsOf(shop, orderId)).toHaveLength(1)
})

async function sessionOfNewest(orderId: string): Promise<string> {
  const [row] = await shop.db.query<{ id: string }>(
    `SELECT stripe_session_id AS id FROM checkout_sessions WHERE order_id = ?
      AND stripe_session_id IS NOT NULL ORDER BY attempt DESC LIMIT 1`,
    [orderId],
  )
  return row?.id ?? ''
}

test('a payment in the moment in which its session is ended is not lost', async () => {
  const { orderId, sessions } = await orderWithTwoSessions(shop)
  const paid = await sessionOfNewest(orderId)
  const other = sessions.find((id) => id !== paid) ?? ''
  shop.intercept.stripe = async (request, next) => {
    if (request.url.endsWith('/expire')) {
      shop.intercept.stripe = undefined
      const withheld = withholdWebhooks(shop)
      await shop.stripe.pay(other)
      withheld.cancel()
    }
    return await next(request)
  }
  await shop.stripe.pay(paid)
  await shop.pass(20_000)
  await expectOneOfTwo(shop, orderId)
})

test('an order canceled and paid all the same is honoured once, and a second payment goes back', async () => {
  const { customer, orderId, sessions } = await orderWithTwoSessions(shop)
  const newest = await sessionOfNewest(orderId)
  const other = sessions.find((id) => id !== newest) ?? ''
  await customer.post(`/api/orders/${orderId}/cancel`)
  await shop.stripe.pay(other)
  await shop.pass(20_000)
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
  expect(await paymentsOf(shop, orderId)).toHaveLength(1)
})

test('an order for which Stripe never opens a page ends by itself, and so does its place', async () => {
  const on = { service: 'stripe', call: 'POST /v1/checkout/sessions' } as const
  const down = shop.faults.order({ on, fault: { name: 'status', status: 500 } })
  const customer = await shop.customer()
  const { orderId } = (await customer.post('/api/checkout/sessions', PURCHASE, {
    'idempotency-key': crypto.randomUUID(),
  })).body
  for (let minutes = 0; minutes < 45; minutes += 3) {
    shop.clock.advance(3 * MINUTE_MS)
    await shop.sweep()
    await shop.drain()
    if (minutes === 9) down.cancel()
  }
  expect((await stateOf(shop, orderId)).order).toBe('expired')
  const open = await shop.db.query(
    'SELECT order_id FROM capacity_holds WHERE order_id = ? AND released_at IS NULL',
    [orderId],
  )
  expect(open).toEqual([])
})

test('a paid session of this shop without an order is told to a person until it was returned', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(sessionId)
  // As after a database was restored from before the order.
  for (const table of ['orders', 'checkout_sessions', 'order_events', 'capacity_holds']) {
    const column = table === 'orders' ? 'id' : 'order_id'
    await shop.db.run(`CREATE TABLE kept_${table} AS SELECT * FROM ${table} WHERE ${column} = ?`, [
      orderId,
    ])
    await shop.db.run(`DELETE FROM ${table} WHERE ${column} = ?`, [orderId])
  }
  await settleSession(shop.db, shop.deps, sessionId)
  expect(await openAlerts(shop, 'orphan_payment')).toEqual([sessionId])
  const session = await shop.deps.payments.getCheckoutSession(sessionId)
  await shop.sweep('refunds')
  expect(await openAlerts(shop, 'orphan_payment')).toEqual([sessionId])
  await refundByHand(shop, session?.invoice?.paymentIntentId ?? '')
  await shop.sweep('refunds')
  expect(await openAlerts(shop, 'orphan_payment')).toEqual([])
  for (const table of ['orders', 'checkout_sessions', 'order_events', 'capacity_holds']) {
    await shop.db.run(`INSERT INTO ${table} SELECT * FROM kept_${table}`)
    await shop.db.run(`DROP TABLE kept_${table}`)
  }
  withheld.cancel()
  await shop.pass(4 * MINUTE_MS)
  expect((await stateOf(shop, orderId)).order).toBe('refunded')
})

test('a session of another shop on the same Stripe account is left alone', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  const theirs = { order_id: `ord_${'0'.repeat(26)}`, shop_id: 'another1' }
  shop.intercept.stripe = async (request, next) => {
    if (!request.url.includes('cs_test_another')) return await next(request)
    const url = request.url.replace('cs_test_another', sessionId)
    const session = await (await next(new Request(url, request))).json()
    return Response.json({
      ...session,
      id: 'cs_test_another',
      client_reference_id: theirs.order_id,
      metadata: { ...session.metadata, ...theirs },
      payment_status: 'paid',
      status: 'complete',
    })
  }
  await settleSession(shop.db, shop.deps, 'cs_test_another')
  expect(await openAlerts(shop, 'orphan_payment')).toEqual([])
  theirs.shop_id = await shopId(shop.db, shop.deps.randomBytes)
  await settleSession(shop.db, shop.deps, 'cs_test_another')
  expect(await openAlerts(shop, 'orphan_payment')).toEqual(['cs_test_another'])
  shop.intercept.stripe = undefined
  await shop.stripe.expire(sessionId)
  await shop.drain()
})

test('an order in review is not accepted for a second payment that goes back', async () => {
  const { orderId, sessions } = await orderWithTwoSessions(shop)
  const first = await sessionOfNewest(orderId)
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    if (!request.url.includes(`/checkout/sessions/${first}`)) return answer
    return Response.json({ ...await answer.json(), id: 'cs_test_other' })
  }
  await shop.stripe.pay(first)
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('needs_review')
  await shop.stripe.pay(sessions.find((id) => id !== first) ?? '').catch(() => {})
  await shop.drain()
  const about = { orderId, accept: true, actor: 'cli:ada' }
  await expect(resolveReview(shop.db, shop.deps, about)).rejects.toThrow(/refund the order/)
  expect((await paymentsOf(shop, orderId)).filter(({ role }) => role === 'order')).toEqual([])
})

test('a page whose address was lost on the way is found, and the buyer pays there', async () => {
  const customer = await shop.customer()
  const key = { 'idempotency-key': crypto.randomUUID() }
  const lost = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/checkout/sessions' },
    when: { first: 1 },
    fault: 'drop-answer',
  })
  const { orderId } = (await customer.post('/api/checkout/sessions', PURCHASE, key)).body
  expect(lost.fired).toBe(1)
  const { data } = await askStripe(shop, '/checkout/sessions?limit=1')
  await settleSession(shop.db, shop.deps, data[0].id)
  const again = await customer.post('/api/checkout/sessions', PURCHASE, key)
  expect([again.status, again.body.url]).toEqual([201, data[0].url])
  expect((await askStripe(shop, `/checkout/sessions/${data[0].id}`)).status).toBe('open')
  await shop.stripe.expire(data[0].id)
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('expired')
})

test('a session that names an open order and is not its own does not close the buyer’s page', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const own = await sessionOf(shop.db, orderId)
  const { customer: cus } = await askStripe(shop, `/checkout/sessions/${own}`)
  const foreign = await askStripe(shop, '/checkout/sessions', {
    method: 'POST',
    form: {
      mode: 'subscription',
      customer: cus,
      client_reference_id: orderId,
      success_url: 'https://shop.example.com',
      'line_items[0][price]': (await shop.db.query<{ price: string }>(
        'SELECT stripe_price_id AS price FROM orders WHERE id = ?',
        [orderId],
      ))[0]?.price ?? '',
      'line_items[0][quantity]': '1',
    },
  })
  await settleSession(shop.db, shop.deps, foreign.id)
  expect((await askStripe(shop, `/checkout/sessions/${foreign.id}`)).status).toBe('expired')
  await customer.post(`/api/orders/${orderId}/sync`)
  expect((await askStripe(shop, `/checkout/sessions/${own}`)).status).toBe('open')
  await shop.stripe.pay(own)
  await shop.pass(10_000)
  expect((await stateOf(shop, orderId)).order).toBe('provisioned')
})

/** Between the first look at a session and its answer, another worker settles `other`. */
function settleMeanwhile(other: string, changes: object): void {
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    if (!/^\/v1\/checkout\/sessions\/cs_/.test(new URL(request.url).pathname)) return answer
    shop.intercept.stripe = undefined
    await settleSession(shop.db, shop.deps, other)
    return Response.json({ ...await answer.json(), ...changes })
  }
}

test('a payment that differs, seen while the order is paid with another, goes back too', async () => {
  const { orderId, sessions } = await orderWithTwoSessions(shop)
  const newest = await sessionOfNewest(orderId)
  const withheld = withholdWebhooks(shop)
  for (const id of sessions) await shop.stripe.pay(id)
  settleMeanwhile(newest, { line_items: { object: 'list', data: [] } })
  await syncOrder(shop.db, shop.deps, orderId)
  await shop.pass(20_000)
  await expectOneOfTwo(shop, orderId)
  withheld.cancel()
  await shop.drain()
})

test('old news of a session does not open again what was taken', async () => {
  const { orderId } = await placeOrder(await shop.customer())
  const session = await sessionOf(shop.db, orderId)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(session)
  settleMeanwhile(session, { payment_status: 'unpaid' })
  await syncOrder(shop.db, shop.deps, orderId)
  const rows = await shop.db.query('SELECT status FROM checkout_sessions WHERE order_id = ?', [
    orderId,
  ])
  expect(rows).toEqual([{ status: 'complete' }])
  withheld.cancel()
  await shop.pass(20_000)
})
