import { afterAll, beforeAll, expect, test } from 'vitest'
import { deliverAtOnce, forgeWebhooks } from './support/forged_webhooks.ts'
import { type Shop, startShop } from './support/shop.ts'

const seed = Number(Deno.env.get('CHAOS_SEED') ?? Math.floor(Math.random() * 1e6))

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

test('no delivery that is forged by a bit, a time or a secret leaves a trace; honest ones are taken', async () => {
  console.log(`CHAOS_SEED=${seed}`)
  await forgeWebhooks(shop, { seed, forged: 400, honest: 20 })
})

test('one event over many connections at once is one event', async () => {
  expect(await deliverAtOnce(shop, { times: 100, connections: 20 })).toBeDefined()
})
