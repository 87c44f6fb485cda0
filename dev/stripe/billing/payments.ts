import { cardDeclined } from '../errors.ts'
import { chargeObject, outcomeObject, paymentIntentObject } from '../objects/payment.ts'
import { type MethodType, paymentMethodObject } from '../objects/payment_method.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Charge, Customer, PaymentIntent, Session } from '../wire.ts'

/** Money on its way: the charge is pending until `settlePayment`. */
export interface Payment {
  intent: PaymentIntent
  charge: Charge
}

/**
 * Begins to take a session's total from its buyer. An intent of an earlier, declined attempt is
 * used again.
 */
export function startPayment(
  sandbox: Sandbox,
  { session, customer, type, earlierIntent }: {
    session: Session
    customer: Customer
    type: MethodType
    earlierIntent: string | null
  },
): Payment {
  const { store, newId, now } = sandbox
  const intent = store.paymentIntents.find(earlierIntent ?? '') ??
    createIntent(sandbox, session, customer)
  const method = {
    ...paymentMethodObject({ id: newId('payment_method'), created: now(), type, customer }),
    type,
  }
  store.paymentMethods.insert(method)
  const id = newId('charge')
  const charge = store.charges.insert(chargeObject({ id, created: now() }, intent, method))
  const processing = store.paymentIntents.update(intent.id, {
    latest_charge: charge.id,
    payment_method: method.id,
    status: 'processing',
  })
  return { intent: processing, charge }
}

/** Tells that the money will take its time, as a bank debit does. */
export function announceDelay(sandbox: Sandbox, { intent, charge }: Payment) {
  emit(sandbox, 'charge.pending', charge)
  emit(sandbox, 'payment_intent.processing', intent)
}

/** Ends a payment that was begun. */
export function settlePayment(sandbox: Sandbox, payment: Payment, outcome: 'succeeded' | 'failed') {
  return outcome === 'succeeded' ? succeed(sandbox, payment) : fail(sandbox, payment)
}

function createIntent(sandbox: Sandbox, session: Session, customer: Customer): PaymentIntent {
  const id = sandbox.newId('payment_intent')
  const intent = sandbox.store.paymentIntents.insert(paymentIntentObject({
    id,
    created: sandbox.now(),
    amount: session.amount_total ?? 0,
    currency: session.currency ?? 'usd',
    customer: customer.id,
    client_secret: `${id}_secret_${sandbox.newId('secret')}`,
    payment_method_types: session.payment_method_types,
  }))
  emit(sandbox, 'payment_intent.created', intent)
  return intent
}

function succeed(sandbox: Sandbox, { intent, charge }: Payment) {
  const { store, newId } = sandbox
  const paid = store.charges.update(charge.id, {
    amount_captured: charge.amount,
    balance_transaction: newId('balance_transaction'),
    outcome: outcomeObject(false),
    paid: true,
    status: 'succeeded',
  })
  emit(sandbox, 'charge.succeeded', paid)
  const succeeded = store.paymentIntents.update(intent.id, {
    amount_received: intent.amount,
    last_payment_error: null,
    status: 'succeeded',
  })
  emit(sandbox, 'payment_intent.succeeded', succeeded)
  emit(sandbox, 'payment_method.attached', store.paymentMethods.get(charge.payment_method ?? ''))
}

function fail(sandbox: Sandbox, { intent, charge }: Payment) {
  const { store } = sandbox
  const error = cardDeclined().body
  const failed = store.charges.update(charge.id, {
    captured: false,
    failure_code: error.code ?? null,
    failure_message: error.message,
    outcome: outcomeObject(true),
    status: 'failed',
  })
  emit(sandbox, 'charge.failed', failed)
  const unpaid = store.paymentIntents.update(intent.id, {
    last_payment_error: {
      type: 'card_error',
      charge: charge.id,
      code: 'card_declined',
      decline_code: error.decline_code,
      doc_url: error.doc_url,
      message: error.message,
    },
    payment_method: null,
    status: 'requires_payment_method',
  })
  emit(sandbox, 'payment_intent.payment_failed', unpaid)
}
