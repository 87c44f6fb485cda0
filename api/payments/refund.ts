import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { raiseAlert } from '../alerts/alerts.ts'
import { TryAgain } from '../jobs/again.ts'
import { scrub } from '../log.ts'
import { beginEnding } from '../orders/ending.ts'
import { mailOrderProblem, mailOrderRefunded } from '../orders/mail.ts'
import {
  countOrderEvents,
  findOrder,
  insertOrderEvent,
  lockOrder,
  moveOrder,
  msUntilRefund,
  type Order,
  recordSettled,
} from '../orders/store.ts'
import { TAKE_UP_MS, takeUpReady } from '../servers/take_up.ts'
import { mirrorMoney, moneyLeft, readMoney } from './money.ts'
import {
  findPayment,
  hasOpenDispute,
  listPaymentsOf,
  type Payment,
  recordReturned,
  useUpRefundKey,
} from './money_store.ts'
import { PaymentsError } from './payments.ts'
import { listSubscriptionIdsOf } from './store.ts'

/** What Stripe refuses it refuses for days, as while a dispute is open. */
const REFUSED_RETRY_MS = 3_600_000

/** After a day of that it is tried once a day. */
const OFTEN = 24

/**
 * Ends an order for which that is decided, or whose deadline has come without a running server. The
 * delivery is stopped with the decision; then the subscription ends and the money goes back, which
 * does not wait for a panel that may be away. Each step may run again; none takes effect twice.
 */
export async function endOrder(
  db: Db,
  deps: Deps,
  { orderId }: { orderId: string },
): Promise<void> {
  const order = await findOrder(db, orderId)
  if (!order || (order.ending === null && !await endOverdue(db, deps, order))) return
  for (const id of await listSubscriptionIdsOf(db, orderId)) {
    await deps.payments.cancelSubscription(id, `cancel:${id}`)
  }
  for (const payment of await listPaymentsOf(db, orderId)) {
    if (payment.returnReason && payment.role !== 'extra') await sendBack(db, deps, payment)
  }
  await recordRefunded(db, deps, orderId)
}

/** Returns a payment that the order did not need: its subscription ends, and its money goes back. */
export async function returnPayment(
  db: Db,
  deps: Deps,
  { paymentId }: { paymentId: string },
): Promise<void> {
  const payment = await findPayment(db, paymentId)
  if (!payment?.returnReason) return
  const { subscriptionId: id } = payment
  if (id) await deps.payments.cancelSubscription(id, `cancel:${id}`)
  await sendBack(db, deps, payment)
}

/** False when the deadline does not end the order: it was delivered, or is at rest. */
async function endOverdue(db: Db, deps: Deps, order: Order): Promise<boolean> {
  if (!await isOverdue(db, order.id)) return false
  if (await takeUpReady(db, deps, order)) throw new TryAgain('the server is there', TAKE_UP_MS)
  return await db.transaction(async (tx) => {
    const now = await lockOrder(tx, order.id)
    if (!now || !await isOverdue(tx, order.id)) return false
    return await beginEnding(tx, deps, now, { reason: 'not_delivered' })
  })
}

/** Whether the deadline has come; only an order that is paid and waits for its server has one. */
async function isOverdue(db: Queryable, orderId: string): Promise<boolean> {
  const leftMs = await msUntilRefund(db, orderId)
  if (leftMs === undefined) return false
  if (leftMs > 0) throw new TryAgain('the deadline was moved', leftMs)
  if (await hasOpenDispute(db, orderId)) {
    throw new TryAgain('the bank has the money until it decides', REFUSED_RETRY_MS)
  }
  return true
}

/**
 * Returns what is left of a payment, once: what went back before is read from Stripe, whose
 * idempotency keys last a day only.
 */
async function sendBack(db: Db, deps: Deps, payment: Payment): Promise<void> {
  if (payment.amount === 0) return await recordReturned(db, payment.id, true)
  const { intent, money } = await readMoney(db, deps, payment).catch(async (error) => {
    throw await refusal(db, deps, payment, error)
  })
  await mirrorMoney(db, deps, payment, money)
  const amount = moneyLeft(money)
  if (amount <= 0) return
  const key = `refund:${payment.id}:${amount}:${money.refunds.length}:${payment.refundTries}`
  const wanted = { paymentIntentId: intent, amount, orderId: payment.orderId }
  try {
    const refund = await deps.payments.createRefund(wanted, key)
    await mirrorMoney(db, deps, payment, { ...money, refunds: [...money.refunds, refund] })
  } catch (error) {
    if (error instanceof PaymentsError && isKept(error)) await useUpRefundKey(db, payment)
    throw await refusal(db, deps, payment, error, money.refunds.length)
  }
}

/** What to throw for a refund that did not come about. What Stripe refuses never kills the job. */
async function refusal(
  db: Db,
  deps: Deps,
  payment: Payment,
  error: unknown,
  made = 0,
): Promise<unknown> {
  if (!(error instanceof PaymentsError) || error.retryable) return error
  await recordRefusal(db, deps, payment, error)
  const often = payment.refundTries + made >= OFTEN
  const delayMs = often ? 24 * REFUSED_RETRY_MS : REFUSED_RETRY_MS
  return new TryAgain(`cannot refund: ${error.message}`, delayMs, error)
}

/** Stripe gives the same answer to the same key for a day, also that it failed. */
function isKept({ status }: PaymentsError): boolean {
  return status !== undefined && (status >= 500 || [400, 402].includes(status))
}

/** What Stripe refuses to return, as while a dispute is open, is a person's to look at. */
async function recordRefusal(
  db: Db,
  deps: Deps,
  payment: Payment,
  error: PaymentsError,
): Promise<void> {
  const { orderId, id: paymentId, amount, currency } = payment
  const cause = { message: scrub(error.message), code: error.code, paymentId }
  await db.transaction(async (tx) => {
    await lockOrder(tx, orderId)
    await raiseAlert(tx, deps, { kind: 'refund_failed', subject: paymentId, detail: cause })
    const kind = 'order.refund_failed'
    if (await countOrderEvents(tx, orderId, kind) > 0) return
    const facts = { amount, currency }
    await insertOrderEvent(tx, deps, { orderId, kind, facts, cause, nextInMs: REFUSED_RETRY_MS })
    await mailOrderProblem(tx, deps, orderId, 'refund_failed')
  })
}

async function recordRefunded(db: Db, deps: Deps, orderId: string): Promise<void> {
  const moved = await db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order?.ending) return undefined
    const event = { kind: 'order.refunded', facts: { reason: order.ending } }
    if (!await moveOrder(tx, deps, orderId, 'refunded', event)) return undefined
    await recordSettled(tx, orderId)
    await mailOrderRefunded(tx, deps, order)
    return order
  })
  const about = { orderId, code: moved?.ending ?? undefined }
  if (moved?.ending === 'not_delivered') {
    deps.log.error('an order was refunded as it could not be delivered', about)
  } else if (moved) deps.log.info('an order was ended', about)
}
