import { listOpenAlerts, raiseAlert, resolveAbsent } from '../alerts/alerts.ts'
import { type Db, placeholders } from '../db.ts'
import type { Deps } from '../deps.ts'
import { batches } from '../jobs/pages.ts'
import { enqueue } from '../jobs/queue.ts'
import type { Swept } from '../jobs/sweep.ts'
import { findWatermark } from '../jobs/sweeps_store.ts'
import { findOrder } from '../orders/store.ts'
import { syncMoney } from './money.ts'
import type { MoneyBack, SubscriptionState } from './payments.ts'
import { resolveReturnedOrphans } from './settle_session.ts'
import { findSubscription, listLiveSubscriptions, upsertSubscription } from './store.ts'

const HOUR_MS = 3_600_000
const FIRST_MS = 30 * 24 * HOUR_MS

/** Each hour: the refunds and disputes that Stripe has and we do not, or that stand otherwise. */
export async function sweepMoneyBack(db: Db, deps: Deps): Promise<Swept> {
  const now = deps.now()
  const last = await findWatermark(db, 'refunds') ?? new Date(now.getTime() - FIRST_MS)
  const since = new Date(last.getTime() - HOUR_MS)
  await resolveReturnedOrphans(db, deps)
  return {
    found: {
      refund: await mirror(db, deps, 'refunds', deps.payments.listRefunds(since)) +
        await lookAgain(db, deps, REFUNDS_UNDER_WAY),
      dispute: await mirror(db, deps, 'disputes', deps.payments.listDisputes(since)) +
        await lookAgain(db, deps, DISPUTES_OPEN),
    },
    watermark: now,
  }
}

const ID = { refunds: 'stripe_refund_id', disputes: 'id' } as const

async function mirror(
  db: Db,
  deps: Deps,
  table: keyof typeof ID,
  list: AsyncIterable<MoneyBack>,
): Promise<number> {
  let found = 0
  for await (const batch of batches(list)) {
    const known = await statusesOf(db, table, batch.map(({ id }) => id))
    for (const { id, status, paymentIntentId } of batch) {
      if (!paymentIntentId || known.get(id) === status) continue
      if (!await syncMoney(db, deps, paymentIntentId)) continue
      const now = await statusesOf(db, table, [id])
      if (now.get(id) !== known.get(id)) found++
    }
  }
  return found
}

async function statusesOf(
  db: Db,
  table: keyof typeof ID,
  ids: string[],
): Promise<Map<string, string>> {
  const rows = await db.query<{ id: string; status: string }>(
    `SELECT ${ID[table]} AS id, status FROM ${table} WHERE ${ID[table]} IN (${placeholders(ids)})`,
    ids,
  )
  return new Map(rows.map(({ id, status }) => [id, status]))
}

/** They were made long ago, and end when nobody looks. */
const REFUNDS_UNDER_WAY = `SELECT r.stripe_refund_id AS id, r.status, p.payment_intent_id AS intent
  FROM refunds r JOIN payments p ON p.id = r.payment_id
  WHERE r.status IN ('pending', 'requires_action') AND p.payment_intent_id IS NOT NULL`

const DISPUTES_OPEN = `SELECT d.id, d.status, p.payment_intent_id AS intent
  FROM disputes d JOIN payments p ON p.id = d.payment_id
  WHERE d.closed_at IS NULL AND p.payment_intent_id IS NOT NULL`

interface UnderWay {
  id: string
  status: string
  intent: string
}

async function lookAgain(db: Db, deps: Deps, sql: string): Promise<number> {
  const before = await db.query<UnderWay>(sql)
  for (const intent of new Set(before.map((one) => one.intent))) await syncMoney(db, deps, intent)
  const after = await db.query<UnderWay>(sql)
  return before.filter(({ id, status }) =>
    !after.some((one) => one.id === id && one.status === status)
  ).length
}

/** Each hour: every subscription that has not ended, here and at Stripe. */
export async function sweepSubscriptions(db: Db, deps: Deps): Promise<Swept> {
  const seen = new Set<string>()
  let changed = 0
  let unended = 0
  for await (const subscription of deps.payments.listSubscriptions()) {
    seen.add(subscription.id)
    if (await mirrorIfChanged(db, subscription)) changed++
    if (await cancelIfUnwanted(db, deps, subscription)) unended++
  }
  for (const id of await listLiveSubscriptions(db)) {
    if (seen.has(id)) continue
    const subscription = await deps.payments.getSubscription(id)
    if (subscription && await mirrorIfChanged(db, subscription)) changed++
  }
  return {
    found: {
      subscription: changed,
      subscription_unended: unended,
      server_unpaid: await tellOfUnpaid(db, deps),
    },
  }
}

/** Gives how many are new: servers that go on though what was paid for is over. */
async function tellOfUnpaid(db: Db, deps: Deps): Promise<number> {
  const kind = 'server_unpaid'
  const rows = await db.query<{ id: string; orderId: string; status: string }>(
    `SELECT v.id, v.order_id AS orderId, s.status FROM servers v
      JOIN orders o ON o.id = v.order_id JOIN subscriptions s ON s.order_id = o.id
      WHERE v.status = 'active' AND o.ending IS NULL AND o.on_hold IS NULL
        AND s.status IN ('canceled', 'unpaid', 'incomplete_expired')
        AND COALESCE(s.current_period_end, {now}) <= {now} ORDER BY v.id`,
  )
  const known = await listOpenAlerts(db, kind)
  for (const { id: subject, ...detail } of rows) {
    await raiseAlert(db, deps, { kind, subject, detail })
  }
  await resolveAbsent(db, kind, rows.map(({ id }) => id))
  return rows.filter(({ id }) => !known.has(id)).length
}

async function mirrorIfChanged(db: Db, subscription: SubscriptionState): Promise<boolean> {
  const known = await findSubscription(db, subscription.id)
  if (!known) return false
  const same = known.status === subscription.status &&
    known.cancelAtPeriodEnd === subscription.cancelAtPeriodEnd &&
    known.currentPeriodEnd?.getTime() === subscription.currentPeriodEnd?.getTime()
  if (same) return false
  await upsertSubscription(db, known.orderId, subscription)
  return true
}

/** Nobody is charged on for an order whose money went back, and none begins one unseen. */
async function cancelIfUnwanted(
  db: Db,
  deps: Deps,
  { id, orderId }: { id: string; orderId: string | undefined },
): Promise<boolean> {
  const order = orderId?.startsWith('ord_') ? await findOrder(db, orderId) : undefined
  if (order?.status !== 'refunded') return false
  await enqueue(db, deps, 'subscription.cancel', { subscriptionId: id }, { topic: id })
  return true
}
