import { Hono } from 'hono'
import { limit } from '../accounts/rate_limits.ts'
import { requireSignedIn, type SignedInEnv } from '../accounts/signed_in.ts'
import { cancelOrder } from '../checkout/cancel.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { PaymentsError } from '../payments/payments.ts'
import { syncOrder } from '../payments/sync.ts'
import { Problem } from '../problem.ts'
import { findOrderOf, listOrdersOf, type ShownOrder } from './store.ts'
import { tellStory, toBodies } from './story.ts'
import { type OpenStreams, streamOrder } from './stream.ts'

/** Anything else is no order of ours, and no question for an ASCII column. */
const ORDER_ID = 'ord_[0-9a-z]{26}'

/** A customer's orders: list, show with the timeline, listen, cancel while open, look at Stripe now. */
export function orderRoutes(deps: Deps) {
  const open: OpenStreams = new Map()
  return new Hono<SignedInEnv>()
    .use(requireSignedIn)
    .get('/', async (c) => {
      const orders = await listOrdersOf(c.var.db, c.var.signedIn.userId)
      return c.json({ orders: await toBodies(c.var.db, orders) })
    })
    .get(`/:id{${ORDER_ID}}`, async (c) => {
      const order = await ownOrder(c.var.db, c.var.signedIn.userId, c.req.param('id'))
      return c.json(await tellStory(c.var.db, order))
    })
    .get(`/:id{${ORDER_ID}}/events`, async (c) => {
      const { id: orderId } = await ownOrder(c.var.db, c.var.signedIn.userId, c.req.param('id'))
      return streamOrder(c, deps, { orderId, open })
    })
    .post(`/:id{${ORDER_ID}}/cancel`, async (c) => {
      const order = await ownOrder(c.var.db, c.var.signedIn.userId, c.req.param('id'))
      await cancelOrder(c.var.db, deps, order)
      const canceled = await ownOrder(c.var.db, c.var.signedIn.userId, order.id)
      return c.json(await tellStory(c.var.db, canceled))
    })
    .post(`/:id{${ORDER_ID}}/sync`, async (c) => {
      const order = await ownOrder(c.var.db, c.var.signedIn.userId, c.req.param('id'))
      await limit(c.var.db, deps, 'sync', { user: order.userId })
      await syncQuietly(c.var.db, deps, order)
      deps.wake(c)
      const synced = await ownOrder(c.var.db, c.var.signedIn.userId, order.id)
      return c.json(await tellStory(c.var.db, synced))
    })
}

async function ownOrder(db: Db, userId: string, id: string): Promise<ShownOrder> {
  const order = await findOrderOf(db, userId, id)
  if (!order) throw new Problem('not-found', { detail: 'You have no such order.' })
  return order
}

/** When Stripe does not answer, the order is shown as we know it; the sweep asks again. */
async function syncQuietly(db: Db, deps: Deps, order: ShownOrder): Promise<void> {
  try {
    await syncOrder(db, deps, order.id)
  } catch (error) {
    if (!(error instanceof PaymentsError)) throw error
    deps.log.warn('Stripe did not answer the return page', { orderId: order.id, error })
  }
}
