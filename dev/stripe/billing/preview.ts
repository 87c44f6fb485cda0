import type Stripe from 'stripe'
import { refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { type Given, notFollowed } from '../openapi/operation.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Invoice, Subscription } from '../wire.ts'
import { inTimeOf } from './clocks.ts'
import { createSubscription } from './create.ts'
import { addItem } from './invoice_lines.ts'
import { createInvoice } from './manual.ts'
import { rehearsal } from './rehearsal.ts'
import { cancelSubscription } from './subscriptions.ts'
import { NO_DETAILS } from './terms.ts'
import { endingBalance } from './totals.ts'
import { nextInvoice } from './upcoming.ts'
import { updateSubscription } from './update.ts'

type AskedPreview = Given<
  Pick<
    Stripe.InvoiceCreatePreviewParams,
    | 'currency'
    | 'customer'
    | 'discounts'
    | 'invoice_items'
    | 'preview_mode'
    | 'subscription'
    | 'subscription_details'
  >
>

/**
 * The invoice that a change of a subscription, a new one, or the next renewal would make. The change
 * is made where nothing of it stays, so that the preview has the very sums that are billed.
 */
export function previewInvoice(sandbox: Sandbox, asked: AskedPreview): Invoice {
  if (asked.preview_mode === 'recurring') throw notFollowed('preview_mode')
  const { store } = sandbox
  const known = asked.subscription === undefined
    ? undefined
    : store.subscriptions.get(asked.subscription, 'subscription')
  const customer = known?.customer ?? asked.customer
  if (customer === undefined) {
    throw refused('You must specify one of: customer, subscription', { param: 'customer' })
  }
  store.customers.get(customer, 'customer')
  const trial = rehearsal(inTimeOf(sandbox, customer))
  addItems(trial, customer, asked)
  const invoice = invoiceOf(trial, customer, asked, known)
  if (invoice) return asPreview(sandbox, invoice)
  throw refused(`No upcoming invoices for customer: ${customer}`, {
    code: 'invoice_upcoming_none',
  })
}

function invoiceOf(
  trial: Sandbox,
  customer: string,
  asked: AskedPreview,
  known: Subscription | undefined,
): Invoice | undefined {
  const { subscription_details: details, currency } = asked
  if (known) return changed(trial, known, asked)
  if (details?.items) return begun(trial, customer, asked)
  return createInvoice(trial, {
    customer,
    pending_invoice_items_behavior: 'include',
    ...(currency !== undefined && { currency }),
    ...(asked.discounts && { discounts: asked.discounts }),
  })
}

function changed(
  trial: Sandbox,
  known: Subscription,
  { subscription_details: details = {}, discounts }: AskedPreview,
): Invoice | undefined {
  const { store } = trial
  const { cancel_now: ends, billing_cycle_anchor: anchor, ...change } = details
  if (ends) {
    cancelSubscription(trial, known, {
      details: NO_DETAILS,
      prorate: change.proration_behavior !== 'none',
      invoiceNow: true,
    })
  } else if (Object.keys(details).length > 0 || discounts) {
    updateSubscription(trial, known.id, {
      ...change,
      ...(anchor && { billing_cycle_anchor: { type: anchorType(anchor) } }),
      ...(discounts && { discounts }),
      payment_behavior: 'default_incomplete',
    })
  }
  const { latest_invoice: latest } = store.subscriptions.get(known.id)
  if (latest !== null && latest !== known.latest_invoice) return store.invoices.get(latest)
  return ends ? undefined : nextInvoice(trial, known.id)
}

function begun(
  trial: Sandbox,
  customer: string,
  { subscription_details: details = {}, discounts, currency }: AskedPreview,
): Invoice | undefined {
  const { billing_cycle_anchor: anchor, items, proration_behavior, trial_end } = details
  const { latest_invoice: latest } = createSubscription(trial, {
    customer,
    items: (items ?? []).map(({ metadata, ...item }) => ({
      ...item,
      metadata: mergeMetadata({}, metadata),
    })),
    ...(anchor?.timestamp !== undefined && { billing_cycle_anchor: anchor.timestamp }),
    ...(proration_behavior !== undefined && { proration_behavior }),
    ...(trial_end !== undefined && { trial_end }),
    ...(currency !== undefined && { currency }),
    ...(discounts && { discounts }),
    payment_behavior: 'default_incomplete',
  })
  return latest === null ? undefined : trial.store.invoices.get(latest)
}

function addItems(
  trial: Sandbox,
  customer: string,
  { invoice_items: items = [], subscription, currency }: AskedPreview,
) {
  for (const [index, { price, ...item }] of items.entries()) {
    addItem(trial, {
      ...item,
      customer,
      ...(price !== undefined && { pricing: { price } }),
      ...(subscription !== undefined && { subscription }),
      ...(currency !== undefined && { currency }),
    }, { param: `invoice_items[${index}]` })
  }
}

function anchorType({ type }: { type: 'now' | 'timestamp' | 'unchanged' }): 'now' | 'unchanged' {
  if (type === 'timestamp') throw notFollowed('subscription_details.billing_cycle_anchor.timestamp')
  return type
}

/** As an invoice is before it is there: a draft of the same sums, with an id of its own kind. */
function asPreview({ newId }: Sandbox, invoice: Invoice): Invoice {
  return {
    ...invoice,
    id: `upcoming_${newId('invoice')}`,
    amount_paid: 0,
    amount_remaining: invoice.amount_due,
    attempt_count: 0,
    attempted: false,
    effective_at: null,
    ending_balance: invoice.ending_balance ?? endingBalance(invoice),
    hosted_invoice_url: null,
    invoice_pdf: null,
    next_payment_attempt: invoice.automatically_finalizes_at ?? invoice.created,
    number: null,
    status: 'draft',
    status_transitions: {
      finalized_at: null,
      marked_uncollectible_at: null,
      paid_at: null,
      voided_at: null,
    },
  }
}
