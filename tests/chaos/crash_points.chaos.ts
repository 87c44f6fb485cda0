import { afterAll, beforeAll, expect, test } from 'vitest'
import { withholdWebhooks } from '../support/faults.ts'
import { addRoom } from '../support/room.ts'
import { type Shop, startShop } from '../support/shop.ts'
import {
  type Death,
  type Manner,
  recordPoints,
  STORY_ENVIRONMENT,
  tellWithDeath,
} from '../support/stories.ts'

let shop: Shop
let deaths: Death[]

beforeAll(async () => {
  shop = await startShop({ environment: STORY_ENVIRONMENT, installMs: 1000 })
  withholdWebhooks(shop)
  await addRoom(shop, 3000)
  deaths = await recordPoints(shop)
  console.log(deaths.map(({ story, point }) => `${story.name}: ${point}`).join('\n'))
})

afterAll(() => shop.stop())

test.each<Manner>(['stops', 'throws', 'is killed'])(
  'a worker %s at every point: what must hold holds two leases later, and the order ends well',
  async (manner) => {
    const failures: string[] = []
    for (const death of deaths) {
      await tellWithDeath(shop, death, manner).catch((error) => failures.push(error.message))
    }
    console.log(`${manner} at ${deaths.length} points`)
    expect(failures).toEqual([])
  },
)
