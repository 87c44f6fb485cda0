import { totalDiscounts } from '../objects/discount.ts'
import { leastAmount } from '../payments/amounts.ts'
import type { Customer, Invoice, InvoiceLine } from '../wire.ts'

type Totals = Pick<
  Invoice,
  | 'amount_due'
  | 'amount_remaining'
  | 'starting_balance'
  | 'subtotal'
  | 'subtotal_excluding_tax'
  | 'total'
  | 'total_discount_amounts'
  | 'total_excluding_tax'
>

/** What decides how much of a total is due; `balance` is the customer's, in minor units. */
interface Collection extends Pick<Invoice, 'collection_method' | 'currency'> {
  balance: number
}

/**
 * What of a total is due now. A balance below zero is a credit, which pays first; above zero it is a
 * debt, which is added. What is too little to be charged is not due: it stays a debt for the next
 * invoice.
 */
export function dueOf(
  total: number,
  { balance, collection_method: method, currency }: Collection,
): number {
  const sum = Math.max(total + balance, 0)
  const tooLittle = method === 'charge_automatically' && sum < leastAmount(currency)
  return tooLittle ? 0 : sum
}

/** What an invoice of these lines comes to when nothing of it is paid yet. */
export function totalsOf(lines: InvoiceLine[], collection: Collection): Totals {
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0)
  const discounts = totalDiscounts(lines.map((line) => line.discount_amounts ?? []))
  const total = subtotal - discounts.reduce((sum, { amount }) => sum + amount, 0)
  const due = dueOf(total, collection)
  return {
    amount_due: due,
    amount_remaining: due,
    starting_balance: collection.balance,
    subtotal,
    subtotal_excluding_tax: subtotal,
    total,
    total_discount_amounts: discounts,
    total_excluding_tax: total,
  }
}

/** What a customer's balance is for an invoice in this currency: it counts only in its own. */
export function balanceIn({ balance, currency: own }: Customer, currency: string): number {
  return own === currency ? balance : 0
}

/** What the customer's balance is when the invoice has taken or given its part. */
export function endingBalance(
  { amount_due: due, total, starting_balance: start }: Invoice,
): number {
  return total + start - due
}

/** What a line comes to when its discounts are taken off. */
export function netOf({ amount, discount_amounts: discounts }: InvoiceLine): number {
  return amount - (discounts ?? []).reduce((sum, discount) => sum + discount.amount, 0)
}
