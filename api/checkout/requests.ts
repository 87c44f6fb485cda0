import * as z from 'zod'

function slug(description: string) {
  return z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'Choose one from the list')
    .meta({ description })
}

/** What a buyer asks for; there is no price in it. */
export type PlaceOrder = z.output<typeof PlaceOrder>

export const PlaceOrder = z.strictObject({
  planId: slug('A plan of `GET /api/plans`.'),
  term: z.enum(['monthly', 'quarterly', 'yearly'], 'Choose monthly, quarterly or yearly'),
  currency: z.string().regex(/^[a-z]{3}$/, 'Give a currency as three lower-case letters')
    .meta({ description: 'One that the plan has a price in, for this term.' }),
  region: slug('A region of the plan, with room.'),
  serverName: z.string().trim().regex(
    /^[\p{L}\p{N} ._-]{1,40}$/u,
    'Use 1 to 40 letters, digits, spaces, dots, underscores or hyphens',
  ),
  options: z.record(
    z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'There is no such setting'),
    z.string('Give each setting as text').max(500, 'Enter at most 500 characters')
      .refine((text) => text.isWellFormed(), 'Remove the characters that cannot be shown'),
  ).default({}).meta({
    description: 'Variable → value, of the plan’s `options`; what is left out takes its default.',
  }),
}).meta({ id: 'PlaceOrder', description: 'What to buy. There is no price in it: the shop knows.' })
