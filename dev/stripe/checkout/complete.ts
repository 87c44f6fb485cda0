import { openFirstInvoice, payInvoice } from '../billing/invoices.ts'
import { announceDelay, type Payment, settlePayment, startPayment } from '../billing/payments.ts'
import { refuseSecondCurrency, startSubscription } from '../billing/subscriptions.ts'
import { cardDeclined, refused } from '../errors.ts'
import { customerObject } from '../objects/customer.ts'
import { delayedMethodOf, type MethodType } from '../objects/payment_method.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Customer, Session, Subscription } from '../wire.ts'
import { detailsOf } from './create.ts'

export interface PayOptions {
  /** What the bank says to the card. */
  card?: 'ok' | 'declined'
  /** Pays by bank debit instead, which stays under way until `settleCheckout`. */
  delayed?: 'processing'
  /** Typed by a buyer whom the session does not know. */
  email?: string
}

/**
 * Pays an open session, as its page does: the subscription begins, its first invoice is billed,
 * and the events of all that are sent. A declined card leaves the session open and throws 402.
 */
export function payCheckout(sandbox: Sandbox, id: string, options: PayOptions = {}): Session {
  const { store } = sandbox
  const session = openSession(sandbox, id)
  const customer = buyerOf(sandbox, session, options.email)
  refuseSecondCurrency(store, customer.id, session.currency ?? '')
  const payment = session.amount_total === 0
    ? undefined
    : takeMoney(sandbox, { session, customer, options })
  return complete(sandbox, { session, customer, payment, delayed: options.delayed !== undefined })
}

/** The method by which this session can be paid with delay, where its page offers one. */
export function delayedMethodFor(session: Session): MethodType | undefined {
  const delayed = delayedMethodOf(session.currency)
  return delayed && session.payment_method_types.includes(delayed) ? delayed : undefined
}

function openSession({ store }: Sandbox, id: string): Session {
  const session = store.sessions.get(id)
  if (session.status === 'open') return session
  throw refused(`This Checkout Session is no longer open: it is ${session.status}.`)
}

/** In subscription mode there is always a customer; who has none yet becomes one by paying. */
function buyerOf(sandbox: Sandbox, session: Session, typed: string | undefined): Customer {
  const { store, newId, now } = sandbox
  const { customer: known } = store.checkouts.get(session.id)
  if (known) return store.customers.get(known)
  const customer = store.customers.insert(customerObject({
    id: newId('customer'),
    created: now(),
    email: session.customer_email ?? typed ?? 'buyer@example.com',
    metadata: {},
  }))
  store.checkouts.update(session.id, { customer: customer.id })
  emit(sandbox, 'customer.created', customer)
  return customer
}

function takeMoney(sandbox: Sandbox, { session, customer, options }: {
  session: Session
  customer: Customer
  options: PayOptions
}): Payment {
  const type = options.delayed ? delayedMethodFor(session) : 'card'
  if (!type || !session.payment_method_types.includes(type)) {
    throw refused(`This Checkout Session takes only ${session.payment_method_types.join(', ')}.`)
  }
  const { paymentIntent: earlierIntent } = sandbox.store.checkouts.get(session.id)
  const payment = startPayment(sandbox, { session, customer, type, earlierIntent })
  if (options.delayed) announceDelay(sandbox, payment)
  else settlePayment(sandbox, payment, options.card === 'declined' ? 'failed' : 'succeeded')
  sandbox.store.checkouts.update(session.id, { paymentIntent: payment.intent.id })
  if (options.card === 'declined') throw cardDeclined()
  return payment
}

function complete(sandbox: Sandbox, { session, customer, payment, delayed }: {
  session: Session
  customer: Customer
  payment: Payment | undefined
  delayed: boolean
}): Session {
  const { store, newId } = sandbox
  const checkout = store.checkouts.get(session.id)
  const id = newId('subscription')
  const invoice = newId('invoice')
  const completed = store.sessions.update(session.id, {
    automatic_tax: {
      ...session.automatic_tax,
      status: session.automatic_tax.enabled ? 'complete' : null,
    },
    consent: session.consent_collection?.terms_of_service === 'required'
      ? { promotions: null, terms_of_service: 'accepted' }
      : null,
    customer: customer.id,
    customer_details: detailsOf(customer.email, customer),
    invoice,
    payment_status: paymentStatus(payment, delayed),
    status: 'complete',
    subscription: id,
    url: null,
  })
  emit(sandbox, 'checkout.session.completed', completed)
  const subscription = startSubscription(sandbox, {
    id,
    invoice,
    customer: customer.id,
    session: completed,
    checkout,
  })
  const intent = payment?.intent.id
  const { lineItems } = checkout
  openFirstInvoice(sandbox, { id: invoice, subscription, customer, lineItems, intent })
  if (!delayed) payInvoice(sandbox, invoice)
  rememberMethod(sandbox, subscription, payment)
  rememberCurrency(sandbox, customer, subscription.currency)
  return completed
}

function paymentStatus(payment: Payment | undefined, delayed: boolean): Session['payment_status'] {
  if (!payment) return 'no_payment_required'
  return delayed ? 'unpaid' : 'paid'
}

function rememberMethod(sandbox: Sandbox, former: Subscription, payment: Payment | undefined) {
  const updated = sandbox.store.subscriptions.update(former.id, {
    default_payment_method: payment?.charge.payment_method ?? null,
  })
  emit(sandbox, 'customer.subscription.updated', updated, former)
}

function rememberCurrency(sandbox: Sandbox, former: Customer, currency: string) {
  const updated = sandbox.store.customers.update(former.id, {
    currency,
    next_invoice_sequence: (former.next_invoice_sequence ?? 1) + 1,
  })
  emit(sandbox, 'customer.updated', updated, former)
}
