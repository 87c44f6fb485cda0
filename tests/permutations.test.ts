import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom } from '../dev/random.ts'
import { withholdWebhooks } from './support/faults.ts'
import {
  EVENTS,
  expectNothingLeft,
  permutations,
  tellBetween,
  tellInOrder,
} from './support/permutations.ts'
import { type Shop, startShop } from './support/shop.ts'

const seed = Number(Deno.env.get('PERMUTATIONS_SEED') ?? Math.floor(Math.random() * 1e6))

const SAMPLE = 6

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
  withholdWebhooks(shop)
})

afterAll(() => shop.stop())

test(`six events of one order end the same in any order (PERMUTATIONS_SEED=${seed})`, async () => {
  const random = createRandom(seed)
  const all = permutations(EVENTS)
  expect(all).toHaveLength(720)
  for (let at = 0; at < SAMPLE; at++) {
    await tellInOrder(shop, all[Math.floor(random() * all.length)] ?? [])
  }
  for (let at = 0; at < SAMPLE; at++) await tellBetween(shop, random)
  await expectNothingLeft(shop)
})
