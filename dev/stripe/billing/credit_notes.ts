import type Stripe from 'stripe'
import { changeBalance } from '../customers/balance.ts'
import { missing, ParameterFailure, refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { creditNoteLineObject, creditNoteObject } from '../objects/credit_note.ts'
import type { Given } from '../openapi/operation.ts'
import { chargeToRefund, refundCharge } from '../payments/refunds.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { CreditNote, CreditNoteLine, Invoice, InvoiceLine } from '../wire.ts'
import { inTimeOf } from './clocks.ts'
import { markPaid } from './invoices.ts'

/** What a request can say of a credit note. */
export type CreditNoteRequest = Pick<
  Given<Stripe.CreditNoteCreateParams>,
  | 'amount'
  | 'credit_amount'
  | 'effective_at'
  | 'invoice'
  | 'lines'
  | 'memo'
  | 'metadata'
  | 'out_of_band_amount'
  | 'reason'
  | 'refund_amount'
  | 'refunds'
>

/**
 * The credit note that a request asks for, before anything comes of it. It first takes away from
 * what is still to be paid of the invoice; how the rest is given back the request must say.
 */
export function draftCreditNote(sandbox: Sandbox, request: CreditNoteRequest): CreditNote {
  const { newId, now, url } = sandbox
  const invoice = creditableInvoice(sandbox, request.invoice)
  const id = newId('credit_note')
  const lines = linesOf(sandbox, invoice, request)
  const total = lines.reduce((sum, line) => sum + line.amount - line.discount_amount, 0)
  const prePayment = Math.min(total, invoice.amount_remaining)
  const postPayment = total - prePayment
  checkTotal(sandbox, invoice, { total, postPayment })
  checkRest(sandbox, request, postPayment)
  return creditNoteObject({
    id,
    created: now(),
    currency: invoice.currency,
    customer: invoice.customer ?? '',
    effective_at: request.effective_at ?? now(),
    invoice: invoice.id,
    memo: request.memo ?? null,
    metadata: mergeMetadata({}, request.metadata),
    number: `${invoice.number}-CN-${
      String(notesOf(sandbox, invoice.id).length + 1).padStart(2, '0')
    }`,
    out_of_band_amount: request.out_of_band_amount ?? null,
    pdf: `${url}/credit_notes/${id}/pdf`,
    post_payment_amount: postPayment,
    pre_payment_amount: prePayment,
    reason: request.reason ?? null,
    refunds: linkedRefunds(sandbox, request),
  }, lines)
}

/** Issues a credit note: the invoice owes less, and what was paid goes back as the request says. */
export function issueCreditNote(account: Sandbox, request: CreditNoteRequest): CreditNote {
  const { store } = account
  const sandbox = inTimeOf(account, store.invoices.get(request.invoice, 'invoice').customer)
  const draft = draftCreditNote(sandbox, request)
  const refund = refundOf(sandbox, draft, request.refund_amount ?? 0)
  const credit = request.credit_amount
    ? changeBalance(sandbox, draft.customer, {
      amount: -request.credit_amount,
      credit_note: draft.id,
      currency: draft.currency,
      invoice: draft.invoice,
      type: 'credit_note',
    })
    : undefined
  const note = store.creditNotes.insert({
    ...draft,
    customer_balance_transaction: credit?.id ?? null,
    refunds: [...draft.refunds, ...refund],
  })
  emit(sandbox, 'credit_note.created', note)
  changeInvoice(sandbox, note, 1)
  const { status, amount_remaining: remaining } = store.invoices.get(note.invoice)
  if (status === 'open' && remaining === 0) markPaid(sandbox, note.invoice, { outOfBand: true })
  return note
}

/** Takes a credit note back, as long as its invoice waits to be paid. */
export function voidCreditNote(account: Sandbox, id: string): CreditNote {
  const { store } = account
  const former = store.creditNotes.get(id)
  const sandbox = inTimeOf(account, former.customer)
  const { status } = store.invoices.get(former.invoice)
  if (former.status === 'void') throw refused('This credit note is void already.')
  if (status !== 'open' || former.post_payment_amount > 0) {
    throw refused('You can only void a credit note of an open invoice.')
  }
  const note = store.creditNotes.update(id, { status: 'void', voided_at: sandbox.now() })
  emit(sandbox, 'credit_note.voided', note)
  changeInvoice(sandbox, note, -1)
  return note
}

function creditableInvoice({ store }: Sandbox, id: string): Invoice {
  const invoice = store.invoices.get(id, 'invoice')
  if (invoice.status === 'open' || invoice.status === 'paid') return invoice
  throw refused(
    `You cannot create a credit note for an invoice that is ${invoice.status}. The invoice must ` +
      'be open or paid.',
    { param: 'invoice' },
  )
}

function linesOf(
  sandbox: Sandbox,
  invoice: Invoice,
  { amount, lines }: CreditNoteRequest,
): CreditNoteLine[] {
  if ((amount === undefined) === (lines === undefined)) {
    throw new ParameterFailure('You must pass exactly one of: amount, lines.', { param: 'amount' })
  }
  if (amount !== undefined) {
    const id = sandbox.newId('credit_note_line')
    return [customLine({ id, amount, unit_amount: amount, quantity: 1 })]
  }
  return (lines ?? []).map((line, index) => {
    const param = `lines[${index}]`
    return line.type === 'custom_line_item'
      ? customLineOf(sandbox, line, param)
      : invoiceLineOf(sandbox, invoice, { line, param })
  })
}

type RequestedLine = NonNullable<CreditNoteRequest['lines']>[number]

function customLine(
  line:
    & Pick<CreditNoteLine, 'id' | 'amount' | 'quantity' | 'unit_amount'>
    & Partial<CreditNoteLine>,
): CreditNoteLine {
  return creditNoteLineObject({
    ...line,
    type: 'custom_line_item',
    unit_amount_decimal: String(line.unit_amount),
  })
}

function customLineOf({ newId }: Sandbox, line: RequestedLine, param: string): CreditNoteLine {
  const { quantity = 1, unit_amount: unit, amount = (unit ?? 0) * quantity } = line
  if (unit === undefined && line.amount === undefined) {
    throw missing(`${param}[unit_amount]`)
  }
  return customLine({
    id: newId('credit_note_line'),
    amount,
    description: line.description ?? null,
    metadata: mergeMetadata({}, line.metadata),
    quantity,
    unit_amount: unit ?? amount,
  })
}

function invoiceLineOf(sandbox: Sandbox, invoice: Invoice, { line, param }: {
  line: RequestedLine
  param: string
}): CreditNoteLine {
  if (line.invoice_line_item === undefined) throw missing(`${param}[invoice_line_item]`)
  const billed = invoice.lines.data.find(({ id }) => id === line.invoice_line_item)
  if (!billed) {
    throw refused(`No such invoice line item: '${line.invoice_line_item}'`, {
      code: 'resource_missing',
      param: `${param}[invoice_line_item]`,
    })
  }
  const unit = Math.round(billed.amount / (billed.quantity ?? 1))
  const { quantity = null, amount = quantity === null ? billed.amount : unit * quantity } = line
  const left = billed.amount - creditedOf(sandbox, invoice.id, billed.id)
  if (amount > left) {
    throw refused(`The line item ${billed.id} has only ${left} left to be credited.`, { param })
  }
  return creditNoteLineObject({
    id: sandbox.newId('credit_note_line'),
    amount,
    description: line.description ?? billed.description,
    discount_amounts: discountsOf(billed, amount),
    invoice_line_item: billed.id,
    metadata: mergeMetadata({}, line.metadata),
    quantity: quantity ?? billed.quantity,
    type: 'invoice_line_item',
    unit_amount: unit,
    unit_amount_decimal: String(unit),
  })
}

/** The part of a line's discounts that belongs to the part of it which is credited. */
function discountsOf(
  { amount: whole, discount_amounts: discounts }: InvoiceLine,
  amount: number,
): CreditNoteLine['discount_amounts'] {
  return (discounts ?? []).map((discount) => ({
    discount: discount.discount,
    amount: Math.round(discount.amount * amount / whole),
  }))
}

function creditedOf(sandbox: Sandbox, invoice: string, line: string): number {
  return notesOf(sandbox, invoice)
    .filter(({ status }) => status === 'issued')
    .flatMap(({ lines }) => lines.data)
    .filter(({ invoice_line_item: item }) => item === line)
    .reduce((sum, { amount }) => sum + amount, 0)
}

function notesOf({ store }: Sandbox, invoice: string): CreditNote[] {
  return store.creditNotes.toJSON().filter((note) => note.invoice === invoice)
}

function checkTotal({ store }: Sandbox, invoice: Invoice, { total, postPayment }: {
  total: number
  postPayment: number
}) {
  if (total < 1) {
    throw refused('The amount of a credit note must be greater than 0.', { param: 'amount' })
  }
  const { amount_paid: paid, post_payment_credit_notes_amount: credited } = store.invoices
    .get(invoice.id)
  if (postPayment <= paid - credited) return
  throw refused(
    `The amount of the credit note (${total}) is greater than what is left of the invoice ` +
      `(${invoice.amount_remaining + paid - credited}).`,
    { param: 'amount' },
  )
}

/** What was paid already can go back in three ways, which must make up all of it. */
function checkRest(sandbox: Sandbox, request: CreditNoteRequest, postPayment: number) {
  const { credit_amount: credit = 0, out_of_band_amount: outOfBand = 0 } = request
  const linked = linkedRefunds(sandbox, request).reduce((sum, row) => sum + row.amount_refunded, 0)
  const rest = credit + outOfBand + linked + (request.refund_amount ?? 0)
  if (rest === postPayment) return
  throw refused(
    `The sum of credit amount, refund amount and out of band amount (${rest}) must equal the ` +
      `post payment amount of the credit note (${postPayment}).`,
  )
}

function linkedRefunds(
  { store }: Sandbox,
  { refunds = [] }: CreditNoteRequest,
): CreditNote['refunds'] {
  return refunds.map(({ refund: id, amount_refunded: amount }, index) => {
    if (id === undefined) throw missing(`refunds[${index}][refund]`)
    const refund = store.refunds.get(id, `refunds[${index}][refund]`)
    return refundLink(refund.id, amount ?? refund.amount)
  })
}

function refundLink(refund: string, amount: number): CreditNote['refunds'][number] {
  return { amount_refunded: amount, payment_record_refund: null, refund, type: 'refund' }
}

function refundOf(sandbox: Sandbox, note: CreditNote, amount: number): CreditNote['refunds'] {
  if (amount === 0) return []
  const payment = sandbox.store.invoicePayments.toJSON().find(({ invoice, status }) =>
    invoice === note.invoice && status === 'paid'
  )
  const intent = payment?.payment.payment_intent
  if (!intent) {
    throw refused('This invoice has no payment that can be refunded.', { param: 'refund_amount' })
  }
  const refund = refundCharge(sandbox, chargeToRefund(sandbox, { payment_intent: intent }), {
    amount,
  })
  return [refundLink(refund.id, amount)]
}

function changeInvoice({ store, ...sandbox }: Sandbox, note: CreditNote, sign: 1 | -1) {
  const former = store.invoices.get(note.invoice)
  const { pre_payment_amount: pre, post_payment_amount: post } = note
  const updated = store.invoices.update(former.id, {
    amount_due: former.amount_due - sign * pre,
    amount_remaining: former.amount_remaining - sign * pre,
    pre_payment_credit_notes_amount: former.pre_payment_credit_notes_amount + sign * pre,
    post_payment_credit_notes_amount: former.post_payment_credit_notes_amount + sign * post,
  })
  emit({ store, ...sandbox }, 'invoice.updated', updated, former)
}
