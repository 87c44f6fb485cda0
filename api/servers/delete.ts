import { releaseCapacity } from '../checkout/capacity.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { TryAgain } from '../jobs/again.ts'
import { enqueue } from '../jobs/queue.ts'
import { PanelError } from '../panel/panel.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { findServer, moveServer, msSinceCreateSent, msUntilDelete, recordDeleted } from './store.ts'

/** A create is given 60 s, and the panel and its node may take some more after we gave up. */
const CREATE_MAY_COME_MS = 150_000

/** A node that is away keeps its servers; we never force, for that would orphan their files. */
const PANEL_RETRY_MS = 60_000

/**
 * Deletes a server that is `deleting`, at the panel and then here, and gives its capacity back. A
 * create that was sent a moment ago is waited for, so that nothing is left that nobody pays for.
 */
export async function deleteServer(
  db: Db,
  deps: Deps,
  { serverId }: { serverId: string },
): Promise<void> {
  const server = await findServer(db, serverId)
  if (!server || server.status !== 'deleting') return
  const sentMs = await msSinceCreateSent(db, serverId)
  if (sentMs !== undefined && sentMs < CREATE_MAY_COME_MS) {
    throw new TryAgain('a create may still take effect', CREATE_MAY_COME_MS - sentMs)
  }
  await deleteAtPanel(deps, await externalIdOf(db, deps, serverId))
  await db.transaction(async (tx) => {
    if (!await moveServer(tx, deps, serverId, 'deleted')) return
    await recordDeleted(tx, serverId)
    await releaseCapacity(tx, server.orderId)
  })
  deps.log.info('server deleted', { orderId: server.orderId, serverId })
}

/** Lets go of a suspended server whose money went back, once its time has passed. */
export async function retireServer(
  db: Db,
  deps: Deps,
  { serverId }: { serverId: string },
): Promise<void> {
  const leftMs = await msUntilDelete(db, serverId)
  if (leftMs === undefined) return
  if (leftMs > 0) throw new TryAgain('its time has not passed', leftMs)
  await db.transaction(async (tx) => {
    if (!await moveServer(tx, deps, serverId, 'deleting')) return
    await enqueue(tx, deps, 'server.delete', { serverId }, { topic: serverId })
  })
}

/** Deletes at the panel what has this external id, if anything has. Throws TryAgain. */
export async function deleteAtPanel(deps: Deps, externalId: string): Promise<void> {
  try {
    const there = await deps.panel.findServer(externalId)
    if (there) await deps.panel.deleteServer(there.id)
  } catch (error) {
    if (!(error instanceof PanelError)) throw error
    if (error.kind === 'missing') return
    throw new TryAgain(`cannot delete: ${error.message}`, PANEL_RETRY_MS, error)
  }
}
