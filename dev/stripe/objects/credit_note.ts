import type { CreditNote, CreditNoteLine } from '../wire.ts'
import { totalDiscounts } from './discount.ts'
import { listObject } from './list.ts'

/** What an invoice takes back; amounts in minor units. */
export function creditNoteObject(
  note:
    & Pick<
      CreditNote,
      | 'id'
      | 'created'
      | 'currency'
      | 'customer'
      | 'invoice'
      | 'number'
      | 'pdf'
      | 'pre_payment_amount'
      | 'post_payment_amount'
    >
    & Partial<CreditNote>,
  lines: CreditNoteLine[],
): CreditNote {
  const subtotal = sum(lines.map(({ amount }) => amount))
  const discount = sum(lines.map(({ discount_amount: amount }) => amount))
  const total = subtotal - discount
  return {
    object: 'credit_note',
    amount: total,
    amount_shipping: 0,
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: discount,
    discount_amounts: totalDiscounts(lines.map((line) => line.discount_amounts)),
    effective_at: note.created,
    lines: listObject(lines, `/v1/credit_notes/${note.id}/lines`),
    livemode: false,
    memo: null,
    metadata: {},
    out_of_band_amount: null,
    pretax_credit_amounts: [],
    reason: null,
    refunds: [],
    shipping_cost: null,
    status: 'issued',
    subtotal,
    subtotal_excluding_tax: subtotal,
    total,
    total_excluding_tax: total,
    total_taxes: [],
    type: typeOf(note),
    voided_at: null,
    ...note,
  }
}

export function creditNoteLineObject(
  line: Pick<CreditNoteLine, 'id' | 'amount' | 'type'> & Partial<CreditNoteLine>,
): CreditNoteLine {
  return {
    object: 'credit_note_line_item',
    description: null,
    discount_amount: sum(line.discount_amounts?.map(({ amount }) => amount) ?? []),
    discount_amounts: [],
    livemode: false,
    metadata: {},
    pretax_credit_amounts: [],
    quantity: null,
    tax_rates: [],
    taxes: [],
    unit_amount: null,
    unit_amount_decimal: null,
    ...line,
  }
}

function typeOf(
  { pre_payment_amount: pre, post_payment_amount: post }: Pick<
    CreditNote,
    'pre_payment_amount' | 'post_payment_amount'
  >,
): CreditNote['type'] {
  if (pre > 0 && post > 0) return 'mixed'
  return pre > 0 ? 'pre_payment' : 'post_payment'
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
