import type { BillingSettings } from './billing/settings.ts'
import type { IdKind } from './ids.ts'
import type { Store } from './store.ts'
import type { Event, EventObject, EventType } from './wire.ts'

/** The API version whose shapes the emulator speaks, and the only one. */
export const API_VERSION = '2026-10-28.endive'

/** One account in test mode: what it holds, and what it needs from outside. */
export interface Sandbox {
  store: Store
  /** Where the hosted page is reached, without a trailing slash. */
  url: string
  /** The time in whole seconds, as the API tells it. */
  now: () => number
  newId: (kind: IdKind) => string
  /** The API request that is being answered, or `null` for what happens by itself. */
  request: Event['request']
  /** How invoices are collected. */
  billing: BillingSettings
  /** Hands an event to the webhooks. */
  send: (event: Event) => void
}

/** How a request wants its answer: which page of a list, and what is expanded in it. */
export interface View {
  expand?: string[]
  limit?: number
  starting_after?: string
  ending_before?: string
  page?: string
}

/** The environment of every route. */
export interface StripeEnv {
  Variables: { sandbox: Sandbox; operation: string; view: View }
}

/**
 * Records that `object` came to be as it is, and tells the webhook endpoints that subscribe to it.
 * With `former`, what it was before, the event tells the former values of the changed fields; when
 * nothing changed there is none.
 */
export function emit<Type extends EventType>(
  sandbox: Sandbox,
  type: Type,
  object: EventObject<Type> & { object: string },
  former?: EventObject<Type>,
) {
  const previous = former && changedFields(former, object)
  if (previous && Object.keys(previous).length === 0) return
  const event = sandbox.store.events.insert({
    id: sandbox.newId('event'),
    object: 'event',
    api_version: API_VERSION,
    created: sandbox.now(),
    data: { object, ...(previous && { previous_attributes: previous }) },
    livemode: false,
    pending_webhooks: subscribers(sandbox.store, type).length,
    request: sandbox.request ?? { id: null, idempotency_key: null },
    type,
  })
  sandbox.send(event)
}

/** The endpoints that want events of this type. */
export function subscribers(store: Store, type: EventType) {
  return store.webhookEndpoints.toJSON().filter(({ status, enabled_events: types }) =>
    status === 'enabled' && (types.includes('*') || types.includes(type))
  )
}

/**
 * The former values of the fields that changed: of an object within only those of its fields, of a
 * list all. What was not there is `null`.
 */
function changedFields(former: object, current: object): object {
  const before = new Map<string, unknown>(Object.entries(former))
  const after = new Map<string, unknown>(Object.entries(current))
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) =>
    JSON.stringify(before.get(key)) !== JSON.stringify(after.get(key))
  )
  return Object.fromEntries(changed.map((key) => {
    const [was, is] = [before.get(key) ?? null, after.get(key)]
    return [key, isHash(was) && isHash(is) ? changedFields(was, is) : was]
  }))
}

function isHash(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
