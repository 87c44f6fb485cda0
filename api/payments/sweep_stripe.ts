import { raiseAlert, resolveAlert } from '../alerts/alerts.ts'
import { findSessionStatus } from '../checkout/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { findWatermark } from '../jobs/sweeps_store.ts'
import type { Swept } from '../jobs/sweep.ts'
import { batches } from '../jobs/pages.ts'
import { findPaidAt } from '../orders/store.ts'
import { shopId } from '../plans/shop_id.ts'
import { handledTypes } from './inbox.ts'
import type { ListedSession } from './payments.ts'
import { receiveEvent } from './receive_event.ts'
import { settleSession } from './settle_session.ts'
import { hasStripeEventOf, listKnownEvents } from './store.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A webhook that is on its way is not missed yet. */
const UNDER_WAY_MS = 2 * MINUTE_MS

/** Stripe's list may lag behind, and a session is made some time before it is completed. */
const OVERLAP_MS = HOUR_MS

/** How far Stripe's list of events goes back, less a margin. */
const MONTH_MS = 30 * DAY_MS - HOUR_MS

/** Stripe takes at most so many types a call. */
const TYPES_PER_CALL = 20

/**
 * Each hour: every event and every completed session that Stripe has had since the last time, at
 * most 3 days ago, whatever Stripe says of their delivery: an endpoint that is not registered at all
 * has missed nothing.
 */
export async function sweepStripe(db: Db, deps: Deps): Promise<Swept> {
  const now = deps.now().getTime()
  const last = await findWatermark(db, 'stripe')
  const since = new Date(Math.max(now - 3 * DAY_MS, (last?.getTime() ?? 0) - OVERLAP_MS))
  const until = new Date(now - UNDER_WAY_MS)
  const event = await receiveMissing(db, deps, { since, until })
  await tellOfMissed(db, deps, event)
  return {
    found: { event, session: await settleMissed(db, deps, { since, until }) },
    watermark: until,
  }
}

/** One event may be lost by an outage of ours; hour after hour it is the webhook. */
async function tellOfMissed(db: Db, deps: Deps, events: number): Promise<void> {
  const alert = { kind: 'webhook_missed', subject: 'shop' } as const
  if (events === 0) return await resolveAlert(db, alert)
  await raiseAlert(db, deps, { ...alert, detail: { events }, confirmAfterMs: HOUR_MS / 2 })
}

/** Each day: what is still undelivered, and every completed session, of as long as Stripe tells. */
export async function sweepStripeMonth(db: Db, deps: Deps): Promise<Swept> {
  const now = deps.now().getTime()
  const since = new Date(now - MONTH_MS)
  const until = new Date(now - UNDER_WAY_MS)
  const event = await receiveMissing(db, deps, { since, until, undelivered: true })
  return { found: { event, session: await settleMissed(db, deps, { since, until }) } }
}

async function receiveMissing(
  db: Db,
  deps: Deps,
  span: { since: Date; until: Date; undelivered?: boolean },
): Promise<number> {
  let missing = 0
  const all = [...handledTypes]
  for (let at = 0; at < all.length; at += TYPES_PER_CALL) {
    const types = all.slice(at, at + TYPES_PER_CALL)
    for await (const listed of batches(deps.payments.listEvents({ ...span, types }))) {
      const known = await listKnownEvents(db, listed.map(({ event }) => event.id))
      for (const one of listed) {
        if (known.has(one.event.id) || !await receiveEvent(db, deps, one)) continue
        missing++
        deps.log.warn('an event was missed', { eventId: one.event.id, eventType: one.event.type })
      }
    }
  }
  if (missing > 0) deps.wake()
  return missing
}

async function settleMissed(
  db: Db,
  deps: Deps,
  made: { since: Date; until: Date },
): Promise<number> {
  let missed = 0
  let failure: unknown
  for await (const session of deps.payments.listCompleteSessions(made)) {
    try {
      if (await settleIfMissed(db, deps, session)) missed++
    } catch (error) {
      deps.log.error('cannot settle a session', { stripeSessionId: session.id, error })
      failure = error
    }
  }
  // The others were not held up by it, but the sweep has not gone through.
  if (failure) throw failure
  return missed
}

/** Only what says of itself that it is ours; other shops may use the account too. */
async function settleIfMissed(
  db: Db,
  deps: Deps,
  { id, paymentStatus, metadata }: ListedSession,
): Promise<boolean> {
  const { orderId, shopId: shop } = metadata
  if (!orderId?.startsWith('ord_')) return false
  if (shop && shop !== await shopId(db, deps.randomBytes)) return false
  const status = await findSessionStatus(db, id)
  if (status === 'complete' || (status === 'processing' && paymentStatus === 'unpaid')) return false
  const paidBefore = await findPaidAt(db, orderId)
  await settleSession(db, deps, id)
  if (paidBefore || !await findPaidAt(db, orderId)) return false
  return !await hasStripeEventOf(db, id)
}
