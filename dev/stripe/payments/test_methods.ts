import { perRow } from '../per_row.ts'
import type { PaymentMethod } from '../wire.ts'
import type { DeclineReason } from './declines.ts'

/** How a test method behaves; without any of these its payments succeed at once. */
export interface Behaviour {
  /** Every charge is refused. It cannot be attached to a customer either, unless it `attaches`. */
  declines?: DeclineReason
  attaches?: boolean
  /** The owner must approve a payment in the browser: each one, or until it is set up for later. */
  authentication?: 'always' | 'unless_set_up'
  /** The money takes its time: seconds until the end, or by hand. With `fails` it never comes. */
  settles?: { afterSeconds: number | 'by_hand'; fails?: DeclineReason }
  /** Its owner disputes a charge soon after it was made; an inquiry takes no money back yet. */
  dispute?: {
    reason: 'fraudulent' | 'product_not_received'
    inquiry?: boolean
    /** All of the charge unless it says less, in minor units. */
    amount?: number
  }
  /** A refund is pending for some seconds, or fails some seconds after it succeeded. */
  refunds?: 'pending' | 'failing'
}

type MethodType = 'card' | DelayedType
export type DelayedType = (typeof DELAYED)[number]['type']

/** A card or a bank account that every account in test mode knows. */
export interface TestMethod {
  /** as in https://docs.stripe.com/testing: `pm_card_visa` */
  id: string
  type: MethodType
  /** of the card or of the account; an IBAN for `sepa_debit` */
  number: string
  brand?: 'amex' | 'mastercard' | 'visa'
  funding?: 'credit' | 'debit'
  country?: string
  behaviour: Behaviour
}

/**
 * The method of this id; a card also by its token (`tok_visa` for `pm_card_visa`), and without its
 * brand (`pm_card_chargeDeclined` for `pm_card_visa_chargeDeclined`).
 */
export function testMethodOf(id: string): TestMethod | undefined {
  const name = id.replace(/^tok_/, 'pm_card_')
  return METHODS.find((method) => method.id === name) ??
    METHODS.find((method) => method.id === name.replace('pm_card_', 'pm_card_visa_'))
}

/** The method of a card or an account with this number, which may be typed in groups. */
export function testMethodOfNumber(type: MethodType, number: string): TestMethod | undefined {
  const plain = number.replaceAll(/[\s-]/g, '').toUpperCase()
  return METHODS.find((method) => method.type === type && method.number === plain)
}

/** All test methods of these types. */
export function testMethodsOf(types: string[]): TestMethod[] {
  return METHODS.filter(({ type }) => types.includes(type))
}

/** What stays the same of one card or account, however often it is entered. */
export function fingerprintOf({ number }: TestMethod): string {
  return `Xt5EWLLDS7FJ${number.slice(-4)}`
}

/** How a method that was made from a test method behaves. */
export const behaviourOf = perRow((method: PaymentMethod): Behaviour => {
  const details = method[knownType(method.type)]
  return BEHAVIOURS.get(`${method.type} ${details?.fingerprint}`) ?? {}
})

/**
 * How a currency can be paid with money that arrives days later. The other currencies have no such
 * method here.
 */
export function delayedTypeOf(currency: string | null): DelayedType | undefined {
  return DELAYED.find((method) => method.currency === currency)?.type
}

/** The bank account whose debits stay under way until somebody says how they end. */
export function undecidedAccount(type: DelayedType): TestMethod {
  const found = METHODS.find((method) =>
    method.type === type && method.behaviour.settles?.afterSeconds === 'by_hand'
  )
  if (!found) throw new Error(`There is no test method of type ${type} that stays under way`)
  return found
}

export function isDelayedType(type: string): type is DelayedType {
  return DELAYED.some((delayed) => delayed.type === type)
}

function knownType(type: string): MethodType {
  if (type === 'card' || isDelayedType(type)) return type
  throw new Error(`Unknown payment method ${type}`)
}

const DELAYED = [
  { currency: 'eur', type: 'sepa_debit' },
  { currency: 'gbp', type: 'bacs_debit' },
  { currency: 'usd', type: 'us_bank_account' },
] as const

/** Test debits end soon; Stripe has others that take three minutes. */
const SOON = { afterSeconds: 5 }
const LATER = { afterSeconds: 180 }
const BY_HAND = { afterSeconds: 'by_hand' } as const

