import type Stripe from 'stripe'
import { actionRequired, missing, refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { invoicePaymentObject } from '../objects/invoice.ts'
import type { Given } from '../openapi/operation.ts'
import { failureOf } from '../payments/attempt.ts'
import { cancelIntent, paysInvoice } from '../payments/intents.ts'
import { checkMost } from '../payments/amounts.ts'
import { checkMethod, methodOfId } from '../payments/methods.ts'
import { methodTypesFor } from '../payments/take.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { DAY, HOUR } from '../time.ts'
import type { Invoice } from '../wire.ts'
import { inTimeOf } from './clocks.ts'
import { intentOf, methodOf, payInvoiceNow, refuseWhileProcessing } from './collect.ts'
import { attachDiscounts } from './discounts.ts'
import { pendingItems } from './invoice_items.ts'
import {
  addItem,
  changeLine,
  itemOf,
  lineWith,
  putOnDraft,
  removeItem,
  takeOffDraft,
} from './invoice_lines.ts'
import {
  DRAFT_SECONDS,
  draftInvoice,
  editable,
  finalizeInvoice,
  markPaid,
  paymentOf,
  refigured,
} from './invoices.ts'
import { invoicePaymentSettled } from './settled.ts'
import { ownMethod } from './terms.ts'

type AskedFields = Given<
  Pick<
    Stripe.InvoiceUpdateParams,
    | 'auto_advance'
    | 'automatically_finalizes_at'
    | 'collection_method'
    | 'custom_fields'
    | 'days_until_due'
    | 'default_payment_method'
    | 'description'
    | 'discounts'
    | 'due_date'
    | 'effective_at'
    | 'footer'
    | 'metadata'
    | 'number'
    | 'statement_descriptor'
  >
>

type AskedInvoice = AskedFields & {
  currency?: string
  customer?: string
  pending_invoice_items_behavior?: 'exclude' | 'include'
  subscription?: string
}

/** A draft that somebody makes by hand, empty unless it takes what waits for the customer. */
export function createInvoice(sandbox: Sandbox, asked: AskedInvoice): Invoice {
  const { store } = sandbox
  const subscription = asked.subscription === undefined
    ? undefined
    : store.subscriptions.get(asked.subscription, 'subscription')
  const id = asked.customer ?? subscription?.customer
  if (id === undefined) throw missing('customer')
  const customer = store.customers.get(id, 'customer')
  if (subscription && subscription.customer !== id) throw notTheirs('subscription')
  const billed = inTimeOf(sandbox, id)
  const currency = asked.currency ?? subscription?.currency ?? customer.currency ?? 'usd'
  const takes = subscription !== undefined || asked.pending_invoice_items_behavior === 'include'
  const items = takes
    ? pendingItems(billed, { customer: id, subscription: subscription?.id ?? null, currency })
    : []
  const draft = draftInvoice(billed, {
    customer,
    currency,
    reason: 'manual',
    ...(subscription && { subscription }),
    lines: [],
    items,
    discounts: customer.discount ? [customer.discount.id] : [],
    fields: {
      auto_advance: false,
      automatically_finalizes_at: null,
      ...fieldsOf(billed, { customer: id, created: billed.now() }, asked),
    },
  })
  return asked.discounts
    ? store.invoices.insert(withDiscounts(billed, draft, asked.discounts))
    : draft
}

/** Changes a draft; of an invoice that was finalized only what does not change what is owed. */
export function changeInvoice(sandbox: Sandbox, former: Invoice, asked: AskedFields): Invoice {
  const { store } = sandbox
  const names = Object.keys(asked).filter((name) => !AFTERWARDS.has(name))
  if (names.length > 0) editable(former)
  const { id, customer, created } = former
  const updated = store.invoices.update(id, {
    ...fieldsOf(sandbox, { customer: customer ?? '', created, metadata: former.metadata }, asked),
    ...(former.status !== 'draft' && asked.auto_advance !== undefined && {
      automatically_finalizes_at: null,
      next_payment_attempt: asked.auto_advance ? sandbox.now() + FIRST_ATTEMPT_SECONDS : null,
    }),
  })
  const discounted = asked.discounts === undefined
    ? updated
    : store.invoices.insert(withDiscounts(sandbox, updated, asked.discounts ?? []))
  emit(sandbox, 'invoice.updated', discounted, former)
  return discounted
}

/** Takes a draft away; what was on it waits again. */
export function deleteDraft(sandbox: Sandbox, invoice: Invoice) {
  const { store } = sandbox
  editable(invoice)
  if (invoice.parent?.subscription_details) {
    throw refused('You cannot delete invoices that a subscription created.')
  }
  for (const item of store.invoiceItems.toJSON()) {
    if (item.invoice === invoice.id) store.invoiceItems.update(item.id, { invoice: null })
  }
  store.invoices.delete(invoice.id)
  emit(sandbox, 'invoice.deleted', invoice)
  return { id: invoice.id, object: 'invoice' as const, deleted: true as const }
}

type AskedLines = Given<Stripe.InvoiceAddLinesParams>['lines']

/** Adds lines to a draft: items that waited, or new ones. */
export function addLines(sandbox: Sandbox, invoice: Invoice, lines: AskedLines): Invoice {
  const { store } = sandbox
  editable(invoice)
  for (const [index, { invoice_item: known, ...line }] of lines.entries()) {
    const param = `lines[${index}]`
    if (known === undefined) {
      const draft = store.invoices.get(invoice.id)
      addItem(sandbox, { ...line, customer: invoice.customer ?? '' }, { invoice: draft, param })
    } else {
      const item = store.invoiceItems.get(known, `${param}[invoice_item]`)
      if (item.invoice !== null) {
        throw refused(`The invoice item ${known} is on an invoice already.`, {
          param: `${param}[invoice_item]`,
        })
      }
      putOnDraft(sandbox, invoice.id, item)
    }
  }
  return store.invoices.get(invoice.id)
}

export function updateLines(
  sandbox: Sandbox,
  id: string,
  lines: Given<Stripe.InvoiceUpdateLinesParams>['lines'],
): Invoice {
  for (const { id: line, ...change } of lines) changeLine(sandbox, id, line, change)
  return sandbox.store.invoices.get(id)
}

/** Takes lines off a draft; their items are gone, or wait again. */
export function removeLines(
  sandbox: Sandbox,
  id: string,
  lines: Given<Stripe.InvoiceRemoveLinesParams>['lines'],
): Invoice {
  const { store } = sandbox
  editable(store.invoices.get(id))
  for (const { id: line, behavior } of lines) {
    const item = itemOf(lineWith(store.invoices.get(id), line))
    if (item === null) throw refused('A line that bills a subscription cannot be removed.')
    if (behavior === 'delete') removeItem(sandbox, item)
    else takeOffDraft(sandbox, id, item)
  }
  return store.invoices.get(id)
}

/** So long an invoice that was finalized by hand waits for its first automatic attempt. */
const FIRST_ATTEMPT_SECONDS = HOUR

export function finalizeByHand(
  sandbox: Sandbox,
  id: string,
  advances: boolean | undefined,
): Invoice {
  const { store, now } = sandbox
  const draft = editable(store.invoices.get(id))
  const { auto_advance: former, collection_method: method } = draft
  refuseTooMuch(draft)
  const automatic = advances ?? former
  const invoice = finalizeInvoice(sandbox, id, {
    fields: { ...(automatic !== undefined && { auto_advance: automatic }) },
  })
  if (invoice.status !== 'open' || !automatic || method === 'send_invoice') return invoice
  return store.invoices.update(id, { next_payment_attempt: now() + FIRST_ATTEMPT_SECONDS })
}

/** Pays an invoice now, or notes that it was paid elsewhere. What is not paid throws 402. */
export function payByHand(
  sandbox: Sandbox,
  invoice: Invoice,
  { off_session: offSession = true, paid_out_of_band: elsewhere, payment_method: given }: Given<
    Pick<Stripe.InvoicePayParams, 'off_session' | 'paid_out_of_band' | 'payment_method'>
  >,
): Invoice {
  const { id } = invoice
  refuseTooMuch(invoice)
  const open = invoice.status === 'draft' ? finalizeInvoice(sandbox, id) : invoice
  if (open.status === 'paid' && invoice.status === 'draft') return open
  if (open.status === 'paid') throw refused('Invoice is already paid')
  if (open.status === 'void') throw refused('Invoice is voided and cannot be paid.')
  refuseWhileProcessing(sandbox, open, 'pay')
  if (elsewhere) return markPaid(sandbox, id, { outOfBand: true })
  const method = given === undefined
    ? methodOf(sandbox, open)
    : methodOfId(sandbox, given, 'payment_method')
  if (!method) {
    throw refused(
      'There is no `default_payment_method` set on this Customer or Invoice. Please set one, ' +
        'or pass a `payment_method`.',
      { code: 'resource_missing' },
    )
  }
  checkMethod(sandbox.store, method, {
    customer: open.customer,
    types: methodTypesFor(open.currency),
  })
  const tried = payInvoiceNow(sandbox, id, { method, offSession })
  const intent = intentOf(sandbox, id)
  if (tried.status === 'paid' || intent?.status === 'processing') return tried
  throw intent?.last_payment_error ? failureOf(intent) : actionRequired('invoice')
}

/** Tells that an invoice was sent to its customer; a draft is finalized first. */
export function sendInvoice(sandbox: Sandbox, invoice: Invoice): Invoice {
  if (invoice.status === 'paid' || invoice.status === 'void') {
    throw refused(`An invoice that is ${invoice.status} cannot be sent.`)
  }
  const open = invoice.status === 'draft' ? finalizeInvoice(sandbox, invoice.id) : invoice
  emit(sandbox, 'invoice.sent', open)
  return open
}

/** Lets an intent of somebody else's pay an invoice, in place of its own. */
export function attachPayment(
  sandbox: Sandbox,
  invoice: Invoice,
  id: string | undefined,
): Invoice {
  const { store, newId, now } = sandbox
  if (id === undefined) throw missing('payment_intent')
  const intent = store.paymentIntents.get(id, 'payment_intent')
  if (intent.amount !== invoice.amount_remaining || intent.currency !== invoice.currency) {
    throw refused(
      'This emulator attaches only a PaymentIntent of all that remains to be paid of the invoice.',
      { param: 'payment_intent' },
    )
  }
  if (intent.customer !== invoice.customer) {
    throw refused('The PaymentIntent must have the customer of the invoice.', {
      param: 'payment_intent',
    })
  }
  if (paysInvoice(store, intent)) {
    throw refused('The PaymentIntent is attached to an invoice already.', {
      param: 'payment_intent',
    })
  }
  refuseWhileProcessing(sandbox, invoice, 'pay')
  const own = paymentOf(sandbox, invoice.id)
  if (own) {
    store.invoicePayments.update(own.id, {
      status: 'canceled',
      status_transitions: { canceled_at: now(), paid_at: null },
    })
    const former = store.paymentIntents.find(own.payment.payment_intent ?? '')
    if (former) cancelIntent(sandbox, former, 'automatic')
  }
  store.invoicePayments.insert(invoicePaymentObject({
    id: newId('invoice_payment'),
    created: now(),
    amount_requested: intent.amount,
    currency: intent.currency,
    invoice: invoice.id,
    payment: { type: 'payment_intent', payment_intent: id },
  }))
  if (intent.status === 'succeeded') invoicePaymentSettled(sandbox, intent)
  return store.invoices.get(invoice.id)
}

/** What can be changed of an invoice that was finalized. */
const AFTERWARDS: ReadonlySet<string> = new Set([
  'auto_advance',
  'default_payment_method',
  'expand',
  'metadata',
])

/** The parameters that an invoice keeps as they are given. */
const AS_GIVEN: ReadonlySet<string> = new Set([
  'collection_method',
  'custom_fields',
  'description',
  'due_date',
  'effective_at',
  'footer',
  'number',
  'statement_descriptor',
])

function fieldsOf(
  sandbox: Sandbox,
  { customer, created, metadata = {} }: {
    customer: string
    created: number
    metadata?: Invoice['metadata']
  },
  asked: AskedFields,
): Partial<Invoice> {
  const { auto_advance: advances, automatically_finalizes_at: finalizes, ...fields } = asked
  const { days_until_due: days, default_payment_method: method } = asked
  checkDueDate(asked)
  return {
    ...Object.fromEntries(
      Object.entries(fields).filter(([name]) => AS_GIVEN.has(name)),
    ),
    ...(advances !== undefined && {
      auto_advance: advances,
      automatically_finalizes_at: advances ? finalizes ?? sandbox.now() + DRAFT_SECONDS : null,
    }),
    ...(days !== undefined && { due_date: created + days * DAY }),
    ...(method !== undefined && {
      default_payment_method: ownMethod(sandbox, customer, method),
    }),
    metadata: mergeMetadata(metadata ?? {}, asked.metadata),
  }
}

function checkDueDate(
  { collection_method: method, days_until_due: days, due_date: date }: AskedFields,
) {
  if (days !== undefined && date !== undefined) {
    throw refused('You may only specify one of these parameters: days_until_due, due_date.')
  }
  if (method !== 'send_invoice' || days !== undefined || date !== undefined) return
  throw refused(
    'If invoice is set to be `send_invoice`, you must specify one of: `days_until_due`, ' +
      '`due_date`.',
    { param: 'due_date' },
  )
}

function withDiscounts(
  sandbox: Sandbox,
  draft: Invoice,
  asked: NonNullable<AskedFields['discounts']>,
): Invoice {
  const discounts = attachDiscounts(sandbox, asked, {
    owner: { customer: draft.customer, invoice: draft.id },
    currency: draft.currency,
    subtotal: draft.subtotal,
  }).map(({ id }) => id)
  return refigured(sandbox, draft, { discounts })
}

function refuseTooMuch({ amount_due: due, currency }: Invoice) {
  checkMost(due, currency, { what: "The invoice's amount due", param: 'invoice' })
}

/** The refusal of what belongs to another customer than the one that is billed. */
export function notTheirs(param: 'invoice' | 'subscription') {
  return refused(`The customer does not match the customer of the ${param}.`, { param })
}
