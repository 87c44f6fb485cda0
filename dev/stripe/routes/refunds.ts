import { Hono } from 'hono'
import type Stripe from 'stripe'
import { refused } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { operation } from '../openapi/operation.ts'
import { chargeToRefund, refundCharge } from '../payments/refunds.ts'
import { reading } from '../resource.ts'
import { emit, type StripeEnv } from '../sandbox.ts'

export function refundRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateRefund)
      const { sandbox } = c.var
      return answer(
        c,
        refundCharge(sandbox, chargeToRefund(sandbox, params), {
          amount: params.amount,
          reason: params.reason ?? null,
          metadata: mergeMetadata({}, params.metadata),
        }),
      )
    })
    .route(
      '/',
      reading({
        rows: (store) => store.refunds,
        list: ListRefunds,
        isListed: (refund, params) =>
          matches(params.charge, refund.charge ?? undefined) &&
          matches(params.payment_intent, refund.payment_intent ?? undefined),
        retrieve: RetrieveRefund,
      }),
    )
    .post('/:id', async (c) => {
      const { metadata } = await read(c, UpdateRefund)
      const { store } = c.var.sandbox
      const former = store.refunds.get(c.req.param('id'))
      const refund = store.refunds.update(former.id, {
        metadata: mergeMetadata(former.metadata ?? {}, metadata),
      })
      emit(c.var.sandbox, 'refund.updated', refund, former)
      return answer(c, refund)
    })
    .post('/:id/cancel', async (c) => {
      await read(c, CancelRefund)
      const { id, status } = c.var.sandbox.store.refunds.get(c.req.param('id'))
      throw refused(
        `Refund ${id} has a status of ${status}. Only refunds with the status requires_action can ` +
          'be canceled.',
      )
    })
}

const CreateRefund = operation<Stripe.RefundCreateParams>('POST /v1/refunds')
  .follows(['amount', 'charge', 'metadata', 'payment_intent', 'reason'])
const UpdateRefund = operation<Stripe.RefundUpdateParams>('POST /v1/refunds/{id}').follows('all')
const CancelRefund = operation<Stripe.RefundCancelParams>('POST /v1/refunds/{id}/cancel')
  .follows('all')
const ListRefunds = operation<Stripe.RefundListParams>('GET /v1/refunds').follows('all')
const RetrieveRefund = operation<Stripe.RefundRetrieveParams>('GET /v1/refunds/{id}').follows('all')
