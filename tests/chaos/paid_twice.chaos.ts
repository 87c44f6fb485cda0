import { afterAll, beforeAll, expect, test } from 'vitest'
import { assertInvariants } from '../support/invariants.ts'
import { askStripe } from '../support/money.ts'
import { expectOneOfTwo, payTwice } from '../support/paid_twice.ts'
import { type Shop, startShop } from '../support/shop.ts'
import { addRoom } from '../support/room.ts'

const ORDERS = 100

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ installMs: 1000 })
})

afterAll(() => shop.stop())

test(`two tabs paying two sessions of one order, ${ORDERS} times`, async () => {
  await addRoom(shop, ORDERS)
  const orders: string[] = []
  for (let at = 0; at < ORDERS; at++) {
    orders.push(await payTwice(shop))
    if (at % 10 === 9) await shop.pass(10_000)
  }
  await shop.pass(60_000)
  for (const orderId of orders) await expectOneOfTwo(shop, orderId)
  const servers = shop.panel.store.servers.rows.length
  const refunds = await pagesOf('/refunds')
  console.log(JSON.stringify({ orders: orders.length, servers, refunds }))
  expect([servers, refunds]).toEqual([ORDERS, ORDERS])
  await assertInvariants(shop)
})

async function pagesOf(path: string): Promise<number> {
  let count = 0
  for (let after = '';;) {
    const { data, has_more } = await askStripe(shop, `${path}?limit=100${after}`)
    count += data.length
    if (!has_more) return count
    after = `&starting_after=${data.at(-1).id}`
  }
}
