import { raiseAlert, resolveAlert } from '../alerts/alerts.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { beginEnding } from '../orders/ending.ts'
import { mailOrderDisputed } from '../orders/mail.ts'
import {
  holdOrder,
  insertOrderEvent,
  lockOrder,
  type Order,
  releaseDisputed,
  renewDeadline,
} from '../orders/store.ts'
import {
  amountReturned,
  findPayment,
  findPaymentByIntent,
  findPaymentByRef,
  hasOpenDispute,
  insertDispute,
  insertRefund,
  isClosed,
  listDisputesOf,
  listLostPaymentIds,
  listPaymentsOf,
  listRefundsOf,
  type Payment,
  recordDisputeStatus,
  recordIntent,
  recordRefundStatus,
  recordReturned,
  recordReturning,
} from './money_store.ts'
import {
  hasFailed,
  type PaymentDispute,
  type PaymentMoney,
  type PaymentRefund,
  PaymentsError,
} from './payments.ts'

/**
 * Makes our refunds and disputes of a payment intent agree with Stripe, and acts on them. Events,
 * sweeps and the job that suspends come here. False when no payment of ours has this intent.
 */
export async function syncMoney(db: Db, deps: Deps, paymentIntentId: string): Promise<boolean> {
  const payment = await findPaymentByIntent(db, paymentIntentId) ??
    await findByInvoice(db, deps, paymentIntentId)
  if (!payment) return false
  const money = await deps.payments.getMoney(paymentIntentId)
  if (money) await mirrorMoney(db, deps, payment, money)
  return true
}

/** A payment that was written down before Stripe named its intent. */
async function findByInvoice(
  db: Db,
  deps: Deps,
  paymentIntentId: string,
): Promise<Payment | undefined> {
  const invoiceId = await deps.payments.findInvoiceOf(paymentIntentId)
  const payment = invoiceId ? await findPaymentByRef(db, invoiceId) : undefined
  if (payment) await recordIntent(db, payment.id, paymentIntentId)
  return payment
}

/** What became of a payment, as Stripe says now. Throws a PaymentsError when Stripe does not know it. */
export async function readMoney(
  db: Db,
  deps: Deps,
  payment: Payment,
): Promise<{ intent: string; money: PaymentMoney }> {
  const intent = payment.paymentIntentId ?? await findIntent(deps, payment)
  const money = intent ? await deps.payments.getMoney(intent) : undefined
  if (!intent || !money) {
    throw new PaymentsError(`Stripe names no payment intent of ${payment.stripeRef}`, {
      retryable: false,
    })
  }
  await recordIntent(db, payment.id, intent)
  return { intent, money }
}

/** Stripe may list an invoice's payments later than it calls the session paid. */
async function findIntent(deps: Deps, { stripeRef }: Payment): Promise<string | undefined> {
  const invoice = stripeRef.startsWith('cs_')
    ? (await deps.payments.getCheckoutSession(stripeRef))?.invoice
    : await deps.payments.getInvoice(stripeRef)
  return invoice?.paymentIntentId
}

/** What has neither been returned nor taken back by the bank, in minor units. */
export function moneyLeft({ received, refunds, disputes }: PaymentMoney): number {
  const back = refunds.filter((refund) => !hasFailed(refund))
  const lost = disputes.filter(({ status }) => status === 'lost')
  return [...back, ...lost].reduce((left, { amount }) => left - amount, received)
}

/** Writes down what Stripe said of a payment's money, and does what follows from it. */
export async function mirrorMoney(
  db: Db,
  deps: Deps,
  { id, orderId }: Payment,
  money: PaymentMoney,
): Promise<void> {
  await db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId)
    const payment = order && await findPayment(tx, id)
    if (!order || !payment) return
    const about = { order, payment }
    for (const refund of money.refunds) await mirrorRefund(tx, deps, about, refund)
    for (const dispute of money.disputes) await mirrorDispute(tx, deps, about, dispute)
    const returned = payment.amount > 0 && await amountReturned(tx, id) >= payment.amount
    await recordReturned(tx, id, returned)
    if (returned) await resolveAlert(tx, { kind: 'refund_failed', subject: id })
    if (payment.role === 'extra') return
    await followDisputes(tx, deps, order)
    await endReturned(tx, deps, about, returned)
  })
  deps.wake()
}

interface About {
  order: Order
  payment: Payment
}

/** A status only goes on: an answer that was read earlier and comes later changes nothing. */
const PROGRESS = ['pending', 'requires_action', 'succeeded', 'failed', 'canceled']

