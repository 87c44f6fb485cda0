import { afterEach, beforeEach, expect, inject } from 'vitest'
import { placeOrder } from '../../api/checkout/place_order.ts'
import { DbUnavailable } from '../../api/db.ts'
import { sweep } from '../../api/jobs/sweep.ts'
import { createRandom } from '../../dev/random.ts'
import { addRoom } from './room.ts'
import { expectOneServerEach, inParallel, newBuyer } from './soak.ts'
import { PURCHASE, sessionOf, type Shop, startShop } from './shop.ts'
import { startTcpProxy, type TcpProxy } from './tcp_proxy.ts'

const MINUTE_MS = 60_000

/** What a database refuses a write with: deadlock, lock wait, snapshot, read-only, read-only for good. */
export const REFUSALS = [1213, 1205, 1020, 1290, 1836]

/**
 * Before each test of a file: a shop whose database lies behind a proxy. Gives what both are then, and
 * the seed, which is printed.
 */
export function startBadLine(): { at: () => { shop: Shop; proxy: TcpProxy }; seed: number } {
  const seed = Number(Deno.env.get('CHAOS_SEED') ?? Math.floor(Math.random() * 1e6))
  let proxy: TcpProxy
  let shop: Shop
  beforeEach(async () => {
    console.log(`CHAOS_SEED=${seed}`)
    proxy = await startTcpProxy(inject('databaseUrl'))
    shop = await startShop({ installMs: 1000, databaseServer: proxy.url })
  })
  afterEach(async () => {
    await shop.stop()
    await proxy.stop()
  })
  return { at: () => ({ shop, proxy }), seed }
}

/** Far more than the slowest order takes, the leases of lost claims included. */
const WITHIN_MS = 60 * MINUTE_MS

const AT_ONCE = 8

/**
 * Orders are placed, paid and delivered over a line that loses the reply to a share of all COMMITs,
 * and of all writes that stand alone: each is done, and the shop is told that the connection was
 * lost. Who asked comes again with a key of their own: the buyer, Stripe, the queue. Ends when each
 * order has exactly one server; gives how many replies were lost.
 */
export async function loseReplies(
  { shop, proxy }: { shop: Shop; proxy: TcpProxy },
  { seed, orders, share }: { seed: number; orders: number; share: number },
): Promise<{ lostCommits: number; lostAlone: number }> {
  const random = createRandom(seed)
  const lost = { lostCommits: 0, lostAlone: 0 }
  await sellOver(shop, proxy, orders, (sql, inTransaction) => {
    const commits = sql === 'COMMIT'
    const alone = !inTransaction && /^(INSERT|UPDATE|DELETE)/.test(sql)
    if (!(commits || alone) || random() >= share) return undefined
    lost[commits ? 'lostCommits' : 'lostAlone']++
    return { name: 'lose-reply' }
  })
  return lost
}

/** What undoes the whole transaction in the server, and what leaves it open. */
const UNDOES_ALL: Record<number, boolean> = { 1213: true, 1020: true }

/**
 * The same over a database that refuses a share of all writes and COMMITs with one error after the
 * other, so often each. Ends when each order has exactly one server and nothing is half done.
 */
export async function refuseStatements(
  { shop, proxy }: { shop: Shop; proxy: TcpProxy },
  { seed, orders, times, share }: {
    seed: number
    orders: number
    times: number
    share: number
  },
): Promise<Record<number, number>> {
  const random = createRandom(seed)
  const refused: Record<number, number> = Object.fromEntries(REFUSALS.map((errno) => [errno, 0]))
  await sellOver(shop, proxy, orders, (sql) => {
    if (!/^(INSERT|UPDATE|DELETE|COMMIT)/.test(sql) || random() >= share) return undefined
    const errno = REFUSALS.filter((one) => (refused[one] ?? 0) < times)
      .toSorted((one, other) => (refused[one] ?? 0) - (refused[other] ?? 0))[0]
    if (errno === undefined) return undefined
    refused[errno] = (refused[errno] ?? 0) + 1
    return { name: 'refuse', errno, undoesAll: UNDOES_ALL[errno] }
  })
  expect(await halves(shop)).toEqual([])
  expect(webhookAnswers(shop).filter((status) => status >= 300 && status !== 503)).toEqual([])
  return refused
}

