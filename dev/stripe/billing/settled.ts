import type { Sandbox } from '../sandbox.ts'
import type { Invoice, PaymentIntent } from '../wire.ts'
import { inTimeOf } from './clocks.ts'
import { recordOutcome } from './collect.ts'
import { failInvoice, subscriptionOf } from './invoices.ts'

/**
 * Goes on with the invoice that an intent pays, when it ended later: its owner approved or refused
 * it, or a debit arrived or bounced. An intent that pays no open invoice changes nothing.
 */
export function invoicePaymentSettled(sandbox: Sandbox, intent: PaymentIntent) {
  const payment = sandbox.store.invoicePayments.newestFirst().find((candidate) =>
    candidate.payment.payment_intent === intent.id && candidate.status === 'open'
  )
  if (!payment) return
  const billed = inTimeOf(sandbox, intent.customer)
  const invoice = billed.store.invoices.get(payment.invoice)
  if (intent.status === 'requires_payment_method' && hasBegun(billed, invoice)) {
    return failInvoice(billed, invoice.id)
  }
  recordOutcome(billed, invoice.id, intent, 'settled')
}

/** Whether a subscription went on before the money of its first invoice had come. */
function hasBegun(sandbox: Sandbox, invoice: Invoice): boolean {
  return invoice.billing_reason === 'subscription_create' &&
    subscriptionOf(sandbox, invoice)?.status === 'active'
}
