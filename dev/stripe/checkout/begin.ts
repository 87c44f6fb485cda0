import { openFirstInvoice, payInvoice } from '../billing/invoices.ts'
import { startSubscription } from '../billing/subscriptions.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Checkout } from '../store.ts'
import type { Customer, Discount, PaymentIntent, Session, Subscription } from '../wire.ts'

/** A complete session, and who bought what in it. */
export interface Sale {
  /** with the ids that its subscription and its invoice are to have */
  session: Session
  checkout: Checkout
  customer: Customer
  /** absent where nothing was due */
  intent: PaymentIntent | undefined
  /** the id of the method that pays from now on */
  method: string | null
  discounts: Discount[]
}

/** Begins the subscription that was sold, and bills its first period. */
export function beginSubscription(sandbox: Sandbox, sale: Sale) {
  const { session, checkout, customer, intent } = sale
  const invoice = session.invoice ?? ''
  const subscription = startSubscription(sandbox, {
    id: session.subscription ?? '',
    invoice,
    customer: customer.id,
    session,
    checkout,
  })
  const { lineItems } = checkout
  openFirstInvoice(sandbox, { id: invoice, subscription, customer, lineItems, intent: intent?.id })
  if (intent?.status !== 'processing') payInvoice(sandbox, invoice)
  rememberMethod(sandbox, subscription, sale)
  rememberCurrency(sandbox, customer, subscription.currency)
}

/** Makes the invoice of a single payment. */
export function billPayment(_sandbox: Sandbox, _sale: Sale) {
}

function rememberMethod(sandbox: Sandbox, former: Subscription, { method }: Sale) {
  const updated = sandbox.store.subscriptions.update(former.id, { default_payment_method: method })
  emit(sandbox, 'customer.subscription.updated', updated, former)
}

function rememberCurrency(sandbox: Sandbox, former: Customer, currency: string) {
  const updated = sandbox.store.customers.update(former.id, {
    currency,
    next_invoice_sequence: (former.next_invoice_sequence ?? 1) + 1,
  })
  emit(sandbox, 'customer.updated', updated, former)
}
