import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { wordsOf } from '../api/alerts/kinds.ts'
import { TryAgain } from '../api/jobs/again.ts'
import {
  extendDeadline,
  planDeadline,
  planRefund,
  planRetry,
  planReview,
  refundOrder,
  resolveReview,
  retryOrder,
} from '../api/orders/operator.ts'
import { endOrder } from '../api/payments/refund.ts'
import { panelAway } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import {
  deliveredOrder,
  kindsOf,
  openAlerts,
  paidOrder,
  paymentsOf,
  refundedAtStripe,
  stateOf,
} from './support/money.ts'
import { placeOrder, type Shop, startShop } from './support/shop.ts'

const HOUR_MS = 3_600_000

const actor = 'cli:ada'

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

async function auditOf(orderId: string): Promise<[string, string][]> {
  const rows = await shop.db.query<{ actor: string; action: string }>(
    'SELECT actor, action FROM audit_log WHERE subject = ? ORDER BY at, id',
    [orderId],
  )
  return rows.map((row) => [row.actor, row.action])
}

/** Paid, but the session says another price: a person has to decide. */
async function orderInReview(): Promise<string> {
  shop.intercept.stripe = async (request, next) => {
    const response = await next(request)
    if (!/^\/v1\/checkout\/sessions\/cs_/.test(new URL(request.url).pathname)) return response
    return Response.json({ ...await response.json(), line_items: { object: 'list', data: [] } })
  }
  const { orderId } = await paidOrder(shop)
  shop.intercept.stripe = undefined
  expect((await stateOf(shop, orderId)).order).toBe('needs_review')
  return orderId
}

test('retry runs the waiting job at once, also when it was lost', async () => {
  const away = panelAway(shop)
  const { orderId } = await paidOrder(shop)
  const { serverId } = await stateOf(shop, orderId)
  away.cancel()
  await shop.db.run('UPDATE jobs SET run_at = {now} + INTERVAL 1 HOUR WHERE topic = ?', [
    `server.provision:${serverId}`,
  ])
  expect((await planRetry(shop.db, { orderId })).does)
    .toEqual(['Runs the job server.provision now.'])
  await shop.drain()
  expect((await stateOf(shop, orderId)).server).toBe('pending')

  await retryOrder(shop.db, shop.deps, { orderId, actor })
  await shop.pass(60_000, async () => (await stateOf(shop, orderId)).server === 'installing')
  expect((await stateOf(shop, orderId)).server).toBe('installing')
  expect(await auditOf(orderId)).toEqual([[actor, 'order.retry']])
  expect(await kindsOf(shop, orderId)).toContain('order.retried')

  await shop.db.run('DELETE FROM jobs WHERE topic = ?', [`server.check:${serverId}`])
  await retryOrder(shop.db, shop.deps, { orderId, actor })
  await shop.pass(10_000)
  expect((await stateOf(shop, orderId)).server).toBe('active')
  await expect(retryOrder(shop.db, shop.deps, { orderId, actor })).rejects.toThrow(/at rest/)
})

test('a deadline that was moved holds, and the order shows it', async () => {
  const away = panelAway(shop)
  const { customer, orderId } = await paidOrder(shop)
  const byMs = 12 * HOUR_MS
  const before = Date.parse((await customer.get(`/api/orders/${orderId}`)).body.order.refundAt)
  expect((await planDeadline(shop.db, { orderId, byMs })).does[0]).toMatch(/by 720 minutes/)
  await extendDeadline(shop.db, shop.deps, { orderId, byMs, actor })
  const { order, timeline } = (await customer.get(`/api/orders/${orderId}`)).body
  expect(Date.parse(order.refundAt) - before).toBe(byMs)
  expect(timeline.at(-1).text).toMatch(/^We need more time for your server, until .* UTC\.$/)
  shop.clock.advance(30 * HOUR_MS)
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('provisioning')
  shop.clock.advance(7 * HOUR_MS)
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('refunded')
  away.cancel()
  await shop.pass(4 * 60_000)
  await expect(extendDeadline(shop.db, shop.deps, { orderId, byMs, actor })).rejects
    .toThrow(/refunded/)
  expect(await auditOf(orderId)).toEqual([[actor, 'order.extend_deadline']])
})

test('a refund before the delivery stops it and returns all, once', async () => {
  panelAway(shop)
  const { orderId, sessionId } = await paidOrder(shop)
  const { does } = await planRefund(shop.db, { orderId })
  expect(does.join('\n')).toMatch(/Returns .*\n?Cancels sub_.*\nStops the delivery/)
  expect((await stateOf(shop, orderId)).ending).toBeNull()
  await refundOrder(shop.db, shop.deps, { orderId, reason: 'asked for it', actor })
  await shop.drain()
  const state = await stateOf(shop, orderId)
  expect([state.order, state.server]).toEqual(['refunded', 'deleting'])
  const [payment] = await paymentsOf(shop, orderId)
  expect(await refundedAtStripe(shop, payment?.intent ?? '')).toEqual([payment?.amount])
  expect((await shop.deps.payments.getCheckoutSession(sessionId))?.subscription?.status)
    .toBe('canceled')
  await expect(refundOrder(shop.db, shop.deps, { orderId, reason: 'again', actor })).rejects
    .toThrow(/All of the money has gone back/)
  expect(await auditOf(orderId)).toEqual([[actor, 'order.refund']])
  shop.faults.clear()
  await shop.pass(4 * 60_000)
  expect((await stateOf(shop, orderId)).server).toBe('deleted')
})

