import { Hono } from 'hono'
import type Stripe from 'stripe'
import { inTimeOf } from '../billing/clocks.ts'
import { refuseWhileProcessing } from '../billing/collect.ts'
import {
  addLines,
  attachPayment,
  changeInvoice,
  createInvoice,
  deleteDraft,
  finalizeByHand,
  payByHand,
  removeLines,
  sendInvoice,
  updateLines,
} from '../billing/manual.ts'
import { markUncollectible, voidInvoice } from '../billing/invoices.ts'
import { changeLine, ITEM, lineWith } from '../billing/invoice_lines.ts'
import { UNFOLLOWED_ITEM } from '../billing/items.ts'
import { previewInvoice } from '../billing/preview.ts'
import { atomically } from '../billing/rehearsal.ts'
import { refused } from '../errors.ts'
import { answer, answerList, inRange, matches, read } from '../http.ts'
import { operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'
import type { Invoice } from '../wire.ts'

export function invoiceRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateInvoice)
      return answer(c, atomically(c.var.sandbox, (inner) => createInvoice(inner, params)))
    })
    .post('/create_preview', async (c) => {
      const params = await read(c, CreatePreview)
      return answer(c, previewInvoice(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.invoices,
        list: ListInvoices,
        isListed: (invoice, params) =>
          matches(params.customer, invoice.customer ?? undefined) &&
          matches(params.subscription, invoice.parent?.subscription_details?.subscription) &&
          matches(params.status, invoice.status ?? undefined) &&
          (params.due_date === undefined || inRange(invoice.due_date ?? 0, params.due_date)) &&
          matches(params.collection_method, invoice.collection_method),
        retrieve: RetrieveInvoice,
        search: {
          operation: SearchInvoices,
          fields: {
            created: ({ created }) => created,
            currency: ({ currency }) => currency,
            customer: ({ customer }) => customer,
            number: ({ number }) => number,
            status: ({ status }) => status,
            subscription: ({ parent }) => parent?.subscription_details?.subscription,
            total: ({ total }) => total,
          },
        },
      }),
    )
    .post('/:id', async (c) => {
      const params = await read(c, UpdateInvoice)
      const [sandbox, invoice] = find(c.var.sandbox, c.req.param('id'))
      return answer(c, atomically(sandbox, (inner) => changeInvoice(inner, invoice, params)))
    })
    .delete('/:id', async (c) => {
      await read(c, DeleteInvoice)
      const [sandbox, invoice] = find(c.var.sandbox, c.req.param('id'))
      return answer(c, deleteDraft(sandbox, invoice))
    })
    .get('/:id/lines', async (c) => {
      await read(c, ListLines)
      const [, invoice] = find(c.var.sandbox, c.req.param('id'))
      return answerList(c, invoice.lines.data)
    })
    .post('/:id/lines/:line', async (c) => {
      const params = await read(c, UpdateLine)
      const [sandbox, { id }] = find(c.var.sandbox, c.req.param('id'))
      const line = c.req.param('line')
      changeLine(sandbox, id, line, params)
      return answer(c, lineWith(sandbox.store.invoices.get(id), line))
    })
    .post('/:id/add_lines', async (c) => {
      const { lines } = await read(c, AddLines)
      const [sandbox, invoice] = find(c.var.sandbox, c.req.param('id'))
      return answer(c, atomically(sandbox, (inner) => addLines(inner, invoice, lines)))
    })
    .post('/:id/update_lines', async (c) => {
      const { lines } = await read(c, UpdateLines)
      const [sandbox, { id }] = find(c.var.sandbox, c.req.param('id'))
      return answer(c, atomically(sandbox, (inner) => updateLines(inner, id, lines)))
    })
    .post('/:id/remove_lines', async (c) => {
      const { lines } = await read(c, RemoveLines)
      const [sandbox, { id }] = find(c.var.sandbox, c.req.param('id'))
      return answer(c, atomically(sandbox, (inner) => removeLines(inner, id, lines)))
    })
    .post('/:id/finalize', async (c) => {
      const { auto_advance: advances } = await read(c, FinalizeInvoice)
      const [sandbox, { id }] = find(c.var.sandbox, c.req.param('id'))
      return answer(c, finalizeByHand(sandbox, id, advances))
    })
    .post('/:id/pay', async (c) => {
      const params = await read(c, PayInvoice)
      const [sandbox, invoice] = find(c.var.sandbox, c.req.param('id'))
      return answer(c, payByHand(sandbox, invoice, params))
    })
    .post('/:id/send', async (c) => {
      await read(c, SendInvoice)
      const [sandbox, invoice] = find(c.var.sandbox, c.req.param('id'))
      return answer(c, sendInvoice(sandbox, invoice))
    })
    .post('/:id/void', async (c) => {
      await read(c, VoidInvoice)
      const [sandbox, invoice] = find(c.var.sandbox, c.req.param('id'))
      refuseUnless(invoice, ['open', 'uncollectible'], 'voided')
      refuseWhileProcessing(sandbox, invoice, 'void')
      return answer(c, voidInvoice(sandbox, invoice.id))
    })
    .post('/:id/mark_uncollectible', async (c) => {
      await read(c, MarkUncollectible)
      const [sandbox, invoice] = find(c.var.sandbox, c.req.param('id'))
      refuseUnless(invoice, ['open'], 'marked uncollectible')
      return answer(c, markUncollectible(sandbox, invoice.id))
    })
    .post('/:id/attach_payment', async (c) => {
      const { payment_intent: intent } = await read(c, AttachPayment)
      const [sandbox, invoice] = find(c.var.sandbox, c.req.param('id'))
      refuseUnless(invoice, ['open'], 'given a payment')
      return answer(c, attachPayment(sandbox, invoice, intent))
    })
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

const FIELDS = [
  'auto_advance',
  'automatically_finalizes_at',
  'collection_method',
  'custom_fields',
  'days_until_due',
  'default_payment_method',
  'description',
  'discounts',
  'due_date',
  'effective_at',
  'footer',
  'metadata',
  'number',
  'statement_descriptor',
] as const

const NO_DECIMAL = ['price_data.unit_amount_decimal', 'lines.price_data.unit_amount_decimal']

const CreateInvoice = operation<Stripe.InvoiceCreateParams>('POST /v1/invoices').follows([
  ...FIELDS,
  'currency',
  'customer',
  'pending_invoice_items_behavior',
  'subscription',
])
const UpdateInvoice = operation<Stripe.InvoiceUpdateParams>('POST /v1/invoices/{id}')
  .follows(FIELDS)
const CreatePreview = operation<Stripe.InvoiceCreatePreviewParams>(
  'POST /v1/invoices/create_preview',
).follows([
  'currency',
  'customer',
  'discounts',
  'invoice_items',
  'preview_mode',
  'subscription',
  'subscription_details',
], [
  'invoice_items.discounts',
  'invoice_items.invoiceitem',
  'invoice_items.price_data.unit_amount_decimal',
  'invoice_items.quantity_decimal',
  'invoice_items.tax_behavior',
  'invoice_items.tax_code',
  'invoice_items.tax_rates',
  'invoice_items.unit_amount',
  'invoice_items.unit_amount_decimal',
  'subscription_details.billing_mode',
  'subscription_details.billing_schedules',
  'subscription_details.default_tax_rates',
  'subscription_details.resume_at',
  'subscription_details.start_date',
  ...UNFOLLOWED_ITEM.map((path) => `subscription_details.${path}`),
])
const ListInvoices = operation<Stripe.InvoiceListParams>('GET /v1/invoices')
  .follows([...PAGE, 'collection_method', 'customer', 'due_date', 'status', 'subscription'])
const SearchInvoices = operation<Stripe.InvoiceSearchParams>('GET /v1/invoices/search')
  .follows('all')
const RetrieveInvoice = operation<Stripe.InvoiceRetrieveParams>('GET /v1/invoices/{id}')
  .follows('all')
const DeleteInvoice = operation<Stripe.InvoiceDeleteParams>('DELETE /v1/invoices/{id}')
  .follows('all')
const ListLines = operation<Stripe.InvoiceListLineItemsParams>('GET /v1/invoices/{id}/lines')
  .follows('all')
const UpdateLine = operation<Stripe.InvoiceUpdateLineItemParams>(
  'POST /v1/invoices/{invoiceId}/lines/{id}',
).follows(ITEM, [...NO_DECIMAL, 'price_data.product_data'])
const AddLines = operation<Stripe.InvoiceAddLinesParams>('POST /v1/invoices/{id}/add_lines')
  .follows(['lines'], [
    ...NO_DECIMAL,
    'lines.discounts',
    'lines.price_data.product_data',
    'lines.quantity_decimal',
    'lines.tax_amounts',
    'lines.tax_rates',
  ])
const UpdateLines = operation<Stripe.InvoiceUpdateLinesParams>(
  'POST /v1/invoices/{id}/update_lines',
).follows(['lines'], [
  ...NO_DECIMAL,
  'lines.discounts',
  'lines.price_data.product_data',
  'lines.quantity_decimal',
  'lines.tax_amounts',
  'lines.tax_rates',
])
const RemoveLines = operation<Stripe.InvoiceRemoveLinesParams>(
  'POST /v1/invoices/{id}/remove_lines',
).follows(['lines'])
const FinalizeInvoice = operation<Stripe.InvoiceFinalizeInvoiceParams>(
  'POST /v1/invoices/{id}/finalize',
).follows('all')
const PayInvoice = operation<Stripe.InvoicePayParams>('POST /v1/invoices/{id}/pay')
  .follows(['off_session', 'paid_out_of_band', 'payment_method'])
const SendInvoice = operation<Stripe.InvoiceSendInvoiceParams>('POST /v1/invoices/{id}/send')
  .follows('all')
const VoidInvoice = operation<Stripe.InvoiceVoidInvoiceParams>('POST /v1/invoices/{id}/void')
  .follows('all')
const MarkUncollectible = operation<Stripe.InvoiceMarkUncollectibleParams>(
  'POST /v1/invoices/{id}/mark_uncollectible',
).follows('all')
const AttachPayment = operation<Stripe.InvoiceAttachPaymentParams>(
  'POST /v1/invoices/{id}/attach_payment',
).follows(['payment_intent'])
const ListInvoicePayments = operation<Stripe.InvoicePaymentListParams>('GET /v1/invoice_payments')
  .follows([...PAGE, 'invoice', 'payment', 'status'], ['payment.payment_record'])
const RetrieveInvoicePayment = operation<Stripe.InvoicePaymentRetrieveParams>(
  'GET /v1/invoice_payments/{id}',
).follows('all')

/** The invoice, and the sandbox in the time of its customer. */
function find(sandbox: Sandbox, id: string): [Sandbox, Invoice] {
  const invoice = sandbox.store.invoices.get(id)
  return [inTimeOf(sandbox, invoice.customer), invoice]
}

function refuseUnless(
  { status }: Invoice,
  allowed: NonNullable<Invoice['status']>[],
  done: string,
) {
  if (status !== null && allowed.includes(status)) return
  throw refused(`An invoice that is ${status} cannot be ${done}.`)
}
