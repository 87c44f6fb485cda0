import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { failNext, panelAway } from './support/faults.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(() => {
  shop.faults.clear()
})

afterAll(() => shop.stop())

let buyers = 0

async function paidOrder(email = `buyer-${++buyers}@example.com`) {
  const customer = await shop.customer(email)
  const { orderId } = await placeOrder(customer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  return { email, orderId }
}

/** The mails about the order that its buyer got so far, without the receipt. */
function told(email: string) {
  return shop.mails.filter((mail) =>
    mail.to.includes(email) &&
    /^order_(problem|refunded)|server_ready/.test(mail.tags.template ?? '')
  )
}

async function later(ms: number): Promise<void> {
  shop.clock.advance(ms)
  await shop.sweep()
  await shop.drain()
}

function panelAnswers(status: number, code: string, call = '/api/application/*') {
  return shop.faults.order({
    on: { service: 'panel', call },
    fault: { name: 'status', status, code, message: 'No.', field: 'name' },
  })
}

test('a panel that refuses us for a moment is nobody’s worry; after some minutes the buyer hears of it, once', async () => {
  const refused = panelAnswers(401, 'AuthenticationException')
  const { email } = await paidOrder()
  await shop.pass(2 * MINUTE_MS)
  expect(told(email)).toEqual([])
  await shop.pass(20 * MINUTE_MS)
  expect(told(email)).toHaveLength(1)
  const [mail] = told(email)
  expect(mail?.subject).toBe('Spawnpoint: a delay with “Creeper Cove”')
  expect(mail?.text).toContain('The game panel does not take new servers at the moment')
  expect(mail?.text).toMatch(/does not run by \w+ \d+ \w+ \d{4}, \d\d:\d\d UTC, your whole payment/)
  refused.cancel()
  await shop.pass(10 * MINUTE_MS)
  expect(told(email).map((one) => one.tags.template)).toEqual(['order_problem', 'server_ready'])
})

test('a panel that is down tells the buyer too, and the refund says what goes back', async () => {
  panelAway(shop)
  const { email } = await paidOrder()
  await shop.pass(30 * MINUTE_MS)
  expect(told(email).map((mail) => mail.tags.template)).toEqual(['order_problem'])
  await later(25 * HOUR_MS)
  const refunded = told(email).at(-1)
  expect(refunded?.tags.template).toBe('order_refunded')
  expect(refunded?.text).toMatch(/The whole €\d+\.\d\d goes back the way it came/)
})

test('a region without room is told after some minutes', async () => {
  const nodes = shop.panel.store.nodes.rows
  for (const node of nodes) node.maintenance = true
  try {
    const { email } = await paidOrder()
    expect(told(email)).toEqual([])
    await shop.pass(12 * MINUTE_MS)
    expect(told(email).map((mail) => mail.subject)).toEqual([
      'Spawnpoint: no room yet for “Creeper Cove”',
    ])
  } finally {
    for (const node of nodes) node.maintenance = false
    await later(11 * MINUTE_MS)
    await later(11 * MINUTE_MS)
  }
})

test('a panel account with the buyer’s address is asked about at once', async () => {
  const admin = [...shop.panel.store.users.rows].find((user) => user.rootAdmin)
  const { email } = await paidOrder(admin?.email)
  expect(told(email).map((mail) => mail.subject)).toEqual([
    'Spawnpoint: one question about “Creeper Cove”',
  ])
  await shop.pass(10 * MINUTE_MS)
  expect(told(email)).toHaveLength(1)
})

test('a server that the panel refuses for good is told at once, and once', async () => {
  panelAnswers(422, 'ValidationException', 'POST /api/application/servers')
  const { email } = await paidOrder()
  await shop.pass(2 * MINUTE_MS)
  await later(HOUR_MS)
  expect(told(email).map((mail) => mail.subject)).toEqual([
    'Spawnpoint: a delay with “Creeper Cove”',
  ])
  expect(told(email)[0]?.text).toContain('We tried to create your server, and it failed')
})

test('a payment that does not match is told at once, without a promised date', async () => {
  const email = `buyer-${++buyers}@example.com`
  const customer = await shop.customer(email)
  const { orderId } = await placeOrder(customer)
  await shop.db.run('UPDATE orders SET unit_amount = unit_amount + 1 WHERE id = ?', [orderId])
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  expect(told(email).map((mail) => mail.subject)).toEqual([
    'Spawnpoint: we are checking your payment for “Creeper Cove”',
  ])
  expect(told(email)[0]?.text).not.toContain('UTC')
})

test('a refund that Stripe refuses is told once, however often it is tried', async () => {
  panelAway(shop)
  const { email } = await paidOrder()
  const refused = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/refunds' },
    fault: { name: 'status', status: 400, code: 'charge_disputed', message: 'Disputed.' },
  })
  await later(25 * HOUR_MS)
  await later(HOUR_MS)
  expect(told(email).map((mail) => mail.subject).filter((subject) => /refund/.test(subject)))
    .toEqual(['Spawnpoint: your refund takes longer for “Creeper Cove”'])
  refused.cancel()
  await later(HOUR_MS)
  await later(HOUR_MS)
  expect(told(email).at(-1)?.tags.template).toBe('order_refunded')
})

test('one failed installation is chance, the second is told', async () => {
  failNext(shop, 'install-fails')
  const lucky = await paidOrder()
  await shop.pass(10 * MINUTE_MS)
  expect(told(lucky.email).map((mail) => mail.tags.template)).toEqual(['server_ready'])

  failNext(shop, 'install-fails')
  const { email, orderId } = await paidOrder()
  await shop.pass(10 * MINUTE_MS, async () => await failures(orderId) === 1)
  failNext(shop, 'install-fails')
  await shop.pass(20 * MINUTE_MS)
  expect(await failures(orderId)).toBe(2)
  expect(told(email).map((mail) => mail.tags.template)).toEqual(['order_problem', 'server_ready'])
})

async function failures(orderId: string): Promise<number> {
  const rows = await shop.db.query(
    "SELECT id FROM order_events WHERE order_id = ? AND kind = 'server.install_failed'",
    [orderId],
  )
  return rows.length
}
