import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { refundOrder } from '../api/orders/operator.ts'
import { failNext, panelAway, withholdWebhooks } from './support/faults.ts'
import { toTimeline } from '../api/orders/timeline.ts'
import { assertInvariants } from './support/invariants.ts'
import { payTwice } from './support/paid_twice.ts'
import {
  askStripe,
  chargeOf,
  deliveredOrder,
  kindsOf,
  openAlerts,
  type PaidOrder,
  paidOrder,
  paymentsOf,
  refundByHand,
  refundedAtStripe,
  stateOf,
} from './support/money.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(async () => {
  shop.intercept.stripe = undefined
  shop.intercept.panel = undefined
  shop.faults.clear()
  shop.panel.setInstallMs(3000)
  await assertInvariants(shop)
})

afterAll(() => shop.stop())

async function intentOf({ orderId }: PaidOrder): Promise<string> {
  const [payment] = await paymentsOf(shop, orderId)
  return payment?.intent ?? ''
}

async function subscriptionStatus({ sessionId }: PaidOrder): Promise<string | undefined> {
  return (await shop.deps.payments.getCheckoutSession(sessionId))?.subscription?.status
}

async function suspendedAtPanel({ orderId }: PaidOrder): Promise<boolean | undefined> {
  const { pteroServerId } = await stateOf(shop, orderId)
  return (await shop.deps.panel.getServer(pteroServerId ?? 0))?.suspended
}

async function disputed(order: PaidOrder): Promise<string> {
  const dispute = await shop.stripe.dispute(await chargeOf(shop, await intentOf(order)))
  await shop.drain()
  return dispute
}

async function templatesTo(orderId: string): Promise<string[]> {
  const rows = await shop.db.query<{ template: string }>(
    'SELECT template FROM outbox WHERE facts LIKE ? ORDER BY created_at, id',
    [`%${orderId}%`],
  )
  return rows.map((row) => row.template)
}

test('a refund by hand before the delivery stops it: no server, nothing returned twice', async () => {
  panelAway(shop)
  const order = await paidOrder(shop)
  const intent = await intentOf(order)
  await refundByHand(shop, intent)
  await shop.drain()
  const { orderId } = order
  expect(await stateOf(shop, orderId))
    .toMatchObject({ order: 'refunded', ending: 'refunded_at_stripe', server: 'deleting' })
  expect(await refundedAtStripe(shop, intent)).toHaveLength(1)
  expect(await subscriptionStatus(order)).toBe('canceled')
  shop.faults.clear()
  await shop.pass(4 * 60_000)
  expect((await stateOf(shop, orderId)).server).toBe('deleted')
  expect(await templatesTo(orderId)).toEqual(['order_received', 'order_refunded'])
})

test('a refund by hand while the server is made leaves none at the panel', async () => {
  shop.panel.setInstallMs(100 * HOUR_MS)
  const order = await paidOrder(shop)
  expect((await stateOf(shop, order.orderId)).server).toBe('installing')
  const before = shop.panel.store.servers.rows.length
  await refundByHand(shop, await intentOf(order))
  await shop.pass(4 * 60_000)
  expect(await stateOf(shop, order.orderId)).toMatchObject({ order: 'refunded', server: 'deleted' })
  expect(shop.panel.store.servers.rows).toHaveLength(before - 1)
})

test('a refund in the moment in which the create is sent is seen after it', async () => {
  panelAway(shop)
  const order = await paidOrder(shop)
  shop.faults.clear()
  const intent = await intentOf(order)
  shop.intercept.panel = async (request, next) => {
    if (request.method === 'POST' && request.url.includes('/application/servers')) {
      shop.intercept.panel = undefined
      await refundByHand(shop, intent)
      await shop.drain()
    }
    return await next(request)
  }
  const before = shop.panel.store.servers.rows.length
  await shop.pass(6 * 60_000)
  expect(await stateOf(shop, order.orderId)).toMatchObject({ order: 'refunded', server: 'deleted' })
  expect(shop.panel.store.servers.rows).toHaveLength(before)
})

test('a refund by hand after the delivery stops the server at once, and deletes it after three days', async () => {
  const order = await deliveredOrder(shop)
  await refundByHand(shop, await intentOf(order))
  await shop.drain()
  const { orderId } = order
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'refunded', server: 'suspended' })
  expect(await suspendedAtPanel(order)).toBe(true)
  expect(await subscriptionStatus(order)).toBe('canceled')
  const { body } = await order.customer.get(`/api/orders/${orderId}`)
  expect(body.order).toMatchObject({ ending: 'refunded_at_stripe', onHold: 'ended' })
  expect(body.order.returnedAmount).toBe(body.order.unitAmount)
  shop.clock.advance(73 * HOUR_MS)
  await shop.drain()
  expect((await stateOf(shop, orderId)).server).toBe('deleted')
})

