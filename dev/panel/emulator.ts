import { Hono } from 'hono'
import { api } from './api.ts'
import { pages } from './pages.ts'
import type { PanelApp, PanelEnv } from './panel.ts'
import { ensureDaemonTokens, ensureKey, seedShop } from './seed.ts'
import { PanelStore } from './store.ts'
import { Wings, type WingsAction, type WingsFault } from './wings/wings.ts'

export interface PanelEmulatorOptions {
  /** Where it is reached; shown in links and redirects. */
  url: string
  /** `ptla_` and more, 48 characters in all; it may do everything. */
  applicationKey: string
  now: () => Date
  random?: () => number
  installMs?: number
  requestsPerMinute?: number
  clientRequestsPerMinute?: number
  /** What `snapshot()` gave; wins over the seed. */
  state?: unknown
  /** Something worth a new snapshot has changed. */
  onChange?: () => void
  log?: (line: string) => void
  seed?: 'shop' | 'empty'
}

export type CreateFault =
  /** 504; the row is rolled back. */
  | 'wings-unreachable'
  /** 500 of the node; the row is rolled back. */
  | 'wings-500'
  /** The server is made, but the caller's connection breaks. */
  | 'drop-answer'
  /** 500 naming the field that another request has just taken. */
  | 'lost-race-external-id'
  | 'lost-race-allocation'

export interface PanelEmulator {
  fetch(request: Request): Promise<Response>
  snapshot(): unknown
  close(): void
  store: PanelStore
  setInstallMs(ms: number): void
  failNextInstall(): void
  /** The daemon of a node starts anew, and the panel forgets what was installing there. */
  rebootWings(nodeId: number): void
  setMaintenance(nodeId: number, on: boolean): void
  failNextCreate(fault: CreateFault): void
  failNextWings(action: WingsAction, fault: WingsFault): void
}

/** A Pterodactyl panel 1.11 with its nodes, as strict and as odd as the real one. */
export function createPanelEmulator(options: PanelEmulatorOptions): PanelEmulator {
  const panel = openPanel(options)
  const { store, wings, faults } = panel
  return {
    store,
    fetch: async (request) => {
      if (wings.settle()) options.onChange?.()
      const response = await site.fetch(request, panel)
      options.log?.(`${request.method} ${new URL(request.url).pathname} ${response.status}`)
      if (request.method !== 'GET' && response.ok) options.onChange?.()
      return response
    },
    snapshot: () => store.snapshot(),
    close: () => panel.windows.clear(),
    setInstallMs: (ms) => wings.installMs = ms,
    failNextInstall: () => wings.nextInstallFails = true,
    rebootWings: (nodeId) => wings.reboot(store.nodes.get(nodeId)),
    setMaintenance: (nodeId, on) => store.nodes.get(nodeId).maintenance = on,
    failNextWings: (action, fault) => wings.failNext(action, fault),
    failNextCreate: (fault) => {
      switch (fault) {
        case 'wings-unreachable':
          return wings.failNext('create', 'unreachable')
        case 'wings-500':
          return wings.failNext('create', 500)
        case 'drop-answer':
          faults.dropAnswer = true
          return
        case 'lost-race-external-id':
          faults.lostRace = 'external_id'
          return
        case 'lost-race-allocation':
          faults.lostRace = 'allocation_id'
          return
        default:
          throw new Error(`Unknown fault ${fault satisfies never}`)
      }
    },
  }
}

const site = new Hono<PanelEnv>().route('/', pages)

// The API answers what is no page, so that it can tell an unknown route in its own words.
site.notFound((c) => api.fetch(c.req.raw, c.env))

function openPanel(options: PanelEmulatorOptions): PanelApp {
  const { now } = options
  const store = new PanelStore()
  const panel: PanelApp = {
    url: options.url.replace(/\/+$/, ''),
    store,
    wings: new Wings({ store, now, installMs: options.installMs ?? 4000 }),
    now,
    random: options.random ?? Math.random,
    requestsPerMinute: options.requestsPerMinute ?? 240,
    clientRequestsPerMinute: options.clientRequestsPerMinute ?? 720,
    faults: {},
    windows: new Map(),
  }
  if (options.state !== undefined) panel.store.load(options.state)
  else if (options.seed !== 'empty') seedShop(panel)
  ensureDaemonTokens(panel)
  ensureKey(panel, options.applicationKey)
  return panel
}
