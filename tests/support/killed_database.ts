import { join } from 'node:path'
import { expect } from 'vitest'
import { type PrivateDatabase, startDatabase } from '../../dev/database.ts'
import { freePort } from '../../dev/ports.ts'
import { send, sign, signed } from './deliveries.ts'
import { withholdWebhooks } from './faults.ts'
import { addRoom } from './room.ts'
import type { Shop } from './shop.ts'
import { expectOneServerEach, placeAndPay, sleep } from './soak.ts'

/** A database server that dies as by a power cut, and comes back at its address with what it kept. */
export interface MortalDatabase {
  url: string
  /** SIGKILL; ends when the server takes connections again. */
  killAndRestart(): Promise<void>
  stop(): Promise<void>
}

/** Writes wait for the disk, as they do in production. */
export async function startMortalDatabase(): Promise<MortalDatabase> {
  const dir = await Deno.makeTempDir({ prefix: 'spawnpoint-killed-' })
  const options = { dir, port: freePort(), durable: true, log: () => {} }
  let database: PrivateDatabase = await startDatabase(options)
  return {
    url: database.url,
    async killAndRestart() {
      Deno.kill(Number(await Deno.readTextFile(join(dir, 'mysqld.pid'))), 'SIGKILL')
      await database.stop()
      database = await startDatabase(options)
    },
    async stop() {
      await database.stop()
      await Deno.remove(dir, { recursive: true })
    },
  }
}

/** Between two deaths there is time to do some work. */
const LIFE_MS = 3000

export interface KilledReport {
  kills: number
  acknowledged: number
  /** Deliveries that were answered otherwise, or not at all. */
  refused: number
  /** From when the server took connections again until the shop took a delivery. */
  slowestReturnMs: number
}

/**
 * Webhooks come at a steady pace while the database is killed so often, and paid orders wait for
 * their servers. Ends when each order has one; fails when a delivery that was acknowledged is not
 * kept. The shop's process is never started anew.
 */
export async function killDatabase(
  shop: Shop,
  database: MortalDatabase,
  { kills, perSecond, orders }: { kills: number; perSecond: number; orders: number },
): Promise<KilledReport> {
  await addRoom(shop, orders)
  const paying = withholdWebhooks(shop)
  await placeAndPay(shop, orders)
  paying.cancel()
  const stream = deliverSteadily(shop, perSecond, shop.stripe.events)
  let slowestReturnMs = 0
  for (let killed = 0; killed < kills; killed++) {
    await sleep(LIFE_MS)
    await database.killAndRestart()
    const back = performance.now()
    await stream.nextTaken()
    slowestReturnMs = Math.max(slowestReturnMs, Math.round(performance.now() - back))
  }
  const { taken, refused } = await stream.end()
  await everyOrderServed(shop)
  const kept = await shop.db.query<{ id: string }>('SELECT id FROM stripe_events')
  const ids = new Set(kept.map(({ id }) => id))
  expect(taken.filter((id) => !ids.has(id)), 'acknowledged and lost').toEqual([])
  await expectOneServerEach(shop, orders)
  return { kills, acknowledged: taken.length, refused, slowestReturnMs }
}

/** Of ten deliveries one is of a payment; it comes again until it is taken. */
const OTHERS_OF_TEN = 9

function deliverSteadily(shop: Shop, perSecond: number, events: readonly { id: string }[]) {
  const taken: string[] = []
  const others: number[] = []
  const paid = [...events]
  const pending = new Set<Promise<void>>()
  let told = () => {}
  let nth = 0
  const deliver = async (event?: { id: string }) => {
    const delivery = event ? signed(shop, event, nth) : sign(shop, nth)
    const status = await send(shop, delivery)
    if (status === 200) {
      taken.push(delivery.id)
      return told()
    }
    others.push(status)
    if (event) paid.push(event)
  }
  const timer = setInterval(() => {
    const event = ++nth % 10 < OTHERS_OF_TEN ? undefined : paid.shift()
    const one = deliver(event).finally(() => pending.delete(one))
    pending.add(one)
  }, 1000 / perSecond)
  return {
    nextTaken: () => new Promise<void>((resolve) => told = resolve),
    async end() {
      clearInterval(timer)
      await Promise.all(pending)
      expect(others.filter((status) => status !== 503), 'taken, or told to come again').toEqual([])
      return { taken, refused: others.length }
    },
  }
}

/** The jobs of the dead are free again once their leases have passed. */
const LEASE_MS = 46_000

async function everyOrderServed(shop: Shop): Promise<void> {
  for (let left = 120; left > 0; left--) {
    const open = await shop.db.query("SELECT id FROM orders WHERE status <> 'provisioned' LIMIT 1")
    if (open.length === 0) return
    shop.clock.advance(LEASE_MS)
    await shop.sweep()
    await sleep(500)
  }
  expect.fail('not every order has its server')
}
