import { afterAll, beforeAll, expect, test } from 'vitest'
import { STRIPE_KEY } from './support/environment.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

const path = '/api/checkout/sessions'

test.each([
  ['planId', { planId: 'minecraft-paper-8gb' }],
  ['term', { term: 'yearly' }],
  ['currency', { currency: 'usd' }],
  ['region', { region: 'new-york' }],
  ['serverName', { serverName: 'Another' }],
  ['options', { options: { MINECRAFT_VERSION: '1.21.1' } }],
])('the same key with another %s is refused', async (_name, changes) => {
  const customer = await shop.customer()
  const key = { 'idempotency-key': crypto.randomUUID() }
  expect((await customer.post(path, PURCHASE, key)).status).toBe(201)
  const other = await customer.post(path, { ...PURCHASE, ...changes }, key)
  expect([other.status, other.body.type]).toEqual([409, '/problems/idempotency-mismatch'])
  expect((await customer.get('/api/orders')).body.orders).toHaveLength(1)
})

test('the same key gives the same order also when the region is full by now', async () => {
  const customer = await shop.customer()
  const key = { 'idempotency-key': crypto.randomUUID() }
  const first = await customer.post(path, PURCHASE, key)
  await shop.db.run(
    'UPDATE panel_nodes SET memory_mib_foreign = memory_mib_limit WHERE region_id = ?',
    [
      PURCHASE.region,
    ],
  )
  const again = await customer.post(path, PURCHASE, key)
  await shop.db.run('UPDATE panel_nodes SET memory_mib_foreign = 0 WHERE region_id = ?', [
    PURCHASE.region,
  ])
  expect(again.status).toBe(201)
  expect(again.body.orderId).toBe(first.body.orderId)
})

test('orders at the same moment leave one customer per currency at Stripe, and no spare one', async () => {
  const email = 'one-customer@example.com'
  const customer = await shop.customer(email)
  await Promise.all(Array.from({ length: 4 }, () => placeOrder(customer)))
  await placeOrder(customer, { currency: 'usd' })
  const answer = await fetch(
    `${shop.deps.config.STRIPE_API_URL}/v1/customers?limit=100&email=${encodeURIComponent(email)}`,
    { headers: { authorization: `Bearer ${STRIPE_KEY}` } },
  )
  expect((await answer.json()).data).toHaveLength(2)
})

test('a plan that was edited meanwhile is delivered at the panel as it was ordered', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await shop.db.run('UPDATE plans SET memory_mib = 1024 WHERE id = ?', [PURCHASE.planId])
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(10_000)
  await shop.db.run('UPDATE plans SET memory_mib = 4096 WHERE id = ?', [PURCHASE.planId])
  const [order] = await shop.db.query<{ ptero: number }>(
    'SELECT ptero_server_id AS ptero FROM orders WHERE id = ?',
    [orderId],
  )
  const there = await shop.deps.panel.getServer(order?.ptero ?? 0)
  expect(there?.limits).toMatchObject({ memoryMib: 4096 })
})
