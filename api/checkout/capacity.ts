import { placeholders, type Queryable } from '../db.ts'

/** What one server takes of a node. */
export interface Need {
  memoryMib: number
  diskMib: number
  cpuPercent: number
  ports: number
}

/**
 * Holds capacity for an order on one node of the region: the fullest that still fits, so that large
 * servers keep finding room. Returns the node, or undefined when none has room. One
 * compare-and-swap a node: two buyers cannot both get the last place. Call it in the transaction
 * that makes the order need it.
 */
export async function holdCapacity(
  tx: Queryable,
  { orderId, regionId, need, avoid = [] }: {
    orderId: string
    regionId: string
    need: Need
    /** Nodes that turned out not to take a server now. */
    avoid?: number[]
  },
): Promise<number | undefined> {
  const nodes = await tx.query<{ id: number }>(
    `SELECT id FROM panel_nodes WHERE region_id = ? AND ${HAS_ROOM}
      ORDER BY memory_mib_limit - memory_mib_foreign - memory_mib_held, id`,
    [regionId, ...amountsOf(need)],
  )
  for (const node of nodes) {
    if (avoid.includes(node.id) || !await takeFrom(tx, node.id, need)) continue
    await recordHold(tx, orderId, node.id, need)
    return node.id
  }
  return undefined
}

/** Gives an order's capacity back; false when it was given back before or never held. */
export async function releaseCapacity(tx: Queryable, orderId: string): Promise<boolean> {
  const { affectedRows } = await tx.run(
    'UPDATE capacity_holds SET released_at = {now} WHERE order_id = ? AND released_at IS NULL',
    [orderId],
  )
  if (affectedRows !== 1) return false
  const [hold] = await tx.query<Need & { nodeId: number }>(
    `SELECT node_id AS nodeId, memory_mib AS memoryMib, disk_mib AS diskMib,
       cpu_percent AS cpuPercent, ports FROM capacity_holds WHERE order_id = ?`,
    [orderId],
  )
  if (!hold) return false
  await tx.run(ADD_HELD, [...amountsOf(hold).map((amount) => -amount), hold.nodeId])
  return true
}

/**
 * Holds on this very node, room or not: for a server that is there already, which the ledger has to
 * know of. Throws the duplicate error (1062) when the order holds capacity already.
 */
export async function holdWhereItIs(
  tx: Queryable,
  { orderId, nodeId, need }: { orderId: string; nodeId: number; need: Need },
): Promise<void> {
  await tx.run(ADD_HELD, [...amountsOf(need), nodeId])
  await recordHold(tx, orderId, nodeId, need)
}

/** What is held for a server that lives, or is to live. */
export interface ServerHold {
  serverId: string
  nodeId: number
  need: Need
}

export async function listServerHolds(db: Queryable): Promise<ServerHold[]> {
  const rows = await db.query<Need & { serverId: string; nodeId: number }>(
    `SELECT s.id AS serverId, h.node_id AS nodeId, h.memory_mib AS memoryMib,
       h.disk_mib AS diskMib, h.cpu_percent AS cpuPercent, h.ports
      FROM capacity_holds h JOIN servers s ON s.live_order_id = h.order_id
      WHERE h.released_at IS NULL`,
  )
  return rows.map(({ serverId, nodeId, ...need }) => ({ serverId, nodeId, need }))
}

/** The node on which an order's capacity is held now. */
export async function findHold(db: Queryable, orderId: string): Promise<number | undefined> {
  const [row] = await db.query<{ nodeId: number }>(
    `SELECT node_id AS nodeId FROM capacity_holds WHERE order_id = ? AND released_at IS NULL`,
    [orderId],
  )
  return row?.nodeId
}

/** Of these regions, those with a node that has room. */
export async function regionsWithRoom(
  db: Queryable,
  regionIds: string[],
  need: Need,
): Promise<string[]> {
  if (regionIds.length === 0) return []
  const rows = await db.query<{ id: string }>(
    `SELECT DISTINCT region_id AS id FROM panel_nodes
      WHERE region_id IN (${placeholders(regionIds)}) AND ${HAS_ROOM} ORDER BY region_id`,
    [...regionIds, ...amountsOf(need)],
  )
  return rows.map((row) => row.id)
}

const ADD_HELD = `UPDATE panel_nodes SET memory_mib_held = memory_mib_held + ?,
  disk_mib_held = disk_mib_held + ?, cpu_percent_held = cpu_percent_held + ?,
  ports_held = ports_held + ? WHERE id = ?`

const HAS_ROOM = `sellable = 1
  AND memory_mib_foreign + memory_mib_held + ? <= memory_mib_limit
  AND disk_mib_foreign + disk_mib_held + ? <= disk_mib_limit
  AND cpu_percent_foreign + cpu_percent_held + ? <= cpu_percent_limit
  AND ports_foreign + ports_held + ? <= ports_limit`

function amountsOf(need: Need): number[] {
  return [need.memoryMib, need.diskMib, need.cpuPercent, need.ports]
}

async function takeFrom(tx: Queryable, nodeId: number, need: Need): Promise<boolean> {
  const amounts = amountsOf(need)
  const { affectedRows } = await tx.run(`${ADD_HELD} AND ${HAS_ROOM}`, [
    ...amounts,
    nodeId,
    ...amounts,
  ])
  return affectedRows === 1
}

async function recordHold(
  tx: Queryable,
  orderId: string,
  nodeId: number,
  need: Need,
): Promise<void> {
  const amounts = amountsOf(need)
  const { affectedRows } = await tx.run(
    `UPDATE capacity_holds SET node_id = ?, memory_mib = ?, disk_mib = ?, cpu_percent = ?,
       ports = ?, created_at = {now}, released_at = NULL
      WHERE order_id = ? AND released_at IS NOT NULL`,
    [nodeId, ...amounts, orderId],
  )
  if (affectedRows === 1) return
  // Fails as a duplicate when another worker holds for the order already; then nothing is taken.
  await tx.run(
    `INSERT INTO capacity_holds
       (order_id, node_id, memory_mib, disk_mib, cpu_percent, ports, created_at)
     VALUES (?, ?, ?, ?, ?, ?, {now})`,
    [orderId, nodeId, ...amounts],
  )
}
