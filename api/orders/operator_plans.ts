import type { Queryable } from '../db.ts'
import type { JobName, JobPayloads } from '../jobs/queue.ts'
import { missingJob } from '../jobs/lost_jobs.ts'
import { formatInstant, formatMoney } from '../mail/format.ts'
import { listPaymentsOf } from '../payments/money_store.ts'
import { listSubscriptionIdsOf } from '../payments/store.ts'
import { Problem } from '../problem.ts'
import { findServer, type Server } from '../servers/store.ts'
import { paymentsToReturn } from './ending.ts'
import type { OrderStatus } from './status.ts'
import { findOrder, type Order } from './store.ts'

/** What an action would do, in sentences for the operator. */
export interface Plan {
  orderId: string
  does: string[]
}

/** A job as `enqueue` takes it. */
type PlannedJob = {
  [N in JobName]: { name: N; payload: JobPayloads[N]; topic: string }
}[JobName]

const UNPAID = new Set<OrderStatus>(['pending', 'payment_processing', 'expired', 'canceled'])

const UNDELIVERED = new Set<OrderStatus>(['paid', 'provisioning', 'provision_failed'])

/** Longer than any repair takes; who waits longer should have their money. */
const LONGEST_EXTENSION_MS = 30 * 86_400_000

/** The jobs that `retryOrder` lets run. */
export async function planRetry(
  db: Queryable,
  { orderId }: { orderId: string },
): Promise<Plan & { jobs: PlannedJob[] }> {
  const order = await needOrder(db, orderId)
  if (order.status === 'needs_review' && !order.ending) {
    throw no('The order waits for a decision: accept its payment, or refund it.')
  }
  if (order.onHold === 'disputed' && UNDELIVERED.has(order.status) && !order.ending) {
    throw no('The bank looks at the payment. Answer the dispute at Stripe, or refund the order.')
  }
  const server = await findServer(db, order.bought.serverId)
  const jobs = [...await returnJobs(db, orderId), ...jobsOf(order, server)]
  if (jobs.length === 0) throw no('Nothing is left to try: the order is at rest.')
  return { orderId, jobs, does: jobs.map(({ name }) => `Runs the job ${name} now.`) }
}

/** What `extendDeadline` does. */
export async function planDeadline(
  db: Queryable,
  { orderId, byMs }: { orderId: string; byMs: number },
): Promise<Plan> {
  if (!Number.isSafeInteger(byMs) || byMs <= 0 || byMs > LONGEST_EXTENSION_MS) {
    throw no('Name a time from a moment to 30 days.')
  }
  const order = await needOrder(db, orderId)
  if (!UNDELIVERED.has(order.status) || order.ending || !order.refundAt) {
    throw no(`Only an order that waits for its server has a deadline; this one is ${order.status}.`)
  }
  const before = formatInstant(order.refundAt.toISOString())
  const minutes = Math.round(byMs / 60_000)
  return { orderId, does: [`Moves the deadline, now ${before}, by ${minutes} minutes.`] }
}

/** What `refundOrder` does. */
export async function planRefund(
  db: Queryable,
  { orderId }: { orderId: string },
): Promise<Plan> {
  const order = await needOrder(db, orderId)
  if (UNPAID.has(order.status)) {
    throw no('Nothing was paid for this order. One that is open ends by itself, or is cancelled.')
  }
  if (order.ending || order.status === 'refunded') return await planAgain(db, order)
  const server = await findServer(db, order.bought.serverId)
  const running = server?.status === 'active' || server?.status === 'suspended'
  const payments = await paymentsToReturn(db, order)
  const does = payments.map(({ amount, currency, stripeRef }) =>
    `Returns ${formatMoney(amount, currency)} (${stripeRef}) at Stripe.`
  )
  if (payments.length === 0) {
    does.push(
      'Returns nothing, as no payment is known here: look at the session and its subscription at Stripe.',
    )
  }
  for (const id of await listSubscriptionIdsOf(db, orderId)) does.push(`Cancels ${id} at Stripe.`)
  if (server) does.push(running ? SUSPENDS : 'Stops the delivery and deletes what is at the panel.')
  return { orderId, does }
}

const SUSPENDS = 'Suspends the server at once and deletes it after 72 hours.'

/** What `resolveReview` does. */
export async function planReview(
  db: Queryable,
  { orderId, accept }: { orderId: string; accept: boolean },
): Promise<Plan> {
  const order = await needOrder(db, orderId)
  if (order.status !== 'needs_review' || order.ending) {
    throw no(`Only an order in review can be decided; this one is ${order.status}.`)
  }
  if (!accept) return await planRefund(db, { orderId })
  const payment = (await listPaymentsOf(db, orderId)).find(({ role }) => role === 'order')
  if (!payment || payment.returnedAt) {
    throw no('No payment of this order is known here, or it went back: refund the order instead.')
  }
  const money = formatMoney(payment.amount, payment.currency)
  return { orderId, does: [`Takes ${money} for the right payment, and creates the server.`] }
}

/** An end that was decided before: what has not gone back yet is tried again. */
async function planAgain(db: Queryable, { id, status }: Order): Promise<Plan> {
  const left = (await listPaymentsOf(db, id)).filter((one) => one.returnReason && !one.returnedAt)
  if (left.length === 0 && status === 'refunded') throw no('All of the money has gone back.')
  const does = left.map(({ amount, currency }) =>
    `Tries again to return ${formatMoney(amount, currency)}.`
  )
  return { orderId: id, does: does.length ? does : ['Goes on with the end of the order.'] }
}

/** The jobs that return what is to be returned and has not been. */
export async function returnJobs(db: Queryable, orderId: string): Promise<PlannedJob[]> {
  const order = await findOrder(db, orderId)
  const left = (await listPaymentsOf(db, orderId)).filter((one) =>
    one.returnReason && !one.returnedAt
  )
  const jobs: PlannedJob[] = left.filter(({ role }) => role === 'extra').map((
    { id: paymentId },
  ) => ({
    name: 'payment.return',
    payload: { paymentId },
    topic: paymentId,
  }))
  const ends = order?.ending && (order.status !== 'refunded' || left.length > jobs.length)
  if (ends) jobs.push({ name: 'order.refund', payload: { orderId }, topic: orderId })
  return jobs
}

function jobsOf(order: Order, server: Server | undefined): PlannedJob[] {
  if (UNPAID.has(order.status)) {
    return [{ name: 'payment.sync', payload: { orderId: order.id }, topic: order.id }]
  }
  if (!server) return []
  const about = { payload: { serverId: server.id }, topic: server.id }
  if (server.status === 'deleting') return [{ name: 'server.delete', ...about }]
  if (UNDELIVERED.has(order.status) && !order.ending) {
    return [{ name: missingJob(server.status, server.pteroServerId !== null), ...about }]
  }
  const stopped = server.status === 'suspended'
  const isUp = stopped || server.status === 'active'
  if (isUp && stopped !== (order.onHold !== null)) return [{ name: 'server.suspend', ...about }]
  return []
}

async function needOrder(db: Queryable, orderId: string): Promise<Order> {
  const order = await findOrder(db, orderId)
  if (!order) throw new Problem('not-found', { detail: `There is no order ${orderId}.` })
  return order
}

function no(detail: string): Problem {
  return new Problem('not-possible', { detail })
}
