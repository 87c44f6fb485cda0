import { refused } from '../errors.ts'
import { unexpectedState } from '../payments/intents.ts'
import { takePayment } from '../payments/take.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { DAY } from '../time.ts'
import type { Invoice, PaymentIntent, PaymentMethod, Subscription } from '../wire.ts'
import { markPaid, paymentOf, subscriptionOf } from './invoices.ts'
import { afterProcessing, afterUnpaid, noteDelinquency } from './standing.ts'

/** Why an invoice is tried: by its schedule, by somebody, or because a payment under way ended. */
type Attempt = 'scheduled' | 'manual' | 'settled'

/**
 * Tries to pay an open invoice now, with this method or the one that stands for it. The invoice is
 * then `paid`, or still `open`: declined, waiting for its owner, or with the money under way.
 */
export function payInvoiceNow(
  sandbox: Sandbox,
  id: string,
  { method, offSession, attempt = 'manual' }: {
    method?: PaymentMethod | undefined
    offSession: boolean
    attempt?: Attempt
  },
): Invoice {
  const { store } = sandbox
  const invoice = store.invoices.get(id)
  const payment = paymentOf(sandbox, id)
  const used = method ?? methodOf(sandbox, invoice)
  if (!payment || !used) return recordFailure(sandbox, id, attempt)
  const intent = takePayment(sandbox, {
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    customer: store.customers.get(invoice.customer ?? ''),
    method: used,
    offSession,
    earlierIntent: payment.payment.payment_intent ?? null,
  })
  return recordOutcome(sandbox, id, intent, attempt)
}

/** What an invoice is paid with when nothing else is said: its own method, or its subscription's. */
export function methodOf(sandbox: Sandbox, invoice: Invoice): PaymentMethod | undefined {
  const { store } = sandbox
  const own = store.paymentMethods.find(invoice.default_payment_method ?? '')
  return own ?? methodFor(sandbox, {
    customer: invoice.customer ?? '',
    default_payment_method: subscriptionOf(sandbox, invoice)?.default_payment_method ?? null,
  })
}

/** What a subscription is paid with: its own method, or the customer's. */
export function methodFor(
  { store }: Sandbox,
  { customer, default_payment_method: own }: Pick<
    Subscription,
    'customer' | 'default_payment_method'
  >,
): PaymentMethod | undefined {
  const { default_payment_method: theirs } = store.customers.get(customer).invoice_settings
  const method = store.paymentMethods.find(own ?? theirs ?? '')
  return method?.customer === customer ? method : undefined
}

/** The refusal of what must be paid at once by a customer who has nothing to pay with. */
export function nothingToPayWith() {
  return refused(
    'This customer has no attached payment source or default payment method. Please consider ' +
      'adding a default payment method. For more information, visit ' +
      'https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.',
    { code: 'resource_missing' },
  )
}

/** The intent that pays, or did not pay, an invoice. */
export function intentOf(sandbox: Sandbox, id: string): PaymentIntent | undefined {
  const { store } = sandbox
  const payment = store.invoicePayments.newestFirst().find(({ invoice }) => invoice === id)
  return store.paymentIntents.find(payment?.payment.payment_intent ?? '')
}

/** Refuses what would have an invoice paid or given up while money for it is under way. */
export function refuseWhileProcessing(
  sandbox: Sandbox,
  { id }: Invoice,
  verb: 'pay' | 'void',
) {
  const intent = intentOf(sandbox, id)
  if (intent?.status !== 'processing') return
  throw unexpectedState(
    intent,
    `You cannot ${verb} this invoice because its PaymentIntent has a status of processing.`,
  )
}

/** Writes down how an attempt ended, and what becomes of the invoice and its subscription. */
export function recordOutcome(
  sandbox: Sandbox,
  id: string,
  intent: PaymentIntent,
  attempt: Attempt,
): Invoice {
  const { store } = sandbox
  const { attempt_count: attempts } = store.invoices.get(id)
  switch (intent.status) {
    case 'succeeded':
      store.invoices.update(id, { attempt_count: countOf(attempts, attempt) })
      return markPaid(sandbox, id)
    case 'processing':
      afterProcessing(
        sandbox,
        store.invoices.update(id, {
          attempt_count: countOf(attempts, attempt),
          attempted: true,
          next_payment_attempt: null,
        }),
      )
      return store.invoices.get(id)
    case 'requires_action':
      return recordFailure(sandbox, id, attempt, { needsAction: true })
    default:
      return recordFailure(sandbox, id, attempt, {
        needsAction: intent.last_payment_error?.code === 'authentication_required',
      })
  }
}

function recordFailure(
  sandbox: Sandbox,
  id: string,
  attempt: Attempt,
  { needsAction = false }: { needsAction?: boolean } = {},
): Invoice {
  const { store } = sandbox
  const former = store.invoices.get(id)
  const attempts = countOf(former.attempt_count, attempt)
  const failed = store.invoices.update(id, {
    attempt_count: attempts,
    attempted: true,
    next_payment_attempt: nextAttempt(sandbox, former, { attempt, attempts }),
  })
  if (needsAction) emit(sandbox, 'invoice.payment_action_required', failed)
  if (!needsAction || !isFirst(sandbox, failed)) emit(sandbox, 'invoice.payment_failed', failed)
  emit(sandbox, 'invoice.updated', failed, former)
  if (attempt === 'scheduled') noteDelinquency(sandbox, failed, true)
  afterUnpaid(sandbox, failed)
  return store.invoices.get(id)
}

/** Any attempt counts as the first; later only those of the schedule do. */
function countOf(attempts: number, attempt: Attempt): number {
  return attempt === 'scheduled' || attempts === 0 ? attempts + 1 : attempts
}

/** A manual attempt does not move the schedule, and the first payment of a subscription has none. */
function nextAttempt(
  sandbox: Sandbox,
  invoice: Invoice,
  { attempt, attempts }: { attempt: Attempt; attempts: number },
): number | null {
  const { billing, now } = sandbox
  const automatic = invoice.auto_advance && invoice.collection_method === 'charge_automatically'
  if (!automatic || isFirst(sandbox, invoice)) return null
  if (attempt === 'manual' && invoice.attempt_count > 0) return invoice.next_payment_attempt
  const days = billing.retryDays[attempts - 1]
  return days === undefined ? null : now() + days * DAY
}

/** Whether a subscription only begins when this is paid. */
function isFirst(sandbox: Sandbox, invoice: Invoice): boolean {
  return subscriptionOf(sandbox, invoice)?.status === 'incomplete'
}
