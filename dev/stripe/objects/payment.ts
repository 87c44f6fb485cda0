import { adviceOf, declined, type DeclineReason } from '../payments/declines.ts'
import type { Charge, PaymentIntent, PaymentMethod, Refund } from '../wire.ts'
import { methodDetails } from './payment_method.ts'

/** The intent to collect `amount` minor units, before anything was tried. */
export function paymentIntentObject(
  intent:
    & Pick<PaymentIntent, 'id' | 'created' | 'amount' | 'currency' | 'customer' | 'client_secret'>
    & Pick<PaymentIntent, 'payment_method_types'>
    & Partial<PaymentIntent>,
): PaymentIntent {
  return {
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    confirmation_method: 'automatic',
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: { enabled: false },
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
    ...intent,
  }
}

/** An attempt to take the intent's money with the method; pending until told otherwise. */
export function chargeObject(
  charge: Pick<Charge, 'id' | 'created'>,
  { intent, method, authenticated }: {
    intent: PaymentIntent
    method: PaymentMethod
    authenticated: boolean
  },
): Charge {
  return {
    object: 'charge',
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'STRIPE EMULATOR',
    captured: true,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: false,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: methodDetails(method, { amount: intent.amount, authenticated }),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: 'pending',
    transfer_data: null,
    transfer_group: intent.transfer_group,
    ...charge,
  }
}

/** What the bank said to a charge, or Stripe's own check before it asked the bank. */
export function outcomeObject(reason?: DeclineReason): Charge['outcome'] {
  if (reason === undefined) return APPROVED
  const blocked = reason === 'highest_risk_level'
  return {
    advice_code: adviceOf(reason),
    network_advice_code: null,
    network_decline_code: null,
    network_status: blocked ? 'not_sent_to_network' : 'declined_by_network',
    reason: blocked ? reason : declined(reason).body.decline_code ?? null,
    risk_level: blocked ? 'highest' : 'normal',
    seller_message: blocked
      ? 'Stripe blocked this payment as too risky.'
      : 'The bank did not return any further details with this decline.',
    type: blocked ? 'blocked' : 'issuer_declined',
  }
}

const APPROVED: Charge['outcome'] = {
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: 'approved_by_network',
  reason: null,
  risk_level: 'normal',
  seller_message: 'Payment complete.',
  type: 'authorized',
}

export function refundObject(
  refund:
    & Pick<Refund, 'id' | 'created' | 'amount' | 'reason' | 'metadata' | 'balance_transaction'>
    & Partial<Refund>,
  charge: Charge,
): Refund {
  return {
    object: 'refund',
    charge: charge.id,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: refundDestination(charge.payment_method_details?.type ?? 'card'),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
    ...refund,
  }
}

function refundDestination(type: string): Refund['destination_details'] {
  if (type !== 'card') return { type }
  return {
    type,
    card: {
      reference_status: 'pending',
      reference_type: 'acquirer_reference_number',
      type: 'refund',
    },
  }
}
