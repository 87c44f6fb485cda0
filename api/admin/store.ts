import { placeholders, type Queryable } from '../db.ts'
import type { OrderEvent } from '../orders/store.ts'

/** What an operator is shown beside an order; each list with the newest last, if not said otherwise. */

export interface SessionRow {
  attempt: number
  stripeSessionId: string | null
  status: string
  createdAt: Date
  expiresAt: Date
}

export async function listSessions(db: Queryable, orderId: string): Promise<SessionRow[]> {
  return await db.query<SessionRow>(
    `SELECT attempt, stripe_session_id AS stripeSessionId, status, created_at AS createdAt,
       expires_at AS expiresAt FROM checkout_sessions WHERE order_id = ? ORDER BY attempt`,
    [orderId],
  )
}

export interface PaymentRow {
  id: string
  stripeRef: string
  paymentIntentId: string | null
  amount: number
  currency: string
  paidAt: Date
}

export async function listPayments(db: Queryable, orderId: string): Promise<PaymentRow[]> {
  const rows = await db.query<PaymentRow>(
    `SELECT id, stripe_ref AS stripeRef, payment_intent_id AS paymentIntentId, amount, currency,
       paid_at AS paidAt FROM payments WHERE order_id = ? ORDER BY paid_at, id`,
    [orderId],
  )
  return rows.map((row) => ({ ...row, amount: Number(row.amount) }))
}

export interface RefundRow {
  id: string
  paymentId: string
  stripeRefundId: string | null
  amount: number
  currency: string
  status: string
  reason: string
  createdAt: Date
}

export async function listRefunds(db: Queryable, orderId: string): Promise<RefundRow[]> {
  const rows = await db.query<RefundRow>(
    `SELECT id, payment_id AS paymentId, stripe_refund_id AS stripeRefundId, amount, currency,
       status, reason, created_at AS createdAt FROM refunds WHERE order_id = ?
      ORDER BY created_at, id`,
    [orderId],
  )
  return rows.map((row) => ({ ...row, amount: Number(row.amount) }))
}

export interface SubscriptionRow {
  id: string
  status: string
  cancelAtPeriodEnd: boolean
  currentPeriodEnd: Date | null
  syncedAt: Date
}

export async function findSubscription(
  db: Queryable,
  orderId: string,
): Promise<SubscriptionRow | undefined> {
  const [row] = await db.query<SubscriptionRow>(
    `SELECT id, status, cancel_at_period_end AS cancelAtPeriodEnd,
       current_period_end AS currentPeriodEnd, synced_at AS syncedAt FROM subscriptions
      WHERE order_id = ? ORDER BY synced_at DESC LIMIT 1`,
    [orderId],
  )
  return row && { ...row, cancelAtPeriodEnd: Boolean(row.cancelAtPeriodEnd) }
}

export interface ServerRow {
  id: string
  status: string
  nodeId: number
  pteroServerId: number | null
  uuid: string | null
  address: string | null
  createSentAt: Date | null
  activeAt: Date | null
  verifiedAt: Date | null
  deletedAt: Date | null
}

/** The live server of an order, else the last one it had. */
export async function findServerOfOrder(
  db: Queryable,
  orderId: string,
): Promise<ServerRow | undefined> {
  const [row] = await db.query<ServerRow>(
    `SELECT id, status, node_id AS nodeId, ptero_server_id AS pteroServerId, ptero_uuid AS uuid,
       address, create_sent_at AS createSentAt, active_at AS activeAt, verified_at AS verifiedAt,
       deleted_at AS deletedAt FROM servers WHERE order_id = ?
      ORDER BY live_order_id IS NULL, created_at DESC LIMIT 1`,
    [orderId],
  )
  return row
}

export interface ServerEventRow {
  at: Date
  kind: string
}

export async function listServerEvents(db: Queryable, serverId: string): Promise<ServerEventRow[]> {
  return await db.query<ServerEventRow>(
    'SELECT at, kind FROM server_events WHERE server_id = ? ORDER BY at, id',
    [serverId],
  )
}

