import { Hono } from 'hono'
import type Stripe from 'stripe'
import { inTimeOf } from '../billing/clocks.ts'
import { addItem, changeItem, ITEM, removeItem } from '../billing/invoice_lines.ts'
import { editable } from '../billing/invoices.ts'
import { notTheirs } from '../billing/manual.ts'
import { missing } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { operation, type ParamsOf } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'

export function invoiceItemRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateInvoiceItem)
      return answer(c, createItem(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.invoiceItems,
        list: ListInvoiceItems,
        isListed: (item, params) =>
          matches(params.customer, item.customer) &&
          matches(params.invoice, item.invoice ?? undefined) &&
          matches(params.pending, item.invoice === null),
        retrieve: RetrieveInvoiceItem,
      }),
    )
    .post('/:id', async (c) => {
      const params = await read(c, UpdateInvoiceItem)
      return answer(c, changeItem(c.var.sandbox, c.req.param('id'), params))
    })
    .delete('/:id', async (c) => {
      await read(c, DeleteInvoiceItem)
      const id = c.req.param('id')
      removeItem(c.var.sandbox, id)
      return answer(c, { id, object: 'invoiceitem', deleted: true })
    })
}

/** An amount per unit that is no whole cent is not followed. */
const DECIMAL = 'price_data.unit_amount_decimal'

const CreateInvoiceItem = operation<Stripe.InvoiceItemCreateParams>('POST /v1/invoiceitems')
  .follows([...ITEM, 'currency', 'customer', 'invoice', 'subscription'], [DECIMAL])
const UpdateInvoiceItem = operation<Stripe.InvoiceItemUpdateParams>('POST /v1/invoiceitems/{id}')
  .follows(ITEM, [DECIMAL])
const ListInvoiceItems = operation<Stripe.InvoiceItemListParams>('GET /v1/invoiceitems')
  .follows([
    'created',
    'customer',
    'ending_before',
    'invoice',
    'limit',
    'pending',
    'starting_after',
  ])
const RetrieveInvoiceItem = operation<Stripe.InvoiceItemRetrieveParams>('GET /v1/invoiceitems/{id}')
  .follows('all')
const DeleteInvoiceItem = operation<Stripe.InvoiceItemDeleteParams>('DELETE /v1/invoiceitems/{id}')
  .follows('all')

function createItem(sandbox: Sandbox, params: ParamsOf<typeof CreateInvoiceItem>) {
  const { store } = sandbox
  const { invoice: id, ...asked } = params
  const invoice = id === undefined ? undefined : editable(store.invoices.get(id, 'invoice'))
  const customer = params.customer ?? invoice?.customer
  if (!customer) throw missing('customer')
  store.customers.get(customer, 'customer')
  if (invoice && invoice.customer !== customer) throw notTheirs('invoice')
  const subscription = store.subscriptions.find(params.subscription ?? '')
  if (subscription && subscription.customer !== customer) throw notTheirs('subscription')
  return addItem(inTimeOf(sandbox, customer), { ...asked, customer }, { invoice })
}
