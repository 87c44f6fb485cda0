import type { PanelLoginBody, SessionBody, UserBody } from '../api/accounts/bodies.ts'
import type { OrderStoryBody } from '../api/orders/bodies.ts'
import { type ClientHost, createClient } from './client.ts'
import type { AnswerOf, GivenOf } from './routes.ts'
import { recall, remember } from './storage.ts'

export type Credentials = GivenOf<'POST', '/api/auth/login'>['body']

/** The signed-in user, as every account route answers. */
export type User = UserBody

/** A browser or program that is signed in to the account. */
export type Session = SessionBody

/** How to log in to the panel; the password is told this once. */
export type PanelLogin = PanelLoginBody

/** What a customer chose. The price is not part of it: the API knows it. */
export type CheckoutRequest = GivenOf<'POST', '/api/checkout/sessions'>['body']

export type OrderStory = OrderStoryBody

export type ServerStory = AnswerOf<'GET', '/api/servers/:id'>

export type Api = ReturnType<typeof createApi>

/** The shop's API, one method a route. Each throws a ProblemError when it does not succeed. */
export function createApi(host: ClientHost) {
  const request = createClient(host)
  const user = (answer: { user: User }) => answer.user

  return {
    getPlans: (signal?: AbortSignal) => request('GET', '/api/plans', { signal }),
    getRegions: (signal?: AbortSignal) =>
      request('GET', '/api/regions', { signal }).then((answer) => answer.regions),

    signUp: (body: Credentials) =>
      request('POST', '/api/auth/signup', { body, refresh: false }).then(user),
    logIn: (body: Credentials) =>
      request('POST', '/api/auth/login', { body, refresh: false }).then(user),
    logOut: () => request('POST', '/api/auth/logout', { refresh: false }),
    getCurrentUser: () => request('GET', '/api/auth/me', {}).then(user),

    /** Mails the link that verifies the address of whoever is signed in. */
    sendVerification: () => request('POST', '/api/auth/verification', {}),
    /** Answers with the address that is confirmed now. */
    confirmAddress: (token: string) =>
      request('POST', '/api/auth/verification/confirm', { body: { token }, refresh: false })
        .then((answer) => answer.email),
    forgotPassword: (email: string) =>
      request('POST', '/api/auth/password/forgot', { body: { email }, refresh: false }),
    resetPassword: (body: { token: string; password: string }) =>
      request('POST', '/api/auth/password/reset', { body, refresh: false }),

    changeName: (name: string | null) =>
      request('PATCH', '/api/account', { body: { name } }).then(user),
    changePassword: (body: { currentPassword: string; newPassword: string }) =>
      request('PUT', '/api/account/password', { body }).then(user),
    /** The new address counts once the link mailed to it was used. */
    changeEmail: (body: { email: string; currentPassword: string }) =>
      request('PUT', '/api/account/email', { body }).then(user),
    dropEmailChange: () => request('DELETE', '/api/account/email', {}).then(user),
    getSessions: (signal?: AbortSignal) =>
      request('GET', '/api/account/sessions', { signal }).then((answer) => answer.sessions),
    endSession: (id: string) => request('DELETE', '/api/account/sessions/:id', { param: { id } }),
    /** Ends every session of the account but this one. */
    endOtherSessions: () => request('DELETE', '/api/account/sessions', {}),
    createPanelLogin: (currentPassword: string) =>
      request('POST', '/api/account/panel-login', { body: { currentPassword } }),

    /** `idempotencyKey`: one for each filled form, kept until it succeeds or the form changes. */
    createCheckoutSession: (body: CheckoutRequest, idempotencyKey: string) =>
      request('POST', '/api/checkout/sessions', {
        body,
        headers: { 'idempotency-key': idempotencyKey },
      }),

    getOrders: (signal?: AbortSignal) =>
      request('GET', '/api/orders', { signal }).then((answer) => answer.orders),
    getOrder: (id: string, signal?: AbortSignal) =>
      request('GET', '/api/orders/:id', { param: { id }, signal }),
    /** Makes the shop look at Stripe now instead of waiting to be told. */
    syncOrder: (id: string, signal?: AbortSignal) =>
      request('POST', '/api/orders/:id/sync', { param: { id }, signal }),
    cancelOrder: (id: string) =>
      request('POST', '/api/orders/:id/cancel', { param: { id } }).then((answer) => answer.order),

    getServers: (signal?: AbortSignal) =>
      request('GET', '/api/servers', { signal }).then((answer) => answer.servers),
    getServer: (id: string, signal?: AbortSignal) =>
      request('GET', '/api/servers/:id', { param: { id }, signal }),
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
async function exclusively<T>(work: (waited: boolean) => Promise<T>): Promise<T> {
  const { locks } = navigator
  if (!locks) return await work(false)
  const atOnce = await locks.request(
    REFRESH,
    { ifAvailable: true },
    async (lock) => lock && { result: await work(false) },
  )
  return atOnce ? atOnce.result : await locks.request(REFRESH, () => work(true))
}

const REFRESH = 'session-refresh'
