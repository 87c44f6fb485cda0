import { afterEach, expect, test } from 'vitest'
import {
  deliverDespiteRollBacks,
  outlastPanel,
  outlastRevokedKey,
} from './support/panel_outages.ts'
import { type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let shop: Shop

afterEach(() => shop.stop())

test('creates that are taken back after our time-out end in one server each', async () => {
  shop = await startShop()
  await deliverDespiteRollBacks(shop, { orders: 4, withinMs: 5 * MINUTE_MS })
})

test('a panel that is away for a day fails no order, and is not overrun when it is back', async () => {
  shop = await startShop({ environment: { REFUND_AFTER: '48h' }, waitsPassTime: true })
  shop.panel.settings.requestsPerMinute.application = 30
  const { mostCalls } = await outlastPanel(shop, {
    orders: 4,
    awayMs: 24 * HOUR_MS,
    stepMs: 2 * HOUR_MS,
    withinMs: 30 * MINUTE_MS,
  })
  expect(mostCalls).toBeLessThanOrEqual(30)
})

test('a revoked key stops the calls, alarms once, and costs no order', async () => {
  shop = await startShop()
  const calls = await outlastRevokedKey(shop, { orders: 4, withinMs: 10 * MINUTE_MS })
  expect(calls).toBeLessThanOrEqual(6)
})
