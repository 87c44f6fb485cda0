import { Hono } from 'hono'
import type Stripe from 'stripe'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { operation } from '../openapi/operation.ts'
import { captureIntent } from '../payments/intents.ts'
import { reading } from '../resource.ts'
import { emit, type StripeEnv } from '../sandbox.ts'

export function chargeRoutes() {
  return new Hono<StripeEnv>()
    .route(
      '/',
      reading({
        rows: (store) => store.charges,
        list: ListCharges,
        isListed: (charge, params) =>
          matches(params.customer, charge.customer ?? undefined) &&
          matches(params.payment_intent, charge.payment_intent ?? undefined),
        retrieve: RetrieveCharge,
        search: {
          operation: SearchCharges,
          fields: {
            amount: ({ amount }) => amount,
            created: ({ created }) => created,
            currency: ({ currency }) => currency,
            customer: ({ customer }) => customer,
            disputed: ({ disputed }) => String(disputed),
            refunded: ({ refunded }) => String(refunded),
            status: ({ status }) => status,
          },
        },
      }),
    )
    .post('/:id', async (c) => {
      const { metadata, fraud_details: fraud, ...params } = await read(c, UpdateCharge)
      const { store } = c.var.sandbox
      const former = store.charges.get(c.req.param('id'))
      const charge = store.charges.update(former.id, {
        description: params.description ?? former.description,
        fraud_details: fraud === undefined ? former.fraud_details : {
          ...former.fraud_details,
          ...(fraud.user_report && { user_report: fraud.user_report }),
        },
        metadata: mergeMetadata(former.metadata, metadata),
        receipt_email: params.receipt_email ?? former.receipt_email,
      })
      emit(c.var.sandbox, 'charge.updated', charge, former)
      return answer(c, charge)
    })
    .post('/:id/capture', async (c) => {
      const { amount } = await read(c, CaptureCharge)
      const { sandbox } = c.var
      const charge = sandbox.store.charges.get(c.req.param('id'))
      const intent = sandbox.store.paymentIntents.get(charge.payment_intent ?? '')
      captureIntent(sandbox, intent, amount)
      return answer(c, sandbox.store.charges.get(charge.id))
    })
}

const ListCharges = operation<Stripe.ChargeListParams>('GET /v1/charges')
  .follows(['created', 'customer', 'ending_before', 'limit', 'payment_intent', 'starting_after'])
const RetrieveCharge = operation<Stripe.ChargeRetrieveParams>('GET /v1/charges/{id}').follows('all')
const SearchCharges = operation<Stripe.ChargeSearchParams>('GET /v1/charges/search').follows('all')
const UpdateCharge = operation<Stripe.ChargeUpdateParams>('POST /v1/charges/{id}')
  .follows(['description', 'fraud_details', 'metadata', 'receipt_email'])
const CaptureCharge = operation<Stripe.ChargeCaptureParams>('POST /v1/charges/{id}/capture')
  .follows(['amount'])
