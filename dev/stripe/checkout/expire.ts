import { refused } from '../errors.ts'
import { cancelIntent } from '../payments/intents.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Session } from '../wire.ts'

/** Closes an open session for good; a payment that was tried in it can no longer be made. */
export function expireSession(sandbox: Sandbox, id: string): Session {
  const session = sandbox.store.sessions.get(id)
  if (session.status !== 'open') {
    throw refused(
      'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session ' +
        `has a status of \`${session.status}\`.`,
    )
  }
  const { paymentIntent } = sandbox.store.checkouts.get(id)
  const intent = sandbox.store.paymentIntents.find(paymentIntent ?? '')
  if (intent) cancelIntent(sandbox, intent, 'expired')
  const expired = sandbox.store.sessions.update(id, { status: 'expired', url: null })
  emit(sandbox, 'checkout.session.expired', expired)
  return expired
}
