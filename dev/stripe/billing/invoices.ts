import { changeBalance } from '../customers/balance.ts'
import { refused } from '../errors.ts'
import {
  invoiceLineObject,
  invoiceObject,
  invoicePaymentObject,
  type LineDraft,
} from '../objects/invoice.ts'
import { listObject } from '../objects/list.ts'
import { cancelIntent } from '../payments/intents.ts'
import { takePayment } from '../payments/take.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { DAY, HOUR } from '../time.ts'
import type {
  Customer,
  Invoice,
  InvoiceItem,
  InvoiceLine,
  InvoicePayment,
  Subscription,
} from '../wire.ts'
import { applyDiscounts } from './discounts.ts'
import { lineOfInvoiceItem } from './lines.ts'
import type { Period } from './period.ts'
import { afterGivenUp, afterPaid, afterVoided } from './standing.ts'
import { balanceIn, endingBalance, totalsOf } from './totals.ts'

/** What an invoice is to bill. */
interface Bill {
  /** told already where somebody must know it before */
  id?: string
  customer: Customer
  currency: string
  reason: NonNullable<Invoice['billing_reason']>
  subscription?: Subscription
  lines: LineDraft[]
  /** what waited for this invoice */
  items?: InvoiceItem[]
  /** ids of those that the whole invoice has */
  discounts?: string[]
  period?: Period
  fields?: Partial<Invoice>
}

/** How long an automatic draft can be changed before it is finalized, in seconds. */
export const DRAFT_SECONDS = HOUR

/** Makes a draft, which takes with it the invoice items that waited for it. */
export function draftInvoice(sandbox: Sandbox, bill: Bill): Invoice {
  return keepDraft(sandbox, drawInvoice(sandbox, bill), bill.items)
}

/** The draft of a bill, kept nowhere yet. */
export function drawInvoice(sandbox: Sandbox, bill: Bill): Invoice {
  const { now, newId } = sandbox
  const { customer, subscription, items = [], discounts = [], period } = bill
  const { id = newId('invoice') } = bill
  const lines = [...bill.lines, ...items.map(lineOfInvoiceItem)].map((line) =>
    invoiceLineObject({ ...line, id: newId('invoice_line'), invoice: id, discount_amounts: [] })
  )
  return invoiceObject(
    {
      id,
      created: now(),
      currency: bill.currency,
      parent: subscription ? subscriptionParentOf(subscription) : null,
      auto_advance: true,
      automatically_finalizes_at: now() + DRAFT_SECONDS,
      billing_reason: bill.reason,
      ...(subscription && collectionOf(sandbox, subscription)),
      discounts,
      period_start: period?.start ?? now(),
      period_end: period?.end ?? now(),
      ...bill.fields,
    },
    customer,
    discounted(sandbox, lines, discounts, bill.currency),
  )
}

export function keepDraft(sandbox: Sandbox, draft: Invoice, items: InvoiceItem[] = []): Invoice {
  const { store } = sandbox
  store.invoices.insert(draft)
  for (const item of items) store.invoiceItems.update(item.id, { invoice: draft.id })
  emit(sandbox, 'invoice.created', draft)
  return draft
}

/** Gives a draft other lines or discounts, and counts anew what it comes to. */
export function refigured(
  sandbox: Sandbox,
  draft: Invoice,
  { lines = draft.lines.data, discounts = draft.discounts }: {
    lines?: InvoiceLine[]
    discounts?: string[]
  },
): Invoice {
  const customer = sandbox.store.customers.get(draft.customer ?? '')
  const balance = balanceIn(customer, draft.currency)
  const data = discounted(sandbox, lines, discounts, draft.currency)
  return {
    ...draft,
    ...totalsOf(data, { ...draft, balance }),
    discounts,
    lines: listObject(data, draft.lines.url),
  }
}

