import type { Need } from '../checkout/capacity.ts'
import { microseconds, placeholders, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { scrub } from '../log.ts'
import { sourcesOf } from '../moves.ts'
import type { Term } from '../plans/bodies.ts'
import { orderMoves, type OrderStatus } from './status.ts'

/** What was bought, frozen when the order was placed. Sizes in MiB, CPU in percent of one thread. */
export interface Bought {
  serverId: string
  planName: string
  /** What the server takes of a node. */
  need: Need
  limits: { memoryMib: number; diskMib: number; cpuPercent: number }
  featureLimits: { databases: number; backups: number; allocations: number }
  nestName: string
  eggName: string
  dockerImage: string
  startup: string
  /** What the plan fixes and the customer chose; the egg's defaults fill in the rest. */
  environment: Record<string, string>
}

export interface Order {
  id: string
  userId: string
  status: OrderStatus
  planId: string
  gameId: string
  regionId: string
  nodeId: number
  serverName: string
  term: Term
  currency: string
  unitAmount: number
  stripePriceId: string
  bought: Bought
  pteroServerId: number | null
  waitingFor: string | null
  createdAt: Date
  expiresAt: Date
  cancelRequestedAt: Date | null
  paidAt: Date | null
  refundAt: Date | null
  /** Why it is being ended, from the moment that is decided. */
  ending: EndReason | null
  /** Why its server must not run. */
  onHold: HoldReason | null
}

/**
 * - not_delivered: the deadline came
 * - operator: a person decided so
 * - refunded_at_stripe: the money went back from Stripe's dashboard
 * - dispute_lost: the bank took the money back
 */
export type EndReason = 'not_delivered' | 'operator' | 'refunded_at_stripe' | 'dispute_lost'

/** `disputed`: until the bank decides; `ended`: until the server is deleted. */
export type HoldReason = 'disputed' | 'ended'

const COLUMNS = `id, user_id AS userId, status, plan_id AS planId, game_id AS gameId,
  region_id AS regionId, node_id AS nodeId, server_name AS serverName, term, currency,
  unit_amount AS unitAmount, stripe_price_id AS stripePriceId, bought,
  ptero_server_id AS pteroServerId, waiting_for AS waitingFor, created_at AS createdAt,
  expires_at AS expiresAt, cancel_requested_at AS cancelRequestedAt, paid_at AS paidAt, refund_at AS refundAt,
  ending, on_hold AS onHold`

export async function findOrder(db: Queryable, id: string): Promise<Order | undefined> {
  const [row] = await db.query<OrderRow>(`SELECT ${COLUMNS} FROM orders WHERE id = ?`, [id])
  return row && toOrder(row)
}

export async function findPaidAt(db: Queryable, id: string): Promise<Date | undefined> {
  const [row] = await db.query<{ paidAt: Date | null }>(
    'SELECT paid_at AS paidAt FROM orders WHERE id = ?',
    [id],
  )
  return row?.paidAt ?? undefined
}

/** An order with what its owner is shown beside it. */
export interface ShownOrder extends Order {
  /** The live server. */
  serverId: string | null
  /** Where to pay. */
  checkoutUrl: string | null
  /** What went back of its payments or was taken back, in minor units. */
  returnedAmount: number
  /** How many of its payments are to go back and have not, or came back to us. */
  owed: number
}

const SHOWN = `SELECT ${COLUMNS},
  (SELECT s.id FROM servers s WHERE s.live_order_id = orders.id) AS serverId,
  (SELECT c.url FROM checkout_sessions c WHERE c.order_id = orders.id
    ORDER BY c.attempt DESC LIMIT 1) AS checkoutUrl,
  (SELECT COALESCE(SUM(r.amount), 0) FROM refunds r JOIN payments p ON p.id = r.payment_id
    WHERE r.order_id = orders.id AND p.role <> 'extra'
      AND r.status NOT IN ('failed', 'canceled')) +
  (SELECT COALESCE(SUM(d.amount), 0) FROM disputes d JOIN payments p ON p.id = d.payment_id
    WHERE d.order_id = orders.id AND p.role <> 'extra' AND d.status = 'lost') AS returnedAmount,
  (SELECT COUNT(*) FROM payments p WHERE p.order_id = orders.id AND p.role <> 'extra'
    AND p.return_reason IS NOT NULL AND p.returned_at IS NULL) AS owed
  FROM orders`

/** The order if it is this user's; another's is simply not there. */
export async function findOrderOf(
  db: Queryable,
  userId: string,
  id: string,
): Promise<ShownOrder | undefined> {
  const [row] = await db.query<OrderRow<ShownOrder>>(`${SHOWN} WHERE id = ? AND user_id = ?`, [
    id,
    userId,
  ])
  return row && toShown(row)
}

/** A user's orders, newest first, at most 200. */
export async function listOrdersOf(db: Queryable, userId: string): Promise<ShownOrder[]> {
  const rows = await db.query<OrderRow<ShownOrder>>(
    `${SHOWN} WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT 200`,
    [userId],
  )
  return rows.map(toShown)
}

export async function findNewestOrderIdOf(
  db: Queryable,
  userId: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(
    'SELECT id FROM orders WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT 1',
    [userId],
  )
  return row?.id
}

/**
 * How many orders of a user hold a place without being paid. Until the transaction ends no other
 * can count for the same user, so that two requests at once do not both find room for one more.
 */
export async function countOpenOrdersOf(tx: Queryable, userId: string): Promise<number> {
  await tx.query('SELECT id FROM users WHERE id = ? FOR UPDATE', [userId])
  const [row] = await tx.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM orders
      WHERE user_id = ? AND status IN ('pending', 'payment_processing')`,
    [userId],
  )
  return Number(row?.n ?? 0)
}

export type NewOrder = Omit<
  Order,
  | 'status'
  | 'pteroServerId'
  | 'waitingFor'
  | 'createdAt'
  | 'cancelRequestedAt'
  | 'paidAt'
  | 'refundAt'
  | 'ending'
  | 'onHold'
>

/** A new order is `pending`; everything else about it is frozen with it. */
export async function insertOrder(tx: Queryable, order: NewOrder): Promise<void> {
  await tx.run(
    `INSERT INTO orders (id, user_id, status, plan_id, game_id, region_id, node_id, server_name,
       term, currency, unit_amount, stripe_price_id, bought, created_at, expires_at)
     VALUES (?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {now}, ?)`,
    [
      order.id,
      order.userId,
      order.planId,
      order.gameId,
      order.regionId,
      order.nodeId,
      order.serverName,
      order.term,
      order.currency,
      order.unitAmount,
      order.stripePriceId,
      JSON.stringify(order.bought),
      order.expiresAt,
    ],
  )
}

/**
 * Moves an order and writes the row of its timeline. False, and nothing written, when the move is
 * not allowed from where the order is, or another was first. Call it inside a transaction.
 */
export async function moveOrder(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  id: string,
  to: OrderStatus,
  event: Omit<NewOrderEvent, 'orderId'>,
): Promise<boolean> {
  const from = sourcesOf<OrderStatus>(orderMoves, to)
  const { affectedRows } = await tx.run(
    `UPDATE orders SET status = ? WHERE id = ? AND status IN (${placeholders(from)})`,
    [to, id, ...from],
  )
  if (affectedRows !== 1) return false
  await insertOrderEvent(tx, deps, { orderId: id, ...event })
  return true
}

/**
 * True while an order's server is still to be delivered; until the transaction ends nobody refunds
 * it meanwhile, so that nothing is promised after its end.
 */
export async function holdUndelivered(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT id FROM orders
      WHERE id = ? AND ending IS NULL
        AND status IN ('paid', 'provisioning', 'provision_failed') FOR UPDATE`,
    [id],
  )
  return rows.length === 1
}