test('a refund that is heard of before its payment takes effect all the same', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(sessionId)
  const paid = await shop.deps.payments.getCheckoutSession(sessionId)
  await refundByHand(shop, paid?.invoice?.paymentIntentId ?? '')
  const event = shop.stripe.events.findLast(({ type }) => type === 'charge.refunded')
  withheld.cancel()
  await shop.drain()
  await shop.db.run("DELETE FROM jobs WHERE status = 'ready'")
  await shop.stripe.deliver(event?.id ?? '')
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('refunded')
  await shop.pass(4 * 60_000)
  expect((await stateOf(shop, orderId)).server).toBe('deleted')
})

test('a part that went back is recorded and shown, and the server stays', async () => {
  const order = await deliveredOrder(shop)
  await refundByHand(shop, await intentOf(order), 123)
  await shop.drain()
  const { body } = await order.customer.get(`/api/orders/${order.orderId}`)
  expect(body.order).toMatchObject({ status: 'provisioned', returnedAmount: 123, ending: null })
  expect(body.timeline.at(-1).text).toBe('We returned €1.23 of your payment. Your server stays.')
  expect(await suspendedAtPanel(order)).toBe(false)
  await refundByHand(shop, await intentOf(order))
  await shop.drain()
  expect((await stateOf(shop, order.orderId)).order).toBe('refunded')
})

test('a dispute stops the server at once; won, it runs again', async () => {
  const order = await deliveredOrder(shop)
  const dispute = await disputed(order)
  expect(await stateOf(shop, order.orderId))
    .toMatchObject({ order: 'provisioned', server: 'suspended', onHold: 'disputed' })
  expect(await suspendedAtPanel(order)).toBe(true)
  expect(await openAlerts(shop, 'payment_disputed')).toEqual([dispute])
  expect(await templatesTo(order.orderId)).toContain('order_disputed')
  await shop.stripe.decideDispute(dispute, 'won')
  await shop.drain()
  expect(await stateOf(shop, order.orderId))
    .toMatchObject({ order: 'provisioned', server: 'active', onHold: null })
  expect(await suspendedAtPanel(order)).toBe(false)
  expect(await openAlerts(shop, 'payment_disputed')).toEqual([])
  expect((await kindsOf(shop, order.orderId)).slice(-4)).toEqual([
    'order.disputed',
    'server.suspended',
    'order.dispute_won',
    'server.unsuspended',
  ])
})

test('a dispute that is lost ends the order like a refund, and nothing is returned besides', async () => {
  const order = await deliveredOrder(shop)
  const intent = await intentOf(order)
  const dispute = await disputed(order)
  await shop.stripe.decideDispute(dispute, 'lost')
  await shop.drain()
  expect(await stateOf(shop, order.orderId))
    .toMatchObject({ order: 'refunded', ending: 'dispute_lost', server: 'suspended' })
  expect(await subscriptionStatus(order)).toBe('canceled')
  expect(await refundedAtStripe(shop, intent)).toEqual([])
  shop.clock.advance(73 * HOUR_MS)
  await shop.drain()
  expect((await stateOf(shop, order.orderId)).server).toBe('deleted')
})

test('a dispute before the delivery keeps the server from being made until it is won', async () => {
  panelAway(shop)
  const order = await paidOrder(shop)
  const dispute = await disputed(order)
  shop.faults.clear()
  await shop.pass(10 * 60_000)
  expect(await stateOf(shop, order.orderId))
    .toMatchObject({ order: 'provisioning', server: 'pending', onHold: 'disputed' })
  shop.clock.advance(30 * HOUR_MS)
  await shop.drain()
  expect((await stateOf(shop, order.orderId)).order).toBe('provisioning')
  await order.customer.post('/api/auth/refresh')
  const shown = async () => (await order.customer.get(`/api/orders/${order.orderId}`)).body.order
  expect((await shown()).refundAt).toBeNull()
  const away = panelAway(shop)
  await shop.stripe.decideDispute(dispute, 'won')
  await shop.drain()
  const left = Date.parse((await shown()).refundAt) - shop.clock.now().getTime()
  expect(left).toBeGreaterThan(23.9 * HOUR_MS)
  shop.clock.advance(2 * HOUR_MS)
  await shop.drain()
  away.cancel()
  await shop.pass(3 * 60_000)
  expect(await stateOf(shop, order.orderId))
    .toMatchObject({ order: 'provisioned', server: 'active', onHold: null })
})

