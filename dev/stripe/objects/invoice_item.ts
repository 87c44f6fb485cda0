import type { Customer, InvoiceItem } from '../wire.ts'

/** What waits to be billed by an invoice; `amount` in minor units, for the whole quantity. */
export function invoiceItemObject(
  item:
    & Pick<InvoiceItem, 'id' | 'date' | 'amount' | 'currency' | 'description'>
    & Partial<InvoiceItem>,
  customer: Customer,
): InvoiceItem {
  const { date, quantity = 1 } = item
  return {
    object: 'invoiceitem',
    customer: customer.id,
    customer_account: null,
    discountable: item.proration !== true,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: {},
    net_amount: item.amount,
    parent: null,
    period: { start: date, end: date },
    pricing: null,
    proration: false,
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: [],
    test_clock: customer.test_clock ?? null,
    ...item,
  }
}

/** Of which subscription, and in it of which item, an invoice item is. */
export function subscriptionParent(
  subscription: string,
  item?: string,
): NonNullable<InvoiceItem['parent']> {
  return {
    subscription_details: { subscription, ...(item !== undefined && { subscription_item: item }) },
    type: 'subscription_details',
  }
}
