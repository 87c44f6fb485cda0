import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Shop, startShop } from './support/shop.ts'
import { soak } from './support/soak.ts'

const seed = Number(Deno.env.get('SOAK_SEED') ?? Math.floor(Math.random() * 1e6))

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ installMs: 1000 })
})

afterAll(() => shop.stop())

test(
  'killed every 2 s, the shop gives each of 40 paid orders one server, whatever fails',
  async () => {
    console.log(`SOAK_SEED=${seed}`)
    const report = await soak(shop, { seed, orders: 40, withinMs: 50_000 })
    console.log(JSON.stringify(report))
    expect(report.kills).toBeGreaterThanOrEqual(3)
  },
  60_000,
)
