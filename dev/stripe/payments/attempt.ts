import { StripeFailure } from '../errors.ts'
import { chargeObject, outcomeObject } from '../objects/payment.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Store } from '../store.ts'
import type { Charge, PaymentIntent, PaymentMethod } from '../wire.ts'
import { declined, declineOf, type DeclineReason } from './declines.ts'
import { behaviourOf } from './test_methods.ts'

/**
 * Tries to pay an intent with a method, and tells the events. Where the owner of a card must approve
 * it, an attempt that `mayAsk` waits for that (`authenticate`), and another is declined.
 */
export function attemptPayment(
  sandbox: Sandbox,
  intent: PaymentIntent,
  method: PaymentMethod,
  { offSession, mayAsk, returnUrl }: { offSession: boolean; mayAsk: boolean; returnUrl?: string },
): PaymentIntent {
  if (!needsAuthentication(sandbox.store, method, offSession)) {
    return chargeMethod(sandbox, intent, method, { authenticated: false })
  }
  return mayAsk
    ? ask(sandbox, intent, method, returnUrl)
    : chargeMethod(sandbox, intent, method, { declines: 'authentication_required' })
}

/** Goes on with an intent whose card asked its owner. */
export function authenticate(sandbox: Sandbox, id: string, approved: boolean): PaymentIntent {
  const { store } = sandbox
  const intent = store.paymentIntents.update(id, { next_action: null })
  const method = store.paymentMethods.get(intent.payment_method ?? '')
  if (approved) return chargeMethod(sandbox, intent, method, { authenticated: true })
  return failIntent(sandbox, intent, { reason: 'authentication_failed', method, charge: null })
}

/** Ends a charge that was under way. */
export function settleCharge(
  sandbox: Sandbox,
  charge: Charge,
  outcome: 'succeeded' | DeclineReason,
): PaymentIntent {
  return outcome === 'succeeded'
    ? succeedCharge(sandbox, charge)
    : failCharge(sandbox, charge, outcome)
}

/** The error that answers an attempt which ended in this intent. */
export function failureOf(intent: PaymentIntent): StripeFailure {
  const { type, message = '', code, decline_code, charge, payment_method: method } =
    intent.last_payment_error ?? { type: 'api_error' }
  return new StripeFailure(402, {
    type: type === 'card_error' ? type : 'invalid_request_error',
    message,
    ...(code !== undefined && { code }),
    ...(decline_code !== undefined && { decline_code }),
    ...(charge !== undefined && { charge }),
    payment_intent: intent,
    ...(method !== undefined && { payment_method: method }),
  })
}

/** A card that asks until it is set up does so until it paid once with its owner's approval. */
function needsAuthentication(store: Store, method: PaymentMethod, offSession: boolean): boolean {
  const { authentication } = behaviourOf(method)
  if (authentication !== 'unless_set_up') return authentication === 'always'
  return !offSession ||
    !store.paymentIntents.toJSON().some((intent) =>
      intent.payment_method === method.id && intent.setup_future_usage === 'off_session' &&
      intent.status === 'succeeded'
    )
}

function ask(
  sandbox: Sandbox,
  intent: PaymentIntent,
  method: PaymentMethod,
  returnUrl: string | undefined,
): PaymentIntent {
  const url = `${sandbox.url}/authenticate/${intent.id}`
  const asking = sandbox.store.paymentIntents.update(intent.id, {
    next_action: returnUrl === undefined
      ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', url } }
      : { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } },
    payment_method: method.id,
    status: 'requires_action',
  })
  emit(sandbox, 'payment_intent.requires_action', asking)
  return asking
}

function chargeMethod(
  sandbox: Sandbox,
  intent: PaymentIntent,
  method: PaymentMethod,
  { authenticated = false, declines = behaviourOf(method).declines }: {
    authenticated?: boolean
    declines?: DeclineReason | undefined
  },
): PaymentIntent {
  const { store, newId, now } = sandbox
  const id = newId(method.type === 'card' ? 'charge' : 'bank_charge')
  const charge = store.charges.insert(
    chargeObject({ id, created: now() }, { intent, method, authenticated }),
  )
  const processing = store.paymentIntents.update(intent.id, {
    latest_charge: charge.id,
    payment_method: method.id,
    status: 'processing',
  })
  if (declines) return failCharge(sandbox, charge, declines)
  if (!behaviourOf(method).settles) return succeedCharge(sandbox, charge)
  emit(sandbox, 'charge.pending', charge)
  emit(sandbox, 'payment_intent.processing', processing)
  attachForLater(sandbox, processing)
  return processing
}

function succeedCharge(sandbox: Sandbox, charge: Charge): PaymentIntent {
  const { store, newId } = sandbox
  const intent = store.paymentIntents.get(charge.payment_intent ?? '')
  const captured = intent.capture_method !== 'manual'
  const paid = store.charges.update(charge.id, {
    amount_captured: captured ? charge.amount : 0,
    balance_transaction: captured ? newId('balance_transaction') : null,
    captured,
    outcome: outcomeObject(),
    paid: true,
    status: 'succeeded',
  })
  emit(sandbox, 'charge.succeeded', paid)
  const succeeded = store.paymentIntents.update(intent.id, {
    ...(captured
      ? { amount_received: intent.amount, status: 'succeeded' }
      : { amount_capturable: intent.amount, status: 'requires_capture' }),
    last_payment_error: null,
  })
  emit(
    sandbox,
    captured ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated',
    succeeded,
  )
  attachForLater(sandbox, succeeded)
  return succeeded
}

/** A method with which a customer means to pay again becomes the customer's. */
function attachForLater(sandbox: Sandbox, intent: PaymentIntent) {
  const { store } = sandbox
  const method = store.paymentMethods.get(intent.payment_method ?? '')
  if (!intent.customer || !intent.setup_future_usage || method.customer) return
  const attached = store.paymentMethods.update(method.id, { customer: intent.customer })
  emit(sandbox, 'payment_method.attached', attached)
}

function failCharge(sandbox: Sandbox, charge: Charge, reason: DeclineReason): PaymentIntent {
  const { store } = sandbox
  const error = declined(reason).body
  const failed = store.charges.update(charge.id, {
    captured: false,
    failure_code: error.code ?? null,
    failure_message: error.message,
    outcome: outcomeObject(reason),
    status: 'failed',
  })
  emit(sandbox, 'charge.failed', failed)
  const intent = store.paymentIntents.get(charge.payment_intent ?? '')
  const method = store.paymentMethods.get(charge.payment_method ?? '')
  return failIntent(sandbox, intent, { reason, method, charge: charge.id })
}

function failIntent(
  sandbox: Sandbox,
  intent: PaymentIntent,
  { reason, method, charge }: {
    reason: DeclineReason
    method: PaymentMethod
    charge: string | null
  },
): PaymentIntent {
  const { type, message, decline_code, doc_url } = declined(reason).body
  const unpaid = sandbox.store.paymentIntents.update(intent.id, {
    last_payment_error: {
      type,
      message,
      code: declineOf(reason).code,
      doc_url,
      ...(charge !== null && { charge }),
      ...(decline_code !== undefined && { decline_code }),
      payment_method: method,
    },
    payment_method: null,
    status: 'requires_payment_method',
  })
  emit(sandbox, 'payment_intent.payment_failed', unpaid)
  return unpaid
}
