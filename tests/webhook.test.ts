import Stripe from 'stripe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WEBHOOK_SECRET } from './support/environment.ts'
import { withholdWebhooks } from './support/faults.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

const PREVIOUS_SECRET = 'whsec_UHJldmlvdXNPbmVGb3JUZXN0czEyMzQ1Ng'

let shop: Shop

beforeAll(async () => {
  shop = await startShop({
    environment: { STRIPE_WEBHOOK_SECRETS: `${WEBHOOK_SECRET},${PREVIOUS_SECRET}` },
  })
})

afterAll(() => shop.stop())

interface Delivery {
  payload?: string
  secret?: string
  /** Seconds added to now. */
  skew?: number
  header?: string | null
}

async function deliver({ payload, secret = WEBHOOK_SECRET, skew = 0, header }: Delivery) {
  const body = payload ?? eventBody({})
  const timestamp = Math.floor(shop.clock.now().getTime() / 1000) + skew
  const signed = await Stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret,
    timestamp,
  })
  const signature = header === undefined ? signed : header
  const response = await fetch(`${shop.url}/api/stripe/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(signature === null ? {} : { 'stripe-signature': signature }),
    },
    body,
  })
  return { status: response.status, body: await response.json() }
}

function eventBody(changes: Record<string, unknown>): string {
  return JSON.stringify({
    id: `evt_${crypto.randomUUID().replaceAll('-', '')}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    type: 'checkout.session.completed',
    data: { object: { id: 'cs_test_nobody', object: 'checkout.session' } },
    ...changes,
  })
}

async function countEvents(): Promise<number> {
  const [row] = await shop.db.query<{ n: number }>('SELECT COUNT(*) AS n FROM stripe_events')
  return Number(row?.n)
}

test.each<[string, Delivery]>([
  ['no signature', { header: null }],
  ['a garbage signature', { header: 'garbage' }],
  ['only a v0 signature', { header: `t=${Math.floor(Date.now() / 1000)},v0=${'a'.repeat(64)}` }],
  ['an empty signature', { header: `t=${Math.floor(Date.now() / 1000)},v1=` }],
  ['a signature without a value', { header: `t=${Math.floor(Date.now() / 1000)},v1` }],
  [
    'an empty signature before a real one',
    { header: `t=${Math.floor(Date.now() / 1000)},v1==${'5'.repeat(63)},v1=${'a'.repeat(64)}` },
  ],
  ['a signature with another secret', { secret: 'whsec_QW5vdGhlclNlY3JldEVudGlyZWx5MTIz' }],
  ['a signature with an empty-looking secret', { secret: 'undefined' }],
  ['a signature 301 s old', { skew: -301 }],
  ['a signature 301 s in the future', { skew: 302 }],
])('the webhook refuses %s with 400 and stores nothing', async (_name, delivery) => {
  const before = await countEvents()
  const answer = await deliver(delivery)
  expect(answer.status).toBe(400)
  expect(answer.body.type).toBe('/problems/bad-signature')
  expect(await countEvents()).toBe(before)
})

test('the right signature over re-serialised JSON is refused: the raw bytes count', async () => {
  const payload = eventBody({})
  const timestamp = Math.floor(shop.clock.now().getTime() / 1000)
  const header = await Stripe.webhooks.generateTestHeaderStringAsync({
    payload: JSON.stringify(JSON.parse(payload), null, 2),
    secret: WEBHOOK_SECRET,
    timestamp,
  })
  expect((await deliver({ payload, header })).status).toBe(400)
})

test('each secret of the list is accepted, and two signatures during a rotation', async () => {
  expect((await deliver({ secret: PREVIOUS_SECRET })).status).toBe(200)
  const payload = eventBody({})
  const timestamp = Math.floor(shop.clock.now().getTime() / 1000)
  const sign = (secret: string) =>
    Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret, timestamp })
  const unknown = await sign('whsec_QW5vdGhlclNlY3JldEVudGlyZWx5MTIz')
  const ours = await sign(WEBHOOK_SECRET)
  const header = `${unknown},${ours.split(',')[1]}`
  expect((await deliver({ payload, header })).status).toBe(200)
})

test.each([
  ['unknown_type', { type: 'customer.tax_id.created' }],
  ['livemode', { livemode: true }],
  ['account', { account: 'acct_1ForeignAccount' }],
])('an event flagged %s is stored, answered 200 and not acted on', async (flag, changes) => {
  const payload = eventBody(changes)
  expect((await deliver({ payload })).status).toBe(200)
  const rows = await shop.db.query('SELECT flag, status FROM stripe_events WHERE id = ?', [
    JSON.parse(payload).id,
  ])
  expect(rows).toEqual([{ flag, status: 'done' }])
})

test('something signed that is no event is kept for a person and answered 200', async () => {
  const before = await countEvents()
  expect((await deliver({ payload: 'not json at all' })).status).toBe(200)
  expect((await deliver({ payload: '{"object":"v2.core.event","id":"evt_thin"}' })).status).toBe(
    200,
  )
  const rows = await shop.db.query<{ flag: string }>(
    "SELECT flag FROM stripe_events WHERE id LIKE 'unreadable%'",
  )
  expect(rows.map((row) => row.flag)).toEqual(['unreadable', 'unreadable'])
  expect(await countEvents()).toBe(before + 2)
})

test('a body over 512 KiB is refused with 413', async () => {
  const payload = eventBody({ padding: 'x'.repeat(600_000) })
  expect((await deliver({ payload })).status).toBe(413)
})

test('the same event 100 times, many at once, takes effect once', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const withheld = withholdWebhooks(shop)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  const payload = eventBody({ data: { object: { id: sessionId, object: 'checkout.session' } } })
  const answers = await Promise.all(Array.from({ length: 100 }, () => deliver({ payload })))
  expect(answers.every((answer) => answer.status === 200)).toBe(true)
  expect(answers.filter((answer) => answer.body.duplicate)).toHaveLength(99)
  await Promise.all([shop.drain(), shop.drain(), shop.drain()])
  const count = async (sql: string) =>
    Number((await shop.db.query<{ n: number }>(sql, [orderId]))[0]?.n)
  expect(await count('SELECT COUNT(*) AS n FROM payments WHERE order_id = ?')).toBe(1)
  expect(await count('SELECT COUNT(*) AS n FROM servers WHERE order_id = ?')).toBe(1)
  expect(
    await count(
      "SELECT COUNT(*) AS n FROM order_events WHERE kind = 'order.paid' AND order_id = ?",
    ),
  ).toBe(1)
  withheld.cancel()
})

test('an event of a session that is not ours changes nothing and is not retried for ever', async () => {
  const payload = eventBody({})
  await deliver({ payload })
  await shop.drain()
  const rows = await shop.db.query('SELECT status FROM stripe_events WHERE id = ?', [
    JSON.parse(payload).id,
  ])
  expect(rows).toEqual([{ status: 'done' }])
})
