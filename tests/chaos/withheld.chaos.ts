import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Shop, startShop } from '../support/shop.ts'
import { addRoom } from '../support/room.ts'
import { deliverWithoutWebhooks } from '../support/withheld.ts'

const ORDERS = 500
const WITHIN_MS = 6 * 60_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

test(
  `webhooks withheld altogether: ${ORDERS} paid orders are active within six minutes each`,
  async () => {
    await addRoom(shop, ORDERS)
    const longest = await deliverWithoutWebhooks(shop, { orders: ORDERS, withinMs: WITHIN_MS })
    console.log(`${ORDERS} orders, the slowest active ${longest / 1000} s after its payment`)
    expect(longest).toBeGreaterThan(60_000)
  },
  600_000,
)
