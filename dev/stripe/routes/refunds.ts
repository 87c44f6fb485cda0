import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { ParameterFailure, refused } from '../errors.ts'
import { answer, answerList, inRange, matches, readParams } from '../http.ts'
import { refundObject } from '../objects/payment.ts'
import {
  expand,
  integer,
  mergeMetadata,
  metadata,
  notEmulated,
  oneOf,
  paging,
  range,
  Retrieve,
  type Shape,
  text,
} from '../params.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Charge, Refund } from '../wire.ts'

export function refundRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await readParams(c, CreateRefund)
      return answer(c, createRefund(c.var.sandbox, params), params.expand)
    })
    .get('/', async (c) => {
      const params = await readParams(c, ListRefunds)
      const refunds = c.var.sandbox.store.refunds.newestFirst().filter((refund) =>
        matches(params.charge, refund.charge ?? undefined) &&
        matches(params.payment_intent, refund.payment_intent ?? undefined) &&
        inRange(refund.created, params.created)
      )
      return answerList(c, refunds, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.refunds.get(c.req.param('id')), expand)
    })
}

const CreateRefund = z.strictObject(
  {
    amount: integer({ min: 1 }).optional(),
    charge: text().optional(),
    currency: notEmulated,
    customer: notEmulated,
    expand,
    instructions_email: notEmulated,
    metadata: metadata.optional(),
    origin: notEmulated,
    payment_intent: text().optional(),
    reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer').optional(),
    refund_application_fee: notEmulated,
    reverse_transfer: notEmulated,
  } satisfies Shape<Stripe.RefundCreateParams>,
)

const ListRefunds = z.strictObject(
  {
    ...paging,
    charge: text().optional(),
    created: range.optional(),
    payment_intent: text().optional(),
  } satisfies Shape<Stripe.RefundListParams>,
)

function createRefund(sandbox: Sandbox, params: z.output<typeof CreateRefund>): Refund {
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

function chargeOf({ store }: Sandbox, params: z.output<typeof CreateRefund>): Charge {
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
