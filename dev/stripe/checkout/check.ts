import { missing, ParameterFailure, refused } from '../errors.ts'
import { notFollowed } from '../openapi/operation.ts'
import { HOUR, MINUTE } from '../time.ts'
import type { Customer } from '../wire.ts'
import type { CreateSession } from './params.ts'

/** Refuses parameters that do not go with each other, or not with the mode. */
export function checkTogether(params: CreateSession) {
  const { mode } = params
  if (mode === undefined) throw missing('mode')
  if (mode === 'setup') throw notFollowed('mode')
  if (params.ui_mode !== undefined && params.ui_mode !== 'hosted_page') throw notFollowed('ui_mode')
  if (params.success_url === undefined) throw missing('success_url')
  for (const [one, other] of EXCLUSIVE) {
    if (params[one] === undefined || params[other] === undefined) continue
    throw new ParameterFailure(
      `You may only specify one of these parameters: ${one}, ${other}.`,
      { param: one },
    )
  }
  for (const [name, wanted] of ONLY_IN) {
    if (params[name] === undefined || wanted === mode) continue
    throw new ParameterFailure(`You can not pass \`${name}\` in \`${mode}\` mode.`, { param: name })
  }
  if (params.customer_update && params.customer === undefined) {
    throw new ParameterFailure('`customer_update` can only be used with `customer`.', {
      param: 'customer_update',
    })
  }
  if ((params.discounts?.length ?? 0) > 1) {
    throw new ParameterFailure('Array discounts exceeded maximum 1 allowed elements.', {
      param: 'discounts',
    })
  }
}

/** When the session expires, in seconds: by default after a day. */
export function checkExpiry(asked: number | undefined, now: number): number {
  if (asked === undefined) return now + 24 * HOUR
  if (asked < now + 30 * MINUTE) {
    throw refused(
      'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.',
      { param: 'expires_at' },
    )
  }
  if (asked > now + 24 * HOUR + SLACK) {
    throw refused(
      'The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.',
      { param: 'expires_at' },
    )
  }
  return asked
}

export function checkTrial({ subscription_data: data }: CreateSession, now: number) {
  const { trial_end: end, trial_period_days: days } = data ?? {}
  if (end !== undefined && days !== undefined) {
    throw new ParameterFailure(
      'You may only specify one of these parameters: subscription_data[trial_end], ' +
        'subscription_data[trial_period_days].',
      { param: 'subscription_data[trial_end]' },
    )
  }
  if (days !== undefined && (days < 1 || days > MOST_TRIAL_DAYS)) {
    throw new ParameterFailure(
      days < 1
        ? 'The minimum number of trial period days is 1.'
        : `The maximum number of trial period days is ${MOST_TRIAL_DAYS} (2 years).`,
      { param: 'subscription_data[trial_period_days]' },
    )
  }
  if (end === undefined) return
  const param = 'subscription_data[trial_end]'
  if (end < now + 48 * HOUR) {
    throw refused('The `trial_end` date has to be at least 2 days in the future.', { param })
  }
  if (end > now + MOST_TRIAL_DAYS * 24 * HOUR) {
    throw refused('The `trial_end` date has to be at most 2 years in the future.', { param })
  }
}

/** What is collected from a customer that exists must be allowed to change it. */
export function checkCollection(params: CreateSession, customer: Customer | undefined) {
  if (!customer) return
  const { automatic_tax: tax, customer_update: update, tax_id_collection: taxIds } = params
  if (tax?.enabled && !customer.address && update?.address !== 'auto') {
    throw refused(
      'Automatic tax calculation in Checkout requires a valid address on the Customer. Add a ' +
        "valid address to the Customer or set `customer_update[address]` to 'auto'.",
      { code: 'customer_tax_location_invalid' },
    )
  }
  if (taxIds?.enabled && update?.name !== 'auto') {
    throw refused(
      'Tax ID collection requires updating business name on the customer. To enable tax ID ' +
        'collection for an existing customer, please set `customer_update[name]` to `auto`.',
    )
  }
}

/** A request may take a moment from the caller's clock to ours. */
const SLACK = 60
const MOST_TRIAL_DAYS = 730

const EXCLUSIVE = [
  ['customer', 'customer_email'],
  ['customer', 'customer_creation'],
  ['allow_promotion_codes', 'discounts'],
] as const

const ONLY_IN = [
  ['customer_creation', 'payment'],
  ['invoice_creation', 'payment'],
  ['payment_intent_data', 'payment'],
  ['payment_method_collection', 'subscription'],
  ['subscription_data', 'subscription'],
] as const