export interface JobRow {
  id: string
  topic: string
  status: string
  runAt: Date
  attempts: number
  failures: number
  lastError: string | null
}

/** The jobs about any of these ids, at most 50, the newest first. */
export async function listJobsAbout(db: Queryable, ids: string[]): Promise<JobRow[]> {
  return await db.query<JobRow>(
    `SELECT id, topic, status, run_at AS runAt, attempts, failures, last_error AS lastError
      FROM jobs WHERE ${ids.map(() => 'topic LIKE ?').join(' OR ')}
      ORDER BY status = 'done', created_at DESC, id DESC LIMIT 50`,
    ids.map((id) => `%:${id}`),
  )
}

export interface StripeEventRow {
  id: string
  type: string
  objectId: string
  receivedAt: Date
  status: string
  flag: string | null
  lastError: string | null
}

/** The events that speak of any of these objects. */
export async function listStripeEventsAbout(
  db: Queryable,
  objectIds: string[],
): Promise<StripeEventRow[]> {
  if (objectIds.length === 0) return []
  return await db.query<StripeEventRow>(
    `SELECT id, type, object_id AS objectId, received_at AS receivedAt, status, flag,
       last_error AS lastError FROM stripe_events WHERE object_id IN (${placeholders(objectIds)})
      ORDER BY received_at, id LIMIT 100`,
    objectIds,
  )
}

export interface AuditRow {
  at: Date
  actor: string
  action: string
  detail: unknown
}

export async function listAuditAbout(db: Queryable, subjects: string[]): Promise<AuditRow[]> {
  const rows = await db.query<AuditRow & { detail: string }>(
    `SELECT at, actor, action, detail FROM audit_log WHERE subject IN (${placeholders(subjects)})
      ORDER BY at, id LIMIT 100`,
    subjects,
  )
  return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) }))
}

export interface AlertRow {
  id: string
  kind: string
  subject: string
  detail: unknown
  firstSeenAt: Date
  lastSeenAt: Date
  timesSeen: number
  confirmedAt: Date | null
  notifiedAt: Date | null
}

const ALERTS = `SELECT id, kind, subject, detail, first_seen_at AS firstSeenAt,
  last_seen_at AS lastSeenAt, times_seen AS timesSeen, confirmed_at AS confirmedAt,
  notified_at AS notifiedAt FROM alerts WHERE resolved_at IS NULL`

/** The open alerts about any of these ids. */
export async function listAlertsAbout(db: Queryable, subjects: string[]): Promise<AlertRow[]> {
  const about = `${ALERTS} AND subject IN (${placeholders(subjects)}) ORDER BY first_seen_at, id`
  return (await db.query<AlertRow & { detail: string }>(about, subjects)).map(toAlert)
}

/** All open alerts, the oldest first, at most 500. */
export async function listOpenAlerts(db: Queryable): Promise<AlertRow[]> {
  const open = `${ALERTS} ORDER BY first_seen_at, id LIMIT 500`
  return (await db.query<AlertRow & { detail: string }>(open)).map(toAlert)
}

function toAlert(row: AlertRow & { detail: string }): AlertRow {
  return { ...row, detail: JSON.parse(row.detail) }
}

export async function findEmail(db: Queryable, userId: string): Promise<string | null> {
  const [row] = await db.query<{ email: string }>('SELECT email FROM users WHERE id = ?', [userId])
  return row?.email ?? null
}

/** The timeline with what customers are not shown. */
export async function listEventsWithCauses(
  db: Queryable,
  orderId: string,
): Promise<(OrderEvent & { cause: unknown })[]> {
  const rows = await db.query<
    Omit<OrderEvent, 'facts'> & { facts: string; cause: string | null }
  >(
    `SELECT id, kind, at, facts, cause, next_at AS nextAt FROM order_events
      WHERE order_id = ? ORDER BY at, id`,
    [orderId],
  )
  return rows.map((row) => ({
    ...row,
    facts: JSON.parse(row.facts),
    cause: row.cause && JSON.parse(row.cause),
  }))
}
