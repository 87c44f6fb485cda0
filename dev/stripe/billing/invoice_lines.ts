import type Stripe from 'stripe'
import { ParameterFailure, refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { invoiceLineObject, pricingOf } from '../objects/invoice.ts'
import { subscriptionParent } from '../objects/invoice_item.ts'
import type { Given } from '../openapi/operation.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Invoice, InvoiceItem, InvoiceLine } from '../wire.ts'
import { addInvoiceItem } from './invoice_items.ts'
import { editable, refigured } from './invoices.ts'
import { type AskedPrice, priceOf } from './items.ts'
import { fullAmount, lineOfInvoiceItem, productName } from './lines.ts'

/** What a request says of an invoice item, or of a line that bills one. */
type AskedInvoiceItem =
  & Given<
    Pick<
      Stripe.InvoiceItemCreateParams,
      | 'amount'
      | 'currency'
      | 'description'
      | 'discountable'
      | 'metadata'
      | 'period'
      | 'pricing'
      | 'quantity'
      | 'subscription'
    >
  >
  & Pick<AskedPrice, 'price_data'>

/** The parameters of an invoice item that the emulator follows, and of a line. */
export const ITEM = [
  'amount',
  'description',
  'discountable',
  'metadata',
  'period',
  'price_data',
  'pricing',
  'quantity',
] as const

/** Adds an item to a customer's draft, or where there is none lets it wait for the next invoice. */
export function addItem(
  sandbox: Sandbox,
  asked: AskedInvoiceItem & { customer: string },
  { invoice, param = '' }: { invoice?: Invoice | undefined; param?: string } = {},
): InvoiceItem {
  const { store } = sandbox
  const currency = asked.currency ?? invoice?.currency ??
    store.customers.get(asked.customer).currency ?? 'usd'
  if (asked.subscription) store.subscriptions.get(asked.subscription, 'subscription')
  const priced = pricedFields(sandbox, asked, { currency, param })
  if (!priced) {
    throw new ParameterFailure('You must specify one of: amount, price_data, pricing', {
      code: 'parameter_missing',
      param: param === '' ? 'amount' : `${param}[amount]`,
    })
  }
  const item = addInvoiceItem(sandbox, {
    ...priced,
    customer: asked.customer,
    description: asked.description ?? priced.description,
    discountable: asked.discountable ?? priced.amount > 0,
    metadata: mergeMetadata({}, asked.metadata),
    parent: asked.subscription ? subscriptionParent(asked.subscription) : null,
    ...(asked.period && { period: asked.period }),
  })
  if (!invoice) return item
  putOnDraft(sandbox, invoice.id, item)
  return store.invoiceItems.get(item.id)
}

/** Changes an item that waits, or that is on a draft. */
export function changeItem(sandbox: Sandbox, id: string, asked: AskedInvoiceItem): InvoiceItem {
  const { store } = sandbox
  const former = store.invoiceItems.get(id)
  const draft = former.invoice === null ? undefined : editable(store.invoices.get(former.invoice))
  const { quantity = former.quantity } = asked
  const priced = pricedFields(sandbox, { ...asked, quantity }, {
    currency: former.currency,
    param: '',
  }) ?? requantified(former, quantity)
  const item = store.invoiceItems.update(id, {
    ...priced,
    description: priced.description ?? former.description,
    ...(asked.description !== undefined && { description: asked.description }),
    ...(asked.discountable !== undefined && { discountable: asked.discountable }),
    ...(asked.period && { period: asked.period }),
    metadata: mergeMetadata(former.metadata ?? {}, asked.metadata),
  })
  if (!draft) return item
  relined(sandbox, draft, (line) => itemOf(line) === id ? { ...line, ...lineOf(item) } : line)
  return item
}

/** Removes an item, from the draft too that it is on. */
export function removeItem(sandbox: Sandbox, id: string) {
  const { store } = sandbox
  const item = store.invoiceItems.get(id)
  if (item.invoice !== null) takeOffDraft(sandbox, item.invoice, id)
  store.invoiceItems.delete(id)
  emit(sandbox, 'invoiceitem.deleted', item)
}

/** Puts an item that waited on a draft. */
export function putOnDraft(sandbox: Sandbox, invoice: string, item: InvoiceItem) {
  const { store, newId } = sandbox
  const draft = editable(store.invoices.get(invoice))
  if (item.currency !== draft.currency) {
    throw refused(
      `The invoice item is in ${item.currency}, but the invoice is in ${draft.currency}.`,
      { param: 'currency' },
    )
  }
  store.invoiceItems.update(item.id, { invoice })
  const line = invoiceLineObject({
    ...lineOfInvoiceItem(item),
    id: newId('invoice_line'),
    invoice,
    discount_amounts: [],
  })
  keepLines(sandbox, draft, [...draft.lines.data, line])
}

/** Takes an item off a draft; it waits again. */
export function takeOffDraft(sandbox: Sandbox, invoice: string, id: string) {
  const { store } = sandbox
  const draft = editable(store.invoices.get(invoice))
  keepLines(sandbox, draft, draft.lines.data.filter((line) => itemOf(line) !== id))
  store.invoiceItems.update(id, { invoice: null })
}

/** Changes a line of a draft, and the item that it bills. */
export function changeLine(
  sandbox: Sandbox,
  invoice: string,
  id: string,
  asked: Omit<AskedInvoiceItem, 'currency' | 'subscription'>,
) {
  const draft = editable(sandbox.store.invoices.get(invoice))
  const line = lineWith(draft, id)
  const item = itemOf(line)
  if (item !== null) return void changeItem(sandbox, item, asked)
  const { metadata, description, period, discountable } = asked
  if (asked.amount !== undefined || asked.quantity !== undefined) {
    throw refused('The amount of a line that bills a subscription cannot be changed.', {
      param: 'amount',
    })
  }
  relined(sandbox, draft, (line) =>
    line.id === id
      ? {
        ...line,
        ...(description !== undefined && { description }),
        ...(discountable !== undefined && { discountable }),
        ...(period && { period }),
        metadata: mergeMetadata(line.metadata, metadata),
      }
      : line)
}

/** The line of an invoice with this id. */
export function lineWith({ lines }: Invoice, id: string): InvoiceLine {
  const line = lines.data.find((line) => line.id === id)
  if (line) return line
  throw refused(`No such invoice line item: '${id}'`, { code: 'resource_missing', param: 'id' })
}

/** The invoice item that a line bills, if it bills one. */
export function itemOf({ parent }: InvoiceLine): string | null {
  return parent?.invoice_item_details?.invoice_item ??
    parent?.subscription_item_details?.invoice_item ?? null
}

type Priced = Pick<
  InvoiceItem,
  'amount' | 'currency' | 'description' | 'pricing' | 'quantity' | 'quantity_decimal'
>

function pricedFields(
  sandbox: Sandbox,
  { amount, pricing, price_data: described, quantity = 1 }: AskedInvoiceItem,
  { currency, param }: { currency: string; param: string },
): Priced | undefined {
  if (amount !== undefined) {
    return {
      amount,
      currency,
      description: null,
      pricing: null,
      quantity: 1,
      quantity_decimal: '1',
    }
  }
  if (!pricing && !described) return
  const price = priceOf(sandbox, {
    ...(pricing?.price !== undefined && { price: pricing.price }),
    ...(described && { price_data: described }),
  }, { param: param === '' ? 'pricing' : `${param}[pricing]`, type: 'one_time' })
  return {
    amount: fullAmount({ price, quantity }),
    currency: price.currency,
    description: productName(sandbox.store, price),
    pricing: pricingOf(price),
    quantity,
    quantity_decimal: String(quantity),
  }
}

function requantified(
  item: InvoiceItem,
  quantity: number,
): Partial<Pick<InvoiceItem, 'amount' | 'description' | 'quantity' | 'quantity_decimal'>> {
  if (quantity === item.quantity) return {}
  const each = Number(item.pricing?.unit_amount_decimal ?? item.amount / (item.quantity || 1))
  return { amount: Math.round(each * quantity), quantity, quantity_decimal: String(quantity) }
}

function lineOf(item: InvoiceItem): Partial<InvoiceLine> {
  const { amount, quantity, ...line } = lineOfInvoiceItem(item)
  return {
    ...line,
    amount,
    quantity,
    quantity_decimal: String(quantity),
    subtotal: amount,
  }
}

function relined(sandbox: Sandbox, draft: Invoice, change: (line: InvoiceLine) => InvoiceLine) {
  keepLines(sandbox, draft, draft.lines.data.map(change))
}

function keepLines(sandbox: Sandbox, draft: Invoice, lines: InvoiceLine[]) {
  const updated = sandbox.store.invoices.insert(refigured(sandbox, draft, { lines }))
  emit(sandbox, 'invoice.updated', updated, draft)
}
