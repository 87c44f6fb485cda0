import { redeemDiscounts } from '../billing/discounts.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Checkout } from '../store.ts'
import type { Customer, Discount, PaymentIntent, Session } from '../wire.ts'
import { beginSubscription, billPayment } from './begin.ts'
import { detailsOf } from './create.ts'

/**
 * Ends a session whose money has come or is on its way, and makes what was sold. Without an intent
 * nothing was due; `method` is then what will pay later.
 */
export function completeCheckout(
  sandbox: Sandbox,
  session: Session,
  { intent, method = intent?.payment_method ?? null }: {
    intent?: PaymentIntent | undefined
    method?: string | null
  },
): Session {
  const { store, newId } = sandbox
  const checkout = store.checkouts.get(session.id)
  const customer = updatedCustomer(sandbox, checkout)
  const ids = {
    invoice: hasInvoice(session) ? newId('invoice') : null,
    subscription: session.mode === 'subscription' ? newId('subscription') : null,
  }
  const completed = store.sessions.update(session.id, {
    ...completionOf(session, { customer, buyer: checkout.buyer, intent }),
    ...ids,
  })
  const discounts = redeemDiscounts(sandbox, boughtWith(checkout, completed))
  emit(sandbox, 'checkout.session.completed', completed)
  if (!customer) return completed
  const sale = { session: completed, checkout, customer, intent, method, discounts }
  if (ids.subscription !== null) beginSubscription(sandbox, sale)
  else if (ids.invoice !== null) billPayment(sandbox, sale)
  return completed
}

/** Whether completing the session makes an invoice, which needs a customer. */
export function hasInvoice(session: Session): boolean {
  return session.mode === 'subscription' || session.invoice_creation?.enabled === true
}

function completionOf(
  { automatic_tax: tax, consent_collection: consent, mode }: Session,
  { customer, buyer, intent }: Pick<Checkout, 'buyer'> & {
    customer: Customer | null
    intent: PaymentIntent | undefined
  },
): Partial<Session> {
  return {
    automatic_tax: { ...tax, status: tax.enabled ? 'complete' : null },
    consent: consent?.terms_of_service === 'required'
      ? { promotions: null, terms_of_service: 'accepted' }
      : null,
    customer: customer?.id ?? null,
    customer_details: buyerDetails(customer, buyer),
    payment_intent: mode === 'payment' ? intent?.id ?? null : null,
    payment_status: paymentStatus(intent),
    status: 'complete',
    url: null,
  }
}

/** The discounts of a session, whose subscription has them from now on. */
function boughtWith({ discounts }: Checkout, { customer, subscription }: Session): Discount[] {
  if (subscription === null) return discounts
  return discounts.map((draft) => ({ ...draft, customer, subscription }))
}

/** The customer with what the buyer typed, as far as the session lets it change. */
function updatedCustomer(
  sandbox: Sandbox,
  { customer: id, buyer, customerUpdate }: Checkout,
): Customer | null {
  const { store } = sandbox
  const former = store.customers.find(id ?? '')
  if (!former || !buyer) return former ?? null
  const customer = store.customers.update(former.id, {
    ...(customerUpdate.address && { address: buyer.address }),
    ...(customerUpdate.name && { name: buyer.name }),
  })
  emit(sandbox, 'customer.updated', customer, former)
  return customer
}

function buyerDetails(
  customer: Customer | null,
  buyer: Checkout['buyer'],
): Session['customer_details'] {
  return detailsOf(buyer?.email ?? customer?.email ?? null, { ...customer, ...buyer })
}

function paymentStatus(intent: PaymentIntent | undefined): Session['payment_status'] {
  if (!intent) return 'no_payment_required'
  return intent.status === 'processing' ? 'unpaid' : 'paid'
}
