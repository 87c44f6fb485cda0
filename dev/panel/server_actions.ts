import { PanelFailure } from './failure.ts'
import type { Server } from './model.ts'
import { change, type PanelApp } from './panel.ts'

/**
 * Writes the status and then tells the node. When the node fails, the status becomes `null` whatever
 * it was before, so that a failed suspension ends an install in the panel's eyes.
 */
export async function suspend(panel: PanelApp, server: Server): Promise<void> {
  if (server.status === 'suspended') return
  refuseTransfer(server)
  change(panel, server, { status: 'suspended' })
  await syncOrElse(panel, server, () => change(panel, server, { status: null }))
}

/** Ends in `null`, whatever the state before the suspension was. */
export async function unsuspend(panel: PanelApp, server: Server): Promise<void> {
  if (server.status !== 'suspended') return
  refuseTransfer(server)
  change(panel, server, { status: null })
  await syncOrElse(panel, server, () => change(panel, server, { status: 'suspended' }))
}

/** Lifts a suspension as it goes; when the node fails the old status stays. */
export async function reinstall(panel: PanelApp, server: Server): Promise<void> {
  await panel.wings.call('reinstall', server)
  change(panel, server, { status: 'installing' })
  panel.wings.startInstall(server, { now: panel.now(), again: true })
}

/** The node is asked first; "I do not know it" is as good as done. Force removes the row anyway. */
export async function deleteServer(
  panel: PanelApp,
  server: Server,
  { force }: { force: boolean },
): Promise<void> {
  try {
    await panel.wings.call('delete', server)
  } catch (failure) {
    const unknownToNode = failure instanceof PanelFailure && failure.status === 404
    if (!force && !unknownToNode) throw failure
  }
  removeServer(panel, server)
}

/** Its allocations become free, and nobody's notes stay on them. */
function removeServer({ store }: PanelApp, server: Server): void {
  for (const row of store.allocations.rows) {
    if (row.serverId === server.id) Object.assign(row, { serverId: null, notes: null })
  }
  store.subusers.rows = store.subusers.rows.filter((row) => row.serverId !== server.id)
  store.servers.remove(server)
}

function refuseTransfer(server: Server): void {
  if (!server.transferring) return
  throw new PanelFailure(
    409,
    'ConflictHttpException',
    'Cannot toggle suspension status on a server that is currently being transferred.',
  )
}

async function syncOrElse(
  { wings }: PanelApp,
  server: Server,
  undo: () => void,
): Promise<void> {
  try {
    await wings.call('sync', server)
  } catch (failure) {
    undo()
    throw failure
  }
}
