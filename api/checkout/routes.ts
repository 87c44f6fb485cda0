import { Hono } from 'hono'
import { limit } from '../accounts/rate_limits.ts'
import { requireSignedIn, type SignedInEnv } from '../accounts/signed_in.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { jsonBody } from '../validate.ts'
import { placeOrder } from './place_order.ts'
import { PlaceOrder } from './requests.ts'

/** Paying: the one route that places an order. */
export function checkoutRoutes(deps: Deps) {
  return new Hono<SignedInEnv>()
    .use(requireSignedIn)
    .post('/sessions', jsonBody(PlaceOrder), async (c) => {
      const { userId } = c.var.signedIn
      const idempotencyKey = readIdempotencyKey(c.req.header('idempotency-key'))
      const address = deps.clientAddress(c)
      await limit(c.var.db, deps, 'order', { user: userId, address })
      const body = c.req.valid('json')
      return c.json(await placeOrder(c.var.db, deps, { userId, idempotencyKey, body }), 201)
    })
}

function readIdempotencyKey(header: string | undefined): string {
  if (header && /^[A-Za-z0-9_-]{8,120}$/.test(header)) return header
  throw new Problem('validation-failed', {
    detail:
      'Send an Idempotency-Key header of 8 to 120 letters, digits, - or _, new for each purchase.',
  })
}
