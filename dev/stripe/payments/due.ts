import type { Sandbox } from '../sandbox.ts'
import { DAY } from '../time.ts'
import type { Charge } from '../wire.ts'
import { cancelIntent } from './intents.ts'
import { disputeCharge, moveDisputes } from './disputes.ts'
import { moveRefunds } from './refunds.ts'
import { debitEnded } from './settled.ts'
import { behaviourOf } from './test_methods.ts'

/**
 * Does what is due by the clock with payments: debits end, what was set aside is free again, refunds
 * arrive, and disputes are opened and decided.
 */
export function movePayments(sandbox: Sandbox) {
  for (const charge of sandbox.store.charges.toJSON()) {
    if (charge.status === 'pending') endDebit(sandbox, charge)
    if (charge.paid && !charge.captured && !charge.refunded) endAuthorization(sandbox, charge)
    if (charge.paid && !charge.disputed) disputeCharge(sandbox, charge)
  }
  moveRefunds(sandbox)
  moveDisputes(sandbox)
}

/** So long a card keeps money aside. */
const AUTHORIZATION_SECONDS = 7 * DAY

function endDebit(sandbox: Sandbox, charge: Charge) {
  const method = sandbox.store.paymentMethods.get(charge.payment_method ?? '')
  const { settles } = behaviourOf(method)
  if (!settles || settles.afterSeconds === 'by_hand') return
  if (!isOver(sandbox, charge, settles.afterSeconds)) return
  debitEnded(sandbox, charge.id, settles.fails ?? 'succeeded')
}

function endAuthorization(sandbox: Sandbox, charge: Charge) {
  if (!isOver(sandbox, charge, AUTHORIZATION_SECONDS)) return
  const intent = sandbox.store.paymentIntents.get(charge.payment_intent ?? '')
  cancelIntent(sandbox, intent, 'automatic')
}

/** What was made in the time of a test clock, ahead of ours, has waited long enough. */
function isOver({ now }: Sandbox, { created }: { created: number }, seconds: number): boolean {
  return created + seconds <= now() || created > now()
}
