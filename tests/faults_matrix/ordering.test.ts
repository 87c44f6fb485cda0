import { describe, expect, test } from 'vitest'
import type { RuleOrder } from '../../dev/faults/rule.ts'
import { startBench } from '../support/cells.ts'
import { type Client, createClient } from '../support/client.ts'
import { settle } from '../support/settle.ts'
import { PURCHASE } from '../support/shop.ts'
import { viewOf } from '../support/view.ts'

const bench = startBench()

/** What the database says when the transaction is to be run again: a deadlock, a lock, a snapshot. */
const PASSING = [1213, 1205, 1020]

/** What it says while it takes no writes: an old primary, a read-only start. */
const READ_ONLY = [1290, 1836]

/** More than anything tries. */
const ALWAYS = 1_000_000

function signUp(email: string) {
  const client = createClient(bench.shop.url)
  return client.post('/api/auth/signup', { email, password: 'correct horse battery' })
}

async function accountsOf(email: string): Promise<{ users: number; mails: number }> {
  const { db } = bench.shop
  const users = await db.query('SELECT id FROM users WHERE email = ?', [email])
  const mails = await db.query(
    "SELECT id FROM outbox WHERE to_email = ? AND template = 'verify_email'",
    [email],
  )
  return { users: users.length, mails: mails.length }
}

describe('register', () => {
  test.each([1213])('LOCK %i: one account and one mail, and nobody notices', async (errno) => {
    const email = `lock${errno}@example.com`
    const fault = await bench.failWrites({ table: 'outbox', errno })
    const answer = await signUp(email)
    expect(await fault.fired()).toBe(1)
    await fault.cancel()
    expect(answer.status).toBe(201)
    expect(await accountsOf(email)).toEqual({ users: 1, mails: 1 })
  })

  test.each(READ_ONLY)(
    'DB↓ %i: 503, no account and no mail; then the same works',
    async (errno) => {
      const email = `down${errno}@example.com`
      const fault = await bench.failWrites({ table: 'outbox', errno, times: ALWAYS })
      const answer = await signUp(email)
      await fault.cancel()
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(await accountsOf(email)).toEqual({ users: 0, mails: 0 })
      expect((await signUp(email)).status).toBe(201)
      expect(await accountsOf(email)).toEqual({ users: 1, mails: 1 })
    },
  )

  test('DUP: ten at once make one account, and one mail', async () => {
    const email = 'ten@example.com'
    const answers = await Promise.all(Array.from({ length: 10 }, () => signUp(email)))
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(9).fill(409)])
    expect(await accountsOf(email)).toEqual({ users: 1, mails: 1 })
  })
})

function place(client: Client, key: string = crypto.randomUUID()) {
  return client.post('/api/checkout/sessions', PURCHASE, { 'idempotency-key': key })
}

async function rowsLeft(client: Client) {
  const { orders } = (await client.get('/api/orders')).body
  const keys = await bench.shop.db.query<{ n: number }>(
    'SELECT COUNT(*) AS n FROM idempotency_keys',
  )
  const holds = await bench.shop.db.query<{ n: number }>('SELECT COUNT(*) AS n FROM capacity_holds')
  return [orders.length, Number(keys[0]?.n), Number(holds[0]?.n)]
}

describe('create order', () => {
  test.each([1205])('LOCK %i: one order with one place, and nobody notices', async (errno) => {
    const client = await bench.shop.customer()
    const fault = await bench.failWrites({ table: 'order_events', errno })
    const answer = await place(client)
    expect(await fault.fired()).toBe(1)
    await fault.cancel()
    expect(answer.status).toBe(201)
    expect((await client.get('/api/orders')).body.orders).toHaveLength(1)
  })

  test.each(READ_ONLY)(
    'DB↓ %i: 503 and nothing is left; the same key works later',
    async (errno) => {
      const client = await bench.shop.customer()
      const key = crypto.randomUUID()
      const before = await rowsLeft(client)
      const fault = await bench.failWrites({ table: 'order_events', errno, times: ALWAYS })
      const answer = await place(client, key)
      await fault.cancel()
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(await rowsLeft(client)).toEqual(before)
      expect((await place(client, key)).status).toBe(201)
      expect((await client.get('/api/orders')).body.orders).toHaveLength(1)
    },
  )

  test('DUP: the answer is lost and the request comes again: the same order', async () => {
    const client = await bench.shop.customer()
    const key = crypto.randomUUID()
    const first = await place(client, key)
    const again = await place(client, key)
    expect(again.body).toEqual(first.body)
    expect((await client.get('/api/orders')).body.orders).toHaveLength(1)
  })
})

async function sessionsAtStripe(orderId: string): Promise<string[]> {
  const { sessions } = await viewOf(bench.shop)
  return sessions.filter((one) => one.orderId === orderId).map((one) => one.id)
}

const SESSIONS = { service: 'stripe', call: 'POST /v1/checkout/sessions' } as const

/** What stands between us and an answer that can be read. `done`: Stripe has acted all the same. */
const NO_ANSWER: { name: string; fault: RuleOrder['fault']; done?: true }[] = [
  { name: '5xx: an error of Stripe', fault: { name: 'status', status: 500 } },
  { name: '5xx: Stripe is overloaded', fault: { name: 'status', status: 503 } },
  { name: '5xx: a proxy answers', fault: 'html' },
  { name: '429: too many calls', fault: { name: 'rate-limit', seconds: 1 } },
  { name: 'TE: the connection closes before the work', fault: 'refuse' },
  { name: 'TE: the connection closes after the work', fault: 'drop-answer', done: true },
  { name: 'BAD: the answer is no JSON', fault: 'malformed-body', done: true },
]

