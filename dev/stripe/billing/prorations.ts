import type { Period } from './period.ts'

/** What was billed for a period, in minor units, discounts taken off. */
interface Debit {
  amount: number
  period: Period
}

/**
 * The part of `amount` (minor units) that falls on what is left of a period from `at` on, to the
 * second. Half a unit rounds away from zero.
 */
export function remaining(amount: number, { start, end }: Period, at: number): number {
  if (end <= start || at >= end) return 0
  return divideRounding(BigInt(amount) * BigInt(end - Math.max(at, start)), BigInt(end - start))
}

/**
 * What is given back when something that was billed is given up at `at`: zero or less. It is
 * counted from what was billed, not from a price, so never more comes back than was paid.
 */
export function creditOf({ amount, period }: Debit, at: number): number {
  return 0 - remaining(amount, period, at)
}

/**
 * What a price's full `amount` costs from `at` to the end of the item's period. `whole` is the
 * period that the amount is meant for: a first period up to an anchor is shorter than that.
 */
export function debitOf(amount: number, whole: Period, at: number): Debit {
  return { amount: remaining(amount, whole, at), period: { start: at, end: whole.end } }
}

function divideRounding(amount: bigint, by: bigint): number {
  const sign = amount < 0n ? -1n : 1n
  return Number(sign * ((2n * sign * amount + by) / (2n * by)))
}
