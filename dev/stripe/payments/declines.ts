import { StripeFailure } from '../errors.ts'
import type { PaymentIntent } from '../wire.ts'

/** Why a payment is refused, by the name of https://docs.stripe.com/declines/codes or of the code. */
export type DeclineReason = keyof typeof DECLINES

/** The error of a payment that was refused, as it is answered and as `last_payment_error` tells it. */
export function declined(reason: DeclineReason): StripeFailure {
  const { code, message, declineCode } = declineOf(reason)
  return new StripeFailure(402, {
    type: declineCode === undefined ? 'invalid_request_error' : 'card_error',
    message,
    code,
    ...(declineCode !== undefined && { decline_code: declineCode }),
  })
}

/** The words of Stripe for a reason. */
export function declineOf(reason: DeclineReason): Decline {
  return DECLINES[reason]
}

/** Whether trying the same card again can help, in the words of an outcome's `advice_code`. */
export function adviceOf(reason: DeclineReason) {
  switch (reason) {
    case 'expired_card':
    case 'incorrect_cvc':
    case 'incorrect_number':
      return 'confirm_card_data'
    case 'lost_card':
    case 'stolen_card':
    case 'test_mode_live_card':
    case 'highest_risk_level':
      return 'do_not_try_again'
    default:
      return 'try_again_later'
  }
}

interface Decline {
  code: NonNullable<NonNullable<PaymentIntent['last_payment_error']>['code']>
  message: string
  /** absent where it is not a card that was declined, but a bank account or its owner */
  declineCode?: string
}

const CARD_DECLINED = { code: 'card_declined', message: 'Your card was declined.' } as const

const DECLINES = {
  generic_decline: { ...CARD_DECLINED, declineCode: 'generic_decline' },
  insufficient_funds: {
    code: 'card_declined',
    message: 'Your card has insufficient funds.',
    declineCode: 'insufficient_funds',
  },
  lost_card: { ...CARD_DECLINED, declineCode: 'lost_card' },
  stolen_card: { ...CARD_DECLINED, declineCode: 'stolen_card' },
  highest_risk_level: { ...CARD_DECLINED, declineCode: 'fraudulent' },
  card_velocity_exceeded: {
    code: 'card_declined',
    message: 'Your card was declined for making repeated attempts too frequently or exceeding ' +
      'its amount limit.',
    declineCode: 'card_velocity_exceeded',
  },
  test_mode_live_card: {
    code: 'card_declined',
    message: 'Your card was declined. Your request was in test mode, but used a non test card. ' +
      'For a list of valid test cards, visit: https://stripe.com/docs/testing.',
    declineCode: 'test_mode_live_card',
  },
  expired_card: {
    code: 'expired_card',
    message: 'Your card has expired.',
    declineCode: 'expired_card',
  },
  incorrect_cvc: {
    code: 'incorrect_cvc',
    message: "Your card's security code is incorrect.",
    declineCode: 'incorrect_cvc',
  },
  incorrect_number: {
    code: 'incorrect_number',
    message: 'Your card number is incorrect.',
    declineCode: 'incorrect_number',
  },
  processing_error: {
    code: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
    declineCode: 'processing_error',
  },
  authentication_required: {
    code: 'authentication_required',
    message: 'Your card was declined. This transaction requires authentication.',
    declineCode: 'authentication_required',
  },
  authentication_failed: {
    code: 'payment_intent_authentication_failure',
    message: 'The provided PaymentMethod has failed authentication. You can provide ' +
      'payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
  },
  account_closed: {
    code: 'account_closed',
    message: "The customer's bank account has been closed.",
  },
  account_without_funds: {
    code: 'insufficient_funds',
    message: "The customer's account has insufficient funds to cover this payment.",
  },
  debit_not_authorized: {
    code: 'debit_not_authorized',
    message: 'The customer has notified their bank that this payment was unauthorized.',
  },
  no_account: {
    code: 'no_account',
    message: "The customer's bank account could not be located.",
  },
} satisfies Record<string, Decline>