const CARDS: TestMethod[] = [
  visa('', '4242424242424242'),
  { ...visa('debit', '4000056655665556'), funding: 'debit' },
  { ...visa('mastercard', '5555555555554444'), id: 'pm_card_mastercard', brand: 'mastercard' },
  {
    ...visa('mastercard_debit', '5200828282828210'),
    id: 'pm_card_mastercard_debit',
    brand: 'mastercard',
    funding: 'debit',
  },
  { ...visa('amex', '378282246310005'), id: 'pm_card_amex', brand: 'amex' },
  { ...visa('de', '4000002760000016'), id: 'pm_card_de', country: 'DE' },
  visa('bypassPending', '4000000000000077'),
  visa('chargeDeclined', '4000000000000002', { declines: 'generic_decline' }),
  visa('chargeDeclinedInsufficientFunds', '4000000000009995', { declines: 'insufficient_funds' }),
  visa('chargeDeclinedLostCard', '4000000000009987', { declines: 'lost_card' }),
  visa('chargeDeclinedStolenCard', '4000000000009979', { declines: 'stolen_card' }),
  visa('chargeDeclinedExpiredCard', '4000000000000069', { declines: 'expired_card' }),
  visa('chargeDeclinedIncorrectCvc', '4000000000000127', { declines: 'incorrect_cvc' }),
  visa('chargeDeclinedProcessingError', '4000000000000119', { declines: 'processing_error' }),
  visa('chargeDeclinedVelocityLimitExceeded', '4000000000006975', {
    declines: 'card_velocity_exceeded',
  }),
  visa('chargeCustomerFail', '4000000000000341', { declines: 'generic_decline', attaches: true }),
  visa('radarBlock', '4100000000000019', { declines: 'highest_risk_level', attaches: true }),
  visa('authenticationRequiredOnSetup', '4000002500003155', { authentication: 'unless_set_up' }),
  visa('authenticationRequired', '4000002760003184', { authentication: 'always' }),
  visa('threeDSecure2Required', '4000000000003220', { authentication: 'always' }),
  visa('authenticationRequiredChargeDeclinedInsufficientFunds', '4000008260003178', {
    authentication: 'always',
    declines: 'insufficient_funds',
    attaches: true,
  }),
  visa('createDispute', '4000000000000259', { dispute: { reason: 'fraudulent' } }),
  visa('createDisputeProductNotReceived', '4000000000002685', {
    dispute: { reason: 'product_not_received' },
  }),
  visa('createDisputeInquiry', '4000000000001976', {
    dispute: { reason: 'product_not_received', inquiry: true },
  }),
  visa('pendingRefund', '4000000000007726', { refunds: 'pending' }),
  visa('refundFail', '4000000000005126', { refunds: 'failing' }),
]

/** Those of `_processing` for SEPA and Bacs are the emulator's own: Stripe has one for the US. */
const ACCOUNTS: TestMethod[] = [
  account('sepa_debit', 'pm_success_de', 'DE89370400440532013000', SOON),
  account('sepa_debit', 'pm_successDelayed_de', 'DE08370400440532013003', LATER),
  account('sepa_debit', 'pm_failed_de', 'DE62370400440532013001', {
    ...SOON,
    fails: 'debit_not_authorized',
  }),
  account('sepa_debit', 'pm_failedDelayed_de', 'DE78370400440532013004', {
    ...LATER,
    fails: 'debit_not_authorized',
  }),
  account('sepa_debit', 'pm_success_at', 'AT611904300234573201', SOON),
  account('sepa_debit', 'pm_successDelayed_at', 'AT321904300235473204', LATER),
  account('sepa_debit', 'pm_failed_at', 'AT861904300235473202', {
    ...SOON,
    fails: 'debit_not_authorized',
  }),
  account('sepa_debit', 'pm_failedDelayed_at', 'AT051904300235473205', {
    ...LATER,
    fails: 'debit_not_authorized',
  }),
  account('sepa_debit', 'pm_sepaDebit_processing', 'DE40370400440532013009', BY_HAND),
  account('bacs_debit', 'pm_bacsDebit_success', '00012345', SOON),
  account('bacs_debit', 'pm_bacsDebit_insufficientFunds', '22222227', {
    ...SOON,
    fails: 'account_without_funds',
  }),
  account('bacs_debit', 'pm_bacsDebit_debitNotAuthorized', '33333335', {
    ...SOON,
    fails: 'debit_not_authorized',
  }),
  account('bacs_debit', 'pm_bacsDebit_processing', '00000009', BY_HAND),
  account('us_bank_account', 'pm_usBankAccount_success', '000123456789', SOON),
  account('us_bank_account', 'pm_usBankAccount_accountClosed', '000111111113', {
    ...SOON,
    fails: 'account_closed',
  }),
  account('us_bank_account', 'pm_usBankAccount_noAccount', '000111111116', {
    ...SOON,
    fails: 'no_account',
  }),
  account('us_bank_account', 'pm_usBankAccount_insufficientFunds', '000222222227', {
    ...SOON,
    fails: 'account_without_funds',
  }),
  account('us_bank_account', 'pm_usBankAccount_debitNotAuthorized', '000333333335', {
    ...SOON,
    fails: 'debit_not_authorized',
  }),
  account('us_bank_account', 'pm_usBankAccount_processing', '000000000009', BY_HAND),
]

const METHODS: readonly TestMethod[] = [...CARDS, ...ACCOUNTS]

/** Every charge is looked at each time the clock is; so this must be quick. */
const BEHAVIOURS = new Map(
  METHODS.map((test) => [`${test.type} ${fingerprintOf(test)}`, test.behaviour]),
)

function visa(name: string, number: string, behaviour: Behaviour = {}): TestMethod {
  const id = name === '' ? 'pm_card_visa' : `pm_card_visa_${name}`
  return { id, type: 'card', number, brand: 'visa', funding: 'credit', country: 'US', behaviour }
}

function account(
  type: DelayedType,
  id: string,
  number: string,
  settles: NonNullable<Behaviour['settles']>,
): TestMethod {
  return { id, type, number, behaviour: { settles } }
}
