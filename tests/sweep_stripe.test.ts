import { afterAll, afterEach, expect, test } from 'vitest'
import { sweep } from '../api/jobs/sweep.ts'
import { releaseCapacity } from '../api/checkout/capacity.ts'
import { withholdWebhooks } from './support/faults.ts'
import {
  askStripe,
  chargeOf,
  deliveredOrder,
  openAlerts,
  paymentsOf,
  refundByHand,
  stateOf,
} from './support/money.ts'
import { placeOrder, sessionOf, startShop } from './support/shop.ts'
import { deliverWithoutWebhooks, foundTotal } from './support/withheld.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const shop = await startShop()

afterEach(() => {
  shop.faults.clear()
  shop.intercept.stripe = undefined
})

afterAll(() => shop.stop())

type Name = Parameters<typeof shop.sweep>[0]

async function foundBy(name: Name): Promise<Record<string, number>> {
  const [report] = await shop.sweep(name)
  expect(report?.error).toBeUndefined()
  return Object.fromEntries(Object.entries(report?.found ?? {}).filter(([, count]) => count > 0))
}

/** An order that was paid while nothing was told, and that ended here: nothing asks for it any more. */
async function paidUnseen(): Promise<{ orderId: string; sessionId: string }> {
  const { orderId } = await placeOrder(await shop.customer())
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  await shop.db.transaction(async (tx) => {
    await tx.run("UPDATE orders SET status = 'expired' WHERE id = ?", [orderId])
    await tx.run("UPDATE checkout_sessions SET status = 'expired' WHERE order_id = ?", [orderId])
    await releaseCapacity(tx, orderId)
  })
  return { orderId, sessionId }
}

async function delivered(orderId: string): Promise<void> {
  await shop.pass(MINUTE_MS, async () => (await stateOf(shop, orderId)).server === 'active')
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
}

test('webhooks withheld altogether: each of 20 paid orders is active within six minutes, and counted once', async () => {
  await deliverWithoutWebhooks(shop, { orders: 20, withinMs: 6 * MINUTE_MS })
})

test('an order that is paid as always is none that a sweep found', async () => {
  const before = await foundTotal(shop)
  await deliveredOrder(shop)
  for (let minute = 0; minute < 3; minute++) {
    shop.clock.advance(MINUTE_MS)
    await sweep(shop.db, shop.deps)
    await shop.drain()
  }
  expect(await foundTotal(shop)).toBe(before)
})

test('a sweep that is a moment faster than the inbox has found nothing that was missed', async () => {
  const before = await foundTotal(shop)
  const { orderId } = await placeOrder(await shop.customer())
  const sessionId = await sessionOf(shop.db, orderId)
  shop.clock.advance(2 * MINUTE_MS)
  await shop.stripe.pay(sessionId)
  await shop.stripe.idle()
  const waits = "UPDATE stripe_events SET run_at = run_at + INTERVAL 1 HOUR WHERE status = 'ready'"
  expect((await shop.db.run(waits)).affectedRows).toBeGreaterThan(0)
  await shop.sweep('open-orders')
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).not.toBe('pending')
  expect(await foundTotal(shop)).toBe(before)
})

test('a session that Stripe leaves open long after its time is ended, and the order with it', async () => {
  const { orderId } = await placeOrder(await shop.customer())
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.db.run(
    'UPDATE orders SET created_at = created_at - INTERVAL 1 HOUR, expires_at = expires_at - INTERVAL 1 HOUR WHERE id = ?',
    [orderId],
  )
  expect((await shop.deps.payments.getCheckoutSession(sessionId))?.status).toBe('open')
  await shop.sweep('open-orders')
  await shop.drain()
  expect((await shop.deps.payments.getCheckoutSession(sessionId))?.status).toBe('expired')
  expect((await stateOf(shop, orderId)).order).toBe('expired')
})

