import { expect } from 'vitest'
import { sweep } from '../../api/jobs/sweep.ts'
import { inspectGate } from '../../api/panel/gate_store.ts'
import { panelAway } from './faults.ts'
import { assertInvariants } from './invariants.ts'
import { openAlerts } from './money.ts'
import type { Shop } from './shop.ts'
import { countActive, longestWait, placeAndPay } from './withheld.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

/** The proxy gives up before the panel takes back what it began: later than we wait for an answer. */
const ROLLED_BACK_AFTER_S = 70

/**
 * Half of as many creates as there are orders are answered 504, and their servers stay a while
 * before the panel takes them back. Gives the longest wait.
 */
export async function deliverDespiteRollBacks(
  shop: Shop,
  { orders, withinMs }: { orders: number; withinMs: number },
): Promise<number> {
  const rule = shop.faults.order({
    on: { service: 'panel' },
    when: { nth: Array.from({ length: orders / 2 }, (_, nth) => nth * 2 + 1) },
    fault: { name: 'roll-back', seconds: ROLLED_BACK_AFTER_S },
  })
  const paidAt = await placeAndPay(shop, orders)
  await passUntilActive(shop, paidAt, { withinMs })
  expect(rule.fired).toBe(orders / 2)
  expect(shop.panel.store.servers.rows).toHaveLength(orders)
  await assertInvariants(shop)
  return await longestWait(shop, paidAt)
}

/**
 * The panel is away for `awayMs` after orders were paid. Gives for how long the slowest waited after
 * its return, and the most calls that it had to take within a minute.
 */
export async function outlastPanel(
  shop: Shop,
  { orders, awayMs, stepMs, withinMs }: {
    orders: number
    awayMs: number
    stepMs: number
    withinMs: number
  },
): Promise<{ slowestMs: number; mostCalls: number }> {
  const calls = countCalls(shop)
  const away = panelAway(shop)
  const paidAt = await placeAndPay(shop, orders)
  for (let passed = 0; passed < awayMs; passed += stepMs) {
    await sweep(shop.db, shop.deps)
    await shop.drain()
    shop.clock.advance(stepMs)
  }
  expect(await troubled(shop)).toEqual({ failed: 0, refunded: 0, dead: 0 })
  expect(await openAlerts(shop, 'panel_down')).toHaveLength(1)
  away.cancel()
  const backAt = shop.clock.now().getTime()
  await passUntilActive(shop, paidAt, { withinMs })
  await assertInvariants(shop)
  const since = new Map([...paidAt.keys()].map((id) => [id, backAt]))
  return {
    slowestMs: await longestWait(shop, since),
    mostCalls: calls.mostInMinute(),
  }
}

/**
 * The key is revoked while orders wait, and given back later. Gives how many calls were made from
 * then on until none was made any more.
 */
export async function outlastRevokedKey(
  shop: Shop,
  { orders, withinMs }: { orders: number; withinMs: number },
): Promise<number> {
  const revoked = shop.faults.order({ on: { service: 'panel' }, fault: 'key-revoked' })
  const paidAt = await placeAndPay(shop, orders)
  const calls = countCalls(shop)
  await shop.drain()
  const untilOpen = calls.total()
  expect(await inspectGate(shop.db)).toMatchObject({ circuit: 'open', kind: 'configuration' })
  await shop.pass(10 * MINUTE_MS)
  await sweep(shop.db, shop.deps)
  expect(await openAlerts(shop, 'panel_configuration')).toHaveLength(1)
  expect(await troubled(shop)).toEqual({ failed: 0, refunded: 0, dead: 0 })
  revoked.cancel()
  await passUntilActive(shop, paidAt, { withinMs })
  expect(await openAlerts(shop, 'panel_configuration')).toEqual([])
  await assertInvariants(shop)
  return untilOpen
}

async function passUntilActive(
  shop: Shop,
  paidAt: Map<string, number>,
  { withinMs }: { withinMs: number },
): Promise<void> {
  const endsAt = shop.clock.now().getTime() + withinMs
  let sweptAt = 0
  while (await countActive(shop, paidAt) < paidAt.size) {
    const now = shop.clock.now().getTime()
    expect(now, 'all are active in time').toBeLessThanOrEqual(endsAt)
    if (now - sweptAt >= MINUTE_MS) {
      sweptAt = now
      await sweep(shop.db, shop.deps)
    }
    await shop.drain()
    shop.clock.advance(2 * SECOND_MS)
  }
}

/** How many orders failed or were refunded, and how many jobs were given up. */
async function troubled({ db }: Shop) {
  const count = async (sql: string) => Number((await db.query<{ n: number }>(sql))[0]?.n)
  return {
    failed: await count("SELECT COUNT(*) AS n FROM orders WHERE status = 'provision_failed'"),
    refunded: await count("SELECT COUNT(*) AS n FROM orders WHERE status = 'refunded'"),
    dead: await count("SELECT COUNT(*) AS n FROM jobs WHERE status = 'dead'"),
  }
}

/** Counts what reaches the panel, by the shop's clock. */
function countCalls({ intercept, clock }: Shop) {
  const times: number[] = []
  intercept.panel = (request, next) => {
    times.push(clock.now().getTime())
    return next(request)
  }
  return {
    total: () => times.length,
    mostInMinute() {
      times.sort((a, b) => a - b)
      let most = 0
      for (let from = 0, to = 0; to < times.length; to++) {
        while ((times[to] ?? 0) - (times[from] ?? 0) >= MINUTE_MS) from++
        most = Math.max(most, to - from + 1)
      }
      return most
    },
  }
}
