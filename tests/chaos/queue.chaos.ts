import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimJobs, enqueue, finish } from '../../api/jobs/queue.ts'
import { runDue } from '../../api/jobs/run.ts'
import { assertInvariants } from '../support/invariants.ts'
import { paidOrder, stateOf } from '../support/money.ts'
import { addRoom } from '../support/room.ts'
import { type Shop, startShop } from '../support/shop.ts'

const JOBS = 20_000
const WORKERS = 8
const STALE = 200
const LEASE_MS = 46_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ installMs: 0 })
})

afterAll(() => shop.stop())

test(`${WORKERS} workers take each of ${JOBS} jobs once`, async () => {
  const { db, deps } = shop
  await db.run("DELETE FROM jobs WHERE status = 'ready'")
  for (let at = 0; at < JOBS; at += 500) {
    await db.transaction(async (tx) => {
      for (let nth = at; nth < at + 500; nth++) {
        await enqueue(tx, deps, 'sweep', { name: `job ${nth}` }, { topic: `job:${nth}` })
      }
    })
  }
  const taken: string[] = []
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: WORKERS }, async () => {
    const mine = deps.openDb()
    for (let empty = 0; empty < 20;) {
      const batch = await claimJobs(mine, deps, 10)
      empty = batch.length ? 0 : empty + 1
      taken.push(...batch.map(({ topic }) => topic))
      await Promise.all(batch.map((job) => finish(mine, 'jobs', job)))
    }
    await mine.close()
  }))
  const perSecond = Math.round(JOBS / ((performance.now() - startedAt) / 1000))
  console.log(`${perSecond} jobs a second`)
  expect(taken).toHaveLength(JOBS)
  expect(new Set(taken).size).toBe(JOBS)
})

test(`${STALE} workers wake up after their leases were taken over, and write nothing`, async () => {
  await addRoom(shop, STALE * 2)
  for (let nth = 0; nth < STALE; nth++) await oversleep()
  await shop.deps.metrics.flush(shop.db)
  const [row] = await shop.db.query<{ lost: number }>(
    "SELECT value AS lost FROM counters WHERE name = 'fenced_write_lost_total'",
  )
  console.log(`${row?.lost} late writes were refused`)
  expect(row?.lost).toBeGreaterThanOrEqual(STALE)
  expect(shop.panel.store.servers.rows).toHaveLength(STALE)
  await assertInvariants(shop)
})

/** One worker stands still in its call to the panel until another has taken over and is done. */
async function oversleep(): Promise<void> {
  let wakeUp = () => {}
  const asleep = Promise.withResolvers<void>()
  shop.intercept.panel = async (request, next) => {
    const creates = request.method === 'POST' && request.url.includes('/application/servers')
    if (!creates) return await next(request)
    shop.intercept.panel = undefined
    asleep.resolve()
    await new Promise<void>((resolve) => wakeUp = resolve)
    return await next(request)
  }
  const late = paidOrder(shop)
  await Promise.race([asleep.promise, late.then(() => expect.fail('nothing was created'))])
  shop.clock.advance(LEASE_MS)
  const other = shop.deps.openDb()
  for (let pass = 0; pass < 4; pass++) {
    while (await runDue(other, shop.deps) > 0);
    shop.clock.advance(LEASE_MS)
  }
  await other.close()
  wakeUp()
  const { orderId } = await late
  await shop.pass(5 * 60_000, async () => (await stateOf(shop, orderId)).server === 'active')
  expect((await stateOf(shop, orderId)).order).toBe('provisioned')
}
