import { applyDiscounts } from '../billing/discounts.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Discount, LineItem, Session } from '../wire.ts'

type Totals = Pick<Session, 'amount_subtotal' | 'amount_total' | 'total_details'>

/** What is due when the session is paid: of what recurs nothing, while a trial runs. */
export function reckon(
  sandbox: Sandbox,
  { lineItems, discounts, currency, trial }: {
    lineItems: LineItem[]
    discounts: Discount[]
    currency: string
    trial: boolean
  },
): { lineItems: LineItem[]; totals: Totals } {
  const due = lineItems.map((item) => ({
    amount: trial && item.price?.recurring ? 0 : (item.price?.unit_amount ?? 0) * quantityOf(item),
    product: item.price?.product ?? null,
  }))
  const taken = applyDiscounts(sandbox, { lines: due, discounts, currency })
  const reckoned = lineItems.map((item, index) => {
    const amount = due[index]?.amount ?? 0
    const off = sum((taken[index] ?? []).map((discount) => discount.amount))
    return {
      ...item,
      amount_discount: off,
      amount_subtotal: amount,
      amount_total: amount - off,
    }
  })
  return { lineItems: reckoned, totals: totalsOf(reckoned) }
}

function totalsOf(lineItems: LineItem[]): Totals {
  return {
    amount_subtotal: sum(lineItems.map(({ amount_subtotal: amount }) => amount)),
    amount_total: sum(lineItems.map(({ amount_total: amount }) => amount)),
    total_details: {
      amount_discount: sum(lineItems.map(({ amount_discount: amount }) => amount)),
      amount_shipping: 0,
      amount_tax: 0,
    },
  }
}

function quantityOf({ quantity }: LineItem): number {
  return quantity ?? 1
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