/** Ends the draft: it has its number and its sums, takes what the balance gives, and is open. */
export function finalizeInvoice(
  sandbox: Sandbox,
  id: string,
  { intent, fields = {} }: { intent?: string | undefined; fields?: Partial<Invoice> } = {},
): Invoice {
  const { store, now, url } = sandbox
  const draft = editable(store.invoices.get(id))
  const customer = store.customers.get(draft.customer ?? '')
  const sums = refigured(sandbox, draft, {})
  const open = store.invoices.update(id, {
    ...sums,
    ...fields,
    automatically_finalizes_at: null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    effective_at: draft.effective_at ?? now(),
    ending_balance: endingBalance(sums),
    hosted_invoice_url: `${url}/i/${id}`,
    invoice_pdf: `${url}/i/${id}/pdf`,
    next_payment_attempt: null,
    number: draft.number ?? takeNumber(sandbox, customer),
    status: 'open',
    status_transitions: { ...draft.status_transitions, finalized_at: now() },
  })
  const applied = endingBalance(open) - open.starting_balance
  moveBalance(sandbox, open, 'applied_to_invoice', applied)
  emit(sandbox, 'invoice.finalized', open)
  if (open.amount_due === 0) return markPaid(sandbox, id)
  openPayment(sandbox, open, customer, intent)
  return store.invoices.get(id)
}

/** Tells that all of an open invoice is paid, and lets its subscription go on. */
export function markPaid(
  sandbox: Sandbox,
  id: string,
  { outOfBand = false }: { outOfBand?: boolean } = {},
): Invoice {
  const { store, now } = sandbox
  const invoice = store.invoices.get(id)
  const paid = store.invoices.update(id, {
    amount_paid: outOfBand ? 0 : invoice.amount_paid + invoice.amount_remaining,
    amount_remaining: 0,
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: 'paid',
    status_transitions: { ...invoice.status_transitions, paid_at: now() },
  })
  emit(sandbox, 'invoice.paid', paid)
  if (!outOfBand) emit(sandbox, 'invoice.payment_succeeded', paid)
  closePayment(sandbox, id, outOfBand ? 'canceled' : 'paid')
  afterPaid(sandbox, paid)
  return store.invoices.get(id)
}

/** Gives an invoice up as if it had never been: what it took of the balance goes back. */
export function voidInvoice(sandbox: Sandbox, id: string): Invoice {
  const { store, now } = sandbox
  const invoice = store.invoices.get(id)
  const voided = store.invoices.update(id, {
    auto_advance: false,
    next_payment_attempt: null,
    status: 'void',
    status_transitions: { ...invoice.status_transitions, voided_at: now() },
  })
  const applied = (invoice.ending_balance ?? invoice.starting_balance) - invoice.starting_balance
  moveBalance(sandbox, voided, 'unapplied_from_invoice', -applied)
  emit(sandbox, 'invoice.voided', voided)
  closePayment(sandbox, id, 'canceled')
  afterVoided(sandbox, voided)
  return voided
}

/** Gives up hope for an invoice that stays owed. */
export function markUncollectible(sandbox: Sandbox, id: string): Invoice {
  const { store, now } = sandbox
  const invoice = store.invoices.get(id)
  const given = store.invoices.update(id, {
    auto_advance: false,
    next_payment_attempt: null,
    status: 'uncollectible',
    status_transitions: { ...invoice.status_transitions, marked_uncollectible_at: now() },
  })
  emit(sandbox, 'invoice.marked_uncollectible', given)
  afterGivenUp(sandbox, given)
  return given
}

/** Tells that the payment which a checkout made for an invoice came. */
export function payInvoice(sandbox: Sandbox, id: string) {
  const { store } = sandbox
  const { attempt_count: attempts, status } = store.invoices.get(id)
  if (status === 'paid') return
  store.invoices.update(id, { attempt_count: attempts + 1 })
  markPaid(sandbox, id)
}

/** Tells that the money which a subscription began with did not come: Stripe voids the invoice. */
export function failInvoice(sandbox: Sandbox, id: string) {
  const { store } = sandbox
  const { attempt_count: attempts } = store.invoices.get(id)
  const failed = store.invoices.update(id, {
    attempt_count: Math.max(attempts, 1),
    attempted: true,
  })
  emit(sandbox, 'invoice.payment_failed', failed)
  voidInvoice(sandbox, id)
}

/** The draft, as long as it is one. Throws what Stripe says of one that no longer is. */
export function editable(invoice: Invoice): Invoice {
  if (invoice.status === 'draft') return invoice
  throw refused("This invoice is no longer editable: it isn't a draft.", {
    code: 'invoice_not_editable',
  })
}

