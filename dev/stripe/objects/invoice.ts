import { balanceIn, totalsOf } from '../billing/totals.ts'
import type {
  Customer,
  Invoice,
  InvoiceLine,
  InvoicePayment,
  Price,
  SubscriptionItem,
} from '../wire.ts'
import { listObject } from './list.ts'

/** A draft; all amounts in minor units. */
export function invoiceObject(
  invoice: Pick<Invoice, 'id' | 'created' | 'currency' | 'parent'> & Partial<Invoice>,
  customer: Customer,
  lines: InvoiceLine[],
): Invoice {
  return {
    object: 'invoice',
    account_country: 'US',
    account_name: 'Stripe emulator',
    account_tax_ids: null,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: false,
    automatic_tax: {
      disabled_reason: null,
      enabled: false,
      liability: null,
      provider: null,
      status: null,
    },
    automatically_finalizes_at: null,
    billing_reason: 'subscription_create',
    collection_method: 'charge_automatically',
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: customer.shipping,
    customer_tax_exempt: customer.tax_exempt ?? null,
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: listObject(lines, `/v1/invoices/${invoice.id}/lines`),
    livemode: false,
    metadata: {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    payment_settings: {
      default_mandate: null,
      payment_method_options: null,
      payment_method_types: null,
    },
    period_end: invoice.created,
    period_start: invoice.created,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: {
      finalized_at: null,
      marked_uncollectible_at: null,
      paid_at: null,
      voided_at: null,
    },
    test_clock: customer.test_clock ?? null,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
    ...totalsOf(lines, {
      balance: balanceIn(customer, invoice.currency),
      collection_method: 'charge_automatically',
      ...invoice,
    }),
    ...invoice,
  }
}

/** What a line bills, before it stands on an invoice; amounts in minor units. */
export interface LineDraft {
  /** for the whole quantity, before discounts; a credit is below zero */
  amount: number
  currency: string
  description: string
  discountable: boolean
  metadata: InvoiceLine['metadata']
  parent: InvoiceLine['parent']
  period: InvoiceLine['period']
  pricing: InvoiceLine['pricing']
  quantity: number | null
  subscription: string | null
}

export function invoiceLineObject(
  line: LineDraft & Pick<InvoiceLine, 'id' | 'invoice' | 'discount_amounts'>,
): InvoiceLine {
  return {
    object: 'line_item',
    discounts: [],
    livemode: false,
    pretax_credit_amounts: [],
    quantity_decimal: line.quantity === null ? null : String(line.quantity),
    subtotal: line.amount,
    taxes: [],
    ...line,
  }
}

/** An invoice's payment that is not made yet. */
export function invoicePaymentObject(
  payment:
    & Pick<InvoicePayment, 'id' | 'created' | 'currency' | 'invoice' | 'amount_requested'>
    & Pick<InvoicePayment, 'payment'>,
): InvoicePayment {
  return {
    object: 'invoice_payment',
    amount_paid: null,
    is_default: true,
    livemode: false,
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
    ...payment,
  }
}

/** The parent of a line that bills a subscription's item; `invoiceItem` where one carried it. */
export function itemParent(
  item: Pick<SubscriptionItem, 'id' | 'subscription'>,
  { invoiceItem = null, credited = null }: { invoiceItem?: string | null; credited?: Credited } =
    {},
): NonNullable<InvoiceLine['parent']> {
  return {
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item: invoiceItem,
      proration: invoiceItem !== null,
      proration_details: { credited_items: credited },
      subscription: item.subscription,
      subscription_item: item.id,
    },
    type: 'subscription_item_details',
  }
}

/** The parent of a line that bills an invoice item. */
export function invoiceItemParent(
  invoiceItem: string,
  subscription: string | null,
): NonNullable<InvoiceLine['parent']> {
  return {
    invoice_item_details: {
      invoice_item: invoiceItem,
      proration: false,
      proration_details: { credited_items: null },
      subscription,
    },
    subscription_item_details: null,
    type: 'invoice_item_details',
  }
}

/** The lines that a credit gives back. */
export type Credited = { invoice: string; invoice_line_items: string[] } | null

/** At what price a line was made; `null` for a sum without one. */
export function pricingOf(price: Price): NonNullable<InvoiceLine['pricing']> {
  return {
    price_details: { price: price.id, product: price.product },
    type: 'price_details',
    unit_amount_decimal: price.unit_amount_decimal,
  }
}
