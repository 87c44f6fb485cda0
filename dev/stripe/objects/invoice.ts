import type { Customer, Invoice, InvoiceLine, InvoicePayment, LineItem } from '../wire.ts'
import { listObject } from './list.ts'

/** A draft of what a subscription bills; all amounts in minor units. */
export function invoiceObject(
  invoice: Pick<Invoice, 'id' | 'created' | 'currency' | 'parent'> & Partial<Invoice>,
  customer: Customer,
  lines: InvoiceLine[],
): Invoice {
  const total = lines.reduce((sum, { amount }) => sum + amount, 0)
  return {
    object: 'invoice',
    account_country: 'US',
    account_name: 'Stripe emulator',
    account_tax_ids: null,
    amount_due: total,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: total,
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
    starting_balance: 0,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: {
      finalized_at: null,
      marked_uncollectible_at: null,
      paid_at: null,
      voided_at: null,
    },
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: null,
    total,
    total_discount_amounts: [],
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
    ...invoice,
  }
}

/**
 * One line of a subscription's invoice, made of the session's line. What recurs has a subscription
 * item as its parent, what is billed once has an invoice item.
 */
export function invoiceLineObject(line: {
  id: string
  invoice: string
  subscription: string
  parent: { subscriptionItem: string } | { invoiceItem: string }
  item: LineItem
  metadata: InvoiceLine['metadata']
  period: InvoiceLine['period']
}): InvoiceLine {
  const { item, subscription } = line
  return {
    id: line.id,
    object: 'line_item',
    amount: item.amount_total,
    currency: item.currency,
    description: `${item.quantity} × ${item.description}`,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: line.invoice,
    livemode: false,
    metadata: line.metadata,
    parent: parentObject(line.parent, subscription),
    period: line.period,
    pretax_credit_amounts: [],
    pricing: item.price && {
      price_details: { price: item.price.id, product: item.price.product },
      type: 'price_details',
      unit_amount_decimal: item.price.unit_amount_decimal,
    },
    quantity: item.quantity,
    quantity_decimal: item.quantity === null ? null : String(item.quantity),
    subscription,
    subtotal: item.amount_subtotal,
    taxes: [],
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

function parentObject(
  parent: { subscriptionItem: string } | { invoiceItem: string },
  subscription: string,
): InvoiceLine['parent'] {
  const common = { proration: false, proration_details: { credited_items: null }, subscription }
  if ('invoiceItem' in parent) {
    return {
      invoice_item_details: { invoice_item: parent.invoiceItem, ...common },
      subscription_item_details: null,
      type: 'invoice_item_details',
    }
  }
  return {
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item: null,
      subscription_item: parent.subscriptionItem,
      ...common,
    },
    type: 'subscription_item_details',
  }
}
