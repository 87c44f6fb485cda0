import { audit } from '../accounts/audit.ts'
import { resolveAlert } from '../alerts/alerts.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { listPaymentsOf } from '../payments/money_store.ts'
import { startDelivery } from '../payments/paid.ts'
import { Problem } from '../problem.ts'
import { beginEnding } from './ending.ts'
import { planDeadline, planRefund, planRetry, planReview, returnJobs } from './operator_plans.ts'
import { findOrder, insertOrderEvent, lockOrder, moveDeadline, moveOrder } from './store.ts'

export { type Plan, planDeadline, planRefund, planRetry, planReview } from './operator_plans.ts'

/**
 * What an operator can do to an order. Each is done in one transaction with its row in the timeline
 * and in the audit log, throws a Problem that says what to do instead when it is not possible, and
 * gives what it did in words. The `plan…` of the same arguments gives those words beforehand.
 */
interface ByOperator {
  orderId: string
  /** A user id, or `cli:<name>`. */
  actor: string
}

/** Lets what the order waits for run now, or run at all where its job was lost or died. */
export async function retryOrder(
  db: Db,
  deps: Deps,
  { orderId, actor }: ByOperator,
): Promise<string[]> {
  const does = await db.transaction(async (tx) => {
    await lockOrder(tx, orderId)
    const { jobs, does } = await planRetry(tx, { orderId })
    for (const { name, payload, topic } of jobs) await enqueue(tx, deps, name, payload, { topic })
    const kind = 'order.retried'
    await insertOrderEvent(tx, deps, { orderId, kind, cause: { actor }, nextInMs: 0 })
    const detail = { jobs: jobs.map((job) => job.name).join() }
    await audit(tx, deps, { actor, action: 'order.retry', subject: orderId, detail })
    return does
  })
  deps.wake()
  return does
}

/** Gives the delivery `byMs` more, from now when the deadline has passed. */
export async function extendDeadline(
  db: Db,
  deps: Deps,
  { orderId, byMs, actor }: ByOperator & { byMs: number },
): Promise<string[]> {
  return await db.transaction(async (tx) => {
    await lockOrder(tx, orderId)
    const { does } = await planDeadline(tx, { orderId, byMs })
    if (!await moveDeadline(tx, orderId, byMs)) throw changed()
    const until = (await findOrder(tx, orderId))?.refundAt?.toISOString()
    const kind = 'order.deadline_moved'
    await insertOrderEvent(tx, deps, { orderId, kind, facts: { until }, cause: { actor, byMs } })
    const detail = { byMs }
    await audit(tx, deps, { actor, action: 'order.extend_deadline', subject: orderId, detail })
    return does
  })
}

/** Ends an order that has money, and returns it. Also tries again to return what could not be. */
export async function refundOrder(
  db: Db,
  deps: Deps,
  { orderId, reason, actor }: ByOperator & { reason: string },
): Promise<string[]> {
  const does = await db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId)
    const { does } = await planRefund(tx, { orderId })
    if (!order) throw changed()
    if (order.ending === null) {
      const cause = { actor, why: reason }
      if (!await beginEnding(tx, deps, order, { reason: 'operator', cause })) throw changed()
      await resolveAlert(tx, { kind: 'order_needs_review', subject: orderId })
    } else await tryReturnsAgain(tx, deps, { orderId, actor })
    const detail = { reason }
    await audit(tx, deps, { actor, action: 'order.refund', subject: orderId, detail })
    return does
  })
  deps.wake()
  return does
}

/** Decides over money that differs from its order: takes it for right, or returns it. */
export async function resolveReview(
  db: Db,
  deps: Deps,
  { orderId, accept, actor }: ByOperator & { accept: boolean },
): Promise<string[]> {
  await planReview(db, { orderId, accept })
  if (!accept) return await refundOrder(db, deps, { orderId, reason: 'review', actor })
  const does = await db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId)
    const { does } = await planReview(tx, { orderId, accept })
    const [payment] = await listPaymentsOf(tx, orderId)
    if (!order || !payment) throw changed()
    const event = { kind: 'order.review_accepted', cause: { actor }, nextInMs: 0 }
    if (!await moveOrder(tx, deps, orderId, 'paid', event)) throw changed()
    const { amount: amountTotal, currency } = payment
    await startDelivery(tx, deps, order, { amountTotal, currency })
    await resolveAlert(tx, { kind: 'order_needs_review', subject: orderId })
    await audit(tx, deps, { actor, action: 'order.accept_review', subject: orderId })
    return does
  })
  deps.wake()
  return does
}

async function tryReturnsAgain(
  tx: Queryable,
  deps: Deps,
  { orderId, actor }: ByOperator,
): Promise<void> {
  for (const { name, payload, topic } of await returnJobs(tx, orderId)) {
    await enqueue(tx, deps, name, payload, { topic })
  }
  const kind = 'order.retried'
  await insertOrderEvent(tx, deps, { orderId, kind, cause: { actor }, nextInMs: 0 })
}

/** Somebody was faster between the look and the act. */
function changed(): Problem {
  return new Problem('not-possible', { detail: 'The order has just changed. Look at it again.' })
}
