import type { Faults } from '../faults/faults.ts'
import type { Gate, StartingLine } from './gates.ts'
import type { Key, Server, User } from './model.ts'
import type { Item } from './objects.ts'
import type { PanelStore } from './store.ts'
import type { Upgrade } from './wings/socket.ts'
import type { Wings } from './wings/wings.ts'

/** The running panel. Hono hands it to every route as `c.env`, where a Worker would find its bindings. */
export interface PanelApp {
  /** Without a slash at the end. */
  url: string
  store: PanelStore
  wings: Wings
  now: () => Date
  random: () => number
  upgrade: Upgrade
  /** Lets happen what is due on the nodes. */
  settle: () => void
  /** What the nodes said last of their servers, by uuid. */
  resources: Map<string, { readAt: number; item: Item }>
  settings: PanelSettings
  /** What was ordered to go wrong. */
  faults: Faults
  /** The servers that are there for a while and then roll back, and when, in ms since 1970. */
  rollBacks: Map<Server, number>
  timing: Timing
  /** Requests of the present window, by owner: two keys of one admin share it. */
  windows: Record<Api, Map<number, { startedAt: number; used: number }>>
}

/** The APIs that count a caller's requests, each for itself. */
export type Api = 'application' | 'client'

/** What the administrator of a panel may set, and what a caller then meets. */
export interface PanelSettings {
  /** `artisan down`: 503 to everything. */
  down: { retryAfterSeconds?: number } | null
  /** Owners without two-factor authentication are refused, whatever key they use. */
  requireTwoFactor: 'nobody' | 'admins' | 'everyone'
  /** `APP_DEBUG`: errors show their stack and the exception's own words. */
  debug: boolean
  /** Origins beside the panel's own from which the nodes let a page open a console. */
  allowedOrigins: string[]
  /** Of one user, whatever the key. */
  requestsPerMinute: Record<Api, number>
}

/** What holds creates up. */
export interface Timing {
  /** Creates wait here after their checks. */
  startingLine?: StartingLine
  /** Creates wait here between their row and the node. */
  heldNode?: Gate
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
  /** What an included thing may include in turn; absent at the top, where the query says it. */
  includes?: string[][]
}

export interface PanelEnv {
  Bindings: PanelApp
  Variables: { caller: Caller; body: unknown }
}

export function timestamp(panel: PanelApp): string {
  return panel.now().toISOString()
}

/** Writes the columns of a row; the time of its last change moves only if something is new. */
export function change<Row extends { updatedAt: string }>(
  panel: PanelApp,
  row: Row,
  columns: Partial<Row>,
): void {
  const before = JSON.stringify(row)
  Object.assign(row, columns)
  if (JSON.stringify(row) !== before) row.updatedAt = timestamp(panel)
}

/** A v4 uuid from the injected random source. */
export function newUuid(panel: PanelApp): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll(
    'x',
    () => Math.floor(panel.random() * 16).toString(16),
  )
}

/** Random letters and digits, as the panel makes its tokens of. */
export function newToken(panel: PanelApp, length: number): string {
  return Array.from({ length }, () => ALPHABET[Math.floor(panel.random() * ALPHABET.length)])
    .join('')
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
