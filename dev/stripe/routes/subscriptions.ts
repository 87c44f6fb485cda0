import { Hono } from 'hono'
import type Stripe from 'stripe'
import { inTimeOf } from '../billing/clocks.ts'
import { CREATE, createSubscription } from '../billing/create.ts'
import { detachDiscounts } from '../billing/discounts.ts'
import { UNFOLLOWED_ITEM } from '../billing/items.ts'
import { askToResume, pauseSubscription } from '../billing/pauses.ts'
import { cancelSubscription, isEnded } from '../billing/subscriptions.ts'
import { NO_DETAILS, UNFOLLOWED_TERMS } from '../billing/terms.ts'
import { UPDATE, updateSubscription } from '../billing/update.ts'
import { noSuch, refused } from '../errors.ts'
import { answer, inRange, matches, read } from '../http.ts'
import { deletedDiscountObject } from '../objects/discount.ts'
import { operation, type ParamsOf } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Subscription } from '../wire.ts'

export function subscriptionRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateSubscription)
      return answer(c, createSubscription(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.subscriptions,
        list: ListSubscriptions,
        isListed,
        retrieve: RetrieveSubscription,
        search: {
          operation: SearchSubscriptions,
          fields: {
            canceled_at: (subscription) => subscription.canceled_at,
            created: ({ created }) => created,
            status: ({ status }) => status,
          },
        },
      }),
    )
    .post('/:id', async (c) => {
      const params = await read(c, UpdateSubscription)
      return answer(c, updateSubscription(c.var.sandbox, c.req.param('id'), params))
    })
    .delete('/:id', async (c) => {
      const params = await read(c, CancelSubscription)
      return answer(c, cancel(c.var.sandbox, c.req.param('id'), params))
    })
    .delete('/:id/discount', async (c) => {
      await read(c, DeleteDiscount)
      return answer(c, removeDiscount(c.var.sandbox, c.req.param('id')))
    })
    .post('/:id/resume', async (c) => {
      const params = await read(c, ResumeSubscription)
      const id = c.req.param('id')
      return answer(c, askToResume(sandboxOf(c.var.sandbox, id), id, params))
    })
    .post('/:id/pause', async (c) => {
      const params = await read(c, PauseSubscription)
      const id = c.req.param('id')
      return answer(c, pauseSubscription(sandboxOf(c.var.sandbox, id), id, params))
    })
    .post('/:id/migrate', async (c) => {
      await read(c, MigrateSubscription)
      return answer(c, migrate(c.var.sandbox, c.req.param('id')))
    })
}

/** Within `add_invoice_items`; their discounts and periods would be their own. */
const UNFOLLOWED_ONE_OFF = [
  'discountable',
  'discounts',
  'period',
  'price_data.unit_amount_decimal',
  'tax_rates',
].map((name) => `add_invoice_items.${name}`)

const UNFOLLOWED = [...UNFOLLOWED_ITEM, ...UNFOLLOWED_ONE_OFF, ...UNFOLLOWED_TERMS]

const CreateSubscription = operation<Stripe.SubscriptionCreateParams>('POST /v1/subscriptions')
  .follows(CREATE, [...UNFOLLOWED, 'billing_mode.flexible'])
const UpdateSubscription = operation<Stripe.SubscriptionUpdateParams>(
  'POST /v1/subscriptions/{id}',
).follows(UPDATE, UNFOLLOWED)
const CancelSubscription = operation<Stripe.SubscriptionCancelParams>(
  'DELETE /v1/subscriptions/{id}',
).follows('all')
const DeleteDiscount = operation<Stripe.SubscriptionDeleteDiscountParams>(
  'DELETE /v1/subscriptions/{id}/discount',
).follows('all')
const ResumeSubscription = operation<Stripe.SubscriptionResumeParams>(
  'POST /v1/subscriptions/{id}/resume',
).follows('all')
const PauseSubscription = operation<Stripe.SubscriptionPauseParams>(
  'POST /v1/subscriptions/{id}/pause',
).follows('all', ['bill_for.outstanding_usage_through'])
const MigrateSubscription = operation<Stripe.SubscriptionMigrateParams>(
  'POST /v1/subscriptions/{id}/migrate',
).follows('all', ['billing_mode.flexible'])
const SearchSubscriptions = operation<Stripe.SubscriptionSearchParams>(
  'GET /v1/subscriptions/search',
).follows('all')
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
    'test_clock',
  ])
const RetrieveSubscription = operation<Stripe.SubscriptionRetrieveParams>(
  'GET /v1/subscriptions/{id}',
).follows('all')

function isListed(subscription: Subscription, params: ParamsOf<typeof ListSubscriptions>): boolean {
  const items = subscription.items.data
  return hasStatus(subscription, params.status) &&
    matches(params.customer, subscription.customer) &&
    matches(params.collection_method, subscription.collection_method) &&
    matches(params.test_clock, subscription.test_clock ?? undefined) &&
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

function cancel(
  sandbox: Sandbox,
  id: string,
  params: ParamsOf<typeof CancelSubscription>,
): Subscription {
  const subscription = sandbox.store.subscriptions.get(id)
  if (isEnded(subscription)) throw noSuch('subscription', id)
  return cancelSubscription(inTimeOf(sandbox, subscription.customer), subscription, {
    details: {
      ...NO_DETAILS,
      ...subscription.cancellation_details,
      ...params.cancellation_details,
      reason: 'cancellation_requested',
    },
    prorate: params.prorate ?? false,
    invoiceNow: params.invoice_now ?? false,
  })
}

function removeDiscount(sandbox: Sandbox, id: string) {
  const { store } = sandbox
  const former = store.subscriptions.get(id)
  const [first] = former.discounts
  if (first === undefined) throw refused(`No active discount for subscription: ${id}`)
  const discount = store.discounts.get(first)
  detachDiscounts(sandbox, former.discounts)
  const updated = store.subscriptions.update(id, { discounts: [] })
  emit(sandbox, 'customer.subscription.updated', updated, former)
  return deletedDiscountObject(discount)
}

/** A subscription of the classic mode counts its credits from now on as the others do. */
function migrate(sandbox: Sandbox, id: string): Subscription {
  const { store } = sandbox
  const former = store.subscriptions.get(id)
  if (former.billing_mode.type === 'flexible') {
    throw refused('This subscription already has `billing_mode=flexible`.')
  }
  const updated = store.subscriptions.update(id, {
    billing_mode: {
      flexible: { proration_discounts: 'included' },
      type: 'flexible',
      updated_at: sandboxOf(sandbox, id).now(),
    },
  })
  emit(sandbox, 'customer.subscription.updated', updated, former)
  return updated
}

function sandboxOf(sandbox: Sandbox, id: string): Sandbox {
  return inTimeOf(sandbox, sandbox.store.subscriptions.get(id).customer)
}