test('a dispute over a part that is lost before the delivery returns the rest', async () => {
  panelAway(shop)
  const order = await paidOrder(shop)
  const charge = await chargeOf(shop, await intentOf(order))
  const dispute = await shop.stripe.dispute(charge, { amount: 300 })
  await shop.drain()
  await shop.stripe.decideDispute(dispute, 'lost')
  await shop.drain()
  expect(await stateOf(shop, order.orderId))
    .toMatchObject({ order: 'refunded', ending: 'dispute_lost', server: 'deleting' })
  const [payment] = await paymentsOf(shop, order.orderId)
  expect(await refundedAtStripe(shop, payment?.intent ?? '')).toEqual([
    (payment?.amount ?? 0) - 300,
  ])
})

test('a dispute while the server installs stops it once it is installed, never before', async () => {
  shop.panel.setInstallMs(60_000)
  const order = await paidOrder(shop)
  await disputed(order)
  expect((await stateOf(shop, order.orderId)).server).toBe('installing')
  expect(await suspendedAtPanel(order)).toBe(false)
  await shop.pass(70_000)
  expect((await stateOf(shop, order.orderId)).server).toBe('suspended')
  expect(await suspendedAtPanel(order)).toBe(true)
})

test('a suspension waits for the node and is tried until the panel says yes', async () => {
  const order = await deliveredOrder(shop)
  failNext(shop, 'wings-down', { wings: 'sync' })
  await disputed(order)
  expect((await stateOf(shop, order.orderId)).server).toBe('active')
  await shop.pass(2 * 60_000)
  expect((await stateOf(shop, order.orderId)).server).toBe('suspended')
  expect(await suspendedAtPanel(order)).toBe(true)
})

test('a dispute that was won before we look suspends nobody', async () => {
  const order = await deliveredOrder(shop)
  const away = panelAway(shop)
  const dispute = await disputed(order)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.decideDispute(dispute, 'won')
  away.cancel()
  await shop.pass(2 * 60_000)
  expect(await stateOf(shop, order.orderId)).toMatchObject({ server: 'active', onHold: null })
  expect(await kindsOf(shop, order.orderId)).not.toContain('server.suspended')
  withheld.cancel()
  await shop.drain()
})

test('a refund that the bank sends back later is told to a person, who has it tried again', async () => {
  panelAway(shop)
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId), { method: 'pm_card_refundFail' })
  await shop.drain()
  const [payment] = await paymentsOf(shop, orderId)
  const about = { orderId, reason: 'asked for it', actor: 'cli:ada' }
  await refundOrder(shop.db, shop.deps, about)
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('refunded')
  shop.clock.advance(10_000)
  shop.stripe.tick()
  await shop.drain()
  expect(await openAlerts(shop, 'refund_failed')).toEqual([payment?.id])
  expect((await kindsOf(shop, orderId)).at(-1)).toBe('order.refund_came_back')
  expect((await customer.get(`/api/orders/${orderId}`)).body.order).toMatchObject({
    returnedAmount: 0,
    statusText: 'This order has ended; not all of your money is back yet.',
  })
  expect((await paymentsOf(shop, orderId))[0]?.returnedAt).toBeNull()
  await refundOrder(shop.db, shop.deps, about)
  await shop.drain()
  expect(await openAlerts(shop, 'refund_failed')).toEqual([])
  expect((await paymentsOf(shop, orderId))[0]?.returned).toBe(payment?.amount)
  shop.clock.advance(10_000)
  shop.stripe.tick()
  await shop.drain()
})

test('an error that Stripe keeps for a key is not asked for again: another key, one refund', async () => {
  panelAway(shop)
  const order = await paidOrder(shop)
  const kept = new Set<string>()
  shop.intercept.stripe = async (request, next) => {
    if (request.method !== 'POST' || !request.url.endsWith('/v1/refunds')) {
      return await next(request)
    }
    const key = request.headers.get('idempotency-key') ?? ''
    if (kept.size > 0 && !kept.has(key)) return await next(request)
    kept.add(key)
    return Response.json({ error: { type: 'api_error', message: 'kept' } }, { status: 500 })
  }
  shop.clock.advance(25 * HOUR_MS)
  await shop.drain()
  expect((await stateOf(shop, order.orderId)).order).toBe('provisioning')
  await shop.pass(2 * 60_000)
  expect((await stateOf(shop, order.orderId)).order).toBe('refunded')
  expect(await refundedAtStripe(shop, await intentOf(order))).toHaveLength(1)
})

