import { Hono } from 'hono'
import type Stripe from 'stripe'
import { noSuch } from '../errors.ts'
import { answer, answerList, matches, read } from '../http.ts'
import { operation } from '../openapi/operation.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'
import type { PaymentMethod } from '../wire.ts'

/** What one customer pays with, below `/v1/customers/:customer`. */
export function customerPaymentMethodRoutes() {
  return new Hono<StripeEnv>()
    .get('/:customer/payment_methods', async (c) => {
      const { allow_redisplay: redisplay, type } = await read(c, ListMethods)
      const rows = methodsOf(c.var.sandbox, c.req.param('customer')).filter((method) =>
        matches(type, method.type) && matches(redisplay, method.allow_redisplay)
      )
      return answerList(c, rows)
    })
    .get('/:customer/payment_methods/:id', async (c) => {
      await read(c, RetrieveMethod)
      const { customer, id } = c.req.param()
      const method = methodsOf(c.var.sandbox, customer).find((method) => method.id === id)
      if (!method) throw noSuch('PaymentMethod', id)
      return answer(c, method)
    })
}

const ListMethods = operation<Stripe.CustomerListPaymentMethodsParams>(
  'GET /v1/customers/{id}/payment_methods',
).follows('all')
const RetrieveMethod = operation<Stripe.CustomerRetrievePaymentMethodParams>(
  'GET /v1/customers/{customerId}/payment_methods/{id}',
).follows('all')

function methodsOf({ store }: Sandbox, customer: string): PaymentMethod[] {
  const { id } = store.customers.get(customer)
  return store.paymentMethods.newestFirst().filter((method) => method.customer === id)
}