/** What is to pay an invoice that was finalized: absent where nothing is to be paid. */
export function paymentOf({ store }: Sandbox, id: string): InvoicePayment | undefined {
  return store.invoicePayments.newestFirst().find((payment) =>
    payment.invoice === id && payment.is_default && payment.status === 'open'
  )
}

/** Which subscription an invoice is for. */
export function subscriptionOf({ store }: Sandbox, { parent }: Invoice): Subscription | undefined {
  return store.subscriptions.find(parent?.subscription_details?.subscription ?? '')
}

function subscriptionParentOf({ id, metadata }: Subscription): Invoice['parent'] {
  return {
    quote_details: null,
    subscription_details: { metadata, subscription: id },
    type: 'subscription_details',
  }
}

function collectionOf({ now }: Sandbox, subscription: Subscription): Partial<Invoice> {
  const { collection_method: method, days_until_due: days } = subscription
  return {
    collection_method: method,
    due_date: method === 'send_invoice' ? now() + (days ?? 0) * DAY : null,
    test_clock: subscription.test_clock,
  }
}

function discounted(
  sandbox: Sandbox,
  lines: InvoiceLine[],
  ids: string[],
  currency: string,
): InvoiceLine[] {
  const taken = applyDiscounts(sandbox, {
    lines: lines.map(({ amount, discountable, pricing }) => ({
      amount,
      discountable,
      product: pricing?.price_details?.product ?? null,
    })),
    discounts: ids.map((id) => sandbox.store.discounts.get(id)),
    currency,
  })
  return lines.map((line, index) => ({ ...line, discount_amounts: taken[index] ?? [] }))
}

function moveBalance(
  sandbox: Sandbox,
  { id, customer, currency }: Invoice,
  type: 'applied_to_invoice' | 'unapplied_from_invoice',
  amount: number,
) {
  if (amount === 0 || !customer) return
  changeBalance(sandbox, customer, { amount, currency, type, invoice: id })
}

function takeNumber({ store }: Sandbox, customer: Customer): string {
  const { invoice_prefix: prefix, next_invoice_sequence: next = 1 } = customer
  store.customers.update(customer.id, { next_invoice_sequence: next + 1 })
  return `${prefix}-${String(next).padStart(4, '0')}`
}

function openPayment(
  sandbox: Sandbox,
  invoice: Invoice,
  customer: Customer,
  known: string | undefined,
) {
  const { store, newId, now } = sandbox
  const { amount_due: amount, currency } = invoice
  const intent = known ??
    takePayment(sandbox, {
      amount,
      currency,
      customer,
      method: null,
      offSession: false,
      intent: { description: descriptionOf(invoice) },
    }).id
  store.invoicePayments.insert(invoicePaymentObject({
    id: newId('invoice_payment'),
    created: now(),
    amount_requested: amount,
    currency,
    invoice: invoice.id,
    payment: { type: 'payment_intent', payment_intent: intent },
  }))
}

function descriptionOf({ billing_reason: reason }: Invoice): string {
  if (reason === 'subscription_create') return 'Subscription creation'
  return reason === 'manual' ? 'Payment for Invoice' : 'Subscription update'
}

function closePayment(sandbox: Sandbox, invoice: string, status: 'paid' | 'canceled') {
  const { store, now } = sandbox
  const payment = paymentOf(sandbox, invoice)
  if (!payment) return
  const paid = status === 'paid'
  const closed = store.invoicePayments.update(payment.id, {
    amount_paid: paid ? payment.amount_requested : null,
    status,
    status_transitions: { canceled_at: paid ? null : now(), paid_at: paid ? now() : null },
  })
  if (paid) emit(sandbox, 'invoice_payment.paid', closed)
  else giveUpIntent(sandbox, payment.payment.payment_intent)
}

function giveUpIntent(sandbox: Sandbox, id: string | undefined) {
  const intent = sandbox.store.paymentIntents.find(id ?? '')
  if (!intent || !WAITING.has(intent.status)) return
  cancelIntent(sandbox, intent, 'void_invoice')
}

/** What an intent is while no money is under way. */
const WAITING: ReadonlySet<string> = new Set([
  'requires_action',
  'requires_confirmation',
  'requires_payment_method',
])
