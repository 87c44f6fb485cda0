import { expect } from 'vitest'
import { sweep } from '../../api/jobs/sweep.ts'
import { withholdWebhooks } from './faults.ts'
import { assertInvariants } from './invariants.ts'
import { placeOrder, sessionOf, type Shop } from './shop.ts'

const MINUTE_MS = 60_000
const STEP_MS = 5000

/** Each buyer may have five orders open at once. */
const ORDERS_OF_ONE = 5

/**
 * Withholds every webhook while orders are paid, and lets nothing but the minute's tick look for
 * them: each is active within `withinMs` of its payment, by the shop's clock. Gives the longest.
 */
export async function deliverWithoutWebhooks(
  shop: Shop,
  { orders, withinMs }: { orders: number; withinMs: number },
): Promise<number> {
  const foundBefore = await foundTotal(shop)
  const withheld = withholdWebhooks(shop)
  const paidAt = await placeAndPay(shop, orders)
  for (let passed = 0; passed < withinMs && await countActive(shop, paidAt) < orders;) {
    if (passed % MINUTE_MS === 0) await sweep(shop.db, shop.deps)
    await shop.drain()
    shop.clock.advance(STEP_MS)
    passed += STEP_MS
  }
  const longest = await longestWait(shop, paidAt)
  expect(await countActive(shop, paidAt)).toBe(orders)
  expect(longest).toBeLessThanOrEqual(withinMs)
  expect(await foundTotal(shop) - foundBefore).toBe(orders)
  await assertInvariants(shop)
  withheld.cancel()
  return longest
}

/** Sum of all that sweeps ever found in this shop, as it is counted. */
export async function foundTotal({ db, deps }: Shop): Promise<number> {
  await deps.metrics.flush(db)
  const [row] = await db.query<{ n: number | null }>(
    "SELECT SUM(value) AS n FROM counters WHERE name = 'reconcile_found_total'",
  )
  return Number(row?.n ?? 0)
}

/** Gives when each order was paid, by the shop's clock. */
export async function placeAndPay(shop: Shop, orders: number): Promise<Map<string, number>> {
  const paidAt = new Map<string, number>()
  for (let left = orders; left > 0; left -= ORDERS_OF_ONE) {
    const customer = await shop.customer()
    for (let nth = 0; nth < Math.min(left, ORDERS_OF_ONE); nth++) {
      const { orderId } = await placeOrder(customer)
      await shop.stripe.pay(await sessionOf(shop.db, orderId))
      paidAt.set(orderId, shop.clock.now().getTime())
    }
  }
  return paidAt
}

async function activeOf({ db }: Shop): Promise<{ orderId: string; activeAt: Date }[]> {
  return await db.query(
    `SELECT order_id AS orderId, active_at AS activeAt FROM servers
      WHERE status = 'active' AND active_at IS NOT NULL`,
  )
}

/** How many of these have an active server. */
export async function countActive(shop: Shop, paidAt: Map<string, number>): Promise<number> {
  return (await activeOf(shop)).filter(({ orderId }) => paidAt.has(orderId)).length
}

/** From the payment to the active server, in milliseconds. */
export async function longestWait(shop: Shop, paidAt: Map<string, number>): Promise<number> {
  const waits = (await activeOf(shop)).map(({ orderId, activeAt }) =>
    activeAt.getTime() - (paidAt.get(orderId) ?? Infinity)
  )
  return Math.max(...waits)
}
