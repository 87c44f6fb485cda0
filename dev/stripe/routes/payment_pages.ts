import { Hono } from 'hono'
import { payCheckout } from '../checkout/pay.ts'
import { refused } from '../errors.ts'
import { decodeForm } from '../form.ts'
import { inOrder } from '../objects/order.ts'
import { coerceParams } from '../openapi/coerce.ts'
import type { Schema } from '../openapi/structure.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'
import type { Session } from '../wire.ts'

/**
 * What the hosted page of Stripe itself calls, and its command-line client to rehearse a checkout
 * (`stripe trigger checkout.session.completed`). It is documented nowhere: only what that client needs
 * is here. A page has the id of its session.
 */
export function paymentPageRoutes() {
  return new Hono<StripeEnv>()
    .get('/:id', (c) => {
      const { sandbox } = c.var
      return c.json(inOrder(pageObject(sandbox, sandbox.store.sessions.get(c.req.param('id')))))
    })
    .post('/:id/confirm', async (c) => {
      const { sandbox } = c.var
      const params = coerceParams(ConfirmPage, decodeForm(await c.req.text()))
      const session = sandbox.store.sessions.get(c.req.param('id'))
      const { expected_amount: expected, payment_method: id } = params
      if (expected !== undefined && expected !== session.amount_total) {
        throw refused('The amount of this Checkout Session is not the expected one.', {
          code: 'checkout_amount_mismatch',
          param: 'expected_amount',
        })
      }
      const method = sandbox.store.paymentMethods.get(String(id), 'payment_method')
      const { email, name } = method.billing_details
      const paid = payCheckout(sandbox, session.id, {
        paymentMethod: method.id,
        ...(email !== null && { email }),
        ...(name !== null && { name }),
      })
      return c.json(inOrder(pageObject(sandbox, paid)))
    })
}

const ConfirmPage: Schema = {
  type: 'object',
  properties: {
    expected_amount: { type: 'integer' },
    payment_method: { type: 'string' },
  },
  required: ['payment_method'],
}

function pageObject({ store }: Sandbox, session: Session) {
  const { paymentIntent } = store.checkouts.get(session.id)
  return {
    id: session.id,
    object: 'payment_page',
    session_id: session.id,
    status: session.status,
    payment_status: session.payment_status,
    payment_intent: store.paymentIntents.find(paymentIntent ?? '') ?? null,
    livemode: false,
  }
}