/** Says why the order waits; false when it already says so. */
export async function setWaiting(
  tx: Queryable,
  id: string,
  reason: string | null,
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE orders SET waiting_for = ? WHERE id = ? AND NOT (waiting_for <=> ?)`,
    [reason, id, reason],
  )
  return affectedRows === 1
}

/** When the money came, and when it goes back if there is no server. */
export async function recordPaid(tx: Queryable, id: string, refundAfterMs: number): Promise<void> {
  await tx.run(
    `UPDATE orders SET paid_at = {now}, refund_at = {now} + INTERVAL ? MICROSECOND WHERE id = ?`,
    [microseconds(refundAfterMs), id],
  )
}

/** Milliseconds until the money goes back, by the database's clock; undefined when it does not. */
export async function msUntilRefund(db: Queryable, id: string): Promise<number | undefined> {
  const [row] = await db.query<{ us: number | string | null }>(
    'SELECT TIMESTAMPDIFF(MICROSECOND, {now}, refund_at) AS us FROM orders WHERE id = ?',
    [id],
  )
  return row?.us == null ? undefined : Number(row.us) / 1000
}

/** True in SQL of an order that is paid, waits for its server and is not being ended. */
const HAS_DEADLINE = `ending IS NULL AND refund_at IS NOT NULL
  AND status IN ('paid', 'provisioning', 'provision_failed')`

/** Moves the deadline. False when the order has none any more. */
export async function moveDeadline(tx: Queryable, id: string, byMs: number): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE orders SET refund_at = GREATEST(refund_at, {now}) + INTERVAL ? MICROSECOND
      WHERE id = ? AND ${HAS_DEADLINE}`,
    [microseconds(byMs), id],
  )
  return affectedRows === 1
}

