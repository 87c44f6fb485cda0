import { afterAll, beforeAll, expect, test } from 'vitest'
import { deliverAtOnce, forgeWebhooks } from '../support/forged_webhooks.ts'
import { type Shop, startShop } from '../support/shop.ts'

const seed = Number(Deno.env.get('CHAOS_SEED') ?? Math.floor(Math.random() * 1e6))

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

test('of 10 000 forged deliveries none is taken, of 200 honest ones each', async () => {
  console.log(`CHAOS_SEED=${seed}`)
  await forgeWebhooks(shop, { seed, forged: 10_000, honest: 200 })
})

test('one event a thousand times over 50 connections is one event, answered 2xx each time', async () => {
  const { p99Ms } = await deliverAtOnce(shop, { times: 1000, connections: 50 })
  console.log(`99 of 100 were answered within ${p99Ms} ms`)
  expect(p99Ms).toBeLessThanOrEqual(1000)
})
