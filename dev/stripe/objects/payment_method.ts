import { fingerprintOf, type TestMethod } from '../payments/test_methods.ts'
import type { Charge, PaymentMethod } from '../wire.ts'

/** A method of payment that was entered: the details of one of the test methods. */
export function paymentMethodObject(
  method: Pick<PaymentMethod, 'id' | 'created'> & Partial<PaymentMethod>,
  test: TestMethod,
): PaymentMethod {
  return {
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: EMPTY_BILLING_DETAILS,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: test.type,
    ...detailsOf(test),
    ...method,
  }
}

export const EMPTY_BILLING_DETAILS: PaymentMethod['billing_details'] = {
  address: null,
  email: null,
  name: null,
  phone: null,
  tax_id: null,
}

/** The same on a charge of so many minor units. */
export function methodDetails(
  method: PaymentMethod,
  { amount, authenticated }: { amount: number; authenticated: boolean },
): NonNullable<Charge['payment_method_details']> {
  const { type, card, sepa_debit: sepa, bacs_debit: bacs, us_bank_account: bank } = method
  if (card) return { type, card: chargedCard(card, { amount, authenticated }) }
  if (sepa) {
    const { generated_from: _, ...account } = sepa
    return { type, sepa_debit: { ...account, mandate: null } }
  }
  if (bacs) return { type, bacs_debit: { ...bacs, mandate: null } }
  if (bank) return { type, us_bank_account: chargedBank(bank) }
  throw new Error(`Unknown payment method ${type}`)
}

/** The part of a method that its type names. */
function detailsOf(test: TestMethod): Partial<PaymentMethod> {
  const account = { fingerprint: fingerprintOf(test), last4: test.number.slice(-4) }
  switch (test.type) {
    case 'card':
      return { card: cardObject(test) }
    case 'sepa_debit':
      return {
        sepa_debit: {
          ...account,
          bank_code: test.number.slice(4, 12),
          branch_code: '',
          country: test.number.slice(0, 2),
          generated_from: null,
        },
      }
    case 'bacs_debit':
      return { bacs_debit: { ...account, sort_code: '108800' } }
    case 'us_bank_account':
      return { us_bank_account: { ...US_BANK_ACCOUNT, ...account } }
    default:
      throw new Error(`Unknown payment method ${test.type satisfies never}`)
  }
}

function cardObject(test: TestMethod): NonNullable<PaymentMethod['card']> {
  const { brand = 'visa', country = 'US', funding = 'credit', number, behaviour } = test
  const cvc = behaviour.declines === 'incorrect_cvc' ? 'fail' : 'pass'
  return {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: cvc },
    country,
    display_brand: brand === 'amex' ? 'american_express' : brand,
    exp_month: 12,
    exp_year: 2034,
    fingerprint: fingerprintOf(test),
    funding,
    generated_from: null,
    last4: number.slice(-4),
    networks: { available: [brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  }
}

function chargedCard(
  card: NonNullable<PaymentMethod['card']>,
  { amount, authenticated }: { amount: number; authenticated: boolean },
) {
  const {
    display_brand: _brand,
    generated_from: _origin,
    networks: _networks,
    three_d_secure_usage: _usage,
    ...shared
  } = card
  return {
    ...shared,
    wallet: null,
    amount_authorized: amount,
    authorization_code: null,
    electronic_commerce_indicator: authenticated ? '05' as const : null,
    installments: null,
    mandate: null,
    network: card.brand,
    network_transaction_id: null,
    three_d_secure: authenticated ? AUTHENTICATED : null,
    transaction_link_id: null,
  }
}

function chargedBank(bank: NonNullable<PaymentMethod['us_bank_account']>) {
  const {
    financial_connections_account: _account,
    networks: _networks,
    status_details: _status,
    ...shared
  } = bank
  return { ...shared, payment_reference: null }
}

const AUTHENTICATED = {
  authentication_flow: 'challenge',
  electronic_commerce_indicator: '05',
  exemption_indicator: null,
  result: 'authenticated',
  result_reason: null,
  transaction_id: null,
  version: '2.2.0',
} as const

const US_BANK_ACCOUNT = {
  account_holder_type: 'individual',
  account_type: 'checking',
  bank_name: 'STRIPE TEST BANK',
  financial_connections_account: null,
  networks: { preferred: 'ach', supported: ['ach'] },
  routing_number: '110000000',
  status_details: null,
} satisfies Partial<PaymentMethod['us_bank_account']>
