import * as z from 'zod'
import type { Operations } from '../openapi/operation.ts'

export const operations: Operations = {
  'POST /api/stripe/webhook': {
    id: 'receiveStripeEvent',
    summary: 'Receive an event of Stripe',
    description:
      'Stripe’s door, for nobody else: the raw body must carry Stripe’s signature. The ' +
      'event is stored and answered at once; what it speaks of is read again from Stripe.',
    tag: 'Operations',
    auth: 'none',
    headers: z.object({
      'Stripe-Signature': z.string().meta({ description: '`t=…,v1=…` over the raw body.' }),
    }),
    answers: {
      200: {
        description: 'Stored now, or before.',
        schema: z.object({
          received: z.literal(true),
          duplicate: z.literal(true).optional().meta({ description: 'It was stored before.' }),
        }).meta({ id: 'Received' }),
        example: { received: true },
      },
    },
    problems: ['bad-signature', 'body-too-large', 'timeout', 'malformed-json', 'rate-limited'],
  },
}
