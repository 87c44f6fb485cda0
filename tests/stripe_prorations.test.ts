import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { periodAt, periodEnd } from '../dev/stripe/billing/period.ts'
import { creditOf, debitOf, remaining } from '../dev/stripe/billing/prorations.ts'

const MONTHLY = { interval: 'month', interval_count: 1 } as const
const YEARLY = { interval: 'year', interval_count: 1 } as const

function at(text: string): number {
  return Date.parse(`${text}Z`) / 1000
}

function text(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19)
}

describe('periodAt()', () => {
  test.each([
    ['2027-01-31T12:00:00', '2027-02-10T00:00:00', '2027-01-31T12:00:00', '2027-02-28T12:00:00'],
    ['2027-01-31T12:00:00', '2027-02-28T12:00:00', '2027-02-28T12:00:00', '2027-03-31T12:00:00'],
    ['2028-01-31T12:00:00', '2028-03-01T00:00:00', '2028-02-29T12:00:00', '2028-03-31T12:00:00'],
    ['2027-01-31T12:00:00', '2027-04-30T11:59:59', '2027-03-31T12:00:00', '2027-04-30T12:00:00'],
    // the days on which clocks are changed in Europe and America are days like any other
    ['2027-03-14T02:30:00', '2027-03-28T02:30:00', '2027-03-14T02:30:00', '2027-04-14T02:30:00'],
    ['2027-10-15T01:00:00', '2027-11-14T00:00:00', '2027-10-15T01:00:00', '2027-11-15T01:00:00'],
    // before the anchor, too
    ['2027-03-31T00:00:00', '2027-02-15T00:00:00', '2027-01-31T00:00:00', '2027-02-28T00:00:00'],
  ])('of a month from %s, at %s', (anchor, now, start, end) => {
    const period = periodAt(at(now), at(anchor), MONTHLY)
    expect([text(period.start), text(period.end)]).toEqual([start, end])
  })

  test('of a year from 29 February ends on the 28th, and on the 29th again in a leap year', () => {
    const anchor = at('2028-02-29T00:00:00')
    expect(text(periodAt(anchor, anchor, YEARLY).end)).toBe('2029-02-28T00:00:00')
    expect(text(periodAt(at('2031-06-01T00:00:00'), anchor, YEARLY).end)).toBe(
      '2032-02-29T00:00:00',
    )
  })

  test('tiles time: each period ends where the next begins, and holds what was asked for', () => {
    const recurrence = fc.record({
      interval: fc.constantFrom('day' as const, 'week' as const, 'month' as const, 'year' as const),
      interval_count: fc.integer({ min: 1, max: 3 }),
    })
    const time = fc.integer({ min: at('2020-01-01T00:00:00'), max: at('2040-01-01T00:00:00') })
    fc.assert(fc.property(recurrence, time, time, (every, anchor, now) => {
      const period = periodAt(now, anchor, every)
      expect(period.start).toBeLessThanOrEqual(now)
      expect(period.end).toBeGreaterThan(now)
      expect(periodAt(period.end, anchor, every).start).toBe(period.end)
      expect(periodAt(anchor, anchor, every)).toEqual({
        start: anchor,
        end: periodEnd(anchor, every),
      })
    }))
  })
})

describe('remaining()', () => {
  test('counts to the second, and rounds half a cent away from zero', () => {
    const period = { start: 0, end: 2_592_000 }
    expect(remaining(900, period, 0)).toBe(900)
    expect(remaining(900, period, 1_296_000)).toBe(450)
    expect(remaining(1, period, 1_296_000)).toBe(1)
    expect(remaining(-1, period, 1_296_000)).toBe(-1)
    expect(remaining(1, period, 1_296_001)).toBe(0)
    expect(remaining(900, period, 2_592_000)).toBe(0)
    expect(remaining(900, period, -5)).toBe(900)
  })

  test('is exact where a float is not', () => {
    expect(remaining(9_007_199_254_740_991, { start: 0, end: 3 }, 1)).toBe(6_004_799_503_160_661)
  })

  test('never rises as time goes by, and never leaves zero to the amount', () => {
    const amount = fc.integer({ min: 0, max: 99_999_999 })
    const second = fc.integer({ min: 0, max: 31 * 86_400 })
    fc.assert(fc.property(amount, second, second, (amount, a, b) => {
      const period = { start: 0, end: 31 * 86_400 }
      const [early, late] = [Math.min(a, b), Math.max(a, b)]
      expect(remaining(amount, period, early)).toBeGreaterThanOrEqual(
        remaining(amount, period, late),
      )
      expect(remaining(amount, period, early)).toBeLessThanOrEqual(amount)
      expect(remaining(amount, period, late)).toBeGreaterThanOrEqual(0)
    }))
  })
})

test('creditOf() gives back no more than was billed, however often the price changes', () => {
  const change = fc.record({
    amount: fc.integer({ min: 0, max: 1_000_000 }),
    after: fc.integer({ min: 0, max: 400_000 }),
  })
  fc.assert(fc.property(change, fc.array(change, { maxLength: 8 }), (first, changes) => {
    const whole = { start: 0, end: 30 * 86_400 }
    let [now, debit] = [0, { amount: first.amount, period: whole }]
    for (const { amount, after } of changes) {
      now += after
      const credit = creditOf(debit, now)
      expect(debit.amount + credit).toBeGreaterThanOrEqual(0)
      debit = debitOf(amount, whole, now)
      expect(debit.amount).toBeLessThanOrEqual(amount)
    }
  }))
})

test('creditOf() and debitOf() of one price at one time cancel out on a whole period', () => {
  const debit = { amount: 999, period: { start: 0, end: 86_400 } }
  for (const now of [0, 1, 43_200, 86_399]) {
    expect(creditOf(debit, now) + debitOf(999, debit.period, now).amount).toBe(0)
  }
})
