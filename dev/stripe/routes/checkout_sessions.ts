import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { createSession } from '../checkout/create.ts'
import { expireSession } from '../checkout/expire.ts'
import { CreateSession } from '../checkout/params.ts'
import { answer, answerList, inRange, matches, readParams } from '../http.ts'
import { notEmulated, oneOf, paging, range, Retrieve, type Shape, text } from '../params.ts'
import type { StripeEnv } from '../sandbox.ts'

export function checkoutSessionRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await readParams(c, CreateSession)
      return answer(c, createSession(c.var.sandbox, params), params.expand)
    })
    .get('/', async (c) => {
      const params = await readParams(c, ListSessions)
      const sessions = c.var.sandbox.store.sessions.newestFirst().filter((session) =>
        matches(params.customer, session.customer ?? undefined) &&
        matches(params.subscription, session.subscription ?? undefined) &&
        matches(params.payment_intent, session.payment_intent ?? undefined) &&
        matches(params.status, session.status ?? undefined) &&
        matches(params.customer_details?.email, session.customer_details?.email ?? undefined) &&
        inRange(session.created, params.created)
      )
      return answerList(c, sessions, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.sessions.get(c.req.param('id')), expand)
    })
    .get('/:id/line_items', async (c) => {
      const params = await readParams(c, ListLineItems)
      const { store } = c.var.sandbox
      const { id } = store.sessions.get(c.req.param('id'))
      return answerList(c, store.checkouts.get(id).lineItems, params)
    })
    .post('/:id/expire', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, expireSession(c.var.sandbox, c.req.param('id')), expand)
    })
}

const ListLineItems = z.strictObject(
  paging satisfies Shape<Stripe.Checkout.SessionListLineItemsParams>,
)

const ListSessions = z.strictObject(
  {
    ...paging,
    created: range.optional(),
    customer: text().optional(),
    customer_account: notEmulated,
    customer_details: z.strictObject({ email: text() }).optional(),
    payment_intent: text().optional(),
    payment_link: notEmulated,
    status: oneOf('complete', 'expired', 'open').optional(),
    subscription: text().optional(),
  } satisfies Shape<Stripe.Checkout.SessionListParams>,
)
