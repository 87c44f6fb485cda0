import type { Charge, Customer, PaymentMethod } from '../wire.ts'

/**
 * How a currency can be paid with money that arrives days later. The other currencies have no such
 * method here.
 */
export function delayedMethodOf(currency: string | null): DelayedMethod | undefined {
  return DELAYED.find((method) => method.currency === currency)?.type
}

export type MethodType = 'card' | DelayedMethod
export type DelayedMethod = (typeof DELAYED)[number]['type']

export function paymentMethodObject(method: {
  id: string
  created: number
  type: MethodType
  customer: Customer
}): PaymentMethod {
  const { id, created, type, customer } = method
  const { email, name = null } = customer
  return {
    id,
    object: 'payment_method',
    allow_redisplay: 'limited',
    billing_details: { address: null, email, name, phone: null, tax_id: null },
    created,
    customer: customer.id,
    customer_account: null,
    livemode: false,
    metadata: {},
    type,
    ...(type === 'card' && { card: CARD }),
    ...(type === 'sepa_debit' && { sepa_debit: { ...SEPA, generated_from: null } }),
    ...(type === 'bacs_debit' && { bacs_debit: BACS }),
    ...(type === 'us_bank_account' && { us_bank_account: US_BANK_ACCOUNT }),
  }
}

/** The same on a charge. */
export function methodDetails(type: MethodType, amount: number): Charge['payment_method_details'] {
  switch (type) {
    case 'card':
      return { type, card: chargedCard(amount) }
    case 'sepa_debit':
      return { type, sepa_debit: { ...SEPA, mandate: null } }
    case 'bacs_debit':
      return { type, bacs_debit: { ...BACS, mandate: null } }
    case 'us_bank_account':
      return { type, us_bank_account: { ...BANK, payment_reference: null } }
    default:
      throw new Error(`Unknown payment method ${type satisfies never}`)
  }
}

const DELAYED = [
  { currency: 'eur', type: 'sepa_debit' },
  { currency: 'gbp', type: 'bacs_debit' },
  { currency: 'usd', type: 'us_bank_account' },
] as const

const VISA = {
  brand: 'visa',
  checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
  country: 'US',
  exp_month: 12,
  exp_year: 2034,
  fingerprint: 'Xt5EWLLDS7FJjR1c',
  funding: 'credit',
  last4: '4242',
  regulated_status: 'unregulated',
  wallet: null,
} as const

const CARD = {
  ...VISA,
  display_brand: 'visa',
  generated_from: null,
  networks: { available: ['visa'], preferred: null },
  three_d_secure_usage: { supported: true },
}

const SEPA = {
  bank_code: '37040044',
  branch_code: '',
  country: 'DE',
  fingerprint: 'vifs0Ho7vwRn1Miu',
  last4: '3000',
}

const BACS = { fingerprint: 'UAEnvJGJOT6rtaGA', last4: '2345', sort_code: '108800' }

const BANK = {
  account_holder_type: 'individual',
  account_type: 'checking',
  bank_name: 'STRIPE TEST BANK',
  fingerprint: '1pNqvwZ8PCmZ7jxe',
  last4: '6789',
  routing_number: '110000000',
} as const

const US_BANK_ACCOUNT: PaymentMethod['us_bank_account'] = {
  ...BANK,
  financial_connections_account: null,
  networks: { preferred: 'ach', supported: ['ach'] },
  status_details: null,
}

function chargedCard(amount: number) {
  return {
    ...VISA,
    amount_authorized: amount,
    authorization_code: null,
    electronic_commerce_indicator: null,
    installments: null,
    mandate: null,
    network: 'visa',
    network_transaction_id: null,
    three_d_secure: null,
    transaction_link_id: null,
  }
}
