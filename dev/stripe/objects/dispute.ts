import type { Charge, Dispute } from '../wire.ts'

/** What the owner of a card tells its bank against a charge; nothing was answered yet. */
export function disputeObject(
  dispute: Pick<Dispute, 'id' | 'created' | 'reason' | 'status'> & Partial<Dispute>,
  charge: Charge,
  dueBy: number,
): Dispute {
  const inquiry = dispute.status === 'warning_needs_response'
  const brand = charge.payment_method_details?.card?.brand ?? 'visa'
  return {
    object: 'dispute',
    amount: charge.amount,
    balance_transactions: [],
    charge: charge.id,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: dueBy,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    network_reason_code: REASON_CODES[dispute.reason] ?? null,
    payment_intent: charge.payment_intent,
    payment_method_details: {
      type: 'card',
      card: {
        brand,
        case_type: inquiry ? 'inquiry' : 'chargeback',
        network: brand,
        network_reason_code: REASON_CODES[dispute.reason] ?? null,
      },
    },
    ...dispute,
  }
}

/**
 * The booking of money that a dispute takes from the account, or with an amount above zero gives
 * back. Both times with the bank's fee, in minor units.
 */
export function disputeBooking(
  { id, created, amount }: { id: string; created: number; amount: number },
  { id: source, currency }: Dispute,
): Dispute['balance_transactions'][number] {
  const fee = amount < 0 ? FEE : -FEE
  return {
    id,
    object: 'balance_transaction',
    amount,
    available_on: created,
    balance_type: 'payments',
    created,
    currency,
    description: amount < 0 ? `Chargeback withdrawal for ${source}` : `Chargeback won: ${source}`,
    exchange_rate: null,
    fee,
    fee_details: [
      { amount: fee, application: null, currency, description: 'Dispute fee', type: 'stripe_fee' },
    ],
    net: amount - fee,
    reporting_category: amount < 0 ? 'dispute' : 'dispute_reversal',
    source,
    status: 'available',
    type: 'adjustment',
  }
}

const FEE = 1500

/** Visa's. */
const REASON_CODES: Record<string, string> = { fraudulent: '10.4', product_not_received: '13.1' }

const NO_EVIDENCE: Dispute['evidence'] = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
}
