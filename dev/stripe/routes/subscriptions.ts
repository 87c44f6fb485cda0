import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { endSubscription, isEnded } from '../billing/subscriptions.ts'
import { noSuch, refused } from '../errors.ts'
import { answer, inRange, matches } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { operation, type ParamsOf } from '../openapi/operation.ts'
import {
  boolean,
  clearable,
  expand,
  metadata,
  notEmulated,
  oneOf,
  readParams,
  type Shape,
  text,
} from '../params.ts'
import { reading } from '../resource.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Subscription } from '../wire.ts'

export function subscriptionRoutes() {
  return new Hono<StripeEnv>()
    .route(
      '/',
      reading({
        rows: (store) => store.subscriptions,
        list: ListSubscriptions,
        isListed,
        retrieve: RetrieveSubscription,
      }),
    )
    .post('/:id', async (c) => {
      const params = await readParams(c, UpdateSubscription)
      return answer(c, updateSubscription(c.var.sandbox, c.req.param('id'), params))
    })
    .delete('/:id', async (c) => {
      const { cancellation_details: details } = await readParams(c, CancelSubscription)
      const subscription = c.var.sandbox.store.subscriptions.get(c.req.param('id'))
      if (isEnded(subscription)) throw noSuch('subscription', subscription.id)
      const ended = endSubscription(c.var.sandbox, subscription.id, {
        ...NO_DETAILS,
        ...subscription.cancellation_details,
        ...details,
        reason: 'cancellation_requested',
      })
      return answer(c, ended)
    })
}

const CancellationDetails = z.strictObject(
  {
    comment: clearable(text()).optional(),
    feedback: clearable(oneOf(
      'customer_service',
      'low_quality',
      'missing_features',
      'other',
      'switched_service',
      'too_complex',
      'too_expensive',
      'unused',
    )).optional(),
    feedback_option: notEmulated,
  } satisfies Shape<Stripe.SubscriptionUpdateParams.CancellationDetails>,
)

const UpdateSubscription = z.strictObject(
  {
    add_invoice_items: notEmulated,
    application_fee_percent: notEmulated,
    automatic_tax: notEmulated,
    billing_cycle_anchor: notEmulated,
    billing_schedules: notEmulated,
    billing_thresholds: notEmulated,
    cancel_at: notEmulated,
    cancel_at_period_end: boolean.optional(),
    cancellation_details: CancellationDetails.optional(),
    collection_method: notEmulated,
    days_until_due: notEmulated,
    default_payment_method: notEmulated,
    default_source: notEmulated,
    default_tax_rates: notEmulated,
    description: clearable(text(500)).optional(),
    discounts: notEmulated,
    expand,
    invoice_settings: notEmulated,
    items: notEmulated,
    metadata: metadata.optional(),
    off_session: notEmulated,
    on_behalf_of: notEmulated,
    pause_collection: notEmulated,
    payment_behavior: notEmulated,
    payment_settings: notEmulated,
    pending_invoice_item_interval: notEmulated,
    proration_behavior: notEmulated,
    proration_date: notEmulated,
    transfer_data: notEmulated,
    trial_end: notEmulated,
    trial_from_plan: notEmulated,
    trial_settings: notEmulated,
  } satisfies Shape<Stripe.SubscriptionUpdateParams>,
)

const CancelSubscription = z.strictObject(
  {
    cancellation_details: CancellationDetails.optional(),
    expand,
    // both ask for an extra invoice, which only their default does without
    invoice_now: oneOf('false').optional(),
    prorate: oneOf('false').optional(),
  } satisfies Shape<Stripe.SubscriptionCancelParams>,
)

const ListSubscriptions = operation<Stripe.SubscriptionListParams>('GET /v1/subscriptions')
  .follows([
    'collection_method',
    'created',
    'current_period_end',
    'current_period_start',
    'customer',
    'ending_before',
    'limit',
    'price',
    'starting_after',
    'status',
  ])
const RetrieveSubscription = operation<Stripe.SubscriptionRetrieveParams>(
  'GET /v1/subscriptions/{id}',
).follows('all')

const NO_DETAILS = { comment: null, feedback: null, feedback_option: null, reason: null }

function isListed(subscription: Subscription, params: ParamsOf<typeof ListSubscriptions>): boolean {
  const items = subscription.items.data
  return hasStatus(subscription, params.status) &&
    matches(params.customer, subscription.customer) &&
    matches(params.collection_method, subscription.collection_method) &&
    items.some((item) =>
      matches(params.price, item.price.id) &&
      inRange(item.current_period_end, params.current_period_end) &&
      inRange(item.current_period_start, params.current_period_start)
    )
}

/** Without a status the list leaves out what was cancelled. */
function hasStatus(
  subscription: Subscription,
  wanted: ParamsOf<typeof ListSubscriptions>['status'],
): boolean {
  if (wanted === 'all') return true
  if (wanted === 'ended') return isEnded(subscription)
  return wanted ? subscription.status === wanted : subscription.status !== 'canceled'
}

function updateSubscription(
  sandbox: Sandbox,
  id: string,
  params: z.output<typeof UpdateSubscription>,
): Subscription {
  const former = sandbox.store.subscriptions.get(id)
  const { cancel_at_period_end: atPeriodEnd, description, metadata } = params
  if (isEnded(former) && (atPeriodEnd !== undefined || description !== undefined)) {
    throw refused(
      'A canceled subscription can only update its cancellation_details and metadata.',
    )
  }
  const details = { ...NO_DETAILS, ...former.cancellation_details, ...params.cancellation_details }
  const updated = sandbox.store.subscriptions.update(id, {
    cancellation_details: details,
    metadata: mergeMetadata(former.metadata, metadata),
    ...(description !== undefined && { description }),
    ...(atPeriodEnd !== undefined && cancellation(sandbox, former, atPeriodEnd, details)),
  })
  emit(sandbox, 'customer.subscription.updated', updated, former)
  return updated
}

function cancellation(
  { now }: Sandbox,
  { items }: Subscription,
  atPeriodEnd: boolean,
  details: Subscription['cancellation_details'] & object,
): Partial<Subscription> {
  if (!atPeriodEnd) {
    return {
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: null,
      cancellation_details: { ...details, reason: null },
    }
  }
  return {
    cancel_at: Math.max(...items.data.map((item) => item.current_period_end)),
    cancel_at_period_end: true,
    canceled_at: now(),
    cancellation_details: { ...details, reason: 'cancellation_requested' },
  }
}
