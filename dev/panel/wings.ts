import type { Faults } from '../faults/faults.ts'
import type { FaultAt } from '../faults/vocabulary.ts'
import { PanelFailure } from './failure.ts'
import type { Server } from './model.ts'
import type { PanelStore } from './store.ts'

/** What the panel asks of the node's daemon. `sync` follows a suspension or its end. */
export type WingsAction = 'create' | 'sync' | 'reinstall' | 'delete'

/** The daemon of every node: installs at its own pace and fails when that is ordered. */
export class Wings {
  installMs: number
  private readonly faults: Faults

  constructor(installMs: number, faults: Faults) {
    this.installMs = installMs
    this.faults = faults
  }

  /** Returns when the daemon took the order, else throws what the panel makes of the failure. */
  call(action: WingsAction): void {
    const strike = this.faults.strike('wings', { service: 'panel', wings: action })
    if (strike) throw daemonFailure(action, strike.fault)
  }

  startInstall(server: Server, { now, again, skipScripts }: InstallOptions): void {
    const takesMs = skipScripts ? 0 : this.installMs
    const endsAt = new Date(now.getTime() + takesMs).toISOString()
    const wings = again ? 'reinstall' : 'create'
    const fault = this.faults.strike('install', { service: 'panel', wings })?.fault.name
    const outcome = fault === 'install-fails' ? 'failed' : 'installed'
    server.install = fault === 'install-never-ends' ? null : { endsAt, outcome, again }
  }

  /** Reports the installs that have ended since, as the daemon does by itself; true if any had. */
  settle(store: PanelStore, now: Date): boolean {
    const ended = store.servers.rows.filter((server) => {
      return server.install !== null && Date.parse(server.install.endsAt) <= now.getTime()
    })
    for (const server of ended) settleInstall(server)
    return ended.length > 0
  }
}

interface InstallOptions {
  now: Date
  /** A reinstall: it fails into another status than a first install. */
  again: boolean
  skipScripts?: boolean
}

function settleInstall(server: Server): void {
  const install = server.install
  if (!install) return
  server.install = null
  server.updatedAt = install.endsAt
  // One column holds both states: a suspension during the install hides how it ended.
  if (server.status === 'suspended') return
  const failed = install.again ? 'reinstall_failed' : 'install_failed'
  server.status = install.outcome === 'installed' ? null : failed
}

/** The panel copies the status of Wings, so that a 404 or 422 here is not one of its own. */
function daemonFailure(action: WingsAction, fault: FaultAt<'wings'>): PanelFailure {
  const id = '0b6f4c0e-7a51-4d0f-9a63-2f6f8a7d1c55'
  if (fault.name === 'wings-down') return daemonAnswer(504, unreachable)
  const { status } = fault
  if (status >= 500) {
    return daemonAnswer(
      status,
      'There was an error while communicating with the machine running this server. This error ' +
        `has been logged, please try again. (code: ${status}) (request_id: ${id})`,
    )
  }
  return daemonAnswer(
    status,
    `An error occurred on the remote host: ${action} failed. (request id: ${id})`,
  )
}

const unreachable =
  'Could not establish a connection to the machine running this server. Please try again.'

function daemonAnswer(status: PanelFailure['status'], detail: string): PanelFailure {
  return new PanelFailure(status, 'DaemonConnectionException', detail)
}
