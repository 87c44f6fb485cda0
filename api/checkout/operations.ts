import * as z from 'zod'
import type { Operations } from '../openapi/operation.ts'
import { CheckoutSessionBody } from './bodies.ts'
import { PlaceOrder } from './requests.ts'

export const operations: Operations = {
  'POST /api/checkout/sessions': {
    id: 'createCheckoutSession',
    summary: 'Place an order',
    description:
      'Sets capacity aside and opens Stripe’s page for it; nothing is charged before the ' +
      'buyer pays there. The same `Idempotency-Key` with the same body answers with the same order, ' +
      'so send it again, unchanged, whenever no answer came. `region-full` names the regions that ' +
      'still have room in `regionsWithRoom`.',
    tag: 'Checkout',
    auth: 'session',
    headers: z.object({
      'Idempotency-Key': z.string().regex(/^[A-Za-z0-9_-]{8,120}$/).meta({
        description: 'New for each purchase, e.g. a UUID; the same when it is sent again.',
        examples: ['7d0c6a0e-3c53-4b0e-9a3c-2f1f6c0b7e11'],
      }),
    }),
    body: {
      schema: PlaceOrder,
      example: {
        planId: 'minecraft-paper-4gb',
        term: 'monthly',
        currency: 'eur',
        region: 'frankfurt',
        serverName: 'Creeper Cove',
        options: { MINECRAFT_VERSION: '1.21.4' },
      },
    },
    answers: {
      201: {
        description: 'The order, and where to pay for it.',
        schema: CheckoutSessionBody,
        example: {
          orderId: 'ord_01kc5x9v3mqk8yw2tz4r6b7n1d',
          url: 'https://checkout.stripe.com/c/pay/cs_live_a1b2c3',
          expiresAt: '2026-11-24T18:38:11.204Z',
        },
      },
    },
    problems: [
      'plan-not-sold',
      'region-full',
      'too-many-open-orders',
      'idempotency-mismatch',
      'order-not-open',
      'rate-limited',
      'payments-unavailable',
    ],
  },
}