/** Renews what is to be renewed: an invoice is charged an hour after it was made. */
async function passMonth(): Promise<void> {
  for (const ms of [32 * DAY_MS, 2 * HOUR_MS, 2 * HOUR_MS]) {
    shop.clock.advance(ms)
    shop.stripe.tick()
    await shop.drain()
  }
}

test('each renewal is recorded once; a refund of an older period leaves the server', async () => {
  const order = await deliveredOrder(shop)
  const { orderId } = order
  await passMonth()
  const paid = await paymentsOf(shop, orderId)
  expect(paid.map(({ role }) => role)).toEqual(['order', 'renewal'])
  for (const event of shop.stripe.events.filter(({ type }) => type === 'invoice.paid').slice(-2)) {
    await shop.stripe.deliver(event.id)
  }
  await shop.db.run("UPDATE stripe_events SET status = 'ready' WHERE type = 'invoice.paid'")
  await shop.drain()
  expect(await paymentsOf(shop, orderId)).toHaveLength(2)
  await refundByHand(shop, paid[0]?.intent ?? '')
  await shop.drain()
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
  await refundByHand(shop, paid[1]?.intent ?? '')
  await shop.drain()
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'refunded', server: 'suspended' })
})

test('a period that is charged after the end of its order goes back', async () => {
  const order = await deliveredOrder(shop)
  shop.faults.order({
    on: { service: 'stripe', call: 'DELETE /v1/subscriptions/:id' },
    fault: { name: 'status', status: 500 },
  })
  const about = { orderId: order.orderId, reason: 'asked for it', actor: 'cli:ada' }
  await refundOrder(shop.db, shop.deps, about)
  await passMonth()
  expect((await paymentsOf(shop, order.orderId)).map(({ role }) => role)).toEqual([
    'order',
    'extra',
  ])
  shop.faults.clear()
  await shop.pass(3 * 60_000)
  const payments = await paymentsOf(shop, order.orderId)
  expect(payments.map(({ amount, returned }) => amount - returned)).toEqual([0, 0])
  expect((await stateOf(shop, order.orderId)).order).toBe('refunded')
  expect((await askStripe(shop, `/subscriptions?status=active&limit=100`)).data).not
    .toContainEqual(expect.objectContaining({ metadata: { order_id: order.orderId } }))
})

test('an end, a suspension and a deletion whose jobs were lost go on with the sweep', async () => {
  const order = await deliveredOrder(shop)
  const { orderId } = order
  const { serverId } = await stateOf(shop, orderId)
  const lose = () => shop.db.run("DELETE FROM jobs WHERE status = 'ready'")
  await refundOrder(shop.db, shop.deps, { orderId, reason: 'asked for it', actor: 'cli:ada' })
  await lose()
  await shop.sweep()
  await shop.drain()
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'refunded', server: 'suspended' })
  expect(await suspendedAtPanel(order)).toBe(true)
  await shop.db.run('DELETE FROM jobs WHERE topic = ?', [`server.retire:${serverId}`])
  shop.clock.advance(73 * HOUR_MS)
  await shop.sweep()
  await shop.drain()
  expect((await stateOf(shop, orderId)).server).toBe('deleted')
})

test('a dispute that is lost over an older period ends the order, and the running period goes back', async () => {
  const order = await deliveredOrder(shop)
  const { orderId } = order
  await passMonth()
  const [first, second] = await paymentsOf(shop, orderId)
  const dispute = await disputed(order)
  await shop.stripe.decideDispute(dispute, 'lost')
  await shop.drain()
  expect(await stateOf(shop, orderId))
    .toMatchObject({ order: 'refunded', ending: 'dispute_lost', server: 'suspended' })
  expect(await refundedAtStripe(shop, first?.intent ?? '')).toEqual([])
  expect(await refundedAtStripe(shop, second?.intent ?? '')).toEqual([second?.amount])
})

test('an operator returns what was paid last of a delivered order, also once its server is gone', async () => {
  const { orderId } = await deliveredOrder(shop)
  await passMonth()
  const [first, second] = await paymentsOf(shop, orderId)
  const { serverId } = await stateOf(shop, orderId)
  await shop.db.run("UPDATE servers SET status = 'deleting' WHERE id = ?", [serverId])
  await refundOrder(shop.db, shop.deps, { orderId, reason: 'gone', actor: 'cli:ada' })
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('refunded')
  expect(await refundedAtStripe(shop, first?.intent ?? '')).toEqual([])
  expect(await refundedAtStripe(shop, second?.intent ?? '')).toEqual([second?.amount])
})