/** What belongs together in one transaction, and stands here with half of it missing. */
async function halves({ db }: Shop): Promise<string[]> {
  const pairs: [string, string][] = [
    [
      'paid without a payment',
      `SELECT id FROM orders o WHERE paid_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id)`,
    ],
    [
      'paid without a server',
      `SELECT id FROM orders o WHERE paid_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM servers s WHERE s.order_id = o.id)`,
    ],
    [
      'paid and not told',
      `SELECT order_id AS id FROM payments p WHERE NOT EXISTS
      (SELECT 1 FROM order_events e WHERE e.order_id = p.order_id AND e.kind = 'order.paid')`,
    ],
    [
      'told twice',
      `SELECT order_id AS id FROM order_events WHERE kind IN ('order.placed',
      'order.paid', 'order.provisioning', 'server.active') GROUP BY order_id, kind
      HAVING COUNT(*) > 1`,
    ],
    [
      'a place held twice',
      `SELECT order_id AS id FROM capacity_holds WHERE released_at IS NULL
      GROUP BY order_id HAVING COUNT(*) > 1`,
    ],
  ]
  const found: string[] = []
  for (const [what, sql] of pairs) {
    for (const { id } of await db.query<{ id: string }>(sql)) found.push(`${id}: ${what}`)
  }
  return found
}

function webhookAnswers({ lines }: Shop): number[] {
  return lines.map((line) => JSON.parse(line))
    .filter(({ msg, path }) => msg === 'request' && path === '/api/stripe/webhook')
    .map(({ status }) => status)
}

/** Sells, is paid and delivers while statements meet their fate; ends with one server each. */
async function sellOver(
  shop: Shop,
  proxy: TcpProxy,
  orders: number,
  fate: TcpProxy['fate'],
): Promise<void> {
  await addRoom(shop, orders)
  const buyers: string[] = []
  for (let nth = 0; nth < orders; nth++) buyers.push(await newBuyer(shop, nth))
  proxy.fate = fate
  try {
    await inParallel(AT_ONCE, buyers, (userId) => buy(shop, userId))
    await deliver(shop)
  } finally {
    proxy.fate = () => undefined
  }
  await expectOneServerEach(shop, orders)
}

/** Places an order until it is known to be placed, under one key, and pays for it. */
async function buy(shop: Shop, userId: string): Promise<void> {
  const { db, deps } = shop
  const placing = {
    userId,
    idempotencyKey: crypto.randomUUID(),
    body: { ...PURCHASE, term: 'monthly' as const, serverName: 'Lost' },
  }
  const { orderId } = await persist(() => placeOrder(db, deps, placing))
  await shop.stripe.pay(await sessionOf(db, orderId))
}

async function deliver(shop: Shop): Promise<void> {
  for (let passed = 0; passed < WITHIN_MS; passed += 2000) {
    await Promise.all(Array.from({ length: 4 }, () => persist(shop.drain)))
    const left = await shop.db.query("SELECT id FROM orders WHERE status <> 'provisioned' LIMIT 1")
    if (left.length === 0) return
    shop.clock.advance(2000)
    if (passed % MINUTE_MS === 0) await persist(() => sweep(shop.db, shop.deps))
  }
  expect.fail('not every order has its server')
}

/** As a caller does who was told 503, and who gives up once it is told so too often in a row. */
async function persist<T>(work: () => Promise<T>, tries = 30): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DbUnavailable) || tries <= 1) throw error
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  return persist(work, tries - 1)
}
