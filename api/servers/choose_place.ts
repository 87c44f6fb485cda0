import { findHold, holdCapacity, releaseCapacity } from '../checkout/capacity.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { type Order, setNode } from '../orders/store.ts'
import { regionNames } from '../plans/store.ts'
import type { Server } from './store.ts'
import { recordWaiting } from './waiting.ts'

/** Room changes by the minute at most. */
const ROOM_RETRY_MS = 5 * 60_000

export interface Place {
  nodeId: number
  allocationId: number
}

/**
 * A free port on the node where the order's capacity is held; on another node of the region, with
 * the hold moved there, when that one went into maintenance, left the panel or has no port left.
 * Throws TryAgain, and says so on the order, when no node has room.
 */
export async function choosePlace(
  db: Db,
  deps: Deps,
  about: { order: Order; server: Server },
): Promise<Place> {
  const nodes = await deps.panel.listNodes()
  const closed = nodes.filter((node) => node.maintenance).map((node) => node.id)
  for (const avoid = [...closed];;) {
    const nodeId = await holdApartFrom(db, about.order, avoid)
    if (nodeId === undefined) throw await waitForRoom(db, deps, about)
    const isThere = nodes.some((node) => node.id === nodeId)
    const free = isThere ? await deps.panel.listAllocations(nodeId, { free: true }) : []
    // At random, so that another shop on the same panel rarely wants the same one.
    const chosen = free[Math.floor(free.length * (deps.randomBytes(1)[0] ?? 0) / 256)]
    if (chosen) return { nodeId, allocationId: chosen.id }
    avoid.push(nodeId)
  }
}

/** The node that holds the order's capacity now. A hold is given up only for another. */
async function holdApartFrom(db: Db, order: Order, avoid: number[]): Promise<number | undefined> {
  const held = await findHold(db, order.id)
  if (held !== undefined && !avoid.includes(held)) return held
  const { regionId, bought } = order
  const hold = { orderId: order.id, regionId, need: bought.need, avoid }
  try {
    return await db.transaction(async (tx) => {
      await releaseCapacity(tx, order.id)
      const nodeId = await holdCapacity(tx, hold)
      if (nodeId === undefined) throw new NoRoom()
      await setNode(tx, order.id, nodeId)
      return nodeId
    })
  } catch (error) {
    if (error instanceof NoRoom) return undefined
    throw error
  }
}

/** Undoes the transaction, so that a hold on a closed node is not lost for nothing. */
class NoRoom extends Error {}

async function waitForRoom(
  db: Db,
  deps: Deps,
  { order, server }: { order: Order; server: Server },
) {
  const names = await regionNames(db)
  return await recordWaiting(db, deps, {
    orderId: order.id,
    serverId: server.id,
    reason: 'room',
    facts: { region: names.get(order.regionId) ?? order.regionId },
    delayMs: ROOM_RETRY_MS,
  })
}
