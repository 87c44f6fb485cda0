import { describe, expect, test } from 'vitest'
import type { RuleOrder } from '../../dev/faults/rule.ts'
import { runDue } from '../../api/jobs/run.ts'
import { signatureHeader } from '../../dev/stripe/signature.ts'
import { startBench } from '../support/cells.ts'
import { WEBHOOK_SECRET } from '../support/environment.ts'
import { settle } from '../support/settle.ts'

const bench = startBench()

const MINUTE_MS = 60_000

/** What the database says when the transaction is to be run again. */
const PASSING = [1213, 1205, 1020]

/** What it says while it takes no writes. */
const READ_ONLY = [1290, 1836]

const ALWAYS = 1_000_000

const WEBHOOK = { service: 'stripe', event: '*' } as const

async function inboxOf(sessionId: string) {
  return await bench.shop.db.query<{ type: string; status: string }>(
    "SELECT type, status FROM stripe_events WHERE object_id = ? AND type = 'checkout.session.completed'",
    [sessionId],
  )
}

describe('webhook receive', () => {
  test.each([1020])('LOCK %i: the event is stored once, and nobody notices', async (errno) => {
    const buyer = await bench.open()
    const fault = await bench.failWrites({ table: 'stripe_events', errno })
    await bench.shop.stripe.pay(buyer.sessionId)
    expect(await fault.fired()).toBe(1)
    await fault.cancel()
    await bench.expectDelivered(buyer)
    expect(await inboxOf(buyer.sessionId)).toHaveLength(1)
  })

  test.each(READ_ONLY)(
    'DB↓ %i: no 2xx before it is stored; Stripe sends it again',
    async (errno) => {
      const buyer = await bench.open()
      const fault = await bench.failWrites({
        table: 'stripe_events',
        errno,
        times: ALWAYS,
      })
      const answer = await deliver(eventAbout(buyer.sessionId))
      expect(answer.status).toBe(503)
      expect(await inboxOf(buyer.sessionId)).toEqual([])
      await fault.cancel()
      await bench.shop.stripe.pay(buyer.sessionId)
      await bench.expectDelivered(buyer)
    },
  )

  test.each<[string, RuleOrder['fault']]>([
    ['DUP: each event comes five times at once', { name: 'duplicate', times: 5 }],
    ['ORD: events come newest first', { name: 'reorder', among: 4 }],
    ['ORD: events come late', { name: 'delay', ms: 100 }],
    ['BAD: each is signed with a secret that nobody knows', 'wrong-signature'],
    ['secret rolled: two signatures', 'rolled-secret'],
  ])('%s: one server, within six minutes', async (_name, fault) => {
    const buyer = await bench.open()
    const rule = bench.shop.faults.order({ on: WEBHOOK, fault })
    await bench.shop.stripe.pay(buyer.sessionId)
    const took = await bench.msToServer(buyer, 7 * MINUTE_MS)
    expect(rule.fired).toBeGreaterThan(0)
    expect(took).toBeLessThanOrEqual(6 * MINUTE_MS)
    await bench.expectDelivered(buyer)
  })

  test('ORD: what ended is told before what began: the delayed payment is delivered', async () => {
    const buyer = await bench.open()
    const withheld = bench.shop.faults.order({ on: WEBHOOK, fault: 'withhold' })
    await bench.shop.stripe.pay(buyer.sessionId, { delayed: 'processing' })
    await bench.shop.stripe.settle(buyer.sessionId, 'succeeded')
    const told = bench.shop.stripe.events.filter((event) =>
      event.type.startsWith('checkout.session')
    )
      .slice(-2).reverse()
    expect(told.map((event) => event.type)).toEqual([
      'checkout.session.async_payment_succeeded',
      'checkout.session.completed',
    ])
    for (const event of told) {
      await bench.shop.stripe.deliver(event.id)
      await bench.shop.drain()
    }
    expect(await bench.status(buyer)).toMatch(/paid|provisioning/)
    withheld.cancel()
    await bench.expectDelivered(buyer)
  })

  test('C+: the answer was lost and the event comes again: 200, and nothing happens twice', async () => {
    const buyer = await bench.delivered()
    const [event] = bench.shop.stripe.events.filter((one) =>
      one.type === 'checkout.session.completed'
    ).slice(-1)
    await bench.shop.stripe.deliver(event?.id ?? '')
    await bench.expectDelivered(buyer)
    expect((await bench.kinds(buyer)).filter((kind) => kind === 'order.paid')).toHaveLength(1)
  })
})

/** An event as Stripe would send it. */
function eventAbout(sessionId: string, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: `evt_${crypto.randomUUID().replaceAll('-', '')}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: Math.floor(bench.shop.clock.now().getTime() / 1000),
    livemode: false,
    type: 'checkout.session.completed',
    data: { object: { id: sessionId, object: 'checkout.session' } },
    ...changes,
  })
}

async function deliver(payload: string) {
  const timestamp = Math.floor(bench.shop.clock.now().getTime() / 1000)
  const header = await signatureHeader(payload, [WEBHOOK_SECRET], timestamp)
  const answer = await fetch(`${bench.shop.url}/api/stripe/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': header },
    body: payload,
  })
  await answer.body?.cancel()
  return answer
}

