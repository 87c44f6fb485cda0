import type { Checkout } from '../store.ts'
import type { LineItem, Session } from '../wire.ts'

/**
 * Minor units as a reader expects them: `1200`, `usd` is $12.00. Stripe counts the two currencies
 * without minor units below in hundredths all the same.
 */
export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const hundredths = currency === 'isk' || currency === 'ugx'
  const digits = hundredths ? 2 : format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(amount / 10 ** digits)
}

/** An amount of a session, in its currency. */
export function moneyOf({ currency }: Session, amount: number | null): string {
  return formatMoney(amount ?? 0, currency ?? 'usd')
}

/** "per month", "every 3 months"; "once" for what does not recur. */
export function formatInterval({ price }: Pick<LineItem, 'price'>): string {
  if (!price?.recurring) return 'once'
  const { interval, interval_count: count } = price.recurring
  return count === 1 ? `per ${interval}` : `every ${count} ${interval}s`
}

/** "7 days free"; "Free until 1 March 2030". */
export function formatTrial(trial: NonNullable<Checkout['subscription']['trial']>): string {
  if ('days' in trial) return trial.days === 1 ? '1 day free' : `${trial.days} days free`
  const date = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })
  return `Free until ${date.format(new Date(trial.end * 1000))}`
}
