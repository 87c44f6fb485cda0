import { resolveAlert } from '../alerts/alerts.ts'
import { releaseCapacity } from '../checkout/capacity.ts'
import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import {
  listLostPaymentIds,
  listPaymentsOf,
  type Payment,
  recordReturning,
} from '../payments/money_store.ts'
import { findServer, recordDeleteAfter, stopDelivery } from '../servers/store.ts'
import { type EndReason, holdOrder, insertOrderEvent, type Order, recordEnding } from './store.ts'

/** So long a stopped server is kept, in case the end was a mistake. */
export const GRACE_MS = 72 * 3_600_000

/** Where the shop returns money itself; after a refund at Stripe it has gone back already. */
const RETURNS = new Set<EndReason>(['not_delivered', 'operator', 'dispute_lost'])

/**
 * Decides that a paid order ends, in the transaction that finds out why: the delivery is stopped, so
 * that there is never a server for free, and the job `order.refund` does the rest. A server that
 * runs is suspended at once and deleted after GRACE_MS. False, and nothing written, when the order
 * is ending already.
 */
export async function beginEnding(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  order: Order,
  { reason, cause }: { reason: EndReason; cause?: Record<string, unknown> },
): Promise<boolean> {
  const { serverId } = order.bought
  const stopped = await stopDelivery(tx, deps, serverId)
  if (!await recordEnding(tx, order.id, reason)) return false
  await resolveAlert(tx, { kind: 'order_needs_review', subject: order.id })
  const running = !stopped && await findServer(tx, serverId) !== undefined
  if (stopped) await enqueue(tx, deps, 'server.delete', { serverId }, { topic: serverId })
  else if (running) await retire(tx, deps, order)
  else await releaseCapacity(tx, order.id)
  if (RETURNS.has(reason)) {
    for (const { id } of await paymentsToReturn(tx, order)) await recordReturning(tx, id, reason)
  }
  const facts = { reason, running }
  await insertOrderEvent(tx, deps, {
    orderId: order.id,
    kind: 'order.ending',
    facts,
    cause,
    nextInMs: 0,
  })
  // The deadline is that job.
  if (reason !== 'not_delivered') {
    await enqueue(tx, deps, 'order.refund', { orderId: order.id }, { topic: order.id })
  }
  return true
}

/** The server was delivered: it stops at once, and is deleted when nobody objects. */
async function retire(tx: Queryable, deps: Pick<Deps, 'newId'>, order: Order): Promise<void> {
  const { serverId } = order.bought
  await holdOrder(tx, order.id, 'ended')
  await recordDeleteAfter(tx, serverId, GRACE_MS)
  await enqueue(tx, deps, 'server.suspend', { serverId }, { topic: serverId })
  const delayMs = GRACE_MS
  await enqueue(tx, deps, 'server.retire', { serverId }, { topic: serverId, delayMs })
}

/**
 * The payments of which something goes back when an order ends now: all of one without its server; of
 * one that was delivered what was paid last, unless the bank decided over it.
 */
export async function paymentsToReturn(
  tx: Queryable,
  { id, status }: Pick<Order, 'id' | 'status'>,
): Promise<Payment[]> {
  const ours = (await listPaymentsOf(tx, id)).filter((payment) => payment.role !== 'extra')
  const owed = status === 'provisioned' ? await newestUndecided(tx, id, ours) : ours
  return owed.filter((payment) => payment.returnedAt === null)
}

async function newestUndecided(tx: Queryable, id: string, ours: Payment[]): Promise<Payment[]> {
  const lost = await listLostPaymentIds(tx, id)
  return ours.filter(({ amount }) => amount > 0).slice(-1)
    .filter((payment) => !lost.includes(payment.id))
}
