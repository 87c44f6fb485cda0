import { StripeFailure } from '../errors.ts'
import { declined } from '../payments/declines.ts'
import { isDelayedType, type TestMethod, testMethodOfNumber } from '../payments/test_methods.ts'

/** What a buyer typed into the form of the hosted page. */
export interface Typed {
  /** of a card, or of a bank account where the session takes those */
  number?: string
  /** "12 / 34" */
  expiry?: string
  cvc?: string
}

/** The test method whose number was typed. Throws what Stripe's page says of another: 402. */
export function typedMethod(
  types: string[],
  { number = '', expiry, cvc }: Typed,
  now: Date,
): TestMethod {
  for (const type of types) {
    const found = type === 'card' || isDelayedType(type)
      ? testMethodOfNumber(type, number)
      : undefined
    if (!found) continue
    if (found.type === 'card') checkCard({ expiry, cvc }, now)
    return found
  }
  throw declined(isCardNumber(number) ? 'test_mode_live_card' : 'incorrect_number')
}

function checkCard(
  { expiry, cvc }: { expiry: string | undefined; cvc: string | undefined },
  now: Date,
) {
  if (expiry !== undefined && !isAhead(expiry, now)) {
    throw invalid('invalid_expiry_year', "Your card's expiration date is invalid or in the past.")
  }
  if (cvc !== undefined && !/^\d{3,4}$/.test(cvc.trim())) {
    throw invalid('invalid_cvc', "Your card's security code is invalid.")
  }
}

function isAhead(expiry: string, now: Date): boolean {
  const [, month, year] = /^\s*(\d{1,2})\s*\/\s*(?:20)?(\d{2})\s*$/.exec(expiry) ?? []
  if (month === undefined || Number(month) < 1 || Number(month) > 12) return false
  return Date.UTC(2000 + Number(year), Number(month)) > now.getTime()
}

/** Whether the last digit is the one that makes a card number, by the rule of Luhn. */
function isCardNumber(number: string): boolean {
  const digits = number.replaceAll(/[\s-]/g, '')
  if (!/^\d{12,19}$/.test(digits)) return false
  const sum = [...digits].reverse().map(Number).reduce((total, digit, index) => {
    const counted = index % 2 === 0 ? digit : digit * 2
    return total + (counted > 9 ? counted - 9 : counted)
  }, 0)
  return sum % 10 === 0
}

function invalid(code: string, message: string) {
  return new StripeFailure(402, { type: 'card_error', message, code })
}
