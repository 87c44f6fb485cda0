import { invoicePaymentSettled } from '../billing/settled.ts'
import { checkoutPaymentSettled, sessionOfIntent } from '../checkout/settle.ts'
import type { Sandbox } from '../sandbox.ts'
import type { PaymentIntent } from '../wire.ts'
import { authenticate, settleCharge } from './attempt.ts'
import type { DeclineReason } from './declines.ts'

/** Goes on with an intent whose card asked its owner, and with what waits for it. */
export function ownerAnswered(sandbox: Sandbox, id: string, approved: boolean): PaymentIntent {
  const intent = authenticate(sandbox, id, approved)
  paymentSettled(sandbox, intent)
  return intent
}

/** Ends a debit that was under way, and goes on with what waits for it. */
export function debitEnded(
  sandbox: Sandbox,
  chargeId: string,
  outcome: 'succeeded' | DeclineReason,
): PaymentIntent {
  const intent = settleCharge(sandbox, sandbox.store.charges.get(chargeId), outcome)
  paymentSettled(sandbox, intent)
  return intent
}

/** Tells the session or the invoice that waits for an intent how it ended. */
export function paymentSettled(sandbox: Sandbox, intent: PaymentIntent) {
  if (intent.status === 'requires_action') return
  const session = sessionOfIntent(sandbox.store, intent.id)
  if (session) checkoutPaymentSettled(sandbox, session, intent)
  else invoicePaymentSettled(sandbox, intent)
}
