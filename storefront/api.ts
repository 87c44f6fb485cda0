import type { UserBody } from '../api/accounts/bodies.ts'
import type { OrderBody, TimelineEntryBody } from '../api/orders/bodies.ts'
import type { PlansBody, RegionBody, Term } from '../api/plans/bodies.ts'
import type { ServerBody } from '../api/servers/bodies.ts'
import { type ClientHost, createClient } from './client.ts'
import { recall, remember } from './storage.ts'

export interface Credentials {
  email: string
  password: string
}

/** What a customer chose. The price is not part of it: the API knows it. */
export interface CheckoutRequest {
  planId: string
  term: Term
  currency: string
  region: string
  serverName: string
  /** Egg variable → value. */
  options: Record<string, string>
}

export interface CheckoutSession {
  orderId: string
  /** Stripe's page to pay on. */
  url: string
  expiresAt: string
}

export interface OrderStory {
  order: OrderBody
  timeline: TimelineEntryBody[]
}

export interface ServerStory {
  server: ServerBody
  timeline: TimelineEntryBody[]
}

export type Api = ReturnType<typeof createApi>

/** The shop's API, one method a route. Each throws a ProblemError when it does not succeed. */
export function createApi(host: ClientHost) {
  const request = createClient(host)
  const user = (answer: { user: UserBody }) => answer.user

  return {
    getPlans: (signal?: AbortSignal) => request<PlansBody>('GET', '/api/plans', { signal }),
    getRegions: (signal?: AbortSignal) =>
      request<{ regions: RegionBody[] }>('GET', '/api/regions', { signal })
        .then((answer) => answer.regions),

    signUp: (body: Credentials) =>
      request<{ user: UserBody }>('POST', '/api/auth/signup', { body, refresh: false }).then(user),
    logIn: (body: Credentials) =>
      request<{ user: UserBody }>('POST', '/api/auth/login', { body, refresh: false }).then(user),
    logOut: () => request<void>('POST', '/api/auth/logout', { refresh: false }),
    getCurrentUser: () => request<{ user: UserBody }>('GET', '/api/auth/me').then(user),

    /** `idempotencyKey`: one for each filled form, kept until it succeeds or the form changes. */
    createCheckoutSession: (body: CheckoutRequest, idempotencyKey: string) =>
      request<CheckoutSession>('POST', '/api/checkout/sessions', {
        body,
        headers: { 'idempotency-key': idempotencyKey },
      }),

    getOrders: (signal?: AbortSignal) =>
      request<{ orders: OrderBody[] }>('GET', '/api/orders', { signal })
        .then((answer) => answer.orders),
    getOrder: (id: string, signal?: AbortSignal) =>
      request<OrderStory>('GET', `/api/orders/${encodeURIComponent(id)}`, { signal }),
    /** Makes the shop look at Stripe now instead of waiting to be told. */
    syncOrder: (id: string, signal?: AbortSignal) =>
      request<OrderStory>('POST', `/api/orders/${encodeURIComponent(id)}/sync`, { signal }),
    cancelOrder: (id: string) =>
      request<{ order: OrderBody }>('POST', `/api/orders/${encodeURIComponent(id)}/cancel`)
        .then((answer) => answer.order),

    getServers: (signal?: AbortSignal) =>
      request<{ servers: ServerBody[] }>('GET', '/api/servers', { signal })
        .then((answer) => answer.servers),
    getServer: (id: string, signal?: AbortSignal) =>
      request<ServerStory>('GET', `/api/servers/${encodeURIComponent(id)}`, { signal }),
  }
}

export const api: Api = createApi({
  fetch: (path, init) => fetch(path, init),
  exclusively,
  refreshedAt: () => Number(recall('local', 'refreshed-at') ?? 0),
  noteRefresh: (at) => remember('local', 'refreshed-at', String(at)),
  now: () => Date.now(),
})

/** Locks exist on https and localhost; without them the API's answer 409 settles a race. */
function exclusively<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? navigator.locks.request('session-refresh', work) : work()
}
