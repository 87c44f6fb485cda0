import type { Queryable } from '../db.ts'
import type { SessionDraft } from '../payments/payments.ts'

/** One attempt to have an order paid. */
export interface CheckoutSession {
  orderId: string
  attempt: number
  /** What is sent to Stripe, byte for byte the same at each try. */
  request: SessionDraft
  stripeSessionId: string | null
  stripeCustomerId: string | null
  url: string | null
  status: SessionStatus
  expiresAt: Date
}

/**
 * - open: may be paid, or opened still
 * - processing: complete at Stripe, and the bank is waited for
 * - complete: its money was taken, for the order or to be returned
 * - expired: nothing will come of it
 * - failed: Stripe answered with an error of its own, and may have made the session all the same
 */
export type SessionStatus = 'open' | 'processing' | 'complete' | 'expired' | 'failed'

const COLUMNS = `order_id AS orderId, attempt, request, stripe_session_id AS stripeSessionId,
  stripe_customer_id AS stripeCustomerId, url, status, expires_at AS expiresAt`

type Row = Omit<CheckoutSession, 'request'> & { request: string }

/** What time it is by the database's clock. */
export async function findNow(db: Queryable): Promise<Date> {
  const [row] = await db.query<{ now: Date }>('SELECT {now} AS now')
  if (!row) throw new Error('Cannot tell the time as the database did not')
  return row.now
}

/** Written with the order, before anything is sent to Stripe. */
export async function insertCheckoutSession(
  tx: Queryable,
  session: Pick<CheckoutSession, 'orderId' | 'attempt' | 'request' | 'expiresAt'> & {
    stripeCustomerId: string
  },
): Promise<void> {
  await tx.run(
    `INSERT INTO checkout_sessions
       (order_id, attempt, request, stripe_customer_id, status, created_at, expires_at)
     VALUES (?, ?, ?, ?, 'open', {now}, ?)`,
    [
      session.orderId,
      session.attempt,
      JSON.stringify(session.request),
      session.stripeCustomerId,
      session.expiresAt,
    ],
  )
}

/** The newest attempt of an order. */
export async function findCheckoutSession(
  db: Queryable,
  orderId: string,
): Promise<CheckoutSession | undefined> {
  const [row] = await db.query<Row>(
    `SELECT ${COLUMNS} FROM checkout_sessions WHERE order_id = ? ORDER BY attempt DESC LIMIT 1`,
    [orderId],
  )
  return row && { ...row, request: JSON.parse(row.request) }
}

/** Every attempt of an order, oldest first. */
export async function listCheckoutSessions(
  db: Queryable,
  orderId: string,
): Promise<CheckoutSession[]> {
  const rows = await db.query<Row>(
    `SELECT ${COLUMNS} FROM checkout_sessions WHERE order_id = ? ORDER BY attempt`,
    [orderId],
  )
  return rows.map((row) => ({ ...row, request: JSON.parse(row.request) }))
}

export async function findAttempt(
  db: Queryable,
  { orderId, attempt }: Attempt,
): Promise<CheckoutSession | undefined> {
  return (await listCheckoutSessions(db, orderId)).find((one) => one.attempt === attempt)
}

interface Attempt {
  orderId: string
  attempt: number
}

/** Whether money may still come from any session of the order. */
export async function hasLiveSession(db: Queryable, orderId: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT attempt FROM checkout_sessions
      WHERE order_id = ? AND status IN ('open', 'processing', 'failed') LIMIT 1`,
    [orderId],
  )
  return rows.length > 0
}

/** The order that a session at Stripe belongs to, as we recorded it. */
export async function findOrderIdOfSession(
  db: Queryable,
  stripeSessionId: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ orderId: string }>(
    'SELECT order_id AS orderId FROM checkout_sessions WHERE stripe_session_id = ?',
    [stripeSessionId],
  )
  return row?.orderId
}

/** Stripe's word for a session, as we wrote it down last; undefined when we do not know it. */
export async function findSessionStatus(
  db: Queryable,
  stripeSessionId: string,
): Promise<SessionStatus | undefined> {
  const [row] = await db.query<{ status: SessionStatus }>(
    'SELECT status FROM checkout_sessions WHERE stripe_session_id = ?',
    [stripeSessionId],
  )
  return row?.status
}

/** Stripe's answer to the create; a second answer, being the same, changes nothing. */
export async function recordOpened(
  db: Queryable,
  { orderId, attempt }: Attempt,
  opened: { id: string; url: string },
): Promise<void> {
  await db.run(
    `UPDATE checkout_sessions SET stripe_session_id = ?, url = ?
      WHERE order_id = ? AND attempt = ? AND stripe_session_id IS NULL`,
    [opened.id, opened.url, orderId, attempt],
  )
}

/** Stripe failed to answer the create. False when another request saw that, or got an answer. */
export async function recordFailed(
  tx: Queryable,
  { orderId, attempt }: Attempt,
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE checkout_sessions SET status = 'failed'
      WHERE order_id = ? AND attempt = ? AND status = 'open' AND stripe_session_id IS NULL`,
    [orderId, attempt],
  )
  return affectedRows === 1
}

