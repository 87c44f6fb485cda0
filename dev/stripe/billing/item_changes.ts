import { refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { planObject } from '../objects/price.ts'
import { subscriptionItemObject } from '../objects/subscription.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Subscription, SubscriptionItem } from '../wire.ts'
import { type AskedItem, priceOf } from './items.ts'
import { periodAt, recurrenceOf } from './period.ts'

/** An item before and after a change; one that is added was not, one that is removed is not. */
export interface ChangedItem {
  was?: SubscriptionItem
  is?: SubscriptionItem
}

/** All items of a subscription as a request changes them. Throws where it names another's. */
export function changedItems(
  sandbox: Sandbox,
  former: Subscription,
  asked: AskedItem[],
): ChangedItem[] {
  const known = former.items.data
  for (const [index, { id }] of asked.entries()) {
    if (id === undefined || known.some((item) => item.id === id)) continue
    throw refused(`No such subscription item: '${id}'`, {
      code: 'resource_missing',
      param: `items[${index}][id]`,
    })
  }
  const kept = known.map((was): ChangedItem => {
    const index = asked.findIndex(({ id }) => id === was.id)
    const change = asked[index]
    if (!change) return { was, is: was }
    return change.deleted ? { was } : { was, is: changedItem(sandbox, was, change, index) }
  })
  const added = asked.flatMap((item, index) =>
    item.id === undefined ? { is: addedItem(sandbox, former, item, index) } : []
  )
  return [...kept, ...added]
}

function changedItem(
  sandbox: Sandbox,
  was: SubscriptionItem,
  change: AskedItem,
  index: number,
): SubscriptionItem {
  const named = change.price !== undefined || change.price_data !== undefined
  const price = named && change.price !== was.price.id
    ? priceOf(sandbox, change, { param: `items[${index}]`, type: 'recurring' })
    : was.price
  return {
    ...was,
    metadata: mergeMetadata(was.metadata, change.metadata),
    plan: planObject(price),
    price,
    quantity: change.quantity ?? was.quantity ?? 1,
  }
}

function addedItem(
  sandbox: Sandbox,
  former: Subscription,
  item: AskedItem,
  index: number,
): SubscriptionItem {
  const { now, newId } = sandbox
  const price = priceOf(sandbox, item, { param: `items[${index}]`, type: 'recurring' })
  const { end } = periodAt(now(), former.billing_cycle_anchor, recurrenceOf(price))
  return subscriptionItemObject({
    id: newId('subscription_item'),
    subscription: former.id,
    created: now(),
    price,
    quantity: item.quantity ?? 1,
    metadata: mergeMetadata({}, item.metadata),
    current_period_start: now(),
    current_period_end: former.status === 'trialing' ? former.trial_end ?? end : end,
  })
}

/** Whether something of an item changed that is billed. */
export function isTouched({ was, is }: ChangedItem): boolean {
  return was?.price.id !== is?.price.id || was?.quantity !== is?.quantity
}
