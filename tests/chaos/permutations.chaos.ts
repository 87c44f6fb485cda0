import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom } from '../../dev/random.ts'
import { withholdWebhooks } from '../support/faults.ts'
import {
  EVENTS,
  expectNothingLeft,
  permutations,
  tellBetween,
  tellInOrder,
} from '../support/permutations.ts'
import { type Shop, startShop } from '../support/shop.ts'
import { addRoom } from '../support/room.ts'

const seed = Number(Deno.env.get('PERMUTATIONS_SEED') ?? Math.floor(Math.random() * 1e6))

const BETWEEN = 280

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
  withholdWebhooks(shop)
})

afterAll(() => shop.stop())

test(`all 720 orders of six events end the same (PERMUTATIONS_SEED=${seed})`, async () => {
  const all = permutations(EVENTS)
  await addRoom(shop, all.length + BETWEEN)
  for (const order of all) await tellInOrder(shop, order)
  const random = createRandom(seed)
  for (let at = 0; at < BETWEEN; at++) await tellBetween(shop, random)
  await expectNothingLeft(shop)
  console.log(JSON.stringify({ seed, inOrder: all.length, between: BETWEEN }))
  expect(all).toHaveLength(720)
})
