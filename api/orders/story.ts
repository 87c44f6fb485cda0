import type { Queryable } from '../db.ts'
import { regionNames } from '../plans/store.ts'
import type { OrderBody, OrderStoryBody } from './bodies.ts'
import { toOrderBody } from './body.ts'
import { findOrderOf, listOrderEvents, type ShownOrder } from './store.ts'
import { toTimeline } from './timeline.ts'

/** A user's order with its timeline; undefined when they have no such order. */
export async function findStory(
  db: Queryable,
  { userId, orderId }: { userId: string; orderId: string },
): Promise<OrderStoryBody | undefined> {
  const order = await findOrderOf(db, userId, orderId)
  return order && await tellStory(db, order)
}

export async function tellStory(db: Queryable, order: ShownOrder): Promise<OrderStoryBody> {
  const [body] = await toBodies(db, [order])
  if (!body) throw new Error('Cannot show the order as it has no body')
  return { order: body, timeline: toTimeline(await listOrderEvents(db, order.id)) }
}

export async function toBodies(db: Queryable, orders: ShownOrder[]): Promise<OrderBody[]> {
  const names = await regionNames(db)
  return orders.map((order) => toOrderBody(order, names.get(order.regionId) ?? order.regionId))
}
