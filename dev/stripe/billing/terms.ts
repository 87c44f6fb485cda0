import type Stripe from 'stripe'
import { refused } from '../errors.ts'
import type { Given } from '../openapi/operation.ts'
import type { Sandbox } from '../sandbox.ts'
import { DAY } from '../time.ts'
import type { Subscription } from '../wire.ts'

/** The parameters that say how a subscription is collected and ends. */
export const TERMS = [
  'cancel_at',
  'cancel_at_period_end',
  'collection_method',
  'days_until_due',
  'default_payment_method',
  'description',
  'off_session',
  'payment_settings',
  'trial_settings',
] as const

/** What of them the emulator does not follow. */
export const UNFOLLOWED_TERMS = [
  'payment_settings.payment_method_options',
  'payment_settings.payment_method_types',
  'trial_settings.end_behavior.billing_cycle_anchor',
]

type AskedTerms = Given<
  Pick<Stripe.SubscriptionUpdateParams, typeof TERMS[number]>
>

/** What a subscription of this customer becomes by these terms; one that is left out stays. */
export function termsOf(
  sandbox: Sandbox,
  customer: string,
  asked: AskedTerms,
): Partial<Subscription> {
  const { description, collection_method: method, days_until_due: days } = asked
  const { default_payment_method: paymentMethod, payment_settings: payment } = asked
  return {
    ...(description !== undefined && { description }),
    ...(method !== undefined && { collection_method: method, days_until_due: days ?? null }),
    ...(days !== undefined && { days_until_due: days }),
    ...(paymentMethod !== undefined && {
      default_payment_method: ownMethod(sandbox, customer, paymentMethod),
    }),
    ...(payment?.save_default_payment_method && {
      payment_settings: {
        payment_method_options: null,
        payment_method_types: null,
        save_default_payment_method: payment.save_default_payment_method,
      },
    }),
    ...(asked.trial_settings && {
      trial_settings: {
        end_behavior: { ...KEEPS_BILLING, ...asked.trial_settings.end_behavior },
      },
    }),
  }
}

/** Refuses a way to collect that lacks its days, or has days and no need of them. */
export function checkCollection(
  { collection_method: method, days_until_due: days }: Pick<
    Subscription,
    'collection_method' | 'days_until_due'
  >,
) {
  if (method === 'send_invoice' && days === null) {
    throw refused(
      "When collection_method=`send_invoice`, `days_until_due` can't be empty. Learn more here " +
        'https://stripe.com/docs/billing/subscriptions/billing-collection-method',
      { param: 'days_until_due' },
    )
  }
  if (method === 'charge_automatically' && days !== null) {
    throw refused(
      'You cannot set `days_until_due` for subscriptions where collection_method is not ' +
        '`send_invoice`.',
      { param: 'days_until_due' },
    )
  }
}

/** When a subscription is to end, and since when that is known. `false` and empty undo it. */
export function cancellationOf(
  { now }: Sandbox,
  subscription: Subscription,
  { cancel_at: at, cancel_at_period_end: atPeriodEnd }: AskedTerms,
): Partial<Subscription> {
  if (at !== undefined && atPeriodEnd !== undefined) {
    throw refused('You may only specify one of these parameters: cancel_at, cancel_at_period_end.')
  }
  if (at === undefined && atPeriodEnd === undefined) return {}
  const details = { ...NO_DETAILS, ...subscription.cancellation_details }
  if (at === null || atPeriodEnd === false) {
    return {
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: null,
      cancellation_details: { ...details, reason: null },
    }
  }
  return {
    cancel_at: endOf(subscription, at ?? 'max_period_end', now()),
    cancel_at_period_end: atPeriodEnd === true,
    canceled_at: now(),
    cancellation_details: { ...details, reason: 'cancellation_requested' },
  }
}

/** What happens at the end of a trial unless something else is said. */
const KEEPS_BILLING = {
  billing_cycle_anchor: null,
  missing_payment_method: 'create_invoice',
} as const

export const NO_DETAILS = { comment: null, feedback: null, feedback_option: null, reason: null }

type CancelAt = NonNullable<AskedTerms['cancel_at']>

function endOf({ items }: Subscription, at: CancelAt, now: number): number {
  const ends = items.data.map((item) => item.current_period_end)
  if (at === 'min_period_end') return Math.min(...ends)
  if (typeof at === 'string') return Math.max(...ends)
  if (at > now) return at
  throw refused('`cancel_at` must be in the future.', { param: 'cancel_at' })
}

/** A method that the customer has. */
export function ownMethod({ store }: Sandbox, customer: string, id: string): string {
  const method = store.paymentMethods.find(id)
  if (method?.customer === customer) return id
  throw refused(
    `The customer does not have a payment method with the ID ${id}. The payment method must be ` +
      'attached to the customer.',
    { code: 'resource_missing', param: 'default_payment_method' },
  )
}

/** A trial lasts at most this many seconds, two years. */
const LONGEST_TRIAL = 730 * DAY

/** The end of a trial, which lies ahead and not too far. */
export function checkedTrialEnd(end: number, now: number): number {
  if (end <= now) {
    throw refused(
      'Invalid timestamp: must be an integer Unix timestamp in the future.',
      { param: 'trial_end' },
    )
  }
  if (end <= now + LONGEST_TRIAL) return end
  throw refused('Invalid timestamp: can be no more than two years in the future.', {
    param: 'trial_end',
  })
}