test('every event that Stripe has and we do not comes into the inbox once, over all pages', async () => {
  await shop.sweep('stripe')
  await shop.drain()
  withholdWebhooks(shop)
  const { orderId, sessionId } = await paidUnseen()
  shop.clock.advance(HOUR_MS)
  const { event, session } = await foundBy('stripe')
  expect(event).toBeGreaterThan(2)
  expect(session).toBeUndefined()
  const rows = await shop.db.query(
    "SELECT id FROM stripe_events WHERE object_id = ? AND type = 'checkout.session.completed'",
    [sessionId],
  )
  expect(rows).toHaveLength(1)
  await delivered(orderId)
  expect(await foundBy('stripe')).toEqual({})
})

test('an event that is on its way is not called missed, and one that comes after all is a duplicate', async () => {
  const rule = withholdWebhooks(shop)
  const { orderId, sessionId } = await paidUnseen()
  expect((await foundBy('stripe')).event).toBeUndefined()
  shop.clock.advance(10 * MINUTE_MS)
  await shop.sweep('stripe')
  rule.cancel()
  const event = shop.stripe.events.findLast(({ type }) => type === 'checkout.session.completed')
  await shop.stripe.deliver(event?.id ?? '')
  await delivered(orderId)
  const rows = await shop.db.query(
    "SELECT id FROM stripe_events WHERE object_id = ? AND type = 'checkout.session.completed'",
    [sessionId],
  )
  expect(rows).toHaveLength(1)
})

test('a shop without a registered endpoint settles by Stripe’s list of sessions', async () => {
  withholdWebhooks(shop)
  const { orderId } = await paidUnseen()
  shop.clock.advance(10 * MINUTE_MS)
  shop.intercept.stripe = async (request, next) => {
    const response = await next(request)
    if (!new URL(request.url).pathname.endsWith('/v1/events')) return response
    return Response.json({ ...await response.json(), data: [], has_more: false })
  }
  expect(await foundBy('stripe')).toEqual({ session: 1 })
  await delivered(orderId)
})

test('what an outage of twenty days left is found by the sweep of the month', async () => {
  withholdWebhooks(shop)
  const { orderId } = await paidUnseen()
  shop.clock.advance(20 * DAY_MS)
  expect(await foundBy('stripe-month')).toMatchObject({ event: expect.any(Number) })
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toMatch(/^(paid|provisioning)$/)
  await shop.pass(5 * MINUTE_MS, async () => (await stateOf(shop, orderId)).server === 'active')
  expect((await stateOf(shop, orderId)).server).toBe('active')
})

test('a failure in the middle keeps the watermark; the next hour begins there again', async () => {
  await shop.sweep('stripe')
  const watermark = async () =>
    (await shop.db.query<{ watermark: Date }>(
      "SELECT watermark FROM sweeps WHERE name = 'stripe'",
    ))[0]?.watermark
  const before = await watermark()
  shop.clock.advance(HOUR_MS)
  const down = shop.faults.order({
    on: { service: 'stripe', call: 'GET /v1/checkout/sessions' },
    fault: { name: 'status', status: 500 },
  })
  const [report] = await shop.sweep('stripe')
  expect(report?.error).toMatchObject({ retryable: true })
  expect(await watermark()).toEqual(before)
  down.cancel()
  await foundBy('stripe')
  expect((await watermark())?.getTime()).toBeGreaterThan(before?.getTime() ?? Infinity)
})

test('a paid session of ours without an order is told to a person; another shop’s is left alone', async () => {
  withholdWebhooks(shop)
  const [ours, others] = [await paidUnseen(), await paidUnseen()]
  for (const { orderId } of [ours, others]) {
    await shop.db.run('DELETE FROM orders WHERE id = ?', [orderId])
    await shop.db.run('DELETE FROM checkout_sessions WHERE order_id = ?', [orderId])
    await shop.db.run('DELETE FROM capacity_holds WHERE order_id = ?', [orderId])
  }
  shop.intercept.stripe = async (request, next) => {
    const response = await next(request)
    if (!/checkout\/sessions/.test(request.url)) return response
    const text = (await response.text()).replaceAll(others.orderId, 'their-order')
    return new Response(text, response)
  }
  shop.clock.advance(10 * MINUTE_MS)
  await foundBy('stripe-month')
  await shop.drain()
  expect(await openAlerts(shop, 'orphan_payment')).toEqual([ours.sessionId])
  shop.intercept.stripe = undefined
  for (const { sessionId } of [ours, others]) {
    const session = await shop.deps.payments.getCheckoutSession(sessionId)
    await refundByHand(shop, session?.invoice?.paymentIntentId ?? '')
  }
  await foundBy('stripe-month')
  expect(await openAlerts(shop, 'orphan_payment')).toEqual([])
})

