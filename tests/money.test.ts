import { afterAll, beforeAll, expect, test } from 'vitest'
import { panelAway } from './support/faults.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(async () => {
  await shop.stop()
})

/** Lets Stripe's answer about a session differ from what was agreed. */
function tamper(change: (session: Record<string, unknown>) => void): void {
  shop.intercept.stripe = async (request, next) => {
    const response = await next(request)
    const isSession = request.method === 'GET' &&
      /^\/v1\/checkout\/sessions\/cs_/.test(new URL(request.url).pathname)
    if (!isSession) return response
    const session = await response.json()
    change(session)
    return Response.json(session, { headers: response.headers })
  }
}

test.each<[string, (session: Record<string, unknown>) => void]>([
  ['amount_subtotal', (session) => Object.assign(session, { amount_subtotal: 1, amount_total: 1 })],
  ['amount_total', (session) => Object.assign(session, { amount_total: 1 })],
  ['currency', (session) => Object.assign(session, { currency: 'usd' })],
  ['livemode', (session) => Object.assign(session, { livemode: true })],
  ['mode', (session) => Object.assign(session, { mode: 'payment' })],
  ['customer', (session) => Object.assign(session, { customer: 'cus_somebodyelse' })],
  ['order', (session) => Object.assign(session, { client_reference_id: 'ord_other' })],
  ['payment', (session) => Object.assign(session, { payment_status: 'no_payment_required' })],
  ['price', (session) => Object.assign(session, { line_items: { object: 'list', data: [] } })],
  ['subscription', (session) => Object.assign(session, { subscription: null })],
])(
  'a payment that differs in %s is held for review: no server, nothing lost',
  async (name, change) => {
    const customer = await shop.customer()
    const { orderId } = await placeOrder(customer)
    tamper(change)
    await shop.stripe.pay(await sessionOf(shop.db, orderId))
    await shop.drain()
    shop.intercept.stripe = undefined
    const { body } = await customer.get(`/api/orders/${orderId}`)
    expect(body.order.status).toBe('needs_review')
    expect(body.timeline.at(-1).text).toMatch(/Nothing is lost/)
    const [event] = await shop.db.query<{ cause: string }>(
      "SELECT cause FROM order_events WHERE order_id = ? AND kind = 'order.needs_review'",
      [orderId],
    )
    expect(JSON.parse(event?.cause ?? '{}').differences).toContain(name)
    expect(await shop.db.query('SELECT id FROM servers WHERE order_id = ?', [orderId])).toEqual([])
    expect(shop.lines.some((line) => line.includes('payment differs') && line.includes(orderId)))
      .toBe(true)
  },
)

test('an open or unpaid session moves nothing, whoever asks', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const synced = await customer.post(`/api/orders/${orderId}/sync`)
  expect(synced.body.order.status).toBe('pending')
})

test('money that came after the order had ended is honoured, with a new place', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId, { delayed: 'processing' })
  await shop.drain()
  tamper((session) => {
    const invoice = session.invoice
    if (invoice && typeof invoice === 'object') Object.assign(invoice, { status: 'void' })
  })
  await shop.db.transaction(async (tx) => {
    await tx.run("UPDATE stripe_events SET status = 'done'")
  })
  await customer.post(`/api/orders/${orderId}/sync`)
  shop.intercept.stripe = undefined
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('expired')
  await shop.db.run("DELETE FROM jobs WHERE name = 'subscription.cancel'")

  await shop.stripe.settle(sessionId, 'succeeded')
  await shop.pass(10_000)
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('provisioned')
  const holds = await shop.db.query('SELECT released_at FROM capacity_holds WHERE order_id = ?', [
    orderId,
  ])
  expect(holds).toEqual([{ released_at: null }])
})

test('a subscription that Stripe has not finished yet is looked at again, not held for review', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  tamper((session) => {
    if (session.subscription) Object.assign(session.subscription, { status: 'incomplete' })
  })
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('pending')
  shop.intercept.stripe = undefined
  await shop.pass(20_000)
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('provisioned')
})

test('late money that differs from its order is held for review, not ignored', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  await shop.db.run("UPDATE orders SET status = 'expired' WHERE id = ?", [orderId])
  tamper((session) => Object.assign(session, { amount_total: 1 }))
  await shop.drain()
  shop.intercept.stripe = undefined
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('needs_review')
})

test('an unknown word of Stripe for a payment is never taken for paid', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  tamper((session) => Object.assign(session, { payment_status: 'promised' }))
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  shop.intercept.stripe = undefined
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status)
    .toBe('payment_processing')
})

test('an order that cost nothing ends without a refund, and its subscription is cancelled', async () => {
  const offers = shop.deps.config.STRIPE_PROMOTION_CODES
  shop.deps.config.STRIPE_PROMOTION_CODES = true
  tamper((session) => {
    const amount_discount = session.amount_subtotal
    Object.assign(session, {
      amount_total: 0,
      total_details: { amount_discount, amount_shipping: 0, amount_tax: 0 },
      payment_status: 'no_payment_required',
      invoice: null,
    })
  })
  panelAway(shop)
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  await shop.drain()
  const refund = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/refunds' },
    fault: 'refuse',
  })
  shop.clock.advance(25 * 3_600_000)
  await shop.drain()
  expect(refund.fired).toBe(0)
  expect((await shop.deps.payments.getCheckoutSession(sessionId))?.subscription?.status)
    .toBe('canceled')
  const [row] = await shop.db.query<{ status: string; facts: string }>(
    `SELECT o.status, m.facts FROM orders o JOIN outbox m ON m.cause_id = o.id
      WHERE o.id = ? AND m.template = 'order_refunded'`,
    [orderId],
  )
  expect(row?.status).toBe('refunded')
  expect(JSON.parse(row?.facts ?? '{}')).toMatchObject({ amount: 0, reason: 'not_delivered' })
  shop.deps.config.STRIPE_PROMOTION_CODES = offers
  shop.intercept.stripe = undefined
  shop.faults.clear()
})
