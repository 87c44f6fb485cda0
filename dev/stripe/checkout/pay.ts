import { checkRedeemable } from '../billing/discounts.ts'
import { refuseSecondCurrency } from '../billing/subscriptions.ts'
import { balanceIn, dueOf } from '../billing/totals.ts'
import { refused } from '../errors.ts'
import { addressObject } from '../objects/address.ts'
import { customerObject } from '../objects/customer.ts'
import { failureOf } from '../payments/attempt.ts'
import { attachMethod, enterMethod, knownTestMethod } from '../payments/methods.ts'
import { takePayment } from '../payments/take.ts'
import {
  type DelayedType,
  delayedTypeOf,
  type TestMethod,
  undecidedAccount,
} from '../payments/test_methods.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Checkout } from '../store.ts'
import type { Customer, PaymentIntent, PaymentMethod, Session } from '../wire.ts'
import { completeCheckout, hasInvoice } from './complete.ts'

export interface PayOptions {
  /** What the bank says to the card. */
  card?: 'ok' | 'declined'
  /** Pays by bank debit instead, which stays under way until `settleCheckout`. */
  delayed?: 'processing'
  /** Pays with this test method instead: `pm_card_authenticationRequired`. */
  method?: string
  /** Pays with this method, which somebody made by the API. */
  paymentMethod?: string
  /** Typed by a buyer whom the session does not know. */
  email?: string
  name?: string
  /** Typed where the session asks for it. */
  address?: Parameters<typeof addressObject>[0]
}

/**
 * Pays an open session, as its page does: what is sold is made, and the events of all that are sent.
 * A declined card leaves the session open and throws 402; it also stays open while the owner of the
 * card must approve the payment.
 */
export function payCheckout(sandbox: Sandbox, id: string, options: PayOptions = {}): Session {
  const { store } = sandbox
  const session = openSession(sandbox, id)
  checkRedeemable(sandbox, store.checkouts.get(id).discounts)
  const due = dueNow(sandbox, session)
  const choice = needsMethod(session, due) ? methodFor(sandbox, session, options) : undefined
  const customer = buyerOf(sandbox, session, options)
  if (session.mode === 'subscription') {
    refuseSecondCurrency(store, customer?.id ?? '', session.currency ?? '')
  }
  const method = choice && 'behaviour' in choice
    ? enterMethod(sandbox, choice, typedDetails(sandbox, session))
    : choice
  if (due === 0) {
    if (method && customer) attachMethod(sandbox, method, customer)
    return completeCheckout(sandbox, session, { method: method?.id ?? null })
  }
  const intent = takeMoney(sandbox, { session, due, customer, method: method ?? null })
  if (intent.status === 'requires_payment_method') throw failureOf(intent)
  return intent.status === 'requires_action'
    ? session
    : completeCheckout(sandbox, session, { intent })
}

/** What the buyer pays now: of what is on an invoice the customer's credit pays a part. */
export function dueNow({ store }: Sandbox, session: Session): number {
  const { amount_total: total, currency } = session
  const customer = store.customers.find(store.checkouts.get(session.id).customer ?? '')
  if (!hasInvoice(session) || !customer) return total ?? 0
  return dueOf(total ?? 0, {
    balance: balanceIn(customer, currency ?? 'usd'),
    collection_method: 'charge_automatically',
    currency: currency ?? 'usd',
  })
}

/** Whether the page asks for the buyer's address. */
export function needsAddress(session: Session): boolean {
  return session.billing_address_collection === 'required' || session.automatic_tax.enabled
}

/** What stands in the fields of the page until somebody types something else. */
export const EXAMPLE_BUYER = {
  email: 'buyer@example.com',
  name: 'Alex Example',
  address: { line1: 'Unter den Linden 1', postal_code: '10117', city: 'Berlin', country: 'DE' },
}

/** Whether the buyer must give a method: to pay now, or when a subscription is billed. */
export function needsMethod(session: Session, due: number): boolean {
  return due !== 0 ||
    session.mode === 'subscription' && session.payment_method_collection !== 'if_required'
}

