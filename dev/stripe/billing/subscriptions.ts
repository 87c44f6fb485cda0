import { refused } from '../errors.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Store } from '../store.ts'
import type { Subscription } from '../wire.ts'
import { payInvoiceNow } from './collect.ts'
import { creditItem, pendingItems } from './invoice_items.ts'
import { draftInvoice, finalizeInvoice, voidInvoice } from './invoices.ts'

/**
 * Ends a subscription now. What it owes stays owed, but nothing of it is collected any more; what
 * only its beginning owed is void.
 */
export function endSubscription(
  sandbox: Sandbox,
  id: string,
  details: Subscription['cancellation_details'],
  status: 'canceled' | 'incomplete_expired' = 'canceled',
): Subscription {
  const { store, now } = sandbox
  const former = store.subscriptions.get(id)
  const ended = store.subscriptions.update(id, {
    canceled_at: former.canceled_at ?? now(),
    cancellation_details: details,
    ended_at: now(),
    pending_update: null,
    status,
  })
  giveUpInvoices(sandbox, former)
  if (status === 'canceled') emit(sandbox, 'customer.subscription.deleted', ended)
  else emit(sandbox, 'customer.subscription.updated', ended, former)
  return ended
}

/**
 * Ends a subscription at somebody's wish, with what is left of its periods credited if wanted. One
 * that never began was not paid for, so nothing of it comes back.
 */
export function cancelSubscription(
  sandbox: Sandbox,
  subscription: Subscription,
  { details, prorate, invoiceNow }: {
    details: Subscription['cancellation_details']
    prorate: boolean
    invoiceNow: boolean
  },
): Subscription {
  const { store, now } = sandbox
  if (prorate && subscription.status !== 'incomplete') {
    for (const item of subscription.items.data) creditItem(sandbox, subscription, item, now())
  }
  const { id, customer, currency } = subscription
  const items = pendingItems(sandbox, { customer, subscription: id, currency })
  if (!invoiceNow || items.length === 0) return endSubscription(sandbox, id, details)
  const invoice = draftInvoice(sandbox, {
    customer: store.customers.get(customer),
    currency: subscription.currency,
    reason: 'subscription_update',
    subscription,
    lines: [],
    items,
    discounts: subscription.discounts,
  })
  store.subscriptions.update(id, { latest_invoice: invoice.id })
  const ended = endSubscription(sandbox, id, details)
  const open = finalizeInvoice(sandbox, invoice.id)
  const charges = open.status === 'open' && open.collection_method === 'charge_automatically'
  if (charges) payInvoiceNow(sandbox, open.id, { offSession: true })
  return ended
}

/** Ends a subscription whose time has come. What still waited to be billed is billed now. */
export function endByTime(sandbox: Sandbox, id: string) {
  const { store } = sandbox
  const subscription = store.subscriptions.get(id)
  const { customer, currency, status, cancellation_details: details } = subscription
  endSubscription(sandbox, id, details)
  const items = pendingItems(sandbox, { customer, subscription: id, currency }).filter((
    { parent },
  ) => parent?.subscription_details?.subscription === id)
  if (items.length === 0 || status === 'paused') return
  const invoice = draftInvoice(sandbox, {
    customer: store.customers.get(customer),
    currency: subscription.currency,
    reason: 'subscription_cycle',
    subscription,
    lines: [],
    items,
    discounts: subscription.discounts,
  })
  store.subscriptions.update(id, { latest_invoice: invoice.id })
}

export function isEnded({ status }: Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

/** A customer pays in one currency while a subscription runs, a balance is left or items wait. */
export function refuseSecondCurrency(store: Store, id: string, currency: string) {
  const customer = store.customers.find(id)
  const other = [
    ...store.subscriptions.toJSON().filter((subscription) =>
      subscription.customer === id && !isEnded(subscription)
    ),
    ...(customer?.balance ? [customer] : []),
    ...store.invoiceItems.toJSON().filter((item) => item.customer === id && item.invoice === null),
  ].find((holder) => holder.currency !== currency)
  if (!other) return
  throw refused(
    'You cannot combine currencies on a single customer. This customer has an active ' +
      'subscription, subscription schedule, discount, quote, or invoice item with currency ' +
      `${other.currency}.`,
  )
}

function giveUpInvoices(sandbox: Sandbox, former: Subscription) {
  const { store } = sandbox
  const begins = former.status === 'incomplete' || former.pending_update !== null
  for (const invoice of store.invoices.toJSON()) {
    if (invoice.parent?.subscription_details?.subscription !== former.id) continue
    if (invoice.status === 'open' && begins && invoice.id === former.latest_invoice) {
      voidInvoice(sandbox, invoice.id)
    } else if (invoice.auto_advance) {
      const updated = store.invoices.update(invoice.id, {
        auto_advance: false,
        automatically_finalizes_at: null,
        next_payment_attempt: null,
      })
      emit(sandbox, 'invoice.updated', updated, invoice)
    }
  }
}
