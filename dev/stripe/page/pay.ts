import { payCheckout, type PayOptions } from '../checkout/pay.ts'
import { StripeFailure } from '../errors.ts'
import type { Sandbox } from '../sandbox.ts'

export type PayResult =
  | { outcome: 'paid' | 'processing' | 'requires_action'; redirectTo: string }
  | { outcome: 'declined'; message: string }

/** So long Stripe keeps the buyer until the shop has answered `checkout.session.completed`. */
const REDIRECT_AFTER_MS = 10_000

/** Pays a session, and ends when the buyer would be sent back to the shop. */
export async function payAndWait(
  sandbox: Sandbox,
  answered: (eventId: string) => Promise<void>,
  sessionId: string,
  options: PayOptions = {},
): Promise<PayResult> {
  try {
    const session = payCheckout(sandbox, sessionId, options)
    if (session.status === 'open') {
      const { paymentIntent } = sandbox.store.checkouts.get(session.id)
      return {
        outcome: 'requires_action',
        redirectTo: `${sandbox.url}/authenticate/${paymentIntent}`,
      }
    }
    await completionHeard(sandbox, answered, sessionId)
    return {
      outcome: session.payment_status === 'unpaid' ? 'processing' : 'paid',
      redirectTo: returnUrl(session),
    }
  } catch (error) {
    if (!(error instanceof StripeFailure) || error.status !== 402) throw error
    return { outcome: 'declined', message: error.message }
  }
}

/** Ends when the shop has answered that the session is complete, at the latest after 10 s. */
export async function completionHeard(
  { store }: Sandbox,
  answered: (eventId: string) => Promise<void>,
  sessionId: string,
) {
  const completed = store.events.newestFirst().find(({ type, data }) =>
    type === 'checkout.session.completed' && 'id' in data.object && data.object.id === sessionId
  )
  if (completed) await atMost(REDIRECT_AFTER_MS, answered(completed.id))
}

/** Where the buyer goes after paying. */
export function returnUrl({ id, success_url: url }: { id: string; success_url: string | null }) {
  return (url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', id)
}

async function atMost(ms: number, work: Promise<void>) {
  let timer
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, timeout])
  clearTimeout(timer)
}
