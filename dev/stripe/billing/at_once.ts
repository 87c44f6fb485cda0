import type { LineDraft } from '../objects/invoice.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Invoice, Subscription } from '../wire.ts'
import { pendingItems } from './invoice_items.ts'
import { drawInvoice, keepDraft } from './invoices.ts'
import { discountsAfter, discountsFor } from './subscription_discounts.ts'

/**
 * Drafts the invoice of a change that is billed at once, with all that waited for the next one. The
 * subscription becomes `after`, or what `kept` makes of it where the change must be paid first.
 */
export function billAtOnce(
  sandbox: Sandbox,
  former: Subscription,
  { after, lines, kept = after }: {
    after: Subscription
    lines: LineDraft[]
    kept?: Subscription
  },
): Invoice {
  const { store } = sandbox
  const { id, customer, currency } = former
  const items = pendingItems(sandbox, { customer, subscription: id, currency })
  const invoice = drawInvoice(sandbox, {
    customer: store.customers.get(customer),
    currency: after.currency,
    reason: 'subscription_update',
    subscription: after,
    lines,
    items,
    discounts: discountsFor(sandbox, after),
    fields: { automatically_finalizes_at: null },
  })
  const updated = store.subscriptions.insert({
    ...kept,
    discounts: lines.length > 0 ? discountsAfter(sandbox, kept.discounts, invoice) : kept.discounts,
    latest_invoice: invoice.id,
  })
  emit(sandbox, 'customer.subscription.updated', updated, former)
  return keepDraft(sandbox, invoice, items)
}
