import { PanelFailure } from './failure.ts'
import type { Server } from './model.ts'
import type { PanelStore } from './store.ts'

/**
 * What the panel asks of the node's daemon. `sync` follows a suspension, its end and a change of the
 * build; `update` a change of the node itself.
 */
export type WingsAction = 'create' | 'sync' | 'reinstall' | 'delete' | 'update'

/** No answer at all, or the HTTP status that Wings answers with. */
export type WingsFault = 'unreachable' | number

/** The daemon of every node: installs at its own pace and fails when told to. */
export class Wings {
  installMs: number
  nextInstallFails = false
  private readonly faults = new Map<WingsAction, WingsFault>()

  constructor(installMs: number) {
    this.installMs = installMs
  }

  failNext(action: WingsAction, fault: WingsFault): void {
    this.faults.set(action, fault)
  }

  /** Returns when the daemon took the order, else throws what the panel makes of the failure. */
  call(action: WingsAction): void {
    const fault = this.faults.get(action)
    this.faults.delete(action)
    if (fault !== undefined) throw daemonFailure(action, fault)
  }

  startInstall(server: Server, { now, again, skipScripts }: InstallOptions): void {
    const takesMs = skipScripts ? 0 : this.installMs
    const endsAt = new Date(now.getTime() + takesMs).toISOString()
    const outcome = this.nextInstallFails ? 'failed' : 'installed'
    this.nextInstallFails = false
    server.install = { endsAt, outcome, again }
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
function daemonFailure(action: WingsAction, fault: WingsFault): PanelFailure {
  const id = '0b6f4c0e-7a51-4d0f-9a63-2f6f8a7d1c55'
  if (fault === 'unreachable') return daemonAnswer(504, unreachable)
  if (fault >= 500) {
    return daemonAnswer(
      fault,
      'There was an error while communicating with the machine running this server. This error ' +
        `has been logged, please try again. (code: ${fault}) (request_id: ${id})`,
    )
  }
  return daemonAnswer(
    fault,
    `An error occurred on the remote host: ${action} failed. (request id: ${id})`,
  )
}

const unreachable =
  'Could not establish a connection to the machine running this server. Please try again.'

function daemonAnswer(status: number, detail: string): PanelFailure {
  return new PanelFailure(failureStatus(status), 'DaemonConnectionException', detail)
}

function failureStatus(status: number): PanelFailure['status'] {
  const known = [400, 404, 409, 422, 500, 502, 503, 504] as const
  const found = known.find((one) => one === status)
  if (!found) throw new Error(`Cannot play this fault of Wings as it is not known: ${status}`)
  return found
}
