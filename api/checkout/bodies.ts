import * as z from 'zod'
import { id, instant } from '../openapi/fields.ts'

export const CheckoutSessionBody = z.object({
  orderId: id('ord_', 'The order that this pays for.'),
  url: z.url().meta({ description: 'Stripe’s page: send the buyer there.' }),
  expiresAt: instant('Until when it can be paid.'),
}).meta({ id: 'CheckoutSession', description: 'An order that waits to be paid.' })

export type CheckoutSessionBody = z.output<typeof CheckoutSessionBody>
