import { raiseAlert, resolveAbsent } from '../alerts/alerts.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { findLastOrderEvent, insertOrderEvent, setNode } from '../orders/store.ts'
import { regionNames } from '../plans/store.ts'
import { holdCapacity, type Need, releaseCapacity } from './capacity.ts'
import { nodeSubject } from './ledger.ts'

/** When the sweep looks for room again. */
const AGAIN_MS = 10 * 60_000

/**
 * Moves the holds of orders whose server is not created yet off nodes that went into maintenance,
 * left the panel or the region or got too full, to other nodes of their region, so that who pays finds room. Where
 * none has any, the order says so. Returns how many were moved.
 */
export async function moveHolds(db: Db, deps: Deps): Promise<number> {
  const regions = await regionNames(db)
  const stuck: string[] = []
  let moved = 0
  for (const node of await closedNodes(db)) {
    let left = 0
    for (const hold of await movableHolds(db, node.id)) {
      // Too full only: as soon as the rest fits, it may stay.
      const isOpen = node.sellable && node.regionId === hold.regionId
      if (isOpen && !await isTooFull(db, node.id)) continue
      const outcome = await moveHold(db, deps, { ...hold, from: node.id })
      if (outcome === 'moved') moved++
      if (outcome !== 'no-room') continue
      left++
      await sayItIsStuck(db, deps, hold.orderId, regions.get(hold.regionId) ?? hold.regionId)
    }
    if (left === 0) continue
    stuck.push(nodeSubject(node.id))
    const detail = { orders: left }
    await raiseAlert(db, deps, { kind: 'capacity_stuck', subject: nodeSubject(node.id), detail })
  }
  await resolveAbsent(db, 'capacity_stuck', stuck)
  return moved
}

const TOO_FULL = `(memory_mib_foreign + memory_mib_held > memory_mib_limit
  OR disk_mib_foreign + disk_mib_held > disk_mib_limit
  OR cpu_percent_foreign + cpu_percent_held > cpu_percent_limit
  OR ports_foreign + ports_held > ports_limit)`

interface ClosedNode {
  id: number
  regionId: string
  sellable: boolean
}

async function closedNodes(db: Queryable): Promise<ClosedNode[]> {
  const rows = await db.query<Omit<ClosedNode, 'sellable'> & { sellable: number }>(
    `SELECT id, region_id AS regionId, sellable FROM panel_nodes
      WHERE sellable = 0 OR ${TOO_FULL} OR EXISTS (SELECT 1 FROM capacity_holds h
        JOIN orders o ON o.id = h.order_id WHERE h.node_id = panel_nodes.id
          AND h.released_at IS NULL AND o.region_id <> panel_nodes.region_id) ORDER BY id`,
  )
  return rows.map((row) => ({ ...row, sellable: Boolean(row.sellable) }))
}

async function isTooFull(db: Queryable, nodeId: number): Promise<boolean> {
  const rows = await db.query(`SELECT id FROM panel_nodes WHERE id = ? AND ${TOO_FULL}`, [nodeId])
  return rows.length > 0
}

interface Movable {
  orderId: string
  regionId: string
  need: Need
}

/** True in SQL of an order `o` that waits for money or for its server, of which no create was sent. */
const NOT_CREATED = `o.status IN ('pending', 'payment_processing', 'paid', 'provisioning',
    'provision_failed')
  AND NOT EXISTS (SELECT 1 FROM servers s WHERE s.live_order_id = o.id
    AND (s.ptero_server_id IS NOT NULL OR s.create_sent_at IS NOT NULL))`

/** Those that came last go first. */
async function movableHolds(db: Queryable, nodeId: number): Promise<Movable[]> {
  const rows = await db.query<Need & { orderId: string; regionId: string }>(
    `SELECT o.id AS orderId, o.region_id AS regionId, h.memory_mib AS memoryMib,
       h.disk_mib AS diskMib, h.cpu_percent AS cpuPercent, h.ports
      FROM capacity_holds h JOIN orders o ON o.id = h.order_id
      WHERE h.node_id = ? AND h.released_at IS NULL AND ${NOT_CREATED}
      ORDER BY h.created_at DESC, o.id DESC`,
    [nodeId],
  )
  return rows.map(({ orderId, regionId, ...need }) => ({ orderId, regionId, need }))
}

async function moveHold(
  db: Db,
  deps: Deps,
  { orderId, regionId, need, from }: Movable & { from: number },
): Promise<'moved' | 'gone' | 'no-room'> {
  return await db.transaction(async (tx) => {
    const still = await tx.query(
      `SELECT o.id FROM orders o WHERE o.id = ? AND ${NOT_CREATED} FOR UPDATE`,
      [orderId],
    )
    if (still.length === 0 || !await isHeldOn(tx, orderId, from)) return 'gone'
    if (!await releaseCapacity(tx, orderId)) return 'gone'
    const hold = { orderId, regionId, need, avoid: [from] }
    const to = await holdCapacity(tx, hold)
    if (to === undefined) throw new NoRoom()
    await setNode(tx, orderId, to)
    const cause = { from: nodeSubject(from), to: nodeSubject(to) }
    await insertOrderEvent(tx, deps, { orderId, kind: 'order.hold_moved', cause })
    return 'moved' as const
  }).catch((error) => {
    if (error instanceof NoRoom) return 'no-room' as const
    throw error
  })
}

/** Undoes the transaction, so that a hold on a closed node is not lost for nothing. */
class NoRoom extends Error {}

async function isHeldOn(tx: Queryable, orderId: string, nodeId: number): Promise<boolean> {
  const rows = await tx.query(
    `SELECT order_id FROM capacity_holds
      WHERE order_id = ? AND node_id = ? AND released_at IS NULL FOR UPDATE`,
    [orderId, nodeId],
  )
  return rows.length > 0
}

/** Said once, until it was moved after all. */
async function sayItIsStuck(db: Db, deps: Deps, orderId: string, region: string): Promise<void> {
  const kind = 'order.hold_stuck'
  const last = await findLastOrderEvent(db, orderId, [kind, 'order.hold_moved'])
  if (last === kind) return
  await insertOrderEvent(db, deps, { orderId, kind, facts: { region }, nextInMs: AGAIN_MS })
}
