import { afterEach, expect, test } from 'vitest'
import {
  deliverDespiteRollBacks,
  outlastPanel,
  outlastRevokedKey,
} from '../support/panel_outages.ts'
import { addRoom } from '../support/room.ts'
import { type Shop, startShop } from '../support/shop.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let shop: Shop

afterEach(() => shop.stop())

test('half of 200 creates are taken back after our time-out: 200 servers within 5 min', async () => {
  shop = await startShop()
  await addRoom(shop, 400)
  const longest = await deliverDespiteRollBacks(shop, { orders: 200, withinMs: 5 * MINUTE_MS })
  console.log(`200 orders, the slowest active ${longest / 1000} s after its payment`)
})

test('a panel that is away for 24 h fails none of 300 orders, and is not overrun when it is back', async () => {
  shop = await startShop({ environment: { REFUND_AFTER: '48h' }, waitsPassTime: true })
  await addRoom(shop, 300)
  shop.panel.settings.requestsPerMinute.application = 240
  const { slowestMs, mostCalls } = await outlastPanel(shop, {
    orders: 300,
    awayMs: 24 * HOUR_MS,
    stepMs: 10 * MINUTE_MS,
    withinMs: 30 * MINUTE_MS,
  })
  console.log(
    `300 orders, the slowest active ${slowestMs / 1000} s after; ${mostCalls} calls a minute`,
  )
  expect(mostCalls).toBeLessThanOrEqual(240)
})

test('a revoked key stops the calls, alarms once, and costs no order', async () => {
  shop = await startShop()
  await addRoom(shop, 100)
  const calls = await outlastRevokedKey(shop, { orders: 100, withinMs: 10 * MINUTE_MS })
  console.log(`${calls} calls until the circuit was open`)
  expect(calls).toBeLessThanOrEqual(6)
})
