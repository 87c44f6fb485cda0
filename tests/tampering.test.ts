import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Shop, startShop } from './support/shop.ts'
import { expectHeld, payTampered, TAMPERINGS } from './support/tampering.ts'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

test.each(Object.keys(TAMPERINGS))(
  'a session tampered with in its %s: one sync, no server, one alert, a person decides',
  async (name) => {
    const orderId = await payTampered(shop, name)
    await expectHeld(shop, orderId, name)
    // Every event again, and what the sweeps do for a day: still nothing.
    await shop.db.run("UPDATE stripe_events SET status = 'ready' WHERE body LIKE ?", [
      `%${orderId}%`,
    ])
    await shop.drain()
    await expectHeld(shop, orderId, name)
  },
)

test('nothing is provisioned for all of them together', () => {
  expect(shop.panel.store.servers.rows).toEqual([])
})
