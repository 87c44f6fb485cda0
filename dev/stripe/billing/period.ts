import { DAY } from '../time.ts'
import type { Price } from '../wire.ts'

/** How often something recurs. */
type Recurrence = Pick<
  NonNullable<Price['recurring']>,
  'interval' | 'interval_count'
>

/** From `start`, and up to but without `end`; seconds. */
export interface Period {
  start: number
  end: number
}

/**
 * When the period of a recurring price that begins at `start` (seconds) ends. A month that lacks
 * the day ends on its last: from 31 January a month runs to 28 or 29 February.
 */
export function periodEnd(start: number, recurrence: Recurrence): number {
  return boundary(start, recurrence, 1)
}

/**
 * The period, counted from `anchor` in both directions, in which `at` lies. The anchor keeps its
 * day: from 31 January periods end on 28 February, 31 March, 30 April.
 */
export function periodAt(at: number, anchor: number, recurrence: Recurrence): Period {
  let count = Math.floor((at - anchor) / LONGEST[recurrence.interval] / recurrence.interval_count)
  while (boundary(anchor, recurrence, count) > at) count--
  while (boundary(anchor, recurrence, count + 1) <= at) count++
  return {
    start: boundary(anchor, recurrence, count),
    end: boundary(anchor, recurrence, count + 1),
  }
}

/** How often a price recurs; that of a price which does not throws. */
export function recurrenceOf({ id, recurring }: Price): Recurrence {
  if (recurring) return recurring
  throw new Error(`Cannot count a period as the price does not recur: ${id}`)
}

/** The most seconds that an interval has, so that a first guess is near and the search short. */
const LONGEST = { day: DAY, week: 7 * DAY, month: 31 * DAY, year: 366 * DAY }

function boundary(
  anchor: number,
  { interval, interval_count: every }: Recurrence,
  count: number,
): number {
  switch (interval) {
    case 'day':
      return anchor + count * every * DAY
    case 'week':
      return anchor + count * every * 7 * DAY
    case 'month':
      return addMonths(anchor, count * every)
    case 'year':
      return addMonths(anchor, count * every * 12)
    default:
      throw new Error(`Unknown interval ${interval satisfies never}`)
  }
}

function addMonths(start: number, months: number): number {
  const date = new Date(start * 1000)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, lastDay))
  return date.getTime() / 1000
}
