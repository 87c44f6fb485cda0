import { expect } from 'vitest'
import { placeOrder } from '../../api/checkout/place_order.ts'
import { DbUnavailable } from '../../api/db.ts'
import { sweep } from '../../api/jobs/sweep.ts'
import { createRandom } from '../../dev/random.ts'
import { addRoom } from './room.ts'
import { expectOneServerEach, inParallel, newBuyer } from './soak.ts'
import { PURCHASE, sessionOf, type Shop } from './shop.ts'
import type { TcpProxy } from './tcp_proxy.ts'

const MINUTE_MS = 60_000

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
  shop: Shop,
  proxy: TcpProxy,
  { seed, orders, share }: { seed: number; orders: number; share: number },
): Promise<{ lostCommits: number; lostAlone: number }> {
  const random = createRandom(seed)
  const lost = { lostCommits: 0, lostAlone: 0 }
  await addRoom(shop, orders)
  proxy.fate = (sql, inTransaction) => {
    const commits = sql === 'COMMIT'
    const alone = !inTransaction && /^(INSERT|UPDATE|DELETE)/.test(sql)
    if (!(commits || alone) || random() >= share) return undefined
    lost[commits ? 'lostCommits' : 'lostAlone']++
    return { name: 'lose-reply' }
  }
  try {
    await inParallel(
      AT_ONCE,
      Array.from({ length: orders }, (_, nth) => nth),
      (nth) => buy(shop, nth),
    )
    await deliver(shop)
  } finally {
    proxy.fate = () => undefined
  }
  await expectOneServerEach(shop, orders)
  return lost
}

/** Places an order until it is known to be placed, under one key, and pays for it. */
async function buy(shop: Shop, nth: number): Promise<void> {
  const { db, deps } = shop
  const userId = await persist(() => newBuyer(shop, nth))
  const placing = {
    userId,
    idempotencyKey: crypto.randomUUID(),
    body: { ...PURCHASE, term: 'monthly' as const, serverName: `Lost ${nth}` },
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

/** As a caller does who was told 503. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof DbUnavailable)) throw error
    }
  }
}