test('a refund after the delivery suspends the server at once and deletes it after the grace', async () => {
  const { customer, orderId } = await deliveredOrder(shop)
  const { pteroServerId } = await stateOf(shop, orderId)
  await refundOrder(shop.db, shop.deps, { orderId, reason: 'goodwill', actor })
  await shop.drain()
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'refunded', server: 'suspended' })
  expect((await shop.deps.panel.getServer(pteroServerId ?? 0))?.suspended).toBe(true)
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.timeline.map((row: { text: string }) => row.text).join('\n'))
    .toMatch(/We end this order and return your money/)
  shop.clock.advance(71 * HOUR_MS)
  await shop.drain()
  expect((await stateOf(shop, orderId)).server).toBe('suspended')
  shop.clock.advance(2 * HOUR_MS)
  await shop.drain()
  expect((await stateOf(shop, orderId)).server).toBe('deleted')
  expect(await shop.deps.panel.getServer(pteroServerId ?? 0)).toBeUndefined()
})

test('what Stripe refuses to return is alerted, retried by the operator, and then returned', async () => {
  panelAway(shop)
  const { orderId } = await paidOrder(shop)
  const [payment] = await paymentsOf(shop, orderId)
  const refusal = { name: 'status', status: 400, code: 'charge_disputed' } as const
  const on = { service: 'stripe', call: 'POST /v1/refunds' } as const
  const refused = shop.faults.order({ on, fault: refusal })
  await refundOrder(shop.db, shop.deps, { orderId, reason: 'asked for it', actor })
  await shop.drain()
  expect(await openAlerts(shop, 'refund_failed')).toEqual([payment?.id])
  expect((await stateOf(shop, orderId)).order).toBe('provisioning')
  refused.cancel()
  await refundOrder(shop.db, shop.deps, { orderId, reason: 'again', actor })
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('refunded')
  expect(await openAlerts(shop, 'refund_failed')).toEqual([])
  expect(await refundedAtStripe(shop, payment?.intent ?? '')).toEqual([payment?.amount])
})

test('a review is accepted or refused, once', async () => {
  const accepted = await orderInReview()
  expect(await openAlerts(shop, 'order_needs_review')).toContain(accepted)
  await expect(retryOrder(shop.db, shop.deps, { orderId: accepted, actor })).rejects
    .toThrow(/waits for a decision/)
  expect((await planReview(shop.db, { orderId: accepted, accept: true })).does[0])
    .toMatch(/^Takes .* for the right payment/)
  await resolveReview(shop.db, shop.deps, { orderId: accepted, accept: true, actor })
  await shop.pass(10_000)
  expect(await stateOf(shop, accepted)).toMatchObject({ order: 'provisioned', server: 'active' })

  const refused = await orderInReview()
  await resolveReview(shop.db, shop.deps, { orderId: refused, accept: false, actor })
  await shop.drain()
  expect(await stateOf(shop, refused)).toMatchObject({ order: 'refunded', server: null })
  const [payment] = await paymentsOf(shop, refused)
  expect(payment?.returned).toBe(payment?.amount)
  await expect(resolveReview(shop.db, shop.deps, { orderId: refused, accept: true, actor }))
    .rejects.toThrow(/Only an order in review/)
  expect(await openAlerts(shop, 'order_needs_review')).toEqual([])
})

test('what is not possible says what to do instead, and changes nothing', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const about = { orderId, actor }
  await expect(refundOrder(shop.db, shop.deps, { ...about, reason: 'x' })).rejects
    .toThrow(/Nothing was paid/)
  await expect(extendDeadline(shop.db, shop.deps, { ...about, byMs: HOUR_MS })).rejects
    .toThrow(/this one is pending/)
  await expect(extendDeadline(shop.db, shop.deps, { ...about, byMs: -1 })).rejects
    .toThrow(/30 days/)
  const nobody = 'ord_00000000000000000000000000'
  await expect(retryOrder(shop.db, shop.deps, { orderId: nobody, actor })).rejects
    .toThrow(/There is no order/)
  expect(await auditOf(orderId)).toEqual([])
  expect(await kindsOf(shop, orderId)).toEqual(['order.placed'])
})

test('a deadline that is moved in the moment in which it comes holds', async () => {
  panelAway(shop)
  const { orderId } = await paidOrder(shop)
  await shop.db.run('UPDATE orders SET refund_at = {now} WHERE id = ?', [orderId])
  const late = { ...shop.db }
  late.transaction = async (work) => {
    const about = { orderId, byMs: HOUR_MS, actor }
    late.transaction = shop.db.transaction
    await extendDeadline(shop.db, shop.deps, about)
    return await shop.db.transaction(work)
  }
  await endOrder(late, shop.deps, { orderId }).catch((error) => {
    expect(error).toBeInstanceOf(TryAgain)
  })
  expect(await stateOf(shop, orderId)).toMatchObject({ order: 'provisioning', ending: null })
})

test('what Stripe keeps of a refused review is tried again by retry, as its alert says', async () => {
  const orderId = await orderInReview()
  const refused = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/refunds' },
    fault: { name: 'status', status: 400, code: 'charge_disputed' },
  })
  await resolveReview(shop.db, shop.deps, { orderId, accept: false, actor })
  await shop.drain()
  refused.cancel()
  expect(wordsOf('refund_failed').mend).toMatch(/`deno task orders retry ORDER`/)
  await retryOrder(shop.db, shop.deps, { orderId, actor })
  await shop.drain()
  expect((await stateOf(shop, orderId)).order).toBe('refunded')
})
