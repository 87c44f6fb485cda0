import { failInvoice, payInvoice } from '../billing/invoices.ts'
import { settlePayment } from '../billing/payments.ts'
import { refused } from '../errors.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Session } from '../wire.ts'

/**
 * Ends the delayed payment of a completed session. When it failed, the invoice is void and the
 * subscription stays active: that is what Stripe does, and leaves to the shop.
 */
export function settleCheckout(sandbox: Sandbox, id: string, outcome: 'succeeded' | 'failed') {
  const { store } = sandbox
  const session = store.sessions.get(id)
  const { invoice, payment } = underWay(sandbox, session)
  settlePayment(sandbox, payment, outcome)
  if (outcome === 'succeeded') {
    const paid = store.sessions.update(id, { payment_status: 'paid' })
    emit(sandbox, 'checkout.session.async_payment_succeeded', paid)
    payInvoice(sandbox, invoice)
  } else {
    emit(sandbox, 'checkout.session.async_payment_failed', session)
    failInvoice(sandbox, invoice)
  }
}

/** Whether money is on its way that `settleCheckout` can end. */
export function isSettling({ store }: Sandbox, session: Session): boolean {
  const { paymentIntent } = store.checkouts.get(session.id)
  return session.status === 'complete' &&
    store.paymentIntents.find(paymentIntent ?? '')?.status === 'processing'
}

function underWay(sandbox: Sandbox, session: Session) {
  const { store } = sandbox
  const intent = store.paymentIntents.find(store.checkouts.get(session.id).paymentIntent ?? '')
  const charge = store.charges.find(intent?.latest_charge ?? '')
  if (!intent || !charge || !session.invoice || !isSettling(sandbox, session)) {
    throw refused('This Checkout Session has no payment under way.')
  }
  return { invoice: session.invoice, payment: { intent, charge } }
}
