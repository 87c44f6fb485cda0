import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { answer, answerList, inRange, matches, readParams } from '../http.ts'
import { notEmulated, paging, range, Retrieve, type Shape, text } from '../params.ts'
import type { StripeEnv } from '../sandbox.ts'

export function paymentIntentRoutes() {
  return new Hono<StripeEnv>()
    .get('/', async (c) => {
      const params = await readParams(c, ListPaymentIntents)
      const intents = c.var.sandbox.store.paymentIntents.newestFirst().filter((intent) =>
        matches(params.customer, intent.customer ?? undefined) &&
        inRange(intent.created, params.created)
      )
      return answerList(c, intents, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, RetrievePaymentIntent)
      return answer(c, c.var.sandbox.store.paymentIntents.get(c.req.param('id')), expand)
    })
}

export function chargeRoutes() {
  return new Hono<StripeEnv>()
    .get('/', async (c) => {
      const params = await readParams(c, ListCharges)
      const charges = c.var.sandbox.store.charges.newestFirst().filter((charge) =>
        matches(params.customer, charge.customer ?? undefined) &&
        matches(params.payment_intent, charge.payment_intent ?? undefined) &&
        inRange(charge.created, params.created)
      )
      return answerList(c, charges, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.charges.get(c.req.param('id')), expand)
    })
}

export function paymentMethodRoutes() {
  return new Hono<StripeEnv>()
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.paymentMethods.get(c.req.param('id')), expand)
    })
}

const RetrievePaymentIntent = Retrieve.extend({ client_secret: notEmulated })

const ListPaymentIntents = z.strictObject(
  {
    ...paging,
    created: range.optional(),
    customer: text().optional(),
    customer_account: notEmulated,
  } satisfies Shape<Stripe.PaymentIntentListParams>,
)

const ListCharges = z.strictObject(
  {
    ...paging,
    created: range.optional(),
    customer: text().optional(),
    payment_intent: text().optional(),
    transfer_group: notEmulated,
  } satisfies Shape<Stripe.ChargeListParams>,
)
