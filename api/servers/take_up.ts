import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { TryAgain } from '../jobs/again.ts'
import { enqueue } from '../jobs/queue.ts'
import {
  countOrderEvents,
  insertOrderEvent,
  lockOrder,
  moveDeadline,
  type Order,
} from '../orders/store.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { verdictOn } from '../panel/faults.ts'
import { PanelError } from '../panel/panel.ts'
import { enqueueCheck } from './check.ts'

/** For the lookup and the check, and for a panel that is away in between. */
export const TAKE_UP_MS = 15 * 60_000

const KIND = 'order.found_at_deadline'

/**
 * Whether the server of an order whose deadline has come is installed at the panel all the same, as
 * after a backup from before the delivery was restored. Then the deadline moves by TAKE_UP_MS, once,
 * and the jobs that look take the server up. A panel that is away keeps no money back; throws TryAgain
 * while the panel works and it is the turn of other calls.
 */
export async function takeUpReady(db: Db, deps: Deps, order: Order): Promise<boolean> {
  if (await countOrderEvents(db, order.id, KIND) > 0) return false
  const { serverId } = order.bought
  const there = await deps.panel.findServer(await externalIdOf(db, deps, serverId))
    .catch((error) => {
      if (!(error instanceof PanelError)) throw error
      if (error.code !== 'no_budget' && verdictOn(error) !== 'pause') return undefined
      throw new TryAgain('its turn to be looked for at the panel', error.retryAfterMs ?? 10_000)
    })
  if (there?.status !== null) return false
  const moved = await db.transaction(async (tx) => {
    await lockOrder(tx, order.id)
    if (!await moveDeadline(tx, order.id, TAKE_UP_MS)) return false
    const cause = { pteroServerId: there.id }
    await insertOrderEvent(tx, deps, { orderId: order.id, kind: KIND, cause, nextInMs: 0 })
    await enqueue(tx, deps, 'server.provision', { serverId }, { topic: serverId })
    await enqueueCheck(tx, deps, serverId)
    return true
  })
  if (moved) deps.log.warn('a server is there, of an order that was to be refunded', { serverId })
  return moved
}
