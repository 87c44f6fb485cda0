/** What an account's owner chooses in the Dashboard of how invoices are collected. */
export interface BillingSettings {
  /** The waits before each retry of a declined renewal, in days. */
  retryDays: number[]
  /** What becomes of a subscription when the last retry was declined, too. */
  afterLastRetry: 'canceled' | 'unpaid' | 'past_due'
  /** How long before a renewal `invoice.upcoming` tells of it, in days. */
  upcomingDays: number
}

/** As a new account has them; its retries are Stripe's fixed schedule, not the smart one. */
export const DEFAULT_SETTINGS: BillingSettings = {
  retryDays: [3, 5, 7],
  afterLastRetry: 'canceled',
  upcomingDays: 7,
}
