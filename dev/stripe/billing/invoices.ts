import { invoiceLineObject, invoiceObject, invoicePaymentObject } from '../objects/invoice.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Customer, Invoice, LineItem, Subscription } from '../wire.ts'

/**
 * Bills a new subscription's first period: the invoice is drafted, then finalized and open. Its
 * `intent` is what pays it; absent where there is nothing to pay.
 */
export function openFirstInvoice(sandbox: Sandbox, first: {
  id: string
  subscription: Subscription
  customer: Customer
  lineItems: LineItem[]
  intent: string | undefined
}): Invoice {
  const { store, now, newId } = sandbox
  const draft = store.invoices.insert(draftOf(sandbox, first))
  emit(sandbox, 'invoice.created', draft)
  const open = store.invoices.update(draft.id, {
    effective_at: now(),
    hosted_invoice_url: `${sandbox.url}/i/${draft.id}`,
    number: numberOf(first.customer),
    status: 'open',
    status_transitions: { ...draft.status_transitions, finalized_at: now() },
  })
  emit(sandbox, 'invoice.finalized', open)
  if (first.intent) {
    store.invoicePayments.insert(invoicePaymentObject({
      id: newId('invoice_payment'),
      created: now(),
      amount_requested: open.amount_due,
      currency: open.currency,
      invoice: open.id,
      payment: { type: 'payment_intent', payment_intent: first.intent },
    }))
  }
  return open
}

export function payInvoice(sandbox: Sandbox, id: string) {
  const { store, now } = sandbox
  const invoice = store.invoices.get(id)
  const paid = store.invoices.update(id, {
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    attempt_count: invoice.attempt_count + 1,
    attempted: true,
    status: 'paid',
    status_transitions: { ...invoice.status_transitions, paid_at: now() },
  })
  emit(sandbox, 'invoice.paid', paid)
  emit(sandbox, 'invoice.payment_succeeded', paid)
  const payment = paymentOf(sandbox, id)
  if (!payment) return
  emit(
    sandbox,
    'invoice_payment.paid',
    store.invoicePayments.update(payment.id, {
      amount_paid: payment.amount_requested,
      status: 'paid',
      status_transitions: { canceled_at: null, paid_at: now() },
    }),
  )
}

/** The payment did not come: Stripe tells so, and voids the invoice. */
export function failInvoice(sandbox: Sandbox, id: string) {
  const { store, now } = sandbox
  const invoice = store.invoices.get(id)
  const failed = store.invoices.update(id, {
    attempt_count: invoice.attempt_count + 1,
    attempted: true,
  })
  emit(sandbox, 'invoice.payment_failed', failed)
  const voided = store.invoices.update(id, {
    status: 'void',
    status_transitions: { ...invoice.status_transitions, voided_at: now() },
  })
  emit(sandbox, 'invoice.voided', voided)
  const payment = paymentOf(sandbox, id)
  if (!payment) return
  store.invoicePayments.update(payment.id, {
    status: 'canceled',
    status_transitions: { canceled_at: now(), paid_at: null },
  })
}

function draftOf({ newId, now }: Sandbox, { id, subscription, customer, lineItems }: {
  id: string
  subscription: Subscription
  customer: Customer
  lineItems: LineItem[]
}): Invoice {
  const { metadata } = subscription
  const lines = lineItems.map((item) => {
    const recurring = subscription.items.data.find(({ price }) => price.id === item.price?.id)
    return invoiceLineObject({
      id: newId('invoice_line'),
      invoice: id,
      subscription: subscription.id,
      parent: recurring
        ? { subscriptionItem: recurring.id }
        : { invoiceItem: newId('invoice_item') },
      item,
      metadata: recurring ? metadata : {},
      period: {
        start: now(),
        end: recurring?.current_period_end ?? now(),
      },
    })
  })
  const parent: Invoice['parent'] = {
    quote_details: null,
    subscription_details: { metadata, subscription: subscription.id },
    type: 'subscription_details',
  }
  return invoiceObject(
    { id, created: now(), currency: subscription.currency, parent },
    customer,
    lines,
  )
}

function numberOf({ invoice_prefix: prefix, next_invoice_sequence: next = 1 }: Customer): string {
  return `${prefix}-${String(next).padStart(4, '0')}`
}

function paymentOf({ store }: Sandbox, id: string) {
  return store.invoicePayments.toJSON().find(({ invoice }) => invoice === id)
}
