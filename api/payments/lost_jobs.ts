import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue, type JobName } from '../jobs/queue.ts'

/** Enough for a minute's work; the rest is found a minute later. */
const BATCH = 200

/**
 * Gives a job to every end, return and suspension that is decided and has none, so that none depends
 * on a job that was lost or died. Returns how many it found.
 */
export async function sweepMoneyJobs(db: Queryable, deps: Deps): Promise<number> {
  const orders = await lost(db, 'order.refund', ENDING)
  for (const orderId of orders) {
    await enqueue(db, deps, 'order.refund', { orderId }, { topic: orderId })
  }
  const payments = await lost(db, 'payment.return', GOING_BACK)
  for (const paymentId of payments) {
    await enqueue(db, deps, 'payment.return', { paymentId }, { topic: paymentId })
  }
  const turning = await lost(db, 'server.suspend', TURNING)
  for (const serverId of turning) {
    await enqueue(db, deps, 'server.suspend', { serverId }, { topic: serverId })
  }
  const retiring = await lost(db, 'server.retire', RETIRING)
  for (const serverId of retiring) {
    await enqueue(db, deps, 'server.retire', { serverId }, { topic: serverId })
  }
  return orders.length + payments.length + turning.length + retiring.length
}

const ENDING = `SELECT x.id FROM orders x WHERE x.ending IS NOT NULL
  AND x.status IN ('paid', 'provisioning', 'provision_failed', 'provisioned', 'needs_review')`

/** What came back once would come back again: that is a person's. */
const GOING_BACK = `SELECT x.id FROM payments x
  WHERE x.return_reason IS NOT NULL AND x.returned_at IS NULL AND x.role = 'extra'
    AND NOT EXISTS (SELECT 1 FROM refunds r
      WHERE r.payment_id = x.id AND r.status IN ('failed', 'canceled'))`

/** Running, and must not; or stopped, and need not be. */
const TURNING = `SELECT x.id FROM servers x JOIN orders o ON o.id = x.order_id
  WHERE (x.status = 'active' AND o.on_hold IS NOT NULL)
    OR (x.status = 'suspended' AND o.on_hold IS NULL)`

const RETIRING = `SELECT x.id FROM servers x
  WHERE x.status IN ('active', 'suspended') AND x.delete_after <= {now}`

/** Of what `among` finds, the ids without such a job that waits or runs. */
async function lost(db: Queryable, name: JobName, among: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT f.id FROM (${among}) f WHERE NOT EXISTS (SELECT 1 FROM jobs j
        WHERE j.status = 'ready' AND j.topic = CONCAT('${name}:', f.id))
      ORDER BY f.id LIMIT ${BATCH}`,
  )
  return rows.map((row) => row.id)
}
