import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { findOrder, lockOrder, type Order } from '../orders/store.ts'
import { findPaymentByRef, insertPayment } from './money_store.ts'
import type { InvoiceState } from './payments.ts'
import { findOrderIdOfExtra, findOrderIdOfSubscription } from './store.ts'
import { syncOrder } from './sync.ts'

/**
 * Makes our payments agree with an invoice: what a later period of an order's subscription cost is
 * written down once. The first invoice is its session's; it only makes us look at that.
 */
export async function syncInvoice(db: Db, deps: Deps, invoiceId: string): Promise<void> {
  const invoice = await deps.payments.getInvoice(invoiceId)
  if (!invoice?.subscriptionId) return
  const orderId = await findOrderIdOfSubscription(db, invoice.subscriptionId)
  if (orderId) return await follow(db, deps, orderId, invoice)
  const paidTwice = await findOrderIdOfExtra(db, invoice.subscriptionId)
  if (paidTwice) return await follow(db, deps, paidTwice, invoice, 'paid_twice')
  const order = invoice.orderId ? await findOrder(db, invoice.orderId) : undefined
  if (order) await syncOrder(db, deps, order.id)
}

async function follow(
  db: Db,
  deps: Deps,
  orderId: string,
  invoice: InvoiceState,
  unwanted?: 'paid_twice',
): Promise<void> {
  if (invoice.status !== 'paid') return
  const paymentId = deps.newId('payment')
  await db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order || await findPaymentByRef(tx, invoice.id)) return
    const returnReason = unwanted ?? (hasEnded(order) ? 'paid_after_end' : undefined)
    await insertPayment(tx, {
      id: paymentId,
      orderId,
      stripeRef: invoice.id,
      paymentIntentId: invoice.paymentIntentId,
      subscriptionId: invoice.subscriptionId,
      role: returnReason ? 'extra' : 'renewal',
      amount: invoice.amountPaid,
      currency: invoice.currency,
      ...(returnReason ? { returnReason } : {}),
    })
    if (returnReason) await enqueue(tx, deps, 'payment.return', { paymentId }, { topic: paymentId })
  })
}

/** Nothing is delivered for what such an order is still charged. */
function hasEnded({ status, ending }: Order): boolean {
  return ending !== null || status === 'refunded'
}
