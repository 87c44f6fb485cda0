import { raiseAlert, resolveAlert } from '../alerts/alerts.ts'
import { type Db, microseconds } from '../db.ts'
import type { Deps } from '../deps.ts'

export interface NodeFault {
  nodeId: number
  /** The last failure in words. */
  reason: string
  /** Until one order may try the node again. */
  retryInMs: number
}

/** Orders that can go elsewhere do, for so long after a node failed to take a server. */
const AVOID_MS = 5 * 60_000

/** How often a node is tried that an order cannot do without. */
const RETRY_MS = 60_000

/** A Wings that is being updated is no news. */
const DOWN_AFTER_MS = 5 * 60_000

/** The node's Wings did not take a server. */
export async function recordNodeFault(
  db: Db,
  deps: Deps,
  { nodeId, reason }: { nodeId: number; reason: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.run(
      `INSERT INTO panel_node_faults (node_id, failures, reason, first_at, last_at, retry_at)
       VALUES (?, 1, ?, {now}, {now}, {now} + INTERVAL ? MICROSECOND)
       ON DUPLICATE KEY UPDATE failures = failures + 1, reason = VALUES(reason),
         last_at = VALUES(last_at), retry_at = VALUES(retry_at)`,
      [nodeId, reason.slice(0, 500), microseconds(RETRY_MS)],
    )
    await raiseAlert(tx, deps, {
      kind: 'panel_node_down',
      subject: subjectOf(nodeId),
      detail: { nodeId, reason },
      confirmAfterMs: DOWN_AFTER_MS,
    })
  })
  deps.log.warn('a node takes no servers', { code: subjectOf(nodeId) })
}

/** The node took a server. */
export async function forgetNodeFault(db: Db, nodeId: number): Promise<void> {
  await db.transaction(async (tx) => {
    const sql = 'DELETE FROM panel_node_faults WHERE node_id = ?'
    if ((await tx.run(sql, [nodeId])).affectedRows === 0) return
    await resolveAlert(tx, { kind: 'panel_node_down', subject: subjectOf(nodeId) })
  })
}

/** The nodes to keep away from for now. */
export async function listNodeFaults(db: Db): Promise<NodeFault[]> {
  const rows = await db.query<{ nodeId: number; reason: string; us: number | string }>(
    `SELECT node_id AS nodeId, reason, TIMESTAMPDIFF(MICROSECOND, {now}, retry_at) AS us
      FROM panel_node_faults WHERE last_at > {now} - INTERVAL ? MICROSECOND`,
    [microseconds(AVOID_MS)],
  )
  return rows.map(({ us, ...fault }) => ({ ...fault, retryInMs: Math.max(0, Number(us) / 1000) }))
}

/** Lets one order a minute try such a node; true for that one. */
export async function claimNodeRetry(db: Db, nodeId: number): Promise<boolean> {
  const { affectedRows } = await db.run(
    `UPDATE panel_node_faults SET retry_at = {now} + INTERVAL ? MICROSECOND
      WHERE node_id = ? AND retry_at <= {now}`,
    [microseconds(RETRY_MS), nodeId],
  )
  return affectedRows === 1
}

function subjectOf(nodeId: number): string {
  return `node:${nodeId}`
}
