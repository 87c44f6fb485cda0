import { releaseCapacity } from '../checkout/capacity.ts'
import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { listPaymentsOf, recordReturning } from '../payments/money_store.ts'
import { findServer, recordDeleteAfter, stopDelivery } from '../servers/store.ts'
import { type EndReason, holdOrder, insertOrderEvent, type Order, recordEnding } from './store.ts'

/** So long a stopped server is kept, in case the end was a mistake. */
export const GRACE_MS = 72 * 3_600_000

/** Whose money the shop returns itself; of the others it has gone back already. */
const RETURNS = new Set<EndReason>(['not_delivered', 'operator'])

/**
 * Decides that a paid order ends, in the transaction that finds out why: the delivery is stopped, so
 * that there is never a server for free, and the job `order.refund` does the rest. A server that
 * runs is suspended at once and deleted after GRACE_MS. False, and nothing written, when the order
 * is ending already, or when a server came in time after all.
 */
export async function beginEnding(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  order: Order,
  { reason, cause }: { reason: EndReason; cause?: Record<string, unknown> },
): Promise<boolean> {
  const { serverId } = order.bought
  const stopped = await stopDelivery(tx, deps, serverId)
  if (!stopped && reason === 'not_delivered') return false
  if (!await recordEnding(tx, order.id, reason)) return false
  const running = !stopped && await findServer(tx, serverId) !== undefined
  if (stopped) await enqueue(tx, deps, 'server.delete', { serverId }, { topic: serverId })
  else if (running) await retire(tx, deps, order)
  else await releaseCapacity(tx, order.id)
  if (RETURNS.has(reason)) await markReturning(tx, order, { reason, delivered: running })
  const facts = { reason, running }
  await insertOrderEvent(tx, deps, {
    orderId: order.id,
    kind: 'order.ending',
    facts,
    cause,
    nextInMs: 0,
  })
  await enqueue(tx, deps, 'order.refund', { orderId: order.id }, { topic: order.id })
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

/** Everything of an order without its server; of one that ran, what was paid last. */
async function markReturning(
  tx: Queryable,
  order: Order,
  { reason, delivered }: { reason: EndReason; delivered: boolean },
): Promise<void> {
  for (const payment of await paymentsToReturn(tx, order.id, delivered)) {
    await recordReturning(tx, payment.id, reason)
  }
}

/** The payments that go back when an order ends now. */
export async function paymentsToReturn(tx: Queryable, orderId: string, delivered: boolean) {
  const ours = (await listPaymentsOf(tx, orderId))
    .filter(({ role, returnedAt }) => role !== 'extra' && returnedAt === null)
  return delivered ? ours.filter(({ amount }) => amount > 0).slice(-1) : ours
}
