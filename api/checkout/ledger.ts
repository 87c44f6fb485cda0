import { type Db, isDuplicate, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { raiseAlert, resolveAbsent } from '../alerts/alerts.ts'
import { BATCH, pages } from '../jobs/pages.ts'
import type { Swept } from '../jobs/sweep.ts'
import { type Bought, setNode } from '../orders/store.ts'
import { holdCapacity, holdWhereItIs, type Need, releaseCapacity } from './capacity.ts'

/**
 * Keeps the ledger true: an open hold for each order that is paid for, may still be, or has a live
 * server, on the node where that is, and none for any other; and what a node has held is their sum.
 */
export async function sweepLedger(db: Db, deps: Deps): Promise<Swept> {
  return {
    found: {
      hold_left_over: await releaseLeftOver(db),
      hold_missing: await holdMissing(db),
      hold_elsewhere: await followServers(db),
      ledger: await repairSums(db, deps),
    },
  }
}

/** True in SQL of an order `o` that has to hold capacity. Money under review is a person's to decide. */
const HOLDS = `(o.status IN ('pending', 'payment_processing', 'paid', 'provisioning',
    'provision_failed', 'needs_review')
  OR EXISTS (SELECT 1 FROM servers live WHERE live.live_order_id = o.id))`

async function releaseLeftOver(db: Db): Promise<number> {
  const holds = (after: string) =>
    db.query<{ id: string }>(
      `SELECT h.order_id AS id FROM capacity_holds h LEFT JOIN orders o ON o.id = h.order_id
        WHERE h.order_id > ? AND h.released_at IS NULL AND (o.id IS NULL OR NOT ${HOLDS})
        ORDER BY h.order_id LIMIT ${BATCH}`,
      [after],
    )
  let found = 0
  for await (const { id } of pages(holds)) {
    const released = await db.transaction(async (tx) => {
      // Locked, so that money that comes late does not find its hold gone a moment later.
      const held = await tx.query(
        `SELECT o.id FROM orders o WHERE o.id = ? AND ${HOLDS} FOR UPDATE`,
        [
          id,
        ],
      )
      return held.length === 0 && await releaseCapacity(tx, id)
    })
    if (released) found++
  }
  return found
}

interface Unheld {
  id: string
  regionId: string
  bought: string
  /** Where its server is, once it is. */
  nodeId: number | null
}

/** One that waits for room, having found none when it was paid, is asked for again here too. */
async function holdMissing(db: Db): Promise<number> {
  const orders = (after: string) =>
    db.query<Unheld>(
      `SELECT o.id, o.region_id AS regionId, o.bought,
         IF(s.ptero_server_id IS NULL, NULL, s.node_id) AS nodeId
        FROM orders o LEFT JOIN servers s ON s.live_order_id = o.id
        WHERE o.id > ? AND o.status <> 'needs_review' AND ${HOLDS} AND NOT EXISTS
          (SELECT 1 FROM capacity_holds h WHERE h.order_id = o.id AND h.released_at IS NULL)
        ORDER BY o.id LIMIT ${BATCH}`,
      [after],
    )
  let found = 0
  for await (const order of pages(orders)) if (await holdNow(db, order)) found++
  return found
}

async function holdNow(db: Db, order: Unheld): Promise<boolean> {
  const { need }: Bought = JSON.parse(order.bought)
  try {
    return await db.transaction(async (tx) => {
      const still = await tx.query(
        `SELECT o.id FROM orders o WHERE o.id = ? AND ${HOLDS} FOR UPDATE`,
        [order.id],
      )
      if (still.length === 0) return false
      const hold = { orderId: order.id, regionId: order.regionId, need }
      if (order.nodeId === null) {
        const nodeId = await holdCapacity(tx, hold)
        if (nodeId === undefined) return false
        await setNode(tx, order.id, nodeId)
      } else await holdWhereItIs(tx, { ...hold, nodeId: order.nodeId })
      return true
    })
  } catch (error) {
    // Held by a job in the meantime.
    if (isDuplicate(error)) return false
    throw error
  }
}

/** A server that stands on another node than its hold takes the hold with it. */
async function followServers(db: Db): Promise<number> {
  const rows = await db.query<Need & { id: string; nodeId: number }>(
    `SELECT h.order_id AS id, s.node_id AS nodeId, h.memory_mib AS memoryMib,
       h.disk_mib AS diskMib, h.cpu_percent AS cpuPercent, h.ports
      FROM capacity_holds h JOIN servers s ON s.live_order_id = h.order_id
      WHERE h.released_at IS NULL AND s.ptero_server_id IS NOT NULL AND s.node_id <> h.node_id
      ORDER BY h.order_id LIMIT ${BATCH}`,
  )
  let found = 0
  for (const { id, nodeId, ...need } of rows) {
    const moved = await db.transaction(async (tx) => {
      if (!await releaseCapacity(tx, id)) return false
      await holdWhereItIs(tx, { orderId: id, nodeId, need })
      await setNode(tx, id, nodeId)
      return true
    })
    if (moved) found++
  }
  return found
}

const AMOUNTS = ['memory_mib', 'disk_mib', 'cpu_percent', 'ports'] as const

type Sums = Record<typeof AMOUNTS[number], number>

const SUMS = AMOUNTS.map((name) => `COALESCE(SUM(${name}), 0) AS ${name}`).join(', ')

async function repairSums(db: Db, deps: Deps): Promise<number> {
  // One statement sees both sides as of one moment, so that a buyer in between is no difference.
  const off = await db.query<{ id: number }>(
    `SELECT n.id FROM panel_nodes n LEFT JOIN (SELECT node_id, ${SUMS} FROM capacity_holds
        WHERE released_at IS NULL GROUP BY node_id) h ON h.node_id = n.id
      WHERE ${AMOUNTS.map((name) => `n.${name}_held <> COALESCE(h.${name}, 0)`).join(' OR ')}
      ORDER BY n.id`,
  )
  const repaired: string[] = []
  for (const { id } of off) {
    if (await repairNode(db, deps, id)) repaired.push(nodeSubject(id))
  }
  await resolveAbsent(db, 'capacity_drift', repaired)
  return repaired.length
}

/** Buyers wait for the node's row meanwhile: each changes it in the transaction of its hold. */
async function repairNode(db: Db, deps: Deps, nodeId: number): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const held = await sumsOf(
      tx,
      `SELECT ${AMOUNTS.map((name) => `${name}_held AS ${name}`).join(', ')} FROM panel_nodes
        WHERE id = ? FOR UPDATE`,
      nodeId,
    )
    const holds = await sumsOf(
      tx,
      `SELECT ${SUMS} FROM capacity_holds WHERE node_id = ? AND released_at IS NULL`,
      nodeId,
    )
    if (AMOUNTS.every((name) => held[name] === holds[name])) return false
    await tx.run(
      `UPDATE panel_nodes SET ${AMOUNTS.map((name) => `${name}_held = ?`).join(', ')} WHERE id = ?`,
      [...AMOUNTS.map((name) => holds[name]), nodeId],
    )
    const detail = { ledger: held, holds }
    await raiseAlert(tx, deps, { kind: 'capacity_drift', subject: nodeSubject(nodeId), detail })
    return true
  })
}

async function sumsOf(tx: Queryable, sql: string, nodeId: number): Promise<Sums> {
  const [row] = await tx.query<Record<keyof Sums, number | string>>(sql, [nodeId])
  const amount = (name: keyof Sums) => Number(row?.[name] ?? 0)
  return {
    memory_mib: amount('memory_mib'),
    disk_mib: amount('disk_mib'),
    cpu_percent: amount('cpu_percent'),
    ports: amount('ports'),
  }
}

/** What alerts call a node of the panel. */
export function nodeSubject(nodeId: number): string {
  return `node:${nodeId}`
}
