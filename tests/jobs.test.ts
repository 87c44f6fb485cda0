import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Db } from '../api/db.ts'
import { createIdFactory } from '../api/ids.ts'
import { backoffMs } from '../api/jobs/again.ts'
import { claimJobs, enqueue, finish, giveBack, type Job, renew } from '../api/jobs/queue.ts'
import { createClock } from './support/clock.ts'
import { freshDatabase, type TestDatabase } from './support/database.ts'

const clock = createClock()
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
const deps = { newId: createIdFactory(clock.now, randomBytes), randomBytes }
const LEASE_MS = 45_000

let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await freshDatabase(clock.offsetMs)
  db = database.openDb()
})

beforeEach(async () => {
  await db.run('DELETE FROM jobs')
})

afterAll(() => database.drop())

function sync(orderId: string, delayMs = 0): Promise<void> {
  return enqueue(db, deps, 'payment.sync', { orderId }, { topic: orderId, delayMs })
}

async function claimAll(): Promise<Job[]> {
  const all: Job[] = []
  for (
    let batch = await claimJobs(db, deps, 10);
    batch.length;
    batch = await claimJobs(db, deps, 10)
  ) {
    all.push(...batch)
  }
  return all
}

test('claimJobs() gives each of 200 jobs to exactly one of ten workers', async () => {
  for (let i = 0; i < 200; i++) await sync(`many-${i}`)
  const claimed: string[] = []
  await Promise.all(Array.from({ length: 10 }, async () => {
    const mine = database.openDb()
    // A lost race gives an empty batch while others are still due, so an empty one ends nothing.
    for (let empty = 0; empty < 20;) {
      const batch = await claimJobs(mine, deps, 5)
      empty = batch.length ? 0 : empty + 1
      claimed.push(...batch.map((job) => job.payload))
      await Promise.all(batch.map((job) => finish(mine, 'jobs', job)))
    }
  }))
  expect(claimed).toHaveLength(200)
  expect(new Set(claimed).size).toBe(200)
})

test('enqueue() adds nothing while a job on the topic waits, and brings its time forward', async () => {
  await sync('twice', 60_000)
  await sync('twice', 1000)
  clock.advance(2000)
  const [first, ...more] = await claimAll()
  expect(more).toEqual([])
  if (!first) throw new Error('its time was not brought forward')
  await finish(db, 'jobs', first)
  clock.advance(60_000)
  expect(await claimAll()).toEqual([])
})

test('a wake-up while its job runs is kept', async () => {
  await sync('again')
  const [first] = await claimAll()
  await sync('again')
  if (first) await finish(db, 'jobs', first)
  expect(await claimAll()).toHaveLength(1)
})

test('a lease that ran out is claimed again, and the late worker changes nothing', async () => {
  await sync('stale')
  const [late] = await claimAll()
  expect(await claimAll()).toEqual([])
  clock.advance(LEASE_MS + 1000)
  const [fresh] = await claimAll()
  expect(fresh?.id).toBe(late?.id)
  expect(fresh?.attempts).toBe(2)
  expect(late && await finish(db, 'jobs', late)).toBe(false)
  expect(late && await giveBack(db, 'jobs', late, { delayMs: 0, error: 'late', outcome: 'dead' }))
    .toBe(false)
  expect(fresh && await finish(db, 'jobs', fresh)).toBe(true)
})

test('renew() keeps a job for a worker that lives, and not for one that lost it', async () => {
  await sync('renewed')
  const [job] = await claimAll()
  clock.advance(LEASE_MS - 1000)
  expect(job && await renew(db, 'jobs', job)).toBe(true)
  clock.advance(2000)
  expect(await claimAll()).toEqual([])
  clock.advance(LEASE_MS)
  expect(await claimAll()).toHaveLength(1)
  expect(job && await renew(db, 'jobs', job)).toBe(false)
})

test('giveBack() lets a job run again after its delay, and not before', async () => {
  await sync('delayed')
  const [job] = await claimAll()
  if (job) {
    await giveBack(db, 'jobs', job, { delayMs: 30_000, error: 'no answer', outcome: 'failed' })
  }
  expect(await claimAll()).toEqual([])
  clock.advance(31_000)
  expect((await claimAll()).map((claimed) => claimed.id)).toEqual([job?.id])
})

test('giveBack() leaves the work to a fresh job on the same topic', async () => {
  await sync('superseded')
  const [job] = await claimAll()
  await sync('superseded')
  if (job) await giveBack(db, 'jobs', job, { delayMs: 0, error: 'no answer', outcome: 'failed' })
  const next = await claimAll()
  expect(next).toHaveLength(1)
  expect(next[0]?.id).not.toBe(job?.id)
})

test('giveBack() buries a job as dead, with its error', async () => {
  await sync('poison')
  const [job] = await claimAll()
  if (job) await giveBack(db, 'jobs', job, { delayMs: 0, error: 'always', outcome: 'dead' })
  clock.advance(24 * 3_600_000)
  expect(await claimAll()).toEqual([])
  const rows = await db.query('SELECT status, last_error AS error FROM jobs WHERE id = ?', [
    job?.id ?? '',
  ])
  expect(rows).toEqual([{ status: 'dead', error: 'always' }])
})

test('backoffMs() doubles, spreads by at most a quarter, and stays near an hour', () => {
  const none = () => new Uint8Array(1)
  expect([1, 2, 3].map((attempts) => backoffMs(attempts, none))).toEqual([4000, 8000, 16_000])
  expect(backoffMs(1, () => new Uint8Array([255]))).toBeLessThanOrEqual(5000)
  expect(backoffMs(1000, none)).toBe(3_600_000)
})
