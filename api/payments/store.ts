import { placeholders, type Queryable } from '../db.ts'
import type { StripeEvent, SubscriptionState } from './payments.ts'

/** Why an event is kept but not acted on. */
export type EventFlag = 'unknown_type' | 'livemode' | 'account' | 'unreadable'

/** Stores an event once; throws the duplicate error (1062) when it is there already. */
export async function insertStripeEvent(
  db: Queryable,
  event: StripeEvent,
  { body, flag }: { body: string; flag: EventFlag | undefined },
): Promise<void> {
  await db.run(
    `INSERT INTO stripe_events (id, type, object_type, object_id, api_version, livemode, account,
       body, created_at, received_at, flag, status, run_at, attempts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, {now}, ?, ?, {now}, 0)`,
    [
      event.id,
      event.type,
      event.objectType,
      event.objectId,
      event.apiVersion ?? null,
      event.livemode,
      event.account ?? null,
      body,
      event.createdAt,
      flag ?? null,
      flag ? 'done' : 'ready',
    ],
  )
}

/** Of these events, those that the inbox has. */
export async function listKnownEvents(db: Queryable, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM stripe_events WHERE id IN (${placeholders(ids)})`,
    ids,
  )
  return new Set(rows.map((row) => row.id))
}

/** Whether Stripe ever told us of an object. */
export async function hasStripeEventOf(db: Queryable, objectId: string): Promise<boolean> {
  const rows = await db.query('SELECT id FROM stripe_events WHERE object_id = ? LIMIT 1', [
    objectId,
  ])
  return rows.length > 0
}

/** Every subscription that an order's payments began, but for those that were paid a second time. */
export async function listSubscriptionIdsOf(db: Queryable, orderId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM subscriptions WHERE order_id = ?
      UNION SELECT subscription_id FROM payments
        WHERE order_id = ? AND role <> 'extra' AND subscription_id IS NOT NULL`,
    [orderId, orderId],
  )
  return rows.map((row) => row.id)
}

/** Mirrors Stripe's subscription of an order. */
export async function upsertSubscription(
  tx: Queryable,
  orderId: string,
  subscription: SubscriptionState,
): Promise<void> {
  const state = [
    subscription.status,
    subscription.cancelAtPeriodEnd,
    subscription.currentPeriodEnd ?? null,
  ]
  await tx.run(
    `INSERT INTO subscriptions
       (id, order_id, status, cancel_at_period_end, current_period_end, synced_at)
     VALUES (?, ?, ?, ?, ?, {now})
     ON DUPLICATE KEY UPDATE status = VALUES(status),
       cancel_at_period_end = VALUES(cancel_at_period_end),
       current_period_end = VALUES(current_period_end), synced_at = VALUES(synced_at)`,
    [subscription.id, orderId, ...state],
  )
}

export async function findOrderIdOfSubscription(
  db: Queryable,
  subscriptionId: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ orderId: string }>(
    'SELECT order_id AS orderId FROM subscriptions WHERE id = ?',
    [subscriptionId],
  )
  return row?.orderId
}

/** The order that was paid a second time when this subscription began. */
export async function findOrderIdOfExtra(
  db: Queryable,
  subscriptionId: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ orderId: string }>(
    `SELECT order_id AS orderId FROM payments
      WHERE subscription_id = ? AND role = 'extra' AND return_reason = 'paid_twice' LIMIT 1`,
    [subscriptionId],
  )
  return row?.orderId
}

/** Our mirror of a subscription, with its order. */
export async function findSubscription(
  db: Queryable,
  id: string,
): Promise<(SubscriptionState & { orderId: string }) | undefined> {
  const [row] = await db.query<{
    orderId: string
    status: string
    cancelAtPeriodEnd: number
    currentPeriodEnd: Date | null
  }>(
    `SELECT order_id AS orderId, status, cancel_at_period_end AS cancelAtPeriodEnd,
       current_period_end AS currentPeriodEnd FROM subscriptions WHERE id = ?`,
    [id],
  )
  return row && {
    id,
    ...row,
    cancelAtPeriodEnd: Boolean(row.cancelAtPeriodEnd),
    currentPeriodEnd: row.currentPeriodEnd ?? undefined,
  }
}

/** The subscriptions that had not ended when we looked last. */
export async function listLiveSubscriptions(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    "SELECT id FROM subscriptions WHERE status NOT IN ('canceled', 'incomplete_expired')",
  )
  return rows.map((row) => row.id)
}
