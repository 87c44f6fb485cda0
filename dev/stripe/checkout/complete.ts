import { openFirstInvoice, payInvoice } from '../billing/invoices.ts'
import { refuseSecondCurrency, startSubscription } from '../billing/subscriptions.ts'
import { refused } from '../errors.ts'
import { customerObject } from '../objects/customer.ts'
import { failureOf } from '../payments/attempt.ts'
import { enterMethod, knownTestMethod } from '../payments/methods.ts'
import { takePayment } from '../payments/take.ts'
import {
  type DelayedType,
  delayedTypeOf,
  type TestMethod,
  undecidedAccount,
} from '../payments/test_methods.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Customer, PaymentIntent, Session, Subscription } from '../wire.ts'
import { detailsOf } from './create.ts'

export interface PayOptions {
  /** What the bank says to the card. */
  card?: 'ok' | 'declined'
  /** Pays by bank debit instead, which stays under way until `settleCheckout`. */
  delayed?: 'processing'
  /** Pays with this test method instead: `pm_card_authenticationRequired`. */
  method?: string
  /** Typed by a buyer whom the session does not know. */
  email?: string
}

/**
 * Pays an open session, as its page does: the subscription begins, its first invoice is billed,
 * and the events of all that are sent. A declined card leaves the session open and throws 402; it
 * also stays open while the owner of the card must approve the payment.
 */
export function payCheckout(sandbox: Sandbox, id: string, options: PayOptions = {}): Session {
  const { store } = sandbox
  const session = openSession(sandbox, id)
  const method = methodFor(session, options)
  const customer = buyerOf(sandbox, session, options.email)
  refuseSecondCurrency(store, customer.id, session.currency ?? '')
  if (session.amount_total === 0) return completeCheckout(sandbox, session)
  const intent = takeMoney(sandbox, { session, customer, method })
  if (intent.status === 'requires_payment_method') throw failureOf(intent)
  return intent.status === 'requires_action' ? session : completeCheckout(sandbox, session, intent)
}

/** The method by which this session can be paid with delay, where its page offers one. */
export function delayedTypeFor(session: Session): DelayedType | undefined {
  const delayed = delayedTypeOf(session.currency)
  return delayed && session.payment_method_types.includes(delayed) ? delayed : undefined
}

/** Ends a session whose money has come or is on its way; without an intent nothing was due. */
export function completeCheckout(
  sandbox: Sandbox,
  session: Session,
  intent?: PaymentIntent,
): Session {
  const { store, newId } = sandbox
  const checkout = store.checkouts.get(session.id)
  const customer = store.customers.get(checkout.customer ?? '')
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
    payment_status: paymentStatus(intent),
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
  const { lineItems } = checkout
  openFirstInvoice(sandbox, { id: invoice, subscription, customer, lineItems, intent: intent?.id })
  if (intent?.status !== 'processing') payInvoice(sandbox, invoice)
  rememberMethod(sandbox, subscription, intent)
  rememberCurrency(sandbox, customer, subscription.currency)
  return completed
}

function openSession({ store }: Sandbox, id: string): Session {
  const session = store.sessions.get(id)
  if (session.status === 'open') return session
  throw refused(`This Checkout Session is no longer open: it is ${session.status}.`)
}

function methodFor(session: Session, { card, delayed, method }: PayOptions): TestMethod {
  const chosen = chosenMethod()
  if (chosen && session.payment_method_types.includes(chosen.type)) return chosen
  throw refused(`This Checkout Session takes only ${session.payment_method_types.join(', ')}.`)

  function chosenMethod() {
    if (method !== undefined) return knownTestMethod(method, 'payment_method')
    if (card === 'declined') return knownTestMethod('pm_card_chargeDeclined', 'payment_method')
    if (delayed === undefined) return knownTestMethod('pm_card_visa', 'payment_method')
    const type = delayedTypeFor(session)
    return type && undecidedAccount(type)
  }
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

function takeMoney(sandbox: Sandbox, { session, customer, method }: {
  session: Session
  customer: Customer
  method: TestMethod
}): PaymentIntent {
  const { store } = sandbox
  const { email, name = null } = customer
  const intent = takePayment(sandbox, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? 'usd',
    customer,
    method: enterMethod(sandbox, method, {
      allow_redisplay: 'limited',
      billing_details: { address: null, email, name, phone: null, tax_id: null },
    }),
    offSession: false,
    earlierIntent: store.checkouts.get(session.id).paymentIntent,
    intent: {
      description: 'Subscription creation',
      payment_method_types: session.payment_method_types,
      setup_future_usage: 'off_session',
    },
  })
  store.checkouts.update(session.id, { paymentIntent: intent.id })
  return intent
}

function paymentStatus(intent: PaymentIntent | undefined): Session['payment_status'] {
  if (!intent) return 'no_payment_required'
  return intent.status === 'processing' ? 'unpaid' : 'paid'
}

function rememberMethod(
  sandbox: Sandbox,
  former: Subscription,
  intent: PaymentIntent | undefined,
) {
  const updated = sandbox.store.subscriptions.update(former.id, {
    default_payment_method: intent?.payment_method ?? null,
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
