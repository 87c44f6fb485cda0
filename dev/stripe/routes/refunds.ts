import { Hono } from 'hono'
import type Stripe from 'stripe'
import { ParameterFailure, refused } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { refundObject } from '../objects/payment.ts'
import { operation, type ParamsOf } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Charge, Refund } from '../wire.ts'

export function refundRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateRefund)
      return answer(c, createRefund(c.var.sandbox, params))
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
}

const CreateRefund = operation<Stripe.RefundCreateParams>('POST /v1/refunds')
  .follows(['amount', 'charge', 'metadata', 'payment_intent', 'reason'])
const ListRefunds = operation<Stripe.RefundListParams>('GET /v1/refunds').follows('all')
const RetrieveRefund = operation<Stripe.RefundRetrieveParams>('GET /v1/refunds/{id}').follows('all')

export function createRefund(sandbox: Sandbox, params: ParamsOf<typeof CreateRefund>): Refund {
  const { store, newId, now } = sandbox
  const charge = chargeOf(sandbox, params)
  const left = charge.amount_captured - charge.amount_refunded
  const amount = params.amount ?? left
  checkRefund(charge, amount, left)
  const refund = store.refunds.insert(refundObject({
    id: newId('refund'),
    created: now(),
    amount,
    reason: params.reason ?? null,
    metadata: mergeMetadata({}, params.metadata),
    balance_transaction: newId('balance_transaction'),
  }, charge))
  const refunded = store.charges.update(charge.id, {
    amount_refunded: charge.amount_refunded + amount,
    refunded: amount === left,
  })
  emit(sandbox, 'refund.created', refund)
  emit(sandbox, 'charge.refunded', refunded, charge)
  emit(sandbox, 'refund.updated', refund)
  return refund
}

function chargeOf({ store }: Sandbox, params: ParamsOf<typeof CreateRefund>): Charge {
  const { charge, payment_intent: intent } = params
  if (charge !== undefined) return store.charges.get(charge, 'charge')
  if (intent === undefined) {
    throw new ParameterFailure(
      'One of the following params should be provided for this request: ' +
        'payment_intent or charge.',
    )
  }
  const { latest_charge: latest } = store.paymentIntents.get(intent, 'payment_intent')
  if (latest) return store.charges.get(latest)
  throw refused('This PaymentIntent does not have a successful charge to refund.', {
    param: 'payment_intent',
  })
}

function checkRefund(charge: Charge, amount: number, left: number) {
  if (!charge.paid) {
    throw refused(`Charge ${charge.id} has not been paid and cannot be refunded.`)
  }
  if (left === 0) {
    throw refused(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    })
  }
  if (amount > left) {
    throw refused(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
      { param: 'amount' },
    )
  }
}
