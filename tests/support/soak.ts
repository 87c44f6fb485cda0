import { expect } from 'vitest'
import { insertUser } from '../../api/accounts/store.ts'
import { placeOrder } from '../../api/checkout/place_order.ts'
import { freePort } from '../../dev/ports.ts'
import { createRandom } from '../../dev/random.ts'
import type { Event } from '../../dev/stripe/wire.ts'
import { CLOCK_OFFSET_MS } from './api_entry.ts'
import { startApiProcess } from './api_process.ts'
import { send, signed } from './deliveries.ts'
import { assertInvariants } from './invariants.ts'
import { addRoom } from './room.ts'
import { PURCHASE, sessionOf, type Shop } from './shop.ts'
import { withholdWebhooks } from './faults.ts'

export interface Soak {
  seed: number
  orders: number
  /** The soak fails when not all is done by then; from the first delivery on. */
  withinMs: number
}

export interface SoakReport {
  deliveries: number
  /** Attempts that met a dead or a dying process, and were made again. */
  retried: number
  kills: number
  /** Creates at the panel that failed by order. */
  faults: number
  seconds: number
}

/** Of each order, what Stripe tells; each is an event of its own. */
const TOLD = ['checkout.session.completed', 'invoice.paid']

/** Three of ten deliveries are of an event that was delivered before, or is being delivered. */
const DUPLICATES_OF_TEN = 3

const DELIVERERS = 16
const LIFE_MS = 2000

/** On a machine that is slow to start it, a process gets at least so long to work. */
const LEAST_WORK_MS = 700

/** What a dead process had claimed is free again after 45 s. */
const LEASE_MS = 46_000

/**
 * Paid orders, all that Stripe tells of them delivered in disorder and some of it twice, a panel that
 * fails, and an API process that is killed every 2 s: ends when each order has its server, and fails
 * unless each has exactly one. The processes are real; their clock jumps over the lease of the dead.
 */
export async function soak(shop: Shop, { seed, orders, withinMs }: Soak): Promise<SoakReport> {
  const random = createRandom(seed)
  withholdWebhooks(shop)
  await addRoom(shop, orders)
  await placeAndPay(shop, orders)
  const failing = failCreates(shop, random)
  const deliveries = deliveriesOf(shop, random)
  const startedAt = performance.now()
  const ending = AbortSignal.timeout(withinMs)
  const mortal = startMortal(shop)
  let retried = 0
  try {
    retried = await deliverAll(shop, mortal.url, deliveries, ending)
    await everyServer(shop, ending)
  } finally {
    await mortal.stop()
  }
  await shop.drain()
  await expectOneServerEach(shop, orders)
  return {
    deliveries: deliveries.length,
    retried,
    kills: mortal.kills(),
    faults: failing.reduce((sum, rule) => sum + rule.fired, 0),
    seconds: Math.round((performance.now() - startedAt) / 1000),
  }
}

/** Each buyer may have five orders open at once. */
const ORDERS_OF_ONE = 5

export async function placeAndPay(shop: Shop, orders: number): Promise<void> {
  const buyers = Array.from({ length: Math.ceil(orders / ORDERS_OF_ONE) }, (_, nth) => nth)
  await inParallel(8, buyers, async (nth) => {
    const userId = await newBuyer(shop, nth)
    for (let left = Math.min(ORDERS_OF_ONE, orders - nth * ORDERS_OF_ONE); left > 0; left--) {
      const idempotencyKey = crypto.randomUUID()
      const body = { ...PURCHASE, term: 'monthly' as const, serverName: `Soak ${nth}.${left}` }
      const { orderId } = await placeOrder(shop.db, shop.deps, { userId, idempotencyKey, body })
      await shop.stripe.pay(await sessionOf(shop.db, orderId))
    }
  })
}

export async function newBuyer({ db, deps }: Shop, nth: number): Promise<string> {
  const id = deps.newId('user')
  const email = `soak-${nth}@example.com`
  await insertUser(db, { id, email, passwordHash: 'nobody logs in', role: 'customer' })
  return id
}

