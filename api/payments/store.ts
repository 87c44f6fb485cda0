import type { Queryable } from '../db.ts'
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

/** Whether Stripe ever told us of an object. */
export async function hasStripeEventOf(db: Queryable, objectId: string): Promise<boolean> {
  const rows = await db.query('SELECT id FROM stripe_events WHERE object_id = ? LIMIT 1', [
    objectId,
  ])
  return rows.length > 0
}

/** One row per paid invoice; a second time changes nothing. */
export async function insertPayment(
  tx: Queryable,
  payment: {
    id: string
    orderId: string
    stripeRef: string
    paymentIntentId: string | undefined
    amount: number
    currency: string
  },
): Promise<void> {
  await tx.run(
    `INSERT INTO payments (id, order_id, stripe_ref, payment_intent_id, amount, currency, paid_at)
     VALUES (?, ?, ?, ?, ?, ?, {now}) ON DUPLICATE KEY UPDATE id = id`,
    [
      payment.id,
      payment.orderId,
      payment.stripeRef,
      payment.paymentIntentId ?? null,
      payment.amount,
      payment.currency,
    ],
  )
}

export interface Payment {
  id: string
  /** Null when nothing was due, or when Stripe named none yet. */
  paymentIntentId: string | null
  amount: number
  currency: string
}

export async function listPaymentsOf(db: Queryable, orderId: string): Promise<Payment[]> {
  const rows = await db.query<Payment>(
    `SELECT id, payment_intent_id AS paymentIntentId, amount, currency FROM payments
      WHERE order_id = ? ORDER BY id`,
    [orderId],
  )
  return rows.map((row) => ({ ...row, amount: Number(row.amount) }))
}

/** One row per refund at Stripe; a second time only its status changes. */
export async function upsertRefund(
  tx: Queryable,
  refund: {
    id: string
    paymentId: string
    orderId: string
    stripeRefundId: string
    amount: number
    currency: string
    status: string
    reason: string
  },
): Promise<void> {
  await tx.run(
    `INSERT INTO refunds (id, payment_id, order_id, stripe_refund_id, amount, currency, status,
       reason, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, {now}) ON DUPLICATE KEY UPDATE status = VALUES(status)`,
    [
      refund.id,
      refund.paymentId,
      refund.orderId,
      refund.stripeRefundId,
      refund.amount,
      refund.currency,
      refund.status,
      refund.reason,
    ],
  )
}

/** The subscription of an order, once there is one. */
export async function findSubscriptionIdOf(
  db: Queryable,
  orderId: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>('SELECT id FROM subscriptions WHERE order_id = ?', [
    orderId,
  ])
  return row?.id
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