/** A session that Stripe turned out to have; `url` only when the buyer is to pay there. */
export async function recordFound(
  db: Queryable,
  { orderId, attempt }: Attempt,
  { id, url }: { id: string; url: string | undefined },
): Promise<void> {
  await db.run(
    `UPDATE checkout_sessions SET stripe_session_id = ?, url = ?, status = 'open'
      WHERE order_id = ? AND attempt = ? AND stripe_session_id IS NULL`,
    [id, url ?? null, orderId, attempt],
  )
}

/** A session that names the order, but of which we have no attempt. Throws the duplicate error. */
export async function insertFoundSession(
  db: Queryable,
  session: Omit<CheckoutSession, 'status' | 'url'>,
): Promise<void> {
  await db.run(
    `INSERT INTO checkout_sessions (order_id, attempt, request, stripe_session_id,
       stripe_customer_id, status, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, 'open', {now}, ?)`,
    [
      session.orderId,
      session.attempt,
      JSON.stringify(session.request),
      session.stripeSessionId,
      session.stripeCustomerId,
      session.expiresAt,
    ],
  )
}

/** What is known of an attempt by now. One whose money was taken stays so: what says less is older. */
export async function recordSessionStatus(
  tx: Queryable,
  { orderId, attempt }: Attempt,
  status: SessionStatus,
): Promise<void> {
  await tx.run(
    `UPDATE checkout_sessions SET status = ?
      WHERE order_id = ? AND attempt = ? AND status <> 'complete'`,
    [status, orderId, attempt],
  )
}

/** The id at Stripe of a user's customer for one currency. */
export async function findCustomer(
  db: Queryable,
  userId: string,
  currency: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(
    `SELECT stripe_customer_id AS id FROM stripe_customers WHERE user_id = ? AND currency = ?`,
    [userId, currency],
  )
  return row?.id
}

/** Forgets a customer that Stripe does not know any more, so that the next order makes another. */
export async function deleteCustomer(db: Queryable, stripeCustomerId: string): Promise<void> {
  await db.run('DELETE FROM stripe_customers WHERE stripe_customer_id = ?', [stripeCustomerId])
}

/** Keeps the first customer when two requests made one at the same moment: it is the same one. */
export async function insertCustomer(
  db: Queryable,
  customer: { userId: string; currency: string; stripeCustomerId: string },
): Promise<void> {
  await db.run(
    `INSERT INTO stripe_customers (user_id, currency, stripe_customer_id, created_at)
     VALUES (?, ?, ?, {now}) ON DUPLICATE KEY UPDATE user_id = user_id`,
    [customer.userId, customer.currency, customer.stripeCustomerId],
  )
}

/** What an Idempotency-Key made before, with the hash of the request that made it. */
export async function findIdempotencyKey(
  db: Queryable,
  userId: string,
  key: string,
): Promise<{ requestHash: Uint8Array; orderId: string } | undefined> {
  const [row] = await db.query<{ requestHash: Uint8Array; orderId: string }>(
    `SELECT request_hash AS requestHash, subject_id AS orderId FROM idempotency_keys
      WHERE user_id = ? AND idempotency_key = ?`,
    [userId, key],
  )
  return row
}

/** Nobody sends the same purchase again after a week. */
export async function purgeIdempotencyKeys(db: Queryable): Promise<void> {
  await db.run(
    'DELETE FROM idempotency_keys WHERE created_at < {now} - INTERVAL 7 DAY LIMIT 5000',
  )
}

/** Throws the duplicate error (1062) when the key was used before. */
export async function insertIdempotencyKey(
  tx: Queryable,
  row: { userId: string; key: string; requestHash: Uint8Array; orderId: string },
): Promise<void> {
  await tx.run(
    `INSERT INTO idempotency_keys (user_id, idempotency_key, request_hash, subject_id, created_at)
     VALUES (?, ?, ?, ?, {now})`,
    [row.userId, row.key, row.requestHash, row.orderId],
  )
}