/** The method by which this session can be paid with delay, where its page offers one. */
export function delayedTypeFor(session: Session): DelayedType | undefined {
  const delayed = delayedTypeOf(session.currency)
  return delayed && session.payment_method_types.includes(delayed) ? delayed : undefined
}

/** A session that can still be paid or changed. Throws when it is over. */
export function openSession({ store }: Sandbox, id: string): Session {
  const session = store.sessions.get(id)
  if (session.status === 'open') return session
  throw refused(`This Checkout Session is no longer open: it is ${session.status}.`)
}

function methodFor(
  { store }: Sandbox,
  session: Session,
  options: PayOptions,
): PaymentMethod | TestMethod {
  const chosen = options.paymentMethod === undefined
    ? chosenMethod(session, options)
    : store.paymentMethods.get(options.paymentMethod, 'payment_method')
  if (chosen && session.payment_method_types.includes(chosen.type)) return chosen
  throw refused(`This Checkout Session takes only ${session.payment_method_types.join(', ')}.`)
}

function chosenMethod(
  session: Session,
  { card, delayed, method }: PayOptions,
): TestMethod | undefined {
  if (method !== undefined) return knownTestMethod(method, 'payment_method')
  if (card === 'declined') return knownTestMethod('pm_card_chargeDeclined', 'payment_method')
  if (delayed === undefined) return knownTestMethod('pm_card_visa', 'payment_method')
  const type = delayedTypeFor(session)
  return type && undecidedAccount(type)
}

/** Who needs to be a customer and is none yet becomes one by paying; other buyers stay guests. */
function buyerOf(sandbox: Sandbox, session: Session, options: PayOptions): Customer | null {
  const { store, newId, now } = sandbox
  const checkout = store.checkouts.get(session.id)
  const known = checkout.customer === null
    ? null
    : store.customers.get(checkout.customer, 'customer')
  const buyer = typedBuyer(session, known, options)
  store.checkouts.update(session.id, { buyer })
  if (known || !makesCustomer(session, checkout)) return known
  const customer = store.customers.insert(customerObject({
    ...buyer,
    id: newId('customer'),
    created: now(),
    metadata: {},
  }))
  store.checkouts.update(session.id, { customer: customer.id })
  emit(sandbox, 'customer.created', customer)
  return customer
}

function typedBuyer(
  session: Session,
  customer: Customer | null,
  { email = EXAMPLE_BUYER.email, name, address = EXAMPLE_BUYER.address }: PayOptions,
): NonNullable<Checkout['buyer']> {
  return {
    email: customer?.email ?? session.customer_email ?? email,
    name: name ?? customer?.name ?? null,
    address: needsAddress(session) ? addressObject(address) : customer?.address ?? null,
  }
}

function makesCustomer(session: Session, { intent }: Checkout): boolean {
  return session.customer_creation === 'always' || hasInvoice(session) ||
    Boolean(intent.setup_future_usage)
}

function typedDetails({ store }: Sandbox, session: Session): Partial<PaymentMethod> {
  const { email = null, name = null, address = null } = store.checkouts.get(session.id).buyer ?? {}
  return {
    allow_redisplay: 'limited',
    billing_details: { address, email, name, phone: null, tax_id: null },
  }
}

function takeMoney(sandbox: Sandbox, { session, due, customer, method }: {
  session: Session
  due: number
  customer: Customer | null
  method: PaymentMethod | null
}): PaymentIntent {
  const { store } = sandbox
  const { paymentIntent: earlierIntent, intent: given } = store.checkouts.get(session.id)
  const intent = takePayment(sandbox, {
    amount: due,
    currency: session.currency ?? 'usd',
    customer,
    method,
    offSession: false,
    earlierIntent,
    intent: {
      ...given,
      payment_method_types: session.payment_method_types,
      ...(session.mode === 'subscription' && {
        description: 'Subscription creation',
        setup_future_usage: 'off_session',
      }),
    },
  })
  store.checkouts.update(session.id, { paymentIntent: intent.id })
  return intent
}
