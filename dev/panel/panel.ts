import type { Faults } from '../faults/faults.ts'
import type { Key, Server, User } from './model.ts'
import type { PanelStore } from './store.ts'
import type { Wings } from './wings.ts'

/** The running panel. Hono hands it to every route as `c.env`, where a Worker would find its bindings. */
export interface PanelApp {
  /** Without a slash at the end. */
  url: string
  store: PanelStore
  wings: Wings
  now: () => Date
  random: () => number
  requestsPerMinute: number
  /** What was ordered to go wrong. */
  faults: Faults
  /** The servers that are there for a while and then roll back, and when, in ms since 1970. */
  rollBacks: Map<Server, number>
  /** Requests of the present window, by owner: two keys of one admin share it. */
  windows: Map<number, { startedAt: number; used: number }>
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

/** A v4 uuid from the injected random source. */
export function newUuid(panel: PanelApp): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll(
    'x',
    () => Math.floor(panel.random() * 16).toString(16),
  )
}