/** Gives a delivery that was kept from going on `ms` from now, unless it has longer anyway. */
export async function renewDeadline(tx: Queryable, id: string, ms: number): Promise<void> {
  await tx.run(
    `UPDATE orders SET refund_at = GREATEST(refund_at, {now} + INTERVAL ? MICROSECOND)
      WHERE id = ? AND ${HAS_DEADLINE}`,
    [microseconds(ms), id],
  )
}

/** The order as it is now; until the transaction ends nobody else locks it. Call it first in one. */
export async function lockOrder(tx: Queryable, id: string): Promise<Order | undefined> {
  await tx.query('SELECT id FROM orders WHERE id = ? FOR UPDATE', [id])
  return await findOrder(tx, id)
}

/** Decides that an order with money ends. False when that was decided before, or it has no money. */
export async function recordEnding(
  tx: Queryable,
  id: string,
  reason: EndReason,
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE orders SET ending = ?, waiting_for = NULL WHERE id = ? AND ending IS NULL
      AND status IN ('paid', 'provisioning', 'provision_failed', 'provisioned', 'needs_review')`,
    [reason, id],
  )
  return affectedRows === 1
}

/** Says why the order's server must not run. One that is to be deleted is not let go for less. */
export async function holdOrder(tx: Queryable, id: string, reason: HoldReason): Promise<void> {
  await tx.run(
    "UPDATE orders SET on_hold = ? WHERE id = ? AND (on_hold IS NULL OR on_hold = 'disputed')",
    [reason, id],
  )
}

/** The bank has decided for us: the server may run again. False when nothing kept it from that. */
export async function releaseDisputed(tx: Queryable, id: string): Promise<boolean> {
  const { affectedRows } = await tx.run(
    "UPDATE orders SET on_hold = NULL WHERE id = ? AND on_hold = 'disputed'",
    [id],
  )
  return affectedRows === 1
}

/** From here on the end of the session is a cancel, whoever sees it first. */
export async function recordCancelRequested(db: Queryable, id: string): Promise<void> {
  await db.run(
    "UPDATE orders SET cancel_requested_at = {now} WHERE id = ? AND status = 'pending'",
    [id],
  )
}

/** Delivered or refunded: nothing is waited for or promised any more. */
export async function recordSettled(tx: Queryable, id: string): Promise<void> {
  await tx.run('UPDATE orders SET refund_at = NULL, waiting_for = NULL WHERE id = ?', [id])
}

/** `null` when the panel no longer has the server that was being installed. */
export async function setPteroServer(
  tx: Queryable,
  id: string,
  pteroServerId: number | null,
): Promise<void> {
  await tx.run('UPDATE orders SET ptero_server_id = ? WHERE id = ?', [pteroServerId, id])
}

/** The node that holds the order's capacity now. */
export async function setNode(tx: Queryable, id: string, nodeId: number): Promise<void> {
  await tx.run('UPDATE orders SET node_id = ? WHERE id = ?', [nodeId, id])
}

/** One row of the timeline as it is kept; timeline.ts turns it into words. */
export interface OrderEvent {
  id: string
  kind: string
  at: Date
  facts: Record<string, unknown>
  nextAt: Date | null
}

export interface NewOrderEvent {
  orderId: string
  kind: string
  /** What the sentence needs; customers read it, so never a secret, never a cause. */
  facts?: Record<string, unknown>
  /** For the operator alone. */
  cause?: Record<string, unknown> | undefined
  /** From now until the next step is due. */
  nextInMs?: number | undefined
}

export async function insertOrderEvent(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  { orderId, kind, facts = {}, cause, nextInMs }: NewOrderEvent,
): Promise<void> {
  await tx.run(
    `INSERT INTO order_events (id, order_id, at, kind, facts, cause, next_at)
     VALUES (?, ?, {now}, ?, ?, ?, IF(? IS NULL, NULL, {now} + INTERVAL ? MICROSECOND))`,
    [
      deps.newId('orderEvent'),
      orderId,
      kind,
      JSON.stringify(facts),
      textOf(cause),
      nextInMs ?? null,
      microseconds(nextInMs ?? 0),
    ],
  )
}

/** A cause holds what Stripe or the panel said, who may repeat the key that they were sent. */
function textOf(cause: NewOrderEvent['cause']): string | null {
  return cause ? scrub(JSON.stringify(cause)) : null
}

/**
 * The same again: instead of one more row of the kind that stands last, that row says when the next
 * try is. Inserts the event when another kind stands last.
 */
export async function repeatOrderEvent(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  event: NewOrderEvent & { nextInMs: number },
): Promise<void> {
  const [last] = await tx.query<{ id: string; kind: string }>(
    'SELECT id, kind FROM order_events WHERE order_id = ? ORDER BY at DESC, id DESC LIMIT 1',
    [event.orderId],
  )
  if (last?.kind !== event.kind) return await insertOrderEvent(tx, deps, event)
  await tx.run(
    'UPDATE order_events SET cause = ?, next_at = {now} + INTERVAL ? MICROSECOND WHERE id = ?',
    [textOf(event.cause), microseconds(event.nextInMs), last.id],
  )
}

export async function listOrderEvents(db: Queryable, orderId: string): Promise<OrderEvent[]> {
  const rows = await db.query<Omit<OrderEvent, 'facts'> & { facts: string }>(
    `SELECT id, kind, at, facts, next_at AS nextAt FROM order_events
      WHERE order_id = ? ORDER BY at, id`,
    [orderId],
  )
  return rows.map((row) => ({ ...row, facts: JSON.parse(row.facts) }))
}

/**
 * Something that differs as soon as what the owner is shown of the order differs: its state, why it
 * waits, its newest row and when that is tried again. Empty when there is no such order.
 */
export async function findOrderMark(db: Queryable, id: string): Promise<string> {
  const [row] = await db.query<{ mark: string }>(
    `SELECT CONCAT_WS('|', o.status, COALESCE(o.waiting_for, ''), COALESCE(o.ptero_server_id, ''),
         COALESCE(o.ending, ''), COALESCE(o.on_hold, ''),
         (SELECT CONCAT_WS('|', e.id, COALESCE(e.next_at, '')) FROM order_events e
           WHERE e.order_id = o.id ORDER BY e.at DESC, e.id DESC LIMIT 1)) AS mark
       FROM orders o WHERE o.id = ?`,
    [id],
  )
  return row?.mark ?? ''
}

/** How often a kind of event happened; backoffs that outlive a job count by it. */
export async function countOrderEvents(
  db: Queryable,
  orderId: string,
  kind: string,
): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    'SELECT COUNT(*) AS n FROM order_events WHERE order_id = ? AND kind = ?',
    [orderId, kind],
  )
  return Number(row?.n ?? 0)
}

/** Which of these kinds of event came last into the timeline. */
export async function findLastOrderEvent(
  db: Queryable,
  orderId: string,
  kinds: string[],
): Promise<string | undefined> {
  const [row] = await db.query<{ kind: string }>(
    `SELECT kind FROM order_events WHERE order_id = ? AND kind IN (${placeholders(kinds)})
      ORDER BY at DESC, id DESC LIMIT 1`,
    [orderId, ...kinds],
  )
  return row?.kind
}

/** Milliseconds since a kind of event last came into the timeline; undefined when it never did. */
export async function msSinceOrderEvent(
  db: Queryable,
  orderId: string,
  kind: string,
): Promise<number | undefined> {
  const [row] = await db.query<{ us: number | string }>(
    `SELECT TIMESTAMPDIFF(MICROSECOND, at, {now}) AS us FROM order_events
      WHERE order_id = ? AND kind = ? ORDER BY at DESC LIMIT 1`,
    [orderId, kind],
  )
  return row && Number(row.us) / 1000
}

type OrderRow<O extends Order = Order> = Omit<O, 'bought' | 'unitAmount'> & {
  bought: string
  unitAmount: number | string
}

function toShown(row: OrderRow<ShownOrder>): ShownOrder {
  return { ...toOrder(row), returnedAmount: Number(row.returnedAmount), owed: Number(row.owed) }
}

function toOrder<R extends { bought: string; unitAmount: number | string }>(row: R) {
  const bought: Bought = JSON.parse(row.bought)
  return { ...row, unitAmount: Number(row.unitAmount), bought }
}
