import type { Key, User } from './model.ts'
import type { PanelStore } from './store.ts'
import type { Wings } from './wings/wings.ts'

/** The running panel. Hono hands it to every route as `c.env`, where a Worker would find its bindings. */
export interface PanelApp {
  /** Without a slash at the end. */
  url: string
  store: PanelStore
  wings: Wings
  now: () => Date
  random: () => number
  requestsPerMinute: number
  clientRequestsPerMinute: number
  faults: Faults
  /** Requests of the present window, by API and owner: two keys of one admin share it. */
  windows: Map<string, { startedAt: number; used: number }>
}

/** What goes wrong once, at the next create, beside what the node can do. */
export interface Faults {
  /** Another request with the same value wins between validation and insert. */
  lostRace?: 'external_id' | 'allocation_id'
  /** The server is made, but the connection breaks before the answer. */
  dropAnswer?: boolean
}

export interface Caller {
  key: Key
  owner: User
}

/** What an answer is made from. Narrower than Hono's context, which differs from route to route. */
export interface Call {
  env: PanelApp
  var: { caller: Caller }
  req: { url: string; path: string }
}

export interface PanelEnv {
  Bindings: PanelApp
  Variables: { caller: Caller; body: unknown }
}

export function timestamp(panel: PanelApp): string {
  return panel.now().toISOString()
}

/** Letters and digits, as tokens are made of. */
export function randomText({ random }: PanelApp, length: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  return Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('')
}

/** A v4 uuid from the injected random source. */
export function newUuid(panel: PanelApp): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll(
    'x',
    () => Math.floor(panel.random() * 16).toString(16),
  )
}