test('a refund by hand that comes back is owed, and the operator can return it', async () => {
  panelAway(shop)
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId), { method: 'pm_card_refundFail' })
  await shop.drain()
  const [payment] = await paymentsOf(shop, orderId)
  await refundByHand(shop, payment?.intent ?? '')
  await shop.drain()
  shop.clock.advance(10_000)
  shop.stripe.tick()
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('refunded')
  expect(await openAlerts(shop, 'refund_failed')).toContain(payment?.id)
  await refundOrder(shop.db, shop.deps, { orderId, reason: 'owed', actor: 'cli:ada' })
  await shop.drain()
  expect((await paymentsOf(shop, orderId))[0]?.returned).toBe(payment?.amount)
})

test('a refund for which Stripe waits for the customer is told to them', async () => {
  panelAway(shop)
  const order = await paidOrder(shop)
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    if (request.method !== 'POST' || !request.url.endsWith('/v1/refunds')) return answer
    return Response.json({ ...await answer.json(), status: 'requires_action' })
  }
  const about = { orderId: order.orderId, reason: 'asked for it', actor: 'cli:ada' }
  await refundOrder(shop.db, shop.deps, about)
  await shop.drain()
  expect(await kindsOf(shop, order.orderId)).toContain('order.refund_needs_you')
  expect((await stateOf(shop, order.orderId)).order).toBe('refunded')
})

test('a dispute over money that went back is told as what it is', async () => {
  panelAway(shop)
  const order = await paidOrder(shop)
  await refundOrder(shop.db, shop.deps, { orderId: order.orderId, reason: 'asked', actor: 'cli' })
  await shop.drain()
  const dispute = await disputed(order)
  const { body } = await order.customer.get(`/api/orders/${order.orderId}`)
  expect(body.order).toMatchObject({ status: 'refunded', statusText: 'Your money was returned.' })
  expect(body.timeline.at(-1).text).not.toMatch(/your server stops/)
  await shop.stripe.decideDispute(dispute, 'won')
  await shop.drain()
})

test('a subscription that ended before it began keeps no money from going back', async () => {
  panelAway(shop)
  const order = await paidOrder(shop)
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    if (!request.url.includes('/v1/subscriptions/')) return answer
    const error = { type: 'invalid_request_error', message: 'No such subscription' }
    if (request.method === 'DELETE') return Response.json({ error }, { status: 404 })
    return Response.json({ ...await answer.json(), status: 'incomplete_expired' })
  }
  await refundOrder(shop.db, shop.deps, { orderId: order.orderId, reason: 'asked', actor: 'cli' })
  await shop.drain()
  expect((await stateOf(shop, order.orderId)).order).toBe('refunded')
})

test('what a second subscription is charged for goes back too', async () => {
  const down = shop.faults.order({
    on: { service: 'stripe', call: 'DELETE /v1/subscriptions/:id' },
    fault: { name: 'status', status: 500 },
  })
  const orderId = await payTwice(shop)
  await shop.pass(300_000, async () => (await stateOf(shop, orderId)).server === 'active')
  await passMonth()
  down.cancel()
  await shop.pass(3 * 60_000)
  const payments = await paymentsOf(shop, orderId)
  expect(payments.map(({ role }) => role).sort()).toEqual(['extra', 'extra', 'order', 'renewal'])
  for (const { role, amount, returned } of payments) {
    expect([role, returned]).toEqual([role, role === 'extra' ? amount : 0])
  }
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
})

test('a second payment that Stripe keeps or the bank looks at is told as what it is', async () => {
  shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/refunds' },
    fault: { name: 'status', status: 400, code: 'charge_disputed' },
  })
  const orderId = await payTwice(shop)
  await shop.pass(300_000, async () => (await stateOf(shop, orderId)).server === 'active')
  const extra = (await paymentsOf(shop, orderId)).find(({ role }) => role === 'extra')
  await shop.stripe.dispute(await chargeOf(shop, extra?.intent ?? ''))
  await shop.drain()
  const rows = await shop.db.query<{ kind: string; facts: string }>(
    "SELECT kind, facts FROM order_events WHERE order_id = ? AND kind LIKE 'order.%ed'",
    [orderId],
  )
  const told = (kind: string) =>
    toTimeline(
      rows.filter((row) => row.kind === kind).map((row) => ({
        ...row,
        id: 'oev_1',
        at: new Date(),
        nextAt: null,
        facts: JSON.parse(row.facts),
      })),
    ).map(({ text }) => text).join()
  expect(told('order.refund_failed')).toMatch(/^Stripe would not return .* yet\.$/)
  expect(told('order.disputed')).toMatch(/^Your bank asks for .* back, a payment/)
  expect((await stateOf(shop, orderId)).server).toBe('active')
})
