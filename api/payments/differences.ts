import { isLive } from '../config.ts'
import type { Deps } from '../deps.ts'
import type { Settlement } from './sync.ts'

/** The names of what Stripe's session says differently from our rows; none for an honest payment. */
export function differencesOf(deps: Deps, { order, attempt, session }: Settlement): string[] {
  const net = session.amountSubtotal - session.amountDiscount
  // With prices that include their tax Stripe reports the tax, and does not add it.
  const totals = deps.config.STRIPE_TAX ? [net + session.amountTax, net] : [net]
  const { orderId, userId, serverId } = session.metadata
  const checks: Record<string, boolean> = {
    session: session.id === attempt.stripeSessionId || attempt.stripeSessionId === null,
    mode: session.mode === 'subscription',
    livemode: session.livemode === isLive(deps.config),
    customer: session.customerId === attempt.stripeCustomerId,
    order: session.clientReferenceId === order.id,
    metadata: orderId === order.id && userId === order.userId &&
      serverId === order.bought.serverId,
    currency: session.currency === order.currency,
    price: session.stripePriceIds.join() === order.stripePriceId,
    amount_subtotal: session.amountSubtotal === order.unitAmount,
    amount_total: totals.includes(session.amountTotal),
    payment: session.paymentStatus === 'paid' || session.amountTotal === 0,
    discount: session.amountDiscount === 0 || deps.config.STRIPE_PROMOTION_CODES,
    subscription: ['active', 'trialing'].includes(session.subscription?.status ?? ''),
  }
  return Object.keys(checks).filter((name) => !checks[name])
}

/** Whether a session is certainly one that we opened for this order, whatever was paid in it. */
export function isOurs(deps: Deps, settlement: Settlement): boolean {
  const differences = differencesOf(deps, settlement)
  return ['session', 'mode', 'livemode', 'customer', 'order', 'metadata']
    .every((name) => !differences.includes(name))
}
