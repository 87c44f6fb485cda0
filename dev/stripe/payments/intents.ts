import { refused } from '../errors.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Store } from '../store.ts'
import type { Charge, PaymentIntent, PaymentMethod } from '../wire.ts'
import { attemptPayment, failureOf } from './attempt.ts'
import { checkMethod } from './methods.ts'
import { paymentSettled } from './settled.ts'

/** How an intent is confirmed. */
interface Confirmation {
  /** The method to pay with; without one that of the intent. */
  method: PaymentMethod | undefined
  offSession: boolean
  /** Fails where the owner of the card would have to approve. */
  failsOnAction: boolean
  returnUrl: string | undefined
  usesSdk: boolean
}

/** Tries to take the money of an intent. A method that is refused throws 402. */
export function confirmIntent(
  sandbox: Sandbox,
  intent: PaymentIntent,
  { method: given, offSession, failsOnAction, returnUrl, usesSdk }: Confirmation,
): PaymentIntent {
  const { store } = sandbox
  refuseState(intent, CONFIRMABLE, 'confirm')
  const method = given ?? store.paymentMethods.find(intent.payment_method ?? '')
  if (!method) {
    throw unexpectedState(
      intent,
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can " +
        'either update the PaymentIntent with a payment method and then confirm it again, or ' +
        'confirm it again directly with a payment method or ConfirmationToken.',
    )
  }
  checkMethod(store, method, { customer: intent.customer, types: intent.payment_method_types })
  if (mayRedirect(intent) && returnUrl === undefined && !offSession && !usesSdk) {
    throw refused(
      'This PaymentIntent is configured to accept payment methods enabled in your Dashboard. ' +
        'Because some of these payment methods might redirect your customer off of your page, ' +
        "you must provide a `return_url`. If you don't want to accept redirect-based payment " +
        'methods, set `automatic_payment_methods[enabled]` to `true` and ' +
        '`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents ' +
        'and Payment Intents.',
    )
  }
  const confirmed = attemptPayment(sandbox, intent, method, {
    offSession,
    mayAsk: !offSession && !failsOnAction,
    ...(returnUrl !== undefined && { returnUrl }),
  })
  paymentSettled(sandbox, confirmed)
  if (confirmed.status === 'requires_payment_method') throw failureOf(confirmed)
  return confirmed
}

/** Takes money that a card has set aside; `amount` is all of it unless less is asked for. */
export function captureIntent(
  sandbox: Sandbox,
  intent: PaymentIntent,
  amount: number = intent.amount_capturable,
): PaymentIntent {
  const { store, newId } = sandbox
  refuseState(intent, ['requires_capture'], 'capture')
  if (amount < 1) {
    throw refused('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: 'amount_to_capture',
    })
  }
  if (amount > intent.amount_capturable) {
    throw refused(
      `The amount_to_capture (${amount}) is greater than the amount that can be captured ` +
        `(${intent.amount_capturable}).`,
      { code: 'amount_too_large', param: 'amount_to_capture' },
    )
  }
  const former = store.charges.get(intent.latest_charge ?? '')
  const charge = store.charges.update(former.id, {
    amount_captured: amount,
    amount_refunded: former.amount - amount,
    balance_transaction: newId('balance_transaction'),
    captured: true,
  })
  emit(sandbox, 'charge.captured', charge, former)
  const succeeded = store.paymentIntents.update(intent.id, {
    amount_capturable: 0,
    amount_received: amount,
    status: 'succeeded',
  })
  emit(sandbox, 'payment_intent.succeeded', succeeded)
  paymentSettled(sandbox, succeeded)
  return succeeded
}

/** Gives an intent up; money that was only set aside is free again. */
export function cancelIntent(
  sandbox: Sandbox,
  intent: PaymentIntent,
  reason: PaymentIntent['cancellation_reason'],
): PaymentIntent {
  const { store, now } = sandbox
  refuseState(intent, CANCELABLE, 'cancel')
  const former = store.charges.find(intent.latest_charge ?? '')
  if (former && intent.status === 'requires_capture') releaseCharge(sandbox, former, reason)
  const canceled = store.paymentIntents.update(intent.id, {
    amount_capturable: 0,
    canceled_at: now(),
    cancellation_reason: reason,
    next_action: null,
    status: 'canceled',
  })
  emit(sandbox, 'payment_intent.canceled', canceled)
  return canceled
}

/** Refuses to end, or to change the sum of, an intent that pays an invoice. */
export function refuseInvoiceIntent(store: Store, intent: PaymentIntent, verb: string) {
  if (!paysInvoice(store, intent)) return
  throw refused(
    `You cannot ${verb} this PaymentIntent because it was created by an invoice. To end it, void ` +
      'the invoice.',
  )
}

/** Whether an intent pays an invoice, or paid one. */
export function paysInvoice({ invoicePayments }: Store, { id }: PaymentIntent): boolean {
  return invoicePayments.toJSON().some(({ payment, status }) =>
    payment.payment_intent === id && status !== 'canceled'
  )
}

/** Refuses to touch what belongs to a Checkout Session. */
export function refuseOthersIntent(store: Store, { id }: PaymentIntent, verb: string) {
  const session = store.checkouts.toJSON().some(({ paymentIntent }) => paymentIntent === id)
  if (!session) return
  throw refused(
    `You cannot ${verb} this PaymentIntent because it was created by Checkout. To end it, expire ` +
      'the Checkout Session.',
  )
}

/** Refuses what an intent in this status does not allow, in Stripe's words. */
export function refuseState(
  intent: PaymentIntent,
  allowed: PaymentIntent['status'][],
  verb: 'cancel' | 'capture' | 'confirm' | 'update',
) {
  const { status } = intent
  if (allowed.includes(status)) return
  const past = { cancel: 'canceled', capture: 'captured', confirm: 'confirmed', update: 'updated' }
  throw unexpectedState(
    intent,
    verb === 'confirm' && status === 'succeeded'
      ? 'You cannot confirm this PaymentIntent because it has already succeeded after being ' +
        'previously confirmed.'
      : `You cannot ${verb} this PaymentIntent because it has a status of ${status}. Only a ` +
        `PaymentIntent with one of the following statuses may be ${past[verb]}: ` +
        `${allowed.join(', ')}.`,
  )
}

/** The statuses in which an intent may still be changed. */
export const UPDATABLE: PaymentIntent['status'][] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
]

const CONFIRMABLE = UPDATABLE
const CANCELABLE: PaymentIntent['status'][] = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
]

function releaseCharge(
  sandbox: Sandbox,
  former: Charge,
  reason: PaymentIntent['cancellation_reason'],
) {
  const charge = sandbox.store.charges.update(former.id, {
    amount_refunded: former.amount,
    refunded: true,
  })
  emit(sandbox, reason === 'automatic' ? 'charge.expired' : 'charge.refunded', charge)
}

/** An intent for all methods of the account may send its buyer away, unless it says it never does. */
function mayRedirect({ automatic_payment_methods: automatic }: PaymentIntent): boolean {
  return automatic?.enabled === true && automatic.allow_redirects !== 'never'
}

/** The refusal of what the status of an intent does not allow. */
export function unexpectedState(intent: PaymentIntent, message: string) {
  return refused(message, {
    code: 'payment_intent_unexpected_state',
    payment_intent: intent,
  })
}
