import type { Queryable } from '../db.ts'
import type { PaymentDispute, PaymentRefund } from './payments.ts'

/**
 * - order: what the order was placed for
 * - renewal: a later period of its subscription
 * - extra: the order was paid a second time; goes back by itself
 */
export type PaymentRole = 'order' | 'renewal' | 'extra'

export interface Payment {
  id: string
  orderId: string
  /** Stripe's invoice, or the session where a zero total made none. */
  stripeRef: string
  /** Null when nothing was due, or when Stripe named none yet. */
  paymentIntentId: string | null
  subscriptionId: string | null
  role: PaymentRole
  /** Minor units. */
  amount: number
  currency: string
  /** Why it goes back; null while it is ours. */
  returnReason: string | null
  returnedAt: Date | null
  /** How many idempotency keys of refunds were used up. */
  refundTries: number
}

export interface NewPayment {
  id: string
  orderId: string
  stripeRef: string
  paymentIntentId: string | undefined
  subscriptionId: string | undefined
  role: PaymentRole
  amount: number
  currency: string
  returnReason?: string
}

/** One row per paid invoice; a second time changes nothing. */
export async function insertPayment(tx: Queryable, payment: NewPayment): Promise<void> {
  await tx.run(
    `INSERT INTO payments (id, order_id, stripe_ref, payment_intent_id, subscription_id, role,
       amount, currency, return_reason, paid_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, {now}) ON DUPLICATE KEY UPDATE id = id`,
    [
      payment.id,
      payment.orderId,
      payment.stripeRef,
      payment.paymentIntentId ?? null,
      payment.subscriptionId ?? null,
      payment.role,
      payment.amount,
      payment.currency,
      payment.returnReason ?? null,
    ],
  )
}

const COLUMNS = `id, order_id AS orderId, stripe_ref AS stripeRef,
  payment_intent_id AS paymentIntentId, subscription_id AS subscriptionId, role, amount, currency,
  return_reason AS returnReason, returned_at AS returnedAt, refund_tries AS refundTries`

/** Oldest first. */
export async function listPaymentsOf(db: Queryable, orderId: string): Promise<Payment[]> {
  return (await db.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payments WHERE order_id = ? ORDER BY id`,
    [orderId],
  )).map(toPayment)
}

export async function findPayment(db: Queryable, id: string): Promise<Payment | undefined> {
  return await findBy(db, 'id', id)
}

export async function findPaymentByIntent(
  db: Queryable,
  paymentIntentId: string,
): Promise<Payment | undefined> {
  return await findBy(db, 'payment_intent_id', paymentIntentId)
}

export async function findPaymentByRef(
  db: Queryable,
  stripeRef: string,
): Promise<Payment | undefined> {
  return await findBy(db, 'stripe_ref', stripeRef)
}

async function findBy(
  db: Queryable,
  column: 'id' | 'payment_intent_id' | 'stripe_ref',
  value: string,
): Promise<Payment | undefined> {
  const rows = await db.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payments WHERE ${column} = ? ORDER BY id LIMIT 1`,
    [value],
  )
  return rows.map(toPayment)[0]
}

/** Stripe may name a payment's intent later than it calls the session paid. */
export async function recordIntent(
  db: Queryable,
  id: string,
  paymentIntentId: string,
): Promise<void> {
  await db.run(
    'UPDATE payments SET payment_intent_id = ? WHERE id = ? AND payment_intent_id IS NULL',
    [paymentIntentId, id],
  )
}

/** From here on the payment goes back, whatever happens. */
export async function recordReturning(tx: Queryable, id: string, reason: string): Promise<void> {
  await tx.run(
    'UPDATE payments SET return_reason = ? WHERE id = ? AND return_reason IS NULL',
    [reason, id],
  )
}

/** Whether all of it has gone back, or is on its way. */
export async function recordReturned(
  tx: Queryable,
  id: string,
  returned: boolean,
): Promise<void> {
  await tx.run(
    returned
      ? 'UPDATE payments SET returned_at = COALESCE(returned_at, {now}) WHERE id = ?'
      : 'UPDATE payments SET returned_at = NULL WHERE id = ?',
    [id],
  )
}