/** Some nine of a hundred creates fail, in every way in which a create can. */
function failCreates({ faults }: Shop, random: () => number) {
  const creates = { service: 'panel', call: 'POST /api/application/servers' } as const
  const seed = () => Math.floor(random() * 1e9)
  const on = (fault: Parameters<typeof faults.order>[0]['fault'], probability: number) =>
    faults.order({ on: creates, when: { probability, seed: seed() }, fault })
  return [
    on({ name: 'status', status: 429 }, 0.012),
    on({ name: 'status', status: 503 }, 0.012),
    on('time-out', 0.006),
    on('drop-answer', 0.02),
    faults.order({
      on: { service: 'panel' },
      when: { probability: 0.02, seed: seed() },
      fault: { name: 'roll-back', seconds: 10 },
    }),
    // A 504 after which the server stays: it would be undone long after the soak.
    faults.order({
      on: { service: 'panel' },
      when: { probability: 0.02, seed: seed() },
      fault: { name: 'roll-back', seconds: 86_400 },
    }),
  ]
}

function deliveriesOf({ stripe }: Shop, random: () => number): Event[] {
  const distinct = stripe.events.filter(({ type }) => TOLD.includes(type))
  const again = Math.round(distinct.length * DUPLICATES_OF_TEN / (10 - DUPLICATES_OF_TEN))
  return shuffled([...distinct, ...shuffled(distinct, random).slice(0, again)], random)
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values.map((value) => ({ value, at: random() })).sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

/** Delivers each until it is answered 2xx; returns how many attempts were not. */
async function deliverAll(
  shop: Shop,
  url: string,
  deliveries: Event[],
  ending: AbortSignal,
): Promise<number> {
  let retried = 0
  const refusals: number[] = []
  await inParallel(DELIVERERS, deliveries, async (event) => {
    for (;;) {
      const status = await deliver(shop, url, event)
      if (status >= 200 && status < 300) return
      // 0: nobody answered; 503: the process has just started, or lost its database.
      if (status !== 0 && status !== 503) refusals.push(status)
      ending.throwIfAborted()
      retried++
      await sleep(100)
    }
  })
  expect(refusals, 'a delivery is taken, or nobody is there').toEqual([])
  return retried
}

/** 0 when nobody answers. */
async function deliver(shop: Shop, url: string, event: Event): Promise<number> {
  return await send({ url }, signed(shop, { ...event }, 0)).catch(() => 0)
}

async function everyServer({ db }: Shop, ending: AbortSignal): Promise<void> {
  for (;;) {
    const left = await db.query<{ id: string; status: string }>(
      "SELECT id, status FROM orders WHERE status <> 'provisioned' LIMIT 5",
    )
    if (left.length === 0) return
    if (ending.aborted) expect(left, 'every order has its server in time').toEqual([])
    await sleep(200)
  }
}

/** An API process that never lives long: killed with SIGKILL, and started anew at once. */
function startMortal(shop: Shop) {
  const port = freePort()
  const url = `http://127.0.0.1:${port}`
  const stopping = new AbortController()
  let kills = 0
  const running = live()

  async function live(): Promise<void> {
    const environment = { ...shop.environment, PUBLIC_URL: url }
    while (!stopping.signal.aborted) {
      const startedAt = performance.now()
      const process = await startApiProcess({
        environment: { ...environment, [CLOCK_OFFSET_MS]: String(shop.clock.offsetMs()) },
        databaseUrl: shop.databaseUrl,
        port,
        entry: 'tests/support/api_entry.ts',
      })
      const livedMs = performance.now() - startedAt
      await sleep(Math.max(LIFE_MS - livedMs, LEAST_WORK_MS), stopping.signal)
      process.kill('SIGKILL')
      await process.status
      kills++
      shop.clock.advance(LEASE_MS)
    }
  }

  return {
    url,
    kills: () => kills,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

export async function expectOneServerEach(shop: Shop, orders: number): Promise<void> {
  const rows = await shop.db.query<{ id: number }>(
    "SELECT DISTINCT ptero_server_id AS id FROM orders WHERE status = 'provisioned'",
  )
  const there = [...shop.panel.store.servers.rows].map((server) => server.id)
  expect(rows).toHaveLength(orders)
  expect(there.toSorted((a, b) => a - b)).toEqual(rows.map(({ id }) => id).sort((a, b) => a - b))
  await assertInvariants(shop)
}

export async function inParallel<T>(
  workers: number,
  values: readonly T[],
  work: (value: T) => Promise<void>,
): Promise<void> {
  const queue = values[Symbol.iterator]()
  await Promise.all(Array.from({ length: workers }, async () => {
    for (const value of queue) await work(value)
  }))
}

export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal?.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}
