import { DbUnavailable } from '../../api/db.ts'
import { sweep } from '../../api/jobs/sweep.ts'
import { brokenIn } from './invariants.ts'
import type { Shop } from './shop.ts'
import { type View, viewOf } from './view.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

/**
 * Runs what is due, sweeps each minute and moves the clock from one due time to the next, until
 * nothing is under way any more, or `done` says so, or `withinMs` have passed. Gives how long that
 * took by the clock.
 */
export async function settle(
  shop: Shop,
  withinMs = 40 * MINUTE_MS,
  done: () => Promise<boolean> = () => isAtRest(shop),
): Promise<number> {
  const began = shop.clock.now().getTime()
  for (let swept = Number.NEGATIVE_INFINITY;;) {
    const passed = shop.clock.now().getTime() - began
    if (passed - swept >= MINUTE_MS) {
      swept = passed
      await step(shop, () => sweep(shop.db, shop.deps))
    }
    await step(shop, shop.drain)
    if (await done() || passed >= withinMs) return passed
    // The longer it lasts, the less it matters when exactly it is looked at.
    shop.clock.advance(Math.max(SECOND_MS, passed / 20, await nextDueInMs(shop)))
  }
}

/** Moves the clock on as a day of the shop goes by: sweeps and jobs run all the while. */
export async function live(shop: Shop, ms: number, stepMs = MINUTE_MS): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    shop.clock.advance(Math.min(stepMs, ms - passed))
    await step(shop, () => sweep(shop.db, shop.deps))
    await step(shop, shop.drain)
  }
}

/** A database that is away stops nothing for good: the loop looks again at its next poll. */
async function step(shop: Shop, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof DbUnavailable)) throw error
    shop.deps.log.warn('cannot drain the queues', { error })
  }
}

/** What runs for ever, or waits for a time that may not come. */
const TIMERS = "'sweep', 'panel.snapshot', 'order.refund', 'server.retire'"

/** Nothing is to be done but by a customer, by a person, or when a deadline comes. */
async function isAtRest(shop: Shop): Promise<boolean> {
  const [work] = await shop.db.query<{ n: number }>(
    `SELECT (SELECT COUNT(*) FROM jobs WHERE status = 'ready' AND name NOT IN (${TIMERS})) +
       (SELECT COUNT(*) FROM stripe_events WHERE status = 'ready') +
       (SELECT COUNT(*) FROM orders WHERE status IN ('paid', 'provisioning', 'provision_failed')
          OR (ending IS NOT NULL AND status <> 'refunded')) +
       (SELECT COUNT(*) FROM servers WHERE status = 'deleting') AS n`,
  )
  if (Number(work?.n) > 0) return false
  const view = await viewOf(shop)
  return isHeard(view) && brokenIn(view).length === 0
}

/** What Stripe knows of a session, its order knows. */
function isHeard(view: View): boolean {
  return view.sessions.every((session) => {
    const status = view.order(session.orderId)?.status ?? ''
    if (session.paid) return !/^(pending|payment_processing|expired|canceled)$/.test(status)
    return session.status === 'open' || status !== 'pending'
  })
}

async function nextDueInMs(shop: Shop): Promise<number> {
  const [row] = await shop.db.query<{ us: string | number | null }>(
    `SELECT TIMESTAMPDIFF(MICROSECOND, {now}, MIN(run_at)) AS us FROM jobs
      WHERE status = 'ready' AND name <> 'sweep'`,
  )
  return Math.min(MINUTE_MS, Number(row?.us ?? MINUTE_MS * 1000) / 1000 + 1)
}
