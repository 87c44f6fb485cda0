import { type Context, Hono, type Next } from 'hono'
import { createFaults, type Faults } from '../faults/faults.ts'
import { withFaults } from '../faults/wire.ts'
import { answer } from './answers.ts'
import { api } from './api.ts'
import { clientApi } from './client/api.ts'
import { PanelFailure } from './failure.ts'
import { Gate, StartingLine } from './gates.ts'
import { pages } from './pages.ts'
import type { PanelApp, PanelEnv, PanelSettings } from './panel.ts'
import { ensureDaemonTokens, ensureKey, seedShop } from './seed.ts'
import { rollBack } from './server_create.ts'
import { PanelStore } from './store.ts'
import { panelVoice } from './voice.ts'
import { daemon } from './wings/daemon.ts'
import { remoteApi } from './wings/remote.ts'
import { type Upgrade, upgradeWithDeno } from './wings/socket.ts'
import { Wings } from './wings/wings.ts'

export interface PanelEmulatorOptions {
  /** Where it is reached; shown in links and redirects. */
  url: string
  /** `ptla_` and more, 48 characters in all; it may do everything. */
  applicationKey: string
  /** `ptlc_` and more: a root admin's, for the client API. */
  accountKey?: string
  now: () => Date
  random?: () => number
  installMs?: number
  /** Of the application API; 240 unless told. */
  requestsPerMinute?: number
  /** Of the client API; 720 unless told. */
  clientRequestsPerMinute?: number
  /** Origins beside `url` from which a page may open a console: the nodes' `allowed_origins`. */
  allowedOrigins?: string[]
  /** What makes a websocket of a request; Deno's own by default. */
  upgrade?: Upgrade
  /** What `snapshot()` gave; wins over the seed. */
  state?: unknown
  /** Something worth a new snapshot has changed. */
  onChange?: () => void
  log?: (line: string) => void
  seed?: 'shop' | 'empty'
  /** Where faults are ordered, when several emulators share the orders. */
  faults?: Faults
}

export interface PanelEmulator {
  fetch(request: Request): Promise<Response>
  snapshot(): unknown
  close(): void
  store: PanelStore
  faults: Faults
  /** Maintenance of the whole panel, its two-factor rule, its debug mode: change them at any time. */
  settings: PanelSettings
  /**
   * The next `count` creates of servers or users all pass their checks before the first of them
   * writes, as calls of the same moment do on the real panel; until they have come they wait.
   */
  raceNext(count: number): void
  /** Creates wait at the node, their rows there to be read, until the returned function is called. */
  holdCreates(): () => void
  setInstallMs(ms: number): void
  /** The daemon of a node starts anew, and the panel forgets what was installing there. */
  rebootWings(nodeId: number): void
  setMaintenance(nodeId: number, on: boolean): void
}

/** A Pterodactyl panel 1.11 with its nodes, as strict and as odd as the real one. */
export function createPanelEmulator(options: PanelEmulatorOptions): PanelEmulator {
  const panel = openPanel(options)
  const { store, wings, faults, timing, settle } = panel
  const fetch = async (request: Request) => {
    // Read first: nothing can be asked of a request that has become a websocket.
    const { method } = request
    const { pathname } = new URL(request.url)
    settle()
    if (await rollBack(panel)) options.onChange?.()
    const isForNode = /^\/api\/(servers|system)\b/.test(pathname)
    const response = await (isForNode ? daemon : site).fetch(request, panel)
    options.log?.(`${method} ${pathname} ${response.status}`)
    // A refusal may have changed something too: a failed suspension ends an install.
    if (method !== 'GET') options.onChange?.()
    return response
  }
  return {
    store,
    faults,
    fetch: withFaults(fetch, {
      service: 'panel',
      faults,
      voice: panelVoice(panel),
      now: panel.now,
    }),
    snapshot: () => store.snapshot(),
    close: () => {
      panel.windows.application.clear()
      panel.windows.client.clear()
      timing.startingLine?.open()
      timing.heldNode?.open()
      wings.close()
    },
    settings: panel.settings,
    raceNext: (count) => timing.startingLine = new StartingLine(count),
    holdCreates: () => {
      const gate = new Gate()
      timing.heldNode = gate
      return () => gate.open()
    },
    setInstallMs: (ms) => wings.installMs = ms,
    rebootWings: (nodeId) => wings.reboot(store.nodes.get(nodeId)),
    setMaintenance: (nodeId, on) => store.nodes.get(nodeId).maintenance = on,
  }
}

const site = new Hono<PanelEnv>().use(refuseWhenDown).route('/', pages)

// Each API answers what is no page itself, so that it can tell an unknown route in its own words.
site.notFound((c) => {
  if (/^\/api\/client\b/.test(c.req.path)) return clientApi.fetch(c.req.raw, c.env)
  if (/^\/api\/remote\b/.test(c.req.path)) return remoteApi.fetch(c.req.raw, c.env)
  return api.fetch(c.req.raw, c.env)
})

function openPanel(options: PanelEmulatorOptions): PanelApp {
  const { now, faults = createFaults({ services: ['panel'], now }) } = options
  const store = new PanelStore()
  const panel: PanelApp = {
    url: options.url.replace(/\/+$/, ''),
    store,
    wings: new Wings({ store, now, faults, installMs: options.installMs ?? 4000 }),
    now,
    random: options.random ?? Math.random,
    upgrade: options.upgrade ?? upgradeWithDeno,
    settle: () => {
      if (panel.wings.settle()) options.onChange?.()
    },
    resources: new Map(),
    settings: {
      down: null,
      requireTwoFactor: 'nobody',
      debug: false,
      allowedOrigins: options.allowedOrigins ?? [],
      requestsPerMinute: {
        application: options.requestsPerMinute ?? 240,
        client: options.clientRequestsPerMinute ?? 720,
      },
    },
    faults,
    rollBacks: new Map(),
    timing: {},
    windows: { application: new Map(), client: new Map() },
  }
  if (options.state !== undefined) panel.store.load(options.state)
  else if (options.seed !== 'empty') seedShop(panel)
  ensureDaemonTokens(panel)
  ensureKey(panel, options.applicationKey)
  if (options.accountKey) ensureKey(panel, options.accountKey)
  return panel
}

/** `artisan down` is told before anything else, even that a route is unknown. */
async function refuseWhenDown(c: Context<PanelEnv>, next: Next): Promise<void | Response> {
  const { down } = c.env.settings
  if (!down) return await next()
  const seconds = down.retryAfterSeconds
  const headers: Record<string, string> = {}
  if (seconds !== undefined) headers['Retry-After'] = String(seconds)
  return answer(c, new PanelFailure(503, 'HttpException', 'Service Unavailable', { headers }))
}
