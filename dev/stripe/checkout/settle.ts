import { failInvoice, payInvoice } from '../billing/invoices.ts'
import { refused } from '../errors.ts'
import { settleCharge } from '../payments/attempt.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Store } from '../store.ts'
import type { PaymentIntent, Session } from '../wire.ts'
import { completeCheckout } from './complete.ts'

/** Ends the delayed payment of a completed session. */
export function settleCheckout(sandbox: Sandbox, id: string, outcome: 'succeeded' | 'failed') {
  const { store } = sandbox
  const session = store.sessions.get(id)
  const charge = isSettling(sandbox, session)
    ? store.charges.find(intentOf(store, session)?.latest_charge ?? '')
    : undefined
  if (!charge) throw refused('This Checkout Session has no payment under way.')
  const end = outcome === 'succeeded' ? outcome : 'debit_not_authorized'
  checkoutPaymentSettled(sandbox, session, settleCharge(sandbox, charge, end))
}

/**
 * What follows for the session when its payment moves by itself: its card was approved, or its debit
 * ended. When that failed, the invoice is void and the subscription stays active: that is what Stripe
 * does, and leaves to the shop.
 */
export function checkoutPaymentSettled(
  sandbox: Sandbox,
  session: Session,
  intent: PaymentIntent,
) {
  const failed = intent.status === 'requires_payment_method'
  if (session.status !== 'complete') {
    if (!failed) completeCheckout(sandbox, session, { intent })
    return
  }
  if (failed) {
    emit(sandbox, 'checkout.session.async_payment_failed', session)
    if (session.invoice) failInvoice(sandbox, session.invoice)
    return
  }
  const paid = sandbox.store.sessions.update(session.id, { payment_status: 'paid' })
  emit(sandbox, 'checkout.session.async_payment_succeeded', paid)
  if (session.invoice) payInvoice(sandbox, session.invoice)
}

/** The session that this intent pays. */
export function sessionOfIntent(store: Store, intent: string): Session | undefined {
  const checkout = store.checkouts.toJSON().find(({ paymentIntent }) => paymentIntent === intent)
  return checkout && store.sessions.get(checkout.id)
}

/** Whether money is on its way that `settleCheckout` can end. */
export function isSettling({ store }: Sandbox, session: Session): boolean {
  return session.status === 'complete' && intentOf(store, session)?.status === 'processing'
}

function intentOf(store: Store, session: Session): PaymentIntent | undefined {
  return store.paymentIntents.find(store.checkouts.get(session.id).paymentIntent ?? '')
}