async function mirrorRefund(
  tx: Queryable,
  deps: Deps,
  { order, payment }: About,
  refund: PaymentRefund,
): Promise<void> {
  const known = (await listRefundsOf(tx, payment.id)).find((one) =>
    one.stripeRefundId === refund.id
  )
  if (known && PROGRESS.indexOf(refund.status) <= PROGRESS.indexOf(known.status)) return
  if (known) await recordRefundStatus(tx, refund)
  else {
    const reason = payment.returnReason ?? 'at Stripe'
    await insertRefund(tx, { id: deps.newId('refund'), payment, refund, reason })
  }
  const cause = { stripeRefundId: refund.id, status: refund.status, paymentId: payment.id }
  const facts = { amount: refund.amount, currency: payment.currency }
  const event = { orderId: order.id, facts, cause }
  if (hasFailed(refund)) {
    await raiseAlert(tx, deps, { kind: 'refund_failed', subject: payment.id, detail: cause })
    // With its end the order lost every claim to the money: a person finds another way.
    if (order.ending) await recordReturning(tx, payment.id, order.ending)
    // Nobody was told of one that never was on its way.
    if (known) await insertOrderEvent(tx, deps, { ...event, kind: 'order.refund_came_back' })
  } else if (refund.status === 'requires_action') {
    await insertOrderEvent(tx, deps, { ...event, kind: 'order.refund_needs_you' })
  } else if (!known && !payment.returnReason && refund.amount < payment.amount) {
    await insertOrderEvent(tx, deps, { ...event, kind: 'order.partly_refunded' })
  }
}

/** What a dispute says of itself; closed ones do not open again. */
async function mirrorDispute(
  tx: Queryable,
  deps: Deps,
  { order, payment }: About,
  dispute: PaymentDispute,
): Promise<void> {
  const known = (await listDisputesOf(tx, payment.id)).find((one) => one.id === dispute.id)
  if (known && isClosed(known)) return
  if (known) await recordDisputeStatus(tx, dispute)
  else await insertDispute(tx, payment, dispute)
  const cause = { disputeId: dispute.id, status: dispute.status, reason: dispute.reason }
  const { amount, currency } = dispute
  // No server waits for the bank's word on what was paid twice, or of an order that has ended.
  const apart = payment.role === 'extra' || order.ending !== null
  const event = { orderId: order.id, facts: { amount, currency, apart }, cause }
  const alert = { kind: 'payment_disputed', subject: dispute.id } as const
  if (isClosed(dispute)) {
    await resolveAlert(tx, alert)
    const kind = dispute.status === 'lost' ? 'order.dispute_lost' : 'order.dispute_won'
    await insertOrderEvent(tx, deps, { ...event, kind })
    if (payment.returnReason) await enqueueReturn(tx, deps, payment)
  } else if (!known) {
    await raiseAlert(tx, deps, { ...alert, detail: { ...cause, orderId: order.id } })
    await insertOrderEvent(tx, deps, { ...event, kind: 'order.disputed' })
    if (!apart) await mailOrderDisputed(tx, deps, order, dispute)
  }
}

/** What the bank had taken can be returned by us now, or need not be any more. */
async function enqueueReturn(tx: Queryable, deps: Deps, payment: Payment): Promise<void> {
  const { id: paymentId, orderId, role } = payment
  if (role === 'extra') {
    await enqueue(tx, deps, 'payment.return', { paymentId }, { topic: paymentId })
  } else await enqueue(tx, deps, 'order.refund', { orderId }, { topic: orderId })
}

/** A server does not run on money that the bank has taken back for now. */
async function followDisputes(tx: Queryable, deps: Deps, order: Order): Promise<void> {
  const { serverId } = order.bought
  const topic = { topic: serverId }
  if (await hasOpenDispute(tx, order.id)) {
    if (order.onHold !== null) return
    await holdOrder(tx, order.id, 'disputed')
  } else {
    if (!await releaseDisputed(tx, order.id)) return
    // The time with the bank was none in which the server could be made.
    await renewDeadline(tx, order.id, deps.config.REFUND_AFTER)
    await enqueue(tx, deps, 'server.provision', { serverId }, topic)
  }
  await enqueue(tx, deps, 'server.suspend', { serverId }, topic)
}

/** Whether this is what was paid last: a refund of an older period leaves the server. */
async function isNewest(tx: Queryable, { id, orderId }: Payment): Promise<boolean> {
  const paid = (await listPaymentsOf(tx, orderId)).filter(({ role, amount }) =>
    role !== 'extra' && amount > 0
  )
  return paid.at(-1)?.id === id
}

/** The bank took a payment back, or all of the last one was returned by hand: the order ends. */
async function endReturned(
  tx: Queryable,
  deps: Deps,
  { order, payment }: About,
  returned: boolean,
): Promise<void> {
  const lost = (await listLostPaymentIds(tx, order.id)).includes(payment.id)
  if (!lost && !(returned && await isNewest(tx, payment))) return
  const reason = lost ? 'dispute_lost' : 'refunded_at_stripe'
  await beginEnding(tx, deps, order, { reason, cause: { paymentId: payment.id } })
}
