import { microseconds, type Queryable } from '../db.ts'
import type { OrderStatus } from '../orders/status.ts'

/** An order as a list of them shows it to an operator. */
export interface ListedOrder {
  id: string
  status: OrderStatus
  waitingFor: string | null
  userId: string
  planId: string
  regionId: string
  createdAt: Date
  paidAt: Date | null
  refundAt: Date | null
  serverId: string | null
  serverStatus: string | null
}

const LISTED = `SELECT o.id, o.status, o.waiting_for AS waitingFor, o.user_id AS userId,
  o.plan_id AS planId, o.region_id AS regionId, o.created_at AS createdAt, o.paid_at AS paidAt,
  o.refund_at AS refundAt, s.id AS serverId, s.status AS serverStatus
  FROM orders o LEFT JOIN servers s ON s.live_order_id = o.id`

/** Longer than an install and a few tries take. */
const DELIVERY_MS = 15 * 60_000

/** Long enough for ten sweeps to have ended the order. */
const OPEN_MS = 10 * 60_000

const LIMIT = 200

/** The newest orders, at most 200. */
export async function listOrders(db: Queryable): Promise<ListedOrder[]> {
  return await db.query<ListedOrder>(
    `${LISTED} ORDER BY o.created_at DESC, o.id DESC LIMIT ${LIMIT}`,
  )
}

/**
 * The orders that a person should look at, the oldest first, at most 200: those in review, those
 * that cannot be delivered or are not after 15 min, those whose server has vanished, and those that
 * are open although their time is over.
 */
export async function listStuckOrders(db: Queryable): Promise<ListedOrder[]> {
  return await db.query<ListedOrder>(
    `${LISTED}
      WHERE o.status IN ('needs_review', 'provision_failed')
        OR (o.status IN ('paid', 'provisioning') AND (o.waiting_for IS NOT NULL
          OR o.paid_at < {now} - INTERVAL ? MICROSECOND))
        OR (o.status = 'pending' AND o.expires_at < {now} - INTERVAL ? MICROSECOND)
        OR (o.status = 'provisioned' AND s.status = 'active' AND EXISTS (SELECT 1 FROM alerts a
          WHERE a.subject IN (o.id, s.id) AND a.resolved_at IS NULL))
      ORDER BY COALESCE(o.paid_at, o.created_at), o.id LIMIT ${LIMIT}`,
    [microseconds(DELIVERY_MS), microseconds(OPEN_MS)],
  )
}
