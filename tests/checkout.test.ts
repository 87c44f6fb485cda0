import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RATE_LIMITS } from '../api/accounts/rate_limits.ts'
import { NO_LIMITS } from './support/limits.ts'
import { assertInvariants } from './support/invariants.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(() => assertInvariants(shop))

afterAll(() => shop.stop())

function keyed() {
  return { 'idempotency-key': crypto.randomUUID() }
}

async function countOrders(): Promise<number> {
  const [row] = await shop.db.query<{ n: number }>('SELECT COUNT(*) AS n FROM orders')
  return Number(row?.n)
}

test('an order can only be placed when signed in', async () => {
  const answer = await shop.client().post('/api/checkout/sessions', PURCHASE, keyed())
  expect(answer.status).toBe(401)
  expect(answer.body).toMatchObject({
    type: '/problems/login-required',
    status: 401,
    instance: '/api/checkout/sessions',
    requestId: answer.headers.get('x-request-id'),
  })
})

test('an order from another site is refused, even as JSON with cookies', async () => {
  const customer = await shop.customer()
  const answer = await customer.post('/api/checkout/sessions', PURCHASE, {
    ...keyed(),
    origin: 'https://evil.example',
  })
  expect(answer.status).toBe(403)
})

test.each(['price', 'amount', 'unitAmount', 'userId', 'status', 'role', 'nodeId', '__proto__x'])(
  'a body with the unknown key %s is refused, and the key is named',
  async (name) => {
    const customer = await shop.customer()
    const before = await countOrders()
    const answer = await customer.post(
      '/api/checkout/sessions',
      { ...PURCHASE, [name]: 1 },
      keyed(),
    )
    expect(answer.status).toBe(422)
    expect(answer.body.errors).toContainEqual({
      pointer: `#/${name}`,
      detail: expect.stringMatching(/not known/),
    })
    expect(await countOrders()).toBe(before)
  },
)

test.each<[string, Record<string, unknown>, string]>([
  ['an unknown plan', { planId: 'nothing' }, '#/planId'],
  ['an unknown term', { term: 'weekly' }, '#/term'],
  ['a currency without a price', { currency: 'chf' }, '#/term'],
  ['an unknown region', { region: 'atlantis' }, '#/region'],
  ['an empty name', { serverName: '  ' }, '#/serverName'],
  ['a name with a tag', { serverName: '<img src=x>' }, '#/serverName'],
  ['a name that is a number', { serverName: 7 }, '#/serverName'],
  ['a name with a line break', { serverName: 'a\r\nBcc: x' }, '#/serverName'],
  ['an option not offered', { options: { STARTUP: 'rm' } }, '#/options/STARTUP'],
  [
    'an option with a shell expansion',
    { options: { MINECRAFT_VERSION: '$(id)' } },
    '#/options/MINECRAFT_VERSION',
  ],
  [
    'an option against the egg’s rule',
    { options: { MINECRAFT_VERSION: 'x'.repeat(40) } },
    '#/options/MINECRAFT_VERSION',
  ],
])('%s is refused at its field, and nothing is ordered', async (_what, changes, pointer) => {
  const customer = await shop.customer()
  const before = await countOrders()
  const answer = await customer.post('/api/checkout/sessions', { ...PURCHASE, ...changes }, keyed())
  expect(answer.status).toBe(422)
  expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  expect(await countOrders()).toBe(before)
})

test('malformed JSON is 400, another type 415, and too much 413', async () => {
  const customer = await shop.customer()
  const path = '/api/checkout/sessions'
  expect((await customer.post(path, '{"planId":', keyed())).status).toBe(400)
  const form = { ...keyed(), 'content-type': 'application/x-www-form-urlencoded' }
  expect((await customer.post(path, 'planId=x', form)).status).toBe(415)
  const large = { ...PURCHASE, serverName: 'x'.repeat(20_000) }
  expect((await customer.post(path, large, keyed())).status).toBe(413)
})

test('the Idempotency-Key must be there and look like one', async () => {
  const customer = await shop.customer()
  for (const key of ['', 'short', 'x'.repeat(200), 'with spaces in it']) {
    const headers: Record<string, string> = key ? { 'idempotency-key': key } : {}
    expect((await customer.post('/api/checkout/sessions', PURCHASE, headers)).status).toBe(422)
  }
})

test('the same key gives the same order, also to requests at the same moment', async () => {
  const customer = await shop.customer()
  const key = keyed()
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => customer.post('/api/checkout/sessions', PURCHASE, key)),
  )
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 201))
  expect(new Set(answers.map((answer) => answer.body.url)).size).toBe(1)
  expect((await customer.get('/api/orders')).body.orders).toHaveLength(1)
})

test('the same key with another body is refused; the same key of another user is another order', async () => {
  const key = keyed()
  const one = await shop.customer()
  const placed = await one.post('/api/checkout/sessions', PURCHASE, key)
  const other = await one.post('/api/checkout/sessions', { ...PURCHASE, term: 'yearly' }, key)
  expect(other.status).toBe(409)
  expect(other.body.type).toBe('/problems/idempotency-mismatch')
  const two = await shop.customer()
  const theirs = await two.post('/api/checkout/sessions', PURCHASE, key)
  expect(theirs.body.orderId).not.toBe(placed.body.orderId)
})

