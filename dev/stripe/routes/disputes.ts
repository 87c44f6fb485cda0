import { Hono } from 'hono'
import type Stripe from 'stripe'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { operation } from '../openapi/operation.ts'
import { changeDispute, closeDispute } from '../payments/disputes.ts'
import { reading } from '../resource.ts'
import type { StripeEnv } from '../sandbox.ts'

export function disputeRoutes() {
  return new Hono<StripeEnv>()
    .route(
      '/',
      reading({
        rows: (store) => store.disputes,
        list: ListDisputes,
        isListed: (dispute, params) =>
          matches(params.charge, dispute.charge) &&
          matches(params.payment_intent, dispute.payment_intent ?? undefined),
        retrieve: RetrieveDispute,
      }),
    )
    .post('/:id', async (c) => {
      const { evidence = {}, metadata, submit = true } = await read(c, UpdateDispute)
      const dispute = c.var.sandbox.store.disputes.get(c.req.param('id'))
      return answer(
        c,
        changeDispute(c.var.sandbox, dispute, {
          evidence: textsOf(evidence),
          metadata: mergeMetadata(dispute.metadata, metadata),
          submit,
        }),
      )
    })
    .post('/:id/close', async (c) => {
      await read(c, CloseDispute)
      return answer(c, closeDispute(c.var.sandbox, c.req.param('id'), 'lost'))
    })
}

/** Evidence that is a file: there are no files here. */
const FILES = [
  'cancellation_policy',
  'customer_communication',
  'customer_signature',
  'duplicate_charge_documentation',
  'receipt',
  'refund_policy',
  'service_documentation',
  'shipping_documentation',
  'uncategorized_file',
]

const ListDisputes = operation<Stripe.DisputeListParams>('GET /v1/disputes').follows('all')
const RetrieveDispute = operation<Stripe.DisputeRetrieveParams>('GET /v1/disputes/{id}')
  .follows('all')
const UpdateDispute = operation<Stripe.DisputeUpdateParams>('POST /v1/disputes/{id}').follows(
  ['evidence', 'metadata', 'submit'],
  [...FILES, 'appeal', 'enhanced_evidence'].map((name) => `evidence.${name}`),
)
const CloseDispute = operation<Stripe.DisputeCloseParams>('POST /v1/disputes/{id}/close')
  .follows('all')

/** The evidence that is text; the other kinds were refused. */
function textsOf(evidence: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(evidence).filter(([, value]) => typeof value === 'string'),
  )
}