describe('create Stripe session', () => {
  test.each(NO_ANSWER)(
    '$name: 503, the order waits; the same key opens one session',
    async ({ fault }) => {
      const client = await bench.shop.customer()
      const key = crypto.randomUUID()
      const rule = bench.shop.faults.order({ on: SESSIONS, fault })
      const refused = await place(client, key)
      rule.cancel()
      expect(refused.status).toBe(503)
      const [order] = (await client.get('/api/orders')).body.orders
      expect(order).toMatchObject({ id: refused.body.orderId, status: 'pending' })
      bench.shop.clock.advance(2000)
      const answer = await place(client, key)
      expect(answer.status).toBe(201)
      expect(await sessionsAtStripe(answer.body.orderId)).toHaveLength(1)
      const sessionId = (await sessionsAtStripe(answer.body.orderId))[0] ?? ''
      await bench.shop.stripe.pay(sessionId)
      await bench.expectDelivered({ client, orderId: answer.body.orderId, sessionId })
    },
  )

  test('401: the key is wrong: 503, the order stays open, and the sweep opens its session later', async () => {
    const client = await bench.shop.customer()
    const rule = bench.shop.faults.order({ on: SESSIONS, fault: { name: 'status', status: 401 } })
    const refused = await place(client)
    rule.cancel()
    expect(refused.status).toBe(503)
    bench.shop.clock.advance(61_000)
    await settle(bench.shop, 2 * 60_000)
    expect(await sessionsAtStripe(refused.body.orderId)).toHaveLength(1)
  })

  test('RACE: two tabs with the same key see the same page', async () => {
    const client = await bench.shop.customer()
    const key = crypto.randomUUID()
    const answers = await Promise.all([place(client, key), place(client, key)])
    const opened = answers.filter((answer) => answer.status === 201)
    expect(opened).not.toEqual([])
    expect(new Set(opened.map((answer) => answer.body.url)).size).toBe(1)
    expect(await sessionsAtStripe(opened[0]?.body.orderId)).toHaveLength(1)
  })

  test.each([-10, 10])(
    'CLK: a host whose clock is %i minutes off sells all the same',
    async (minutes) => {
      const { deps } = bench.shop
      const now = deps.now
      deps.now = () => new Date(now().getTime() + minutes * 60_000)
      try {
        const buyer = await bench.open()
        expect(await bench.status(buyer)).toBe('pending')
        await bench.payUnheard(buyer)
        await bench.expectDelivered(buyer)
      } finally {
        deps.now = now
      }
    },
  )
})

describe('redirect / success page', () => {
  const READ = { service: 'stripe', call: 'GET /v1/checkout/sessions/:id' } as const

  test.each(NO_ANSWER)(
    '$name: the page shows the order as we know it; it is delivered',
    async ({ fault }) => {
      const buyer = await bench.open()
      await bench.payUnheard(buyer)
      const rule = bench.shop.faults.order({ on: READ, fault })
      const shown = await buyer.client.post(`/api/orders/${buyer.orderId}/sync`)
      rule.cancel()
      expect(shown.status).toBe(200)
      expect(shown.body.order.status).toBe('pending')
      bench.shop.clock.advance(2000)
      const synced = await buyer.client.post(`/api/orders/${buyer.orderId}/sync`)
      expect(synced.body.order.status).toBe('paid')
      await bench.expectDelivered(buyer)
    },
  )

  test.each(PASSING)('LOCK %i: the payment is taken once, and nobody notices', async (errno) => {
    const buyer = await bench.open()
    await bench.payUnheard(buyer)
    const fault = await bench.failWrites({ table: 'payments', errno })
    const synced = await buyer.client.post(`/api/orders/${buyer.orderId}/sync`)
    expect(await fault.fired()).toBe(1)
    await fault.cancel()
    expect(synced.body.order.status).toBe('paid')
    await bench.expectDelivered(buyer)
  })

  test.each(READ_ONLY)(
    'DB↓ %i: 503 and nothing is half written; then it is delivered',
    async (errno) => {
      const buyer = await bench.open()
      await bench.payUnheard(buyer)
      const fault = await bench.failWrites({ table: 'payments', errno, times: ALWAYS })
      const synced = await buyer.client.post(`/api/orders/${buyer.orderId}/sync`)
      await fault.cancel()
      expect(synced.status).toBe(503)
      expect(await bench.status(buyer)).toBe('pending')
      await bench.expectDelivered(buyer)
    },
  )

  test('DUP: twenty looks at once take the payment once', async () => {
    const buyer = await bench.open()
    await bench.payUnheard(buyer)
    const path = `/api/orders/${buyer.orderId}/sync`
    const answers = await Promise.all(Array.from({ length: 20 }, () => buyer.client.post(path)))
    expect(answers.every((answer) => answer.status === 200)).toBe(true)
    expect((await bench.kinds(buyer)).filter((kind) => kind === 'order.paid')).toHaveLength(1)
    await bench.expectDelivered(buyer)
  })
})
