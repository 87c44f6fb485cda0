import type { Server } from './model.ts'
import { type PanelApp, timestamp } from './panel.ts'
import { PanelFailure } from './failure.ts'

/**
 * Writes the status and then tells the node. When the node fails, the status becomes `null` whatever
 * it was before, so that a failed suspension ends an install in the panel's eyes.
 */
export function suspend(panel: PanelApp, server: Server): void {
  if (server.status === 'suspended') return
  setStatus(panel, server, 'suspended')
  syncOrElse(panel, server, () => setStatus(panel, server, null))
}

/** Ends in `null`, whatever the state before the suspension was. */
export function unsuspend(panel: PanelApp, server: Server): void {
  if (server.status !== 'suspended') return
  setStatus(panel, server, null)
  syncOrElse(panel, server, () => setStatus(panel, server, 'suspended'))
}

/** Lifts a suspension as it goes; when the node fails the old status stays. */
export function reinstall(panel: PanelApp, server: Server): void {
  panel.wings.call('reinstall', server)
  setStatus(panel, server, 'installing')
  panel.wings.startInstall(server, { now: panel.now(), again: true })
}

/** The node is asked first; "I do not know it" is as good as done. Force removes the row anyway. */
export function deleteServer(
  { store, wings }: PanelApp,
  server: Server,
  { force }: { force: boolean },
): void {
  try {
    wings.call('delete', server)
  } catch (failure) {
    const unknownToNode = failure instanceof PanelFailure && failure.status === 404
    if (!force && !unknownToNode) throw failure
  }
  for (const row of store.allocations.rows) {
    if (row.serverId === server.id) row.serverId = null
  }
  store.servers.remove(server)
}

function setStatus(panel: PanelApp, server: Server, status: string | null): void {
  server.status = status
  server.updatedAt = timestamp(panel)
}

function syncOrElse({ wings }: PanelApp, server: Server, undo: () => void): void {
  try {
    wings.call('sync', server)
  } catch (failure) {
    undo()
    throw failure
  }
}
