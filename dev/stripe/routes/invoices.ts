import { Hono } from 'hono'
import type Stripe from 'stripe'
import { matches } from '../http.ts'
import { operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import type { StripeEnv } from '../sandbox.ts'

export function invoiceRoutes() {
  return new Hono<StripeEnv>().route(
    '/',
    reading({
      rows: (store) => store.invoices,
      list: ListInvoices,
      isListed: (invoice, params) =>
        matches(params.customer, invoice.customer ?? undefined) &&
        matches(params.subscription, invoice.parent?.subscription_details?.subscription) &&
        matches(params.status, invoice.status ?? undefined) &&
        matches(params.collection_method, invoice.collection_method),
      retrieve: RetrieveInvoice,
    }),
  )
}

export function invoicePaymentRoutes() {
  return new Hono<StripeEnv>().route(
    '/',
    reading({
      rows: (store) => store.invoicePayments,
      list: ListInvoicePayments,
      isListed: (payment, params) =>
        matches(params.invoice, payment.invoice) &&
        matches(params.payment?.payment_intent, payment.payment.payment_intent) &&
        matches(params.status, payment.status),
      retrieve: RetrieveInvoicePayment,
    }),
  )
}

const PAGE = ['created', 'ending_before', 'limit', 'starting_after'] as const

const ListInvoices = operation<Stripe.InvoiceListParams>('GET /v1/invoices')
  .follows([...PAGE, 'collection_method', 'customer', 'status', 'subscription'])
const RetrieveInvoice = operation<Stripe.InvoiceRetrieveParams>('GET /v1/invoices/{id}')
  .follows('all')
const ListInvoicePayments = operation<Stripe.InvoicePaymentListParams>('GET /v1/invoice_payments')
  .follows([...PAGE, 'invoice', 'payment', 'status'], ['payment.payment_record'])
const RetrieveInvoicePayment = operation<Stripe.InvoicePaymentRetrieveParams>(
  'GET /v1/invoice_payments/{id}',
).follows('all')
