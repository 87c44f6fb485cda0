import { expect } from 'vitest'
import { askStripe, kindsOf, paymentsOf, refundedAtStripe, stateOf } from './money.ts'
import { PURCHASE, type Shop } from './shop.ts'

/** An order with two sessions at Stripe: its first one was made, and Stripe's answer was an error. */
export async function orderWithTwoSessions(shop: Shop) {
  const customer = await shop.customer()
  const key = { 'idempotency-key': crypto.randomUUID() }
  const place = () => customer.post('/api/checkout/sessions', PURCHASE, key)
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    if (request.method !== 'POST' || !request.url.endsWith('/v1/checkout/sessions')) return answer
    shop.intercept.stripe = undefined
    return Response.json({ error: { type: 'api_error', message: 'lost' } }, { status: 500 })
  }
  const failed = await place()
  expect(failed.status).toBe(503)
  const { orderId } = failed.body
  expect((await place()).status).toBe(201)
  const { data } = await askStripe(shop, '/checkout/sessions?limit=10')
  const sessions: string[] = data
    .filter((one: { client_reference_id: string }) => one.client_reference_id === orderId)
    .map((one: { id: string }) => one.id)
  expect(sessions).toHaveLength(2)
  return { customer, orderId: String(orderId), sessions }
}

/** Pays two sessions of one order at the same moment, as two tabs do. */
export async function payTwice(shop: Shop): Promise<string> {
  const { orderId, sessions } = await orderWithTwoSessions(shop)
  await Promise.all(sessions.map((id) => shop.stripe.pay(id)))
  return orderId
}

/** One server, one payment kept, the other back, its subscription gone, and the buyer told. */
export async function expectOneOfTwo(shop: Shop, orderId: string): Promise<void> {
  const { order, server, serverId } = await stateOf(shop, orderId)
  expect([order, server], orderId).toEqual(['provisioned', 'active'])
  const there = shop.panel.store.servers.rows.filter((row) =>
    row.externalId?.endsWith(serverId ?? '?')
  )
  expect(there, orderId).toHaveLength(1)
  const payments = await paymentsOf(shop, orderId)
  expect(payments.map(({ role }) => role).sort(), orderId).toEqual(['extra', 'order'])
  for (const { role, intent, amount, returnedAt } of payments) {
    const back = role === 'extra' ? [amount] : []
    expect(await refundedAtStripe(shop, intent), orderId).toEqual(back)
    expect(returnedAt !== null, orderId).toBe(role === 'extra')
  }
  const kinds = await kindsOf(shop, orderId)
  expect(kinds.filter((kind) => kind === 'order.paid_twice'), orderId).toHaveLength(1)
  await expectOneSubscription(shop, orderId)
  const mails = await shop.db.query(
    "SELECT id FROM outbox WHERE template = 'order_paid_twice' AND facts LIKE ?",
    [`%${orderId}%`],
  )
  expect(mails, orderId).toHaveLength(1)
}

async function expectOneSubscription(shop: Shop, orderId: string): Promise<void> {
  const rows = await shop.db.query<{ id: string }>(
    'SELECT subscription_id AS id FROM payments WHERE order_id = ?',
    [orderId],
  )
  const statuses = await Promise.all(
    rows.map(async ({ id }) => (await shop.deps.payments.getSubscription(id))?.status),
  )
  expect(statuses.sort(), orderId).toEqual(['active', 'canceled'])
}
