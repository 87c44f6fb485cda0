import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  killDatabase,
  type MortalDatabase,
  startMortalDatabase,
} from '../support/killed_database.ts'
import { type Shop, startShop } from '../support/shop.ts'

let database: MortalDatabase
let shop: Shop

beforeAll(async () => {
  database = await startMortalDatabase()
  shop = await startShop({ installMs: 1000, databaseServer: database.url, runJobs: true })
})

afterAll(async () => {
  await shop.stop()
  await database.stop()
})

test('a database killed ten times under 50 deliveries a second: nothing acknowledged is lost', async () => {
  const report = await killDatabase(shop, database, { kills: 10, perSecond: 50, orders: 100 })
  console.log(JSON.stringify(report))
  expect(report.slowestReturnMs).toBeLessThanOrEqual(5000)
  expect(report.acknowledged).toBeGreaterThan(report.kills * 100)
  expect(report.refused).toBeGreaterThan(0)
})
