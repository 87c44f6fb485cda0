import { ParameterFailure } from '../errors.ts'
import { formatMoney } from '../page/money.ts'

/**
 * Refuses an amount, in minor units, that Stripe does not charge. `what` begins the sentence:
 * "Amount", "The Checkout Session's total amount due".
 */
export function checkAmount(
  amount: number,
  currency: string,
  { what, param }: { what: string; param: string },
) {
  const least = leastAmount(currency)
  if (amount < least) {
    throw new ParameterFailure(
      `${what} must be at least ${formatMoney(least, currency)} ${currency}.`,
      { code: 'amount_too_small', param },
    )
  }
  checkMost(amount, currency, { what, param })
}

/** The same where nothing is too little. */
export function checkMost(
  amount: number,
  currency: string,
  { what, param }: { what: string; param: string },
) {
  if (amount <= MOST) return
  throw new ParameterFailure(
    `${what} must be no more than ${formatMoney(MOST, currency)} ${currency}.`,
    { code: 'amount_too_large', param },
  )
}

/** The least that Stripe charges in a currency, in minor units. */
export function leastAmount(currency: string): number {
  return LEAST[currency] ?? LEAST_OF_OTHERS
}

/** Eight digits, in each currency. */
const MOST = 99_999_999

/** See https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const LEAST: Record<string, number> = {
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
  usd: 50,
}

/** Where Stripe names no least amount, it must only be something. */
const LEAST_OF_OTHERS = 1
