import { expect, expectTypeOf, test } from 'vitest'
import type { UserBody } from '../api/accounts/bodies.ts'
import type { CheckoutSessionBody } from '../api/checkout/bodies.ts'
import type { OrderBody, OrderStoryBody } from '../api/orders/bodies.ts'
import type { PlansBody } from '../api/plans/bodies.ts'
import type { ServerBody } from '../api/servers/bodies.ts'
import { createApi } from '../storefront/api.ts'
import { createClient } from '../storefront/client.ts'
import type { AnswerOf, GivenOf, PathOf } from '../storefront/routes.ts'

/** What of each request left for the API. */
const sent: { method?: string; path: string; body?: unknown }[] = []

const host = {
  fetch(path: string, { method, body }: RequestInit) {
    sent.push({ method, path, body })
    return Promise.resolve(new Response(null, { status: 204 }))
  },
  exclusively: <T>(work: (waited: boolean) => Promise<T>) => work(false),
  refreshedAt: () => 0,
  noteRefresh() {},
  now: () => 0,
}

const request = createClient(host)

const order = {
  planId: 'paper',
  term: 'monthly',
  currency: 'eur',
  region: 'frankfurt',
  serverName: 'Kestrel',
  options: { EULA: '1' },
} as const

test('the client’s answers have the types that the API gives them', () => {
  type Api = ReturnType<typeof createApi>
  type Gives<Name extends keyof Api> = Awaited<ReturnType<Api[Name]>>
  expectTypeOf<Gives<'getPlans'>>().toEqualTypeOf<PlansBody>()
  expectTypeOf<Gives<'getCurrentUser'>>().toEqualTypeOf<UserBody>()
  expectTypeOf<Gives<'createCheckoutSession'>>().toEqualTypeOf<CheckoutSessionBody>()
  expectTypeOf<Gives<'getServers'>>().toEqualTypeOf<ServerBody[]>()
  expectTypeOf<Gives<'getOrder'>>().toEqualTypeOf<OrderStoryBody>()
  expectTypeOf<Gives<'cancelOrder'>>().toEqualTypeOf<OrderBody>()
  expectTypeOf<Gives<'logOut'>>().toEqualTypeOf<void>()
  expectTypeOf<AnswerOf<'GET', '/api/plans/:id'>['prices'][number]['term']>()
    .toEqualTypeOf<'monthly' | 'quarterly' | 'yearly'>()
})

test('the client knows the API’s paths, by method', () => {
  expectTypeOf<'/api/orders/:id/sync'>().toExtend<PathOf<'POST'>>()
  expectTypeOf<'/api/orders/:id/sync'>().not.toExtend<PathOf<'GET'>>()
  expectTypeOf<'/api/nothing'>().not.toExtend<PathOf<'GET'>>()
  expectTypeOf<string>().not.toExtend<PathOf<'GET'>>()
  expectTypeOf<GivenOf<'GET', '/api/orders/:id'>['param']>().toEqualTypeOf<{ id: string }>()
})

test('parameters are filled into the path, as text and nothing more', async () => {
  sent.length = 0
  await request('GET', '/api/orders/:id', { param: { id: '../auth/me?x#y' } })
  await request('DELETE', '/api/account/sessions/:id', { param: { id: 'ses_1' } })
  expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/orders/..%2Fauth%2Fme%3Fx%23y',
    'DELETE /api/account/sessions/ses_1',
  ])
})

/** Never called: each line that is marked must not compile, which `deno task check` sees to. */
export async function mistakes() {
  const api = createApi(host)
  // @ts-expect-error -- the API has no such path
  await request('GET', '/api/order', {})
  // @ts-expect-error -- not with this method
  await request('POST', '/api/plans', {})
  // @ts-expect-error -- the parameter is missing
  await request('GET', '/api/orders/:id', {})
  // @ts-expect-error -- the parameter has another name
  await request('GET', '/api/orders/:id', { param: { orderId: 'ord_1' } })
  // @ts-expect-error -- the body is missing
  await request('POST', '/api/auth/login', {})
  // @ts-expect-error -- a field has another type
  await request('POST', '/api/auth/login', { body: { email: 'a@b.example', password: 1 } })
  // @ts-expect-error -- a field is missing
  await request('POST', '/api/auth/login', { body: { email: 'a@b.example' } })
  // @ts-expect-error -- a field that the API refuses
  await request('PATCH', '/api/account', { body: { name: 'Ada', role: 'operator' } })
  // @ts-expect-error -- the route takes no body
  await request('POST', '/api/orders/:id/cancel', { param: { id: 'ord_1' }, body: { now: true } })
  const { region: _, ...nowhere } = order
  // @ts-expect-error -- it has to stand somewhere
  await api.createCheckoutSession(nowhere, 'key')
  // @ts-expect-error -- no such term
  await api.createCheckoutSession({ ...order, term: 'weekly' }, 'key')
  // @ts-expect-error -- a plan has no price of its own
  console.log((await api.getPlans()).plans[0]?.price)
  // @ts-expect-error -- a user is never answered with the password
  console.log((await api.getCurrentUser()).password)
  // @ts-expect-error -- a status that no order has
  console.log((await api.getOrder('ord_1')).order.status === 'shipped')
  // @ts-expect-error -- a log-out answers nothing
  console.log((await api.logOut()).user)
}
