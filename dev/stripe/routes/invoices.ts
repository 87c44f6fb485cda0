import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { answer, answerList, inRange, matches, readParams } from '../http.ts'
import { notEmulated, oneOf, paging, range, Retrieve, type Shape, text } from '../params.ts'
import type { StripeEnv } from '../sandbox.ts'

export function invoiceRoutes() {
  return new Hono<StripeEnv>()
    .get('/', async (c) => {
      const params = await readParams(c, ListInvoices)
      const invoices = c.var.sandbox.store.invoices.newestFirst().filter((invoice) =>
        matches(params.customer, invoice.customer ?? undefined) &&
        matches(params.subscription, invoice.parent?.subscription_details?.subscription) &&
        matches(params.status, invoice.status ?? undefined) &&
        matches(params.collection_method, invoice.collection_method) &&
        inRange(invoice.created, params.created)
      )
      return answerList(c, invoices, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.invoices.get(c.req.param('id')), expand)
    })
}

export function invoicePaymentRoutes() {
  return new Hono<StripeEnv>()
    .get('/', async (c) => {
      const params = await readParams(c, ListInvoicePayments)
      const payments = c.var.sandbox.store.invoicePayments.newestFirst().filter((payment) =>
        matches(params.invoice, payment.invoice) &&
        matches(params.payment?.payment_intent, payment.payment.payment_intent) &&
        matches(params.status, payment.status) && inRange(payment.created, params.created)
      )
      return answerList(c, payments, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.invoicePayments.get(c.req.param('id')), expand)
    })
}

const ListInvoices = z.strictObject(
  {
    ...paging,
    collection_method: oneOf('charge_automatically', 'send_invoice').optional(),
    created: range.optional(),
    customer: text().optional(),
    customer_account: notEmulated,
    due_date: notEmulated,
    status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void').optional(),
    subscription: text().optional(),
  } satisfies Shape<Stripe.InvoiceListParams>,
)

const ListInvoicePayments = z.strictObject(
  {
    ...paging,
    created: range.optional(),
    invoice: text().optional(),
    payment: z.strictObject(
      {
        payment_intent: text(),
        payment_record: notEmulated,
        type: oneOf('payment_intent'),
      } satisfies Shape<Stripe.InvoicePaymentListParams.Payment>,
    ).optional(),
    status: oneOf('canceled', 'open', 'paid').optional(),
  } satisfies Shape<Stripe.InvoicePaymentListParams>,
)