/** The next refund goes out under another idempotency key. */
export async function useUpRefundKey(db: Queryable, { id, refundTries }: Payment): Promise<void> {
  await db.run('UPDATE payments SET refund_tries = ? WHERE id = ? AND refund_tries = ?', [
    refundTries + 1,
    id,
    refundTries,
  ])
}

export interface KnownRefund {
  stripeRefundId: string
  status: string
}

/** The refunds of a payment that we know. */
export async function listRefundsOf(db: Queryable, paymentId: string): Promise<KnownRefund[]> {
  return await db.query(
    'SELECT stripe_refund_id AS stripeRefundId, status FROM refunds WHERE payment_id = ?',
    [paymentId],
  )
}

export async function insertRefund(
  tx: Queryable,
  { id, payment, refund, reason }: {
    id: string
    payment: Payment
    refund: PaymentRefund
    reason: string
  },
): Promise<void> {
  await tx.run(
    `INSERT INTO refunds (id, payment_id, order_id, stripe_refund_id, amount, currency, status,
       reason, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, {now})`,
    [
      id,
      payment.id,
      payment.orderId,
      refund.id,
      refund.amount,
      payment.currency,
      refund.status,
      reason,
    ],
  )
}

export async function recordRefundStatus(
  tx: Queryable,
  { id, status }: PaymentRefund,
): Promise<void> {
  await tx.run('UPDATE refunds SET status = ? WHERE stripe_refund_id = ?', [status, id])
}

export interface KnownDispute {
  id: string
  status: string
}

/** The disputes of a payment that we know. */
export async function listDisputesOf(db: Queryable, paymentId: string): Promise<KnownDispute[]> {
  return await db.query('SELECT id, status FROM disputes WHERE payment_id = ?', [paymentId])
}

export async function insertDispute(
  tx: Queryable,
  payment: Payment,
  dispute: PaymentDispute,
): Promise<void> {
  await tx.run(
    `INSERT INTO disputes (id, payment_id, order_id, status, reason, amount, currency, due_at,
       created_at, closed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, {now}, IF(?, {now}, NULL))`,
    [
      dispute.id,
      payment.id,
      payment.orderId,
      dispute.status,
      dispute.reason,
      dispute.amount,
      dispute.currency,
      dispute.dueAt ?? null,
      isClosed(dispute),
    ],
  )
}

export async function recordDisputeStatus(tx: Queryable, dispute: PaymentDispute): Promise<void> {
  await tx.run(
    `UPDATE disputes SET status = ?, due_at = ?,
       closed_at = IF(?, COALESCE(closed_at, {now}), NULL) WHERE id = ?`,
    [dispute.status, dispute.dueAt ?? null, isClosed(dispute), dispute.id],
  )
}

/** What went back of a payment, is on its way back, or was taken back by the bank. Minor units. */
export async function amountReturned(db: Queryable, paymentId: string): Promise<number> {
  const [row] = await db.query<{ amount: string | number }>(
    `SELECT (SELECT COALESCE(SUM(amount), 0) FROM refunds
        WHERE payment_id = ? AND status NOT IN ('failed', 'canceled')) +
      (SELECT COALESCE(SUM(amount), 0) FROM disputes
        WHERE payment_id = ? AND status = 'lost') AS amount`,
    [paymentId, paymentId],
  )
  return Number(row?.amount ?? 0)
}

/** Whether the bank has decided; a word that we do not know counts as not yet. */
export function isClosed({ status }: { status: string }): boolean {
  return ['won', 'lost', 'warning_closed', 'prevented'].includes(status)
}

/** Whether the bank still looks at a payment of the order that was not paid a second time. */
export async function hasOpenDispute(db: Queryable, orderId: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT d.id FROM disputes d JOIN payments p ON p.id = d.payment_id
      WHERE d.order_id = ? AND d.closed_at IS NULL AND p.role <> 'extra' LIMIT 1`,
    [orderId],
  )
  return rows.length > 0
}

type PaymentRow = Omit<Payment, 'amount'> & { amount: number | string }

function toPayment(row: PaymentRow): Payment {
  return { ...row, amount: Number(row.amount) }
}
