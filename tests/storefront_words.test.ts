import { expect, test } from 'vitest'
import { countryName, formatCpu, formatList, formatMib, formatMoney } from '../storefront/format.ts'
import { failureText, fieldErrorsOf } from '../storefront/problem_error.ts'

test.each([
  [1250, 'eur', '€12.50'],
  [500, 'jpy', '¥500'],
  [12_500, 'kwd', 'KWD 12.500'],
  // Without fractions in everyday life, yet hundredths at Stripe.
  [500_000, 'isk', 'ISK 5,000'],
])('formatMoney(%i, %s) minds the currency’s decimals at Stripe', (unitAmount, currency, words) => {
  expect(formatMoney(unitAmount, currency).replaceAll('\u00a0', ' ')).toBe(words)
})

test('sizes are told as hosts tell them', () => {
  expect([512, 1536, 8192].map(formatMib)).toEqual(['512 MB', '1.5 GB', '8 GB'])
  expect([50, 100, 250].map(formatCpu)).toEqual(['0.5 cores', '1 core', '2.5 cores'])
})

test('countryName() takes codes and leaves other words alone', () => {
  expect([countryName('DE'), countryName('sg'), countryName('The North')]).toEqual([
    'Germany',
    'Singapore',
    'The North',
  ])
  expect(formatList(['Oslo', 'Bern', 'Rome'])).toBe('Oslo, Bern, and Rome')
})

test('failureText() prefers our words, then the API’s, and names the wait of a 429', () => {
  expect(failureText({ code: 'wrong-credentials', status: 401, title: 'x' }).title)
    .toBe('The e-mail address or the password is wrong')
  expect(failureText({ code: 'cross-site', status: 403, title: 'Title', detail: 'Detail' }))
    .toEqual({ title: 'Title', body: 'Detail' })
  expect(failureText({ code: 'rate-limited', status: 429, retryAfter: 600 }).body)
    .toBe('Please try again in 10 minutes.')
})

test('fieldErrorsOf() names fields as the forms do', () => {
  const errors = [
    { pointer: '#/email', detail: 'one' },
    { pointer: '#/options/A~1B~0C', detail: 'two' },
  ]
  expect(fieldErrorsOf({ code: 'validation-failed', status: 422, errors })).toEqual({
    'email': 'one',
    'options/A/B~C': 'two',
  })
})