test('the price at Stripe is the catalogue’s, and the session carries our ids', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer, { term: 'quarterly', currency: 'usd' })
  const session = await shop.deps.payments.getCheckoutSession(await sessionOf(shop.db, orderId))
  const [price] = await shop.db.query<{ amount: number }>(
    `SELECT unit_amount AS amount FROM plan_prices
      WHERE plan_id = ? AND term = 'quarterly' AND currency = 'usd'`,
    [PURCHASE.planId],
  )
  expect(session).toMatchObject({
    clientReferenceId: orderId,
    currency: 'usd',
    amountTotal: price?.amount,
    mode: 'subscription',
  })
})

test('one customer at Stripe per user and currency, also for orders at the same moment', async () => {
  const customer = await shop.customer()
  const orders = await Promise.all([placeOrder(customer), placeOrder(customer)])
  orders.push(await placeOrder(customer, { currency: 'usd' }))
  const sessions = await Promise.all(
    orders.map(async ({ orderId }) =>
      await shop.deps.payments.getCheckoutSession(await sessionOf(shop.db, orderId))
    ),
  )
  const [eur, again, usd] = sessions.map((session) => session?.customerId)
  expect(eur).toBe(again)
  expect(usd).not.toBe(eur)
})

test('an address that changed after Stripe’s answer was lost does not keep its owner from buying', async () => {
  const customer = await shop.customer()
  const lost = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/customers' },
    fault: 'drop-answer',
  })
  expect((await customer.post('/api/checkout/sessions', PURCHASE, keyed())).status).toBe(503)
  lost.cancel()
  const { id } = (await customer.get('/api/auth/me')).body.user
  await shop.db.run("UPDATE users SET email = CONCAT('new-', email) WHERE id = ?", [id])
  await placeOrder(customer)
})

test('a customer that was deleted at Stripe costs one order, and the next one works', async () => {
  const customer = await shop.customer()
  await placeOrder(customer)
  const deleted = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/checkout/sessions' },
    fault: {
      name: 'status',
      status: 400,
      code: 'resource_missing',
      field: 'customer',
      message: 'No such customer',
    },
  })
  const refused = await customer.post('/api/checkout/sessions', PURCHASE, keyed())
  expect(refused.status).toBe(409)
  deleted.cancel()
  const { orderId } = await placeOrder(customer)
  const { body } = await customer.get('/api/orders')
  const sessions = await Promise.all(
    [orderId, body.orders.at(-1).id].map(async (id) =>
      await shop.deps.payments.getCheckoutSession(await sessionOf(shop.db, id))
    ),
  )
  expect(sessions[0]?.customerId).not.toBe(sessions[1]?.customerId)
})

test('editing a plan changes nothing of what was ordered', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.db.run('UPDATE plans SET memory_mib = 1, name = ? WHERE id = ?', [
    'Changed',
    PURCHASE.planId,
  ])
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(10_000)
  await shop.db.run('UPDATE plans SET memory_mib = 4096 WHERE id = ?', [PURCHASE.planId])
  const { body } = await customer.get('/api/servers')
  expect(body.servers[0]).toMatchObject({ status: 'active', limits: { memoryMib: 4096 } })
})

test('a sixth unpaid order is refused until one is canceled: places are not to be hoarded', async () => {
  const customer = await shop.customer()
  const orders = []
  for (let i = 0; i < 5; i++) orders.push(await placeOrder(customer))
  const refused = await customer.post('/api/checkout/sessions', PURCHASE, keyed())
  expect(refused.status).toBe(409)
  expect(refused.body.type).toBe('/problems/too-many-open-orders')
  await customer.post(`/api/orders/${orders[0]?.orderId}/cancel`)
  expect((await customer.post('/api/checkout/sessions', PURCHASE, keyed())).status).toBe(201)
})

test('asking us to look at Stripe is counted: the 31st within a minute is 429', async () => {
  const strict = await startShop({ rateLimits: { ...NO_LIMITS, sync: RATE_LIMITS.sync } })
  try {
    const customer = await strict.customer()
    const { orderId } = await placeOrder(customer)
    const ask = async () => (await customer.post(`/api/orders/${orderId}/sync`)).status
    const statuses = []
    for (let i = 0; i < 31; i++) statuses.push(await ask())
    expect(statuses.indexOf(429)).toBe(30)
  } finally {
    await strict.stop()
  }
})

test('orders are counted: the eleventh within an hour is 429 with Retry-After', async () => {
  const strict = await startShop({ rateLimits: RATE_LIMITS })
  try {
    const customer = await strict.customer()
    const send = async () => {
      const answer = await customer.post('/api/checkout/sessions', PURCHASE, keyed())
      if (answer.status === 201) await customer.post(`/api/orders/${answer.body.orderId}/cancel`)
      return answer
    }
    const statuses = []
    for (let i = 0; i < 11; i++) statuses.push((await send()).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 201), 429])
    expect(Number((await send()).headers.get('retry-after'))).toBeGreaterThan(0)
  } finally {
    await strict.stop()
  }
})