test('a refund and a dispute that nobody told us of are found, and act on the server', async () => {
  const [refunded, disputed] = [await deliveredOrder(shop), await deliveredOrder(shop)]
  await shop.sweep('refunds')
  withholdWebhooks(shop)
  const intentOf = async (orderId: string) => (await paymentsOf(shop, orderId))[0]?.intent ?? ''
  await refundByHand(shop, await intentOf(refunded.orderId))
  await shop.stripe.dispute(await chargeOf(shop, await intentOf(disputed.orderId)))
  expect(await foundBy('refunds')).toEqual({ refund: 1, dispute: 1 })
  await shop.pass(MINUTE_MS)
  expect((await stateOf(shop, refunded.orderId)).ending).toBe('refunded_at_stripe')
  expect(await stateOf(shop, disputed.orderId)).toMatchObject({
    onHold: 'disputed',
    server: 'suspended',
  })
  expect(await foundBy('refunds')).toEqual({})
})

test('a subscription that ended or changed unseen is mirrored; one of a refunded order is ended', async () => {
  const { orderId } = await deliveredOrder(shop)
  await shop.sweep('subscriptions')
  await shop.drain()
  withholdWebhooks(shop)
  const [row] = await shop.db.query<{ id: string }>(
    'SELECT id FROM subscriptions WHERE order_id = ?',
    [orderId],
  )
  const id = row?.id ?? ''
  await askStripe(shop, `/subscriptions/${id}`, {
    method: 'POST',
    form: { cancel_at_period_end: 'true' },
  })
  expect(await foundBy('subscriptions')).toEqual({ subscription: 1 })
  expect(await foundBy('subscriptions')).toEqual({})
  await shop.db.run("UPDATE orders SET status = 'refunded' WHERE id = ?", [orderId])
  expect(await foundBy('subscriptions')).toEqual({ subscription_unended: 1 })
  await shop.drain()
  expect((await shop.deps.payments.getSubscription(id))?.status).toBe('canceled')
  expect(await foundBy('subscriptions')).toEqual({ subscription: 1 })
  await shop.db.run("UPDATE orders SET status = 'provisioned' WHERE id = ?", [orderId])
})

test('a server that runs on after what was paid for is told of, and not before', async () => {
  const { orderId } = await deliveredOrder(shop)
  const { serverId } = await stateOf(shop, orderId)
  const [row] = await shop.db.query<{ id: string }>(
    'SELECT id FROM subscriptions WHERE order_id = ?',
    [orderId],
  )
  const id = row?.id ?? ''
  withholdWebhooks(shop)
  await shop.deps.payments.cancelSubscription(id, `test:${id}`)
  await shop.sweep('subscriptions')
  expect(await openAlerts(shop, 'server_unpaid')).toEqual([])
  shop.clock.advance(32 * DAY_MS)
  expect((await foundBy('subscriptions')).server_unpaid).toBeGreaterThan(0)
  expect((await foundBy('subscriptions')).server_unpaid).toBeUndefined()
  expect(await openAlerts(shop, 'server_unpaid')).toContain(serverId)
  await shop.db.run("UPDATE servers SET status = 'suspended' WHERE id = ?", [serverId])
  await foundBy('subscriptions')
  expect(await openAlerts(shop, 'server_unpaid')).not.toContain(serverId)
})
