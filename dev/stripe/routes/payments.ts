import { Hono } from 'hono'
import type Stripe from 'stripe'
import { matches } from '../http.ts'
import { operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import type { StripeEnv } from '../sandbox.ts'

export function paymentIntentRoutes() {
  return new Hono<StripeEnv>().route(
    '/',
    reading({
      rows: (store) => store.paymentIntents,
      list: ListPaymentIntents,
      isListed: (intent, params) => matches(params.customer, intent.customer ?? undefined),
      retrieve: RetrievePaymentIntent,
    }),
  )
}

export function chargeRoutes() {
  return new Hono<StripeEnv>().route(
    '/',
    reading({
      rows: (store) => store.charges,
      list: ListCharges,
      isListed: (charge, params) =>
        matches(params.customer, charge.customer ?? undefined) &&
        matches(params.payment_intent, charge.payment_intent ?? undefined),
      retrieve: RetrieveCharge,
    }),
  )
}

export function paymentMethodRoutes() {
  return new Hono<StripeEnv>().route(
    '/',
    reading({
      rows: (store) => store.paymentMethods,
      list: ListPaymentMethods,
      isListed: (method, params) => matches(params.customer, method.customer ?? undefined),
      retrieve: RetrievePaymentMethod,
    }),
  )
}

const PAGE = ['created', 'ending_before', 'limit', 'starting_after'] as const

const ListPaymentIntents = operation<Stripe.PaymentIntentListParams>('GET /v1/payment_intents')
  .follows([...PAGE, 'customer'])
const RetrievePaymentIntent = operation<Stripe.PaymentIntentRetrieveParams>(
  'GET /v1/payment_intents/{id}',
).follows([])
const ListCharges = operation<Stripe.ChargeListParams>('GET /v1/charges')
  .follows([...PAGE, 'customer', 'payment_intent'])
const RetrieveCharge = operation<Stripe.ChargeRetrieveParams>('GET /v1/charges/{id}').follows('all')
const ListPaymentMethods = operation<Stripe.PaymentMethodListParams>('GET /v1/payment_methods')
  .follows(['customer', 'ending_before', 'limit', 'starting_after'])
const RetrievePaymentMethod = operation<Stripe.PaymentMethodRetrieveParams>(
  'GET /v1/payment_methods/{id}',
).follows('all')
