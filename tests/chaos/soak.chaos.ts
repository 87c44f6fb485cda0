import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Shop, startShop } from '../support/shop.ts'
import { soak } from '../support/soak.ts'

const seed = Number(Deno.env.get('SOAK_SEED') ?? Math.floor(Math.random() * 1e6))
const orders = Number(Deno.env.get('SOAK_ORDERS') ?? 3500)

const WITHIN_MS = 300_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ installMs: 1000 })
})

afterAll(() => shop.stop())

test(`killed every 2 s, the shop gives each of ${orders} paid orders one server, whatever fails`, async () => {
  console.log(`deno task soak --seed ${seed} --orders ${orders}`)
  const report = await soak(shop, { seed, orders, withinMs: WITHIN_MS })
  console.log(JSON.stringify(report))
  expect(report.deliveries).toBe(Math.round(orders * 20 / 7))
  expect(report.faults).toBeGreaterThanOrEqual(orders * 0.05)
})
