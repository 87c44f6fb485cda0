import type { Price } from '../wire.ts'

/**
 * When the period of a recurring price that begins at `start` (seconds) ends. A month that lacks
 * the day ends on its last: from 31 January a month runs to 28 or 29 February.
 */
export function periodEnd(
  start: number,
  recurring: Pick<NonNullable<Price['recurring']>, 'interval' | 'interval_count'>,
): number {
  const { interval, interval_count: count } = recurring
  switch (interval) {
    case 'day':
      return start + count * DAY
    case 'week':
      return start + count * 7 * DAY
    case 'month':
      return addMonths(start, count)
    case 'year':
      return addMonths(start, count * 12)
    default:
      throw new Error(`Unknown interval ${interval satisfies never}`)
  }
}

const DAY = 24 * 60 * 60

function addMonths(start: number, months: number): number {
  const date = new Date(start * 1000)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, lastDay))
  return date.getTime() / 1000
}
