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

/** The signed-in user, as every account route answers. */
export type User = UserBody & { name: string | null; pendingEmail: string | null }

/** A browser or program that is signed in to the account. */
export interface Session {
  id: string
  /** In words, e.g. "Firefox on Windows". */
  device: string
  userAgent: string
  createdAt: string
  lastUsedAt: string
  /** The one that asks. */
  current: boolean
}

/** How to log in to the panel; the password is told this once. */
export interface PanelLogin {
  panelUrl: string
  username: string
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
  const user = (answer: { user: User }) => answer.user

  return {
    getPlans: (signal?: AbortSignal) => request<PlansBody>('GET', '/api/plans', { signal }),
    getRegions: (signal?: AbortSignal) =>
      request<{ regions: RegionBody[] }>('GET', '/api/regions', { signal })
        .then((answer) => answer.regions),

    signUp: (body: Credentials) =>
      request<{ user: User }>('POST', '/api/auth/signup', { body, refresh: false }).then(user),
    logIn: (body: Credentials) =>
      request<{ user: User }>('POST', '/api/auth/login', { body, refresh: false }).then(user),
    logOut: () => request<void>('POST', '/api/auth/logout', { refresh: false }),
    getCurrentUser: () => request<{ user: User }>('GET', '/api/auth/me').then(user),

    /** Mails the link that verifies the address of whoever is signed in. */
    sendVerification: () => request<unknown>('POST', '/api/auth/verification'),
    /** Answers with the address that is confirmed now. */
    confirmAddress: (token: string) =>
      request<{ email: string }>('POST', '/api/auth/verification/confirm', {
        body: { token },
        refresh: false,
      }).then((answer) => answer.email),
    forgotPassword: (email: string) =>
      request<unknown>('POST', '/api/auth/password/forgot', { body: { email }, refresh: false }),
    resetPassword: (body: { token: string; password: string }) =>
      request<void>('POST', '/api/auth/password/reset', { body, refresh: false }),

    changeName: (name: string | null) =>
      request<{ user: User }>('PATCH', '/api/account', { body: { name } }).then(user),
    changePassword: (body: { currentPassword: string; newPassword: string }) =>
      request<{ user: User }>('PUT', '/api/account/password', { body }).then(user),
    /** The new address counts once the link mailed to it was used. */
    changeEmail: (body: { email: string; currentPassword: string }) =>
      request<{ user: User }>('PUT', '/api/account/email', { body }).then(user),
    dropEmailChange: () => request<{ user: User }>('DELETE', '/api/account/email').then(user),
    getSessions: (signal?: AbortSignal) =>
      request<{ sessions: Session[] }>('GET', '/api/account/sessions', { signal })
        .then((answer) => answer.sessions),
    endSession: (id: string) =>
      request<void>('DELETE', `/api/account/sessions/${encodeURIComponent(id)}`),
    /** Ends every session of the account but this one. */
    endOtherSessions: () => request<void>('DELETE', '/api/account/sessions'),
    createPanelLogin: (currentPassword: string) =>
      request<PanelLogin>('POST', '/api/account/panel-login', { body: { currentPassword } }),

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
