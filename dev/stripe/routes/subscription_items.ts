import { Hono } from 'hono'
import type Stripe from 'stripe'
import { UNFOLLOWED_ITEM } from '../billing/items.ts'
import { updateSubscription } from '../billing/update.ts'
import { missing, noSuch } from '../errors.ts'
import { answer, answerList, read } from '../http.ts'
import { operation } from '../openapi/operation.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'
import type { SubscriptionItem } from '../wire.ts'

/** The items of subscriptions one by one; each change is a change of the subscription. */
export function subscriptionItemRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateItem)
      const { subscription, payment_behavior, proration_behavior, proration_date, ...item } = params
      if (subscription === undefined) throw missing('subscription')
      const { items, pending_update: pending } = updateSubscription(c.var.sandbox, subscription, {
        items: [item],
        ...given({ payment_behavior, proration_behavior, proration_date }),
      })
      return answer(c, (pending?.subscription_items ?? items.data).at(-1) ?? {})
    })
    .get('/', async (c) => {
      const { subscription } = await read(c, ListItems)
      const { items } = c.var.sandbox.store.subscriptions.get(subscription, 'subscription')
      return answerList(c, items.data)
    })
    .get('/:id', async (c) => {
      await read(c, RetrieveItem)
      return answer(c, itemOf(c.var.sandbox, c.req.param('id')))
    })
    .post('/:id', async (c) => {
      const params = await read(c, UpdateItem)
      const { off_session, payment_behavior, proration_behavior, proration_date, ...item } = params
      const { id, subscription } = itemOf(c.var.sandbox, c.req.param('id'))
      updateSubscription(c.var.sandbox, subscription, {
        items: [{ ...item, id }],
        ...given({ off_session, payment_behavior, proration_behavior, proration_date }),
      })
      return answer(c, itemOf(c.var.sandbox, id))
    })
    .delete('/:id', async (c) => {
      const params = await read(c, DeleteItem)
      const { id, subscription } = itemOf(c.var.sandbox, c.req.param('id'))
      updateSubscription(c.var.sandbox, subscription, {
        items: [{ id, deleted: true }],
        ...given(params),
      })
      return answer(c, { id, object: 'subscription_item', deleted: true })
    })
}

const ITEM = ['metadata', 'price', 'price_data', 'quantity'] as const
const BEHAVIOR = ['payment_behavior', 'proration_behavior', 'proration_date'] as const
const UNFOLLOWED = UNFOLLOWED_ITEM.map((path) => path.slice('items.'.length))

const CreateItem = operation<Stripe.SubscriptionItemCreateParams>('POST /v1/subscription_items')
  .follows([...ITEM, ...BEHAVIOR, 'subscription'], UNFOLLOWED)
const UpdateItem = operation<Stripe.SubscriptionItemUpdateParams>(
  'POST /v1/subscription_items/{id}',
).follows([...ITEM, ...BEHAVIOR, 'off_session'], UNFOLLOWED)
const DeleteItem = operation<Stripe.SubscriptionItemDeleteParams>(
  'DELETE /v1/subscription_items/{id}',
).follows(BEHAVIOR)
const ListItems = operation<Stripe.SubscriptionItemListParams>('GET /v1/subscription_items')
  .follows('all')
const RetrieveItem = operation<Stripe.SubscriptionItemRetrieveParams>(
  'GET /v1/subscription_items/{id}',
).follows('all')

function itemOf({ store }: Sandbox, id: string): SubscriptionItem {
  const item = store.subscriptions.toJSON().flatMap(({ items }) => items.data).find((item) =>
    item.id === id
  )
  if (!item) throw noSuch('subscription_item', id)
  return item
}

/** Without what the request leaves out, which a change must not see as given. */
function given<Params extends object>(params: Params): Partial<Params> {
  // Safe because nothing but the absent was taken away.
  return Object.fromEntries(
    Object.entries(params).filter(([key, value]) => value !== undefined && key !== 'expand'),
  ) as Partial<Params>
}
