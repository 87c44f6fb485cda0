import { Hono } from 'hono'
import type Stripe from 'stripe'
import { createSession } from '../checkout/create.ts'
import { expireSession } from '../checkout/expire.ts'
import { CreateSession } from '../checkout/params.ts'
import { answer, answerList, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import type { StripeEnv } from '../sandbox.ts'

export function checkoutSessionRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateSession)
      return answer(c, createSession(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.sessions,
        list: ListSessions,
        isListed: (session, params) =>
          matches(params.customer, session.customer ?? undefined) &&
          matches(params.subscription, session.subscription ?? undefined) &&
          matches(params.payment_intent, session.payment_intent ?? undefined) &&
          matches(params.status, session.status ?? undefined) &&
          matches(params.customer_details?.email, session.customer_details?.email ?? undefined),
        retrieve: RetrieveSession,
      }),
    )
    .get('/:id/line_items', async (c) => {
      await read(c, ListLineItems)
      const { store } = c.var.sandbox
      const { id } = store.sessions.get(c.req.param('id'))
      return answerList(c, store.checkouts.get(id).lineItems)
    })
    .post('/:id', async (c) => {
      const { metadata } = await read(c, UpdateSession)
      const { store } = c.var.sandbox
      const session = store.sessions.get(c.req.param('id'))
      return answer(
        c,
        store.sessions.update(session.id, {
          metadata: mergeMetadata(session.metadata ?? {}, metadata),
        }),
      )
    })
    .post('/:id/expire', async (c) => {
      await read(c, ExpireSession)
      return answer(c, expireSession(c.var.sandbox, c.req.param('id')))
    })
}

const ListSessions = operation<Stripe.Checkout.SessionListParams>('GET /v1/checkout/sessions')
  .follows([
    'created',
    'customer',
    'customer_details',
    'ending_before',
    'limit',
    'payment_intent',
    'starting_after',
    'status',
    'subscription',
  ])
const UpdateSession = operation<Stripe.Checkout.SessionUpdateParams>(
  'POST /v1/checkout/sessions/{id}',
).follows(['metadata'])
const RetrieveSession = operation<Stripe.Checkout.SessionRetrieveParams>(
  'GET /v1/checkout/sessions/{id}',
).follows('all')
const ListLineItems = operation<Stripe.Checkout.SessionListLineItemsParams>(
  'GET /v1/checkout/sessions/{id}/line_items',
).follows('all')
const ExpireSession = operation<Stripe.Checkout.SessionExpireParams>(
  'POST /v1/checkout/sessions/{id}/expire',
).follows('all')
