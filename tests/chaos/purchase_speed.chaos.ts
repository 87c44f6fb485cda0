import { afterAll, beforeAll, expect, test } from 'vitest'
import { placeOrder } from '../../api/checkout/place_order.ts'
import { addRoom } from '../support/room.ts'
import { PURCHASE, sessionOf, type Shop, startShop } from '../support/shop.ts'
import { inParallel, newBuyer } from '../support/soak.ts'

const INSTALL_MS = 2000
const ORDERS = 100
const AT_ONCE = 5

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ installMs: INSTALL_MS, runJobs: true })
})

afterAll(() => shop.stop())

test(`${ORDERS} purchases, ${AT_ONCE} at once: seen within 2 s, a server 5 s after its install`, async () => {
  await addRoom(shop, ORDERS)
  const buyers = Array.from({ length: ORDERS }, (_, nth) => nth)
  const seen: number[] = []
  const active: number[] = []
  await inParallel(AT_ONCE, buyers, async (nth) => {
    const orderId = await order(nth)
    const paidAt = performance.now()
    await shop.stripe.pay(await sessionOf(shop.db, orderId))
    await until(orderId, ({ status }) => status !== 'pending')
    seen.push(performance.now() - paidAt)
    await until(orderId, ({ status }) => status === 'provisioned')
    active.push(performance.now() - paidAt)
  })
  const figures = { seenP95Ms: p95(seen), activeP95Ms: p95(active), installMs: INSTALL_MS }
  console.log(JSON.stringify(figures))
  expect(Math.max(...seen)).toBeLessThanOrEqual(2000)
  expect(figures.activeP95Ms).toBeLessThanOrEqual(5000 + INSTALL_MS)
})

async function order(nth: number): Promise<string> {
  const placing = {
    userId: await newBuyer(shop, nth),
    idempotencyKey: crypto.randomUUID(),
    body: { ...PURCHASE, term: 'monthly' as const, serverName: `Quick ${nth}` },
  }
  return (await placeOrder(shop.db, shop.deps, placing)).orderId
}

async function until(id: string, done: (order: { status: string }) => boolean): Promise<void> {
  for (;;) {
    const [row] = await shop.db.query<{ status: string }>(
      'SELECT status FROM orders WHERE id = ?',
      [id],
    )
    if (row && done(row)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function p95(values: number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? 0)
}
