import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom } from '../dev/random.ts'
import { withholdWebhooks } from './support/faults.ts'
import { type Shop, startShop } from './support/shop.ts'
import { recordPoints, stories, STORY_ENVIRONMENT, tellWithDeath } from './support/stories.ts'

const seed = Number(Deno.env.get('CRASH_SEED') ?? Math.floor(Math.random() * 1e6))

/** All of them are died at by `deno task chaos crash_points`. */
const SHARE = Number(Deno.env.get('CRASH_SHARE') ?? 8)

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ environment: STORY_ENVIRONMENT, installMs: 1000 })
  withholdWebhooks(shop)
})

afterAll(() => shop.stop())

test('wherever a worker dies or fails, what must hold holds two leases later, and the order ends well', async () => {
  console.log(`CRASH_SEED=${seed}`)
  const random = createRandom(seed)
  const deaths = await recordPoints(shop)
  expect(deaths.length).toBeGreaterThanOrEqual(25)
  expect(new Set(deaths.map(({ story }) => story))).toEqual(new Set(stories))
  const share = deaths.map((death) => ({ death, at: random() })).sort((a, b) => a.at - b.at)
    .slice(0, SHARE)
  for (const [nth, { death }] of share.entries()) {
    await tellWithDeath(shop, death, nth % 2 === 0 ? 'stops' : 'throws')
  }
})
