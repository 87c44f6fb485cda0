import { findHold, holdCapacity, releaseCapacity } from '../checkout/capacity.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { TryAgain } from '../jobs/again.ts'
import { insertOrderEvent, type Order, setNode } from '../orders/store.ts'
import type { PanelNode } from '../panel/panel.ts'
import { claimNodeRetry, listNodeFaults, type NodeFault } from './node_faults.ts'
import { lockUncreated, type Server } from './store.ts'
import { ROOM_RETRY_MS, waitInRegion } from './waiting.ts'

/** One of those that wait gets to try; the rest need not come at the same moment. */
const SOONEST_NODE_RETRY_MS = 5000

export interface Place {
  nodeId: number
  allocationId: number
}

/**
 * A free port on the node where the order's capacity is held; on another node of the region, with
 * the hold moved there, when that one went into maintenance, left the panel, has no port left or
 * lately failed to take a server. Throws TryAgain, and says so on the order, when no node has room,
 * or when the only one that has fails.
 */
export async function choosePlace(
  db: Db,
  deps: Deps,
  about: { order: Order; server: Server },
): Promise<Place> {
  const nodes = await deps.panel.listNodes()
  const closed = nodes.filter((node) => node.maintenance).map((node) => node.id)
  const faults = await listNodeFaults(db)
  const failing = faults.map((fault) => fault.nodeId)
  const place = await findPlace(db, deps, about.order, { nodes, avoid: [...closed, ...failing] })
  if (place) return place
  const held = await findHold(db, about.order.id)
  const fault = faults.find((fault) => fault.nodeId === held)
  if (!fault || closed.includes(fault.nodeId)) throw await waitForRoom(db, deps, about)
  if (!await claimNodeRetry(db, fault.nodeId)) throw await waitForNode(db, deps, about, fault)
  const others = failing.filter((id) => id !== fault.nodeId)
  const again = await findPlace(db, deps, about.order, { nodes, avoid: [...closed, ...others] })
  if (again) return again
  throw await waitForRoom(db, deps, about)
}

/** Undefined when no node has room but those to avoid; then the hold stays where it is. */
async function findPlace(
  db: Db,
  deps: Deps,
  order: Order,
  { nodes, avoid }: { nodes: PanelNode[]; avoid: number[] },
): Promise<Place | undefined> {
  for (const avoided = [...avoid];;) {
    const nodeId = await holdApartFrom(db, deps, order, avoided)
    if (nodeId === undefined) return undefined
    const isThere = nodes.some((node) => node.id === nodeId)
    const free = isThere ? await deps.panel.listAllocations(nodeId, { free: true }) : []
    // At random, so that another shop on the same panel rarely wants the same one.
    const chosen = free[Math.floor(free.length * (deps.randomBytes(1)[0] ?? 0) / 256)]
    if (chosen) return { nodeId, allocationId: chosen.id }
    avoided.push(nodeId)
  }
}

/** The node that holds the order's capacity now. A hold is given up only for another. */
async function holdApartFrom(
  db: Db,
  deps: Deps,
  order: Order,
  avoid: number[],
): Promise<number | undefined> {
  const held = await findHold(db, order.id)
  if (held !== undefined && !avoid.includes(held)) return held
  const { regionId, bought } = order
  const hold = { orderId: order.id, regionId, need: bought.need, avoid }
  try {
    return await db.transaction(async (tx) => {
      // A worker whose lease was lost may come here long after the server did.
      if (!await lockUncreated(tx, bought.serverId)) throw new TryAgain('no create is wanted', 0)
      await releaseCapacity(tx, order.id)
      const nodeId = await holdCapacity(tx, hold)
      if (nodeId === undefined) throw new NoRoom()
      await setNode(tx, order.id, nodeId)
      const cause = { from: held ?? null, to: nodeId }
      const event = { orderId: order.id, kind: 'order.node_changed', cause, nextInMs: 0 }
      await insertOrderEvent(tx, deps, event)
      return nodeId
    })
  } catch (error) {
    if (error instanceof NoRoom) return undefined
    throw error
  }
}

/** Undoes the transaction, so that a hold on a closed node is not lost for nothing. */
class NoRoom extends Error {}

async function waitForRoom(db: Db, deps: Deps, about: { order: Order; server: Server }) {
  return await waitInRegion(db, deps, { ...about, reason: 'room', delayMs: ROOM_RETRY_MS })
}

/** The hold stays: as soon as the node takes servers again the order is delivered there. */
async function waitForNode(
  db: Db,
  deps: Deps,
  about: { order: Order; server: Server },
  { nodeId, reason, retryInMs }: NodeFault,
) {
  return await waitInRegion(db, deps, {
    ...about,
    reason: 'node',
    cause: { nodeId, reason },
    delayMs: Math.max(retryInMs, SOONEST_NODE_RETRY_MS),
  })
}
