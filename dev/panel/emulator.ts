import { Hono } from 'hono'
import { createFaults, type Faults } from '../faults/faults.ts'
import { withFaults } from '../faults/wire.ts'
import { api } from './api.ts'
import { pages } from './pages.ts'
import type { PanelApp, PanelEnv } from './panel.ts'
import { ensureKey, seedShop } from './seed.ts'
import { rollBack } from './server_create.ts'
import { PanelStore } from './store.ts'
import { panelVoice } from './voice.ts'
import { Wings } from './wings.ts'

export interface PanelEmulatorOptions {
  /** Where it is reached; shown in links and redirects. */
  url: string
  /** `ptla_` and more, 48 characters in all; it may do everything. */
  applicationKey: string
  now: () => Date
  random?: () => number
  installMs?: number
  requestsPerMinute?: number
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
  setInstallMs(ms: number): void
  setMaintenance(nodeId: number, on: boolean): void
}

/** A Pterodactyl panel 1.11 with its nodes, as strict and as odd as the real one. */
export function createPanelEmulator(options: PanelEmulatorOptions): PanelEmulator {
  const panel = openPanel(options)
  const { store, wings, faults } = panel
  const fetch = async (request: Request) => {
    if ([wings.settle(store, panel.now()), rollBack(panel)].includes(true)) options.onChange?.()
    const response = await site.fetch(request, panel)
    options.log?.(`${request.method} ${new URL(request.url).pathname} ${response.status}`)
    if (request.method !== 'GET' && response.ok) options.onChange?.()
    return response
  }
  return {
    store,
    faults,
    fetch: withFaults(fetch, {
      service: 'panel',
      faults,
      isCall: (path) => path.startsWith('/api/'),
      voice: panelVoice(panel),
      now: panel.now,
    }),
    snapshot: () => store.snapshot(),
    close: () => panel.windows.clear(),
    setInstallMs: (ms) => wings.installMs = ms,
    setMaintenance: (nodeId, on) => store.nodes.get(nodeId).maintenance = on,
  }
}

const site = new Hono<PanelEnv>().route('/', pages)

// The API answers what is no page, so that it can tell an unknown route in its own words.
site.notFound((c) => api.fetch(c.req.raw, c.env))

function openPanel(options: PanelEmulatorOptions): PanelApp {
  const { faults = createFaults({ services: ['panel'], now: options.now }) } = options
  const panel: PanelApp = {
    url: options.url.replace(/\/+$/, ''),
    store: new PanelStore(),
    wings: new Wings(options.installMs ?? 4000, faults),
    now: options.now,
    random: options.random ?? Math.random,
    requestsPerMinute: options.requestsPerMinute ?? 240,
    faults,
    rollBacks: new Map(),
    windows: new Map(),
  }
  if (options.state !== undefined) panel.store.load(options.state)
  else if (options.seed !== 'empty') seedShop(panel)
  ensureKey(panel, options.applicationKey)
  return panel
}
