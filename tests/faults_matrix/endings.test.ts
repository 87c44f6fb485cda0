import { describe, expect, test } from 'vitest'
import { refundOrder } from '../../api/orders/operator.ts'
import type { RuleOrder } from '../../dev/faults/rule.ts'
import { type Buyer, startBench } from '../support/cells.ts'
import { chargeOf, paymentsOf, refundByHand, refundedAtStripe, stateOf } from '../support/money.ts'
import { live, settle } from '../support/settle.ts'

const bench = startBench()

const HOUR_MS = 3_600_000

/** What the database says when the transaction is to be run again. */
const PASSING = [1213, 1205, 1020]

const ALWAYS = 1_000_000

type Fault = RuleOrder['fault']

/** What can stand between us and an answer of Stripe or of the mail provider. */
const WIRE: [string, Fault][] = [
  ['TE: the connection closes before the work', 'refuse'],
  ['TE: the connection closes after the work', 'drop-answer'],
  ['5xx: an error of the service', { name: 'status', status: 500 }],
  ['5xx: a proxy answers', { name: 'html', status: 502 }],
  ['429: too many calls', { name: 'rate-limit', seconds: 20 }],
  ['BAD: the answer is no JSON', 'malformed-body'],
  ['401: the key is wrong', { name: 'status', status: 401 }],
]

async function mailsTo({ orderId }: Buyer): Promise<string[]> {
  const rows = await bench.shop.db.query<{ id: string }>(
    'SELECT id FROM outbox WHERE cause_id = ? ORDER BY created_at, id',
    [orderId],
  )
  return rows.flatMap(({ id }) =>
    bench.shop.mails.filter((mail) => JSON.stringify(mail).includes(id))
      .map((mail) => mail.tags.template ?? '?')
  )
}

describe('e-mail', () => {
  test.each(WIRE)(
    '%s: each mail comes once, and the server does not wait',
    async (_name, fault) => {
      const buyer = await bench.open()
      const rule = bench.fault({ service: 'mailbox' }, fault, 3)
      await bench.shop.stripe.pay(buyer.sessionId)
      await bench.expectDelivered(buyer)
      expect(rule.fired).toBeGreaterThan(0)
      expect((await mailsTo(buyer)).sort()).toEqual(['order_received', 'server_ready'])
    },
  )

  test('the provider is away for a day: the server runs, and the mails come once', async () => {
    const buyer = await bench.open()
    const away = bench.shop.faults.order({ on: { service: 'mailbox' }, fault: 'html' })
    await bench.shop.stripe.pay(buyer.sessionId)
    await live(bench.shop, 24 * HOUR_MS, HOUR_MS)
    expect(await bench.status(buyer)).toBe('provisioned')
    expect(await mailsTo(buyer)).toEqual([])
    away.cancel()
    await settle(bench.shop, 2 * HOUR_MS)
    expect((await mailsTo(buyer)).sort()).toEqual(['order_received', 'server_ready'])
  })
})

async function end(buyer: Buyer): Promise<void> {
  const by = { orderId: buyer.orderId, reason: 'a test', actor: 'cli:matrix' }
  await refundOrder(bench.shop.db, bench.shop.deps, by)
}

/** All money went back, once, and nobody pays on. */
async function expectReturned(buyer: Buyer): Promise<void> {
  await settle(bench.shop, 5 * HOUR_MS)
  expect(await bench.status(buyer)).toBe('refunded')
  for (const { amount, intent } of await paymentsOf(bench.shop, buyer.orderId)) {
    expect(await refundedAtStripe(bench.shop, intent)).toEqual([amount])
  }
}

const REFUND_CALLS: [string, string][] = [
  ['the refund', 'POST /v1/refunds'],
  ['the end of the subscription', 'DELETE /v1/subscriptions/:id'],
]

describe('refund/dispute', () => {
  describe.each(REFUND_CALLS)('%s', (_what, call) => {
    test.each(WIRE)('%s: the money goes back once', async (_name, fault) => {
      const buyer = await bench.paid()
      const rule = bench.fault({ service: 'stripe', call }, fault, 2)
      await end(buyer)
      await expectReturned(buyer)
      expect(rule.fired).toBeGreaterThan(0)
    })
  })

  test.each(PASSING)(
    'LOCK %i when the refund is written down: it goes back once',
    async (errno) => {
      const buyer = await bench.paid()
      const fault = await bench.failWrites({ table: 'refunds', errno })
      await end(buyer)
      await expectReturned(buyer)
      expect(await fault.fired()).toBe(1)
    },
  )

  test('DB↓ 1290 when the refund is written down: it goes back once', async () => {
    const buyer = await bench.paid()
    const fault = await bench.failWrites({ table: 'refunds', errno: 1290, times: ALWAYS })
    await end(buyer)
    await settle(bench.shop, 10 * 60_000)
    expect(await bench.status(buyer)).not.toBe('refunded')
    await fault.cancel()
    await expectReturned(buyer)
  })

  test('ORD: the refund is told before the payment: no server', async () => {
    const buyer = await bench.open()
    await bench.payUnheard(buyer)
    await refundByHand(bench.shop, await intentOf(buyer))
    const [told] = bench.shop.stripe.events.filter((event) => event.type === 'charge.refunded')
      .slice(-1)
    await bench.shop.stripe.deliver(told?.id ?? '')
    await settle(bench.shop)
    expect(await bench.status(buyer)).toBe('refunded')
    expect((await stateOf(bench.shop, buyer.orderId)).server).toBe('deleted')
  })

  test('refunded by hand while the server is created: no server', async () => {
    const buyer = await bench.paid()
    const away = bench.shop.faults.order({ on: { service: 'panel' }, fault: 'html' })
    await bench.shop.drain()
    const [payment] = await paymentsOf(bench.shop, buyer.orderId)
    await refundByHand(bench.shop, payment?.intent ?? '')
    away.cancel()
    bench.shop.faults.clear()
    await settle(bench.shop, 3 * HOUR_MS)
    expect(await bench.status(buyer)).toBe('refunded')
    expect((await stateOf(bench.shop, buyer.orderId)).server).toBe('deleted')
  })

  test('disputed and lost: the server stops at once, and goes', async () => {
    const buyer = await bench.delivered()
    const [payment] = await paymentsOf(bench.shop, buyer.orderId)
    const dispute = await bench.shop.stripe.dispute(
      await chargeOf(bench.shop, payment?.intent ?? ''),
    )
    await settle(bench.shop)
    expect((await stateOf(bench.shop, buyer.orderId)).server).toBe('suspended')
    await bench.shop.stripe.decideDispute(dispute, 'lost')
    await settle(bench.shop)
    expect(await bench.status(buyer)).toBe('refunded')
    await live(bench.shop, 80 * HOUR_MS, 4 * HOUR_MS)
    await settle(bench.shop)
    expect((await stateOf(bench.shop, buyer.orderId)).server).toBe('deleted')
  })

  test('disputed and won: the server stops, and runs again', async () => {
    const buyer = await bench.delivered()
    const [payment] = await paymentsOf(bench.shop, buyer.orderId)
    const dispute = await bench.shop.stripe.dispute(
      await chargeOf(bench.shop, payment?.intent ?? ''),
    )
    await settle(bench.shop)
    await bench.shop.stripe.decideDispute(dispute, 'won')
    await bench.expectDelivered(buyer)
  })
})

