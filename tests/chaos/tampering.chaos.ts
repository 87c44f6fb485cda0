import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAlerts } from '../support/money.ts'
import { type Shop, startShop } from '../support/shop.ts'
import { addRoom } from '../support/room.ts'
import { expectHeld, payTampered, TAMPERINGS } from '../support/tampering.ts'

const EACH = 50

const names = Object.keys(TAMPERINGS)

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ environment: { ALERT_EMAIL: 'ops@spawnpoint.test' } })
})

afterAll(() => shop.stop())

test(`${names.length} ways to tamper with a session, ${EACH} times each`, async () => {
  await addRoom(shop, names.length * EACH)
  const orders: [string, string][] = []
  for (let at = 0; at < EACH; at++) {
    for (const name of names) orders.push([await payTampered(shop, name), name])
    shop.clock.advance(MINUTE_MS)
    await shop.sweep('alerts')
  }
  shop.clock.advance(HOUR_MS)
  await shop.sweep('alerts')
  await shop.drain()
  const told = await tellings()
  shop.clock.advance(25 * HOUR_MS)
  await shop.sweep()
  await shop.drain()
  for (const [orderId, name] of orders) await expectHeld(shop, orderId, name)
  const servers = shop.panel.store.servers.rows.length
  const alerts = (await openAlerts(shop, 'order_needs_review')).length
  console.log(JSON.stringify({ orders: orders.length, servers, alerts, told }))
  expect([servers, alerts]).toEqual([0, names.length * EACH])
  expect(told).toBeGreaterThan(0)
  expect(told).toBeLessThanOrEqual(12)
})

/** How often the operators were written to. */
async function tellings(): Promise<number> {
  const [row] = await shop.db.query<{ n: number }>(
    "SELECT COUNT(*) AS n FROM outbox WHERE template = 'alert'",
  )
  return Number(row?.n)
}