describe('event store', () => {
  test('BAD: an event of a version that does not exist yet is understood', async () => {
    const buyer = await bench.open()
    await bench.payUnheard(buyer)
    const payload = eventAbout(buyer.sessionId, { api_version: '2031-01-01.unknown' })
    expect((await deliver(payload)).status).toBe(200)
    await bench.shop.drain()
    expect(await bench.status(buyer)).toMatch(/paid|provisioning/)
    await bench.expectDelivered(buyer)
  })

  test('BAD: an event whose object Stripe has not got holds up no other', async () => {
    const buyer = await bench.open()
    await bench.payUnheard(buyer)
    expect((await deliver(eventAbout('cs_test_gone'))).status).toBe(200)
    expect((await deliver(eventAbout(buyer.sessionId))).status).toBe(200)
    await bench.shop.drain()
    expect(await bench.status(buyer)).toMatch(/paid|provisioning/)
    await bench.expectDelivered(buyer)
  })

  test('5xx: Stripe is away when the event is read: it is kept, and read when Stripe is back', async () => {
    const buyer = await bench.open()
    const away = bench.shop.faults.order({
      on: { service: 'stripe', call: 'GET /v1/checkout/sessions/:id' },
      fault: { name: 'status', status: 503 },
    })
    await bench.shop.stripe.pay(buyer.sessionId)
    await settle(bench.shop, 3 * MINUTE_MS)
    expect(await bench.status(buyer)).toBe('pending')
    expect(await inboxOf(buyer.sessionId)).toMatchObject([{ status: 'ready' }])
    away.cancel()
    await bench.expectDelivered(buyer)
  })
})

describe('webhook never arrives', () => {
  test('withheld: the payment is found within six minutes', async () => {
    const buyer = await bench.open()
    await bench.payUnheard(buyer)
    expect(await bench.msToServer(buyer, 7 * MINUTE_MS)).toBeLessThanOrEqual(6 * MINUTE_MS)
    expect(await bench.status(buyer)).toBe('provisioned')
  })

  test('withheld, and Stripe answers nothing for twenty minutes: found when it does', async () => {
    const buyer = await bench.open()
    await bench.payUnheard(buyer)
    const away = bench.shop.faults.order({
      on: { service: 'stripe', call: '/v1/*' },
      fault: 'html',
    })
    await settle(bench.shop, 20 * MINUTE_MS)
    expect(await bench.status(buyer)).toBe('pending')
    away.cancel()
    expect(await bench.msToServer(buyer, 7 * MINUTE_MS)).toBeLessThanOrEqual(6 * MINUTE_MS)
    expect(await bench.status(buyer)).toBe('provisioned')
  })

  test('withheld while the money is under way at the bank: found when it arrives', async () => {
    const buyer = await bench.open()
    bench.shop.faults.order({ on: WEBHOOK, fault: 'withhold' })
    await bench.shop.stripe.pay(buyer.sessionId, { delayed: 'processing' })
    await settle(bench.shop, 3 * MINUTE_MS)
    expect(await bench.status(buyer)).toBe('payment_processing')
    await bench.shop.stripe.settle(buyer.sessionId, 'succeeded')
    expect(await bench.msToServer(buyer, 7 * MINUTE_MS)).toBeLessThanOrEqual(6 * MINUTE_MS)
    expect(await bench.status(buyer)).toBe('provisioned')
  })
})

describe('job claim', () => {
  test.each(PASSING)('LOCK %i at each claim and each end, six times: one server', async (errno) => {
    const buyer = await bench.paid()
    const fault = await bench.failWrites({
      verb: 'UPDATE',
      table: 'jobs',
      errno,
      times: 6,
    })
    await settle(bench.shop)
    expect(await fault.fired()).toBe(6)
    await fault.cancel()
    await bench.expectDelivered(buyer)
  })

  test.each(READ_ONLY)(
    'DB↓ %i: nothing is claimed and nothing is lost; then it goes on',
    async (errno) => {
      const buyer = await bench.paid()
      const fault = await bench.failWrites({
        verb: 'UPDATE',
        table: 'jobs',
        errno,
        times: ALWAYS,
      })
      expect(await runDue(bench.shop.db, bench.shop.deps)).toBe(0)
      await fault.cancel()
      expect(await bench.status(buyer)).toBe('paid')
      await bench.expectDelivered(buyer)
    },
  )

  test.each([-10, 10])(
    'CLK: a worker whose clock is %i minutes off keeps its leases',
    async (minutes) => {
      const buyer = await bench.paid()
      const hasty = {
        ...bench.shop.deps,
        now: () => new Date(bench.shop.clock.now().getTime() + minutes * MINUTE_MS),
      }
      await runDue(bench.shop.db, hasty)
      const [lost] = await bench.shop.db.query<{ n: number }>(
        'SELECT COUNT(*) AS n FROM jobs WHERE lease_token IS NOT NULL',
      )
      expect(Number(lost?.n)).toBe(0)
      expect(bench.shop.lines.filter((line) => line.includes('lease lost'))).toEqual([])
      await bench.expectDelivered(buyer)
    },
  )

  test('RACE: eight workers at once make one server', async () => {
    const buyer = await bench.paid()
    const workers = Array.from({ length: 8 }, () => runDue(bench.shop.db, bench.shop.deps))
    await Promise.all(workers)
    await bench.expectDelivered(buyer)
  })
})