/** What an order was paid with, as Stripe knows it. */
async function intentOf({ sessionId }: Buyer): Promise<string> {
  const session = await bench.shop.deps.payments.getCheckoutSession(sessionId)
  return session?.invoice?.paymentIntentId ?? ''
}

describe('cancel', () => {
  test.each(WIRE)(
    '%s: still open and said so, or canceled; never both paid and canceled',
    async (_name, fault) => {
      const buyer = await bench.open()
      const on = { service: 'stripe', call: 'POST /v1/checkout/sessions/:id/expire' } as const
      const rule = bench.shop.faults.order({ on, fault })
      const first = await buyer.client.post(`/api/orders/${buyer.orderId}/cancel`)
      rule.cancel()
      expect([200, 503]).toContain(first.status)
      bench.shop.clock.advance(30_000)
      const again = await buyer.client.post(`/api/orders/${buyer.orderId}/cancel`)
      expect(again.status).toBe(200)
      expect(await bench.status(buyer)).toBe('canceled')
      const session = await bench.shop.deps.payments.getCheckoutSession(buyer.sessionId)
      expect(session?.status).toBe('expired')
    },
  )

  test('DUP: canceled five times at once: one row of the timeline, one place given back', async () => {
    const buyer = await bench.open()
    const path = `/api/orders/${buyer.orderId}/cancel`
    const answers = await Promise.all(Array.from({ length: 5 }, () => buyer.client.post(path)))
    expect(answers.map((answer) => answer.status)).toEqual(Array(5).fill(200))
    expect((await bench.kinds(buyer)).filter((kind) => kind === 'order.canceled')).toHaveLength(1)
  })

  test.each(PASSING)('LOCK %i: canceled once, and nobody notices', async (errno) => {
    const buyer = await bench.open()
    const fault = await bench.failWrites({ verb: 'UPDATE', table: 'capacity_holds', errno })
    const answer = await buyer.client.post(`/api/orders/${buyer.orderId}/cancel`)
    expect(answer.status).toBe(200)
    expect(await fault.fired()).toBe(1)
  })

  test('RACE: paid in the moment of the cancel: delivered', async () => {
    const buyer = await bench.open()
    bench.shop.intercept.stripe = async (request, next) => {
      if (request.url.endsWith('/expire')) {
        bench.shop.intercept.stripe = undefined
        await bench.payUnheard(buyer)
      }
      return await next(request)
    }
    const answer = await buyer.client.post(`/api/orders/${buyer.orderId}/cancel`)
    expect(answer.status).toBe(409)
    await bench.expectDelivered(buyer)
  })
})

describe('delete', () => {
  const PANEL: [string, Fault][] = [
    ...WIRE.filter(([name]) => !name.startsWith('401')),
    ['401: the key is revoked', 'key-revoked'],
    ['the node is away', 'wings-down'],
    ['the node refuses', 'wings-refuses'],
  ]

  test.each(PANEL)('%s: it is tried until it is gone, and never forced', async (_name, fault) => {
    const buyer = await bench.delivered()
    const { pteroServerId } = await stateOf(bench.shop, buyer.orderId)
    const forced: string[] = []
    bench.shop.intercept.panel = (request, next) => {
      if (request.url.endsWith('/force')) forced.push(request.url)
      return next(request)
    }
    await end(buyer)
    await settle(bench.shop)
    const node = typeof fault === 'string' && fault.startsWith('wings')
    const rule = bench.fault(
      node
        ? { service: 'panel', wings: 'delete' }
        : { service: 'panel', call: 'DELETE /api/application/servers/:id' },
      fault,
      2,
    )
    bench.shop.clock.advance(73 * HOUR_MS)
    await settle(bench.shop)
    expect(rule.fired).toBeGreaterThan(0)
    expect((await stateOf(bench.shop, buyer.orderId)).server).toBe('deleted')
    expect(bench.shop.panel.store.servers.find(pteroServerId ?? 0)).toBeUndefined()
    expect(forced).toEqual([])
  })
})
