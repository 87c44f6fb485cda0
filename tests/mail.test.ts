import { afterAll, beforeAll, expect, test } from 'vitest'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

test('a buyer gets one mail when the money came and one when the server runs', async () => {
  const email = 'ada@example.com'
  const client = await shop.customer(email)
  const { orderId } = await placeOrder(client)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  const received = await shop.mailTo(email, 'order_received')
  expect(received.subject).toContain(PURCHASE.serverName)
  await shop.pass(60_000)
  const ready = await shop.mailTo(email, 'server_ready')
  expect(ready.text).toContain(`${shop.url}/`)
  expect(shop.mails.filter((mail) => mail.to.includes(email))).toHaveLength(2)
  const rows = await shop.db.query('SELECT id FROM outbox WHERE sent_at IS NULL')
  expect(rows).toEqual([])
})
