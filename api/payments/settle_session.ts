import { raiseAlert, resolveAlert } from '../alerts/alerts.ts'
import {
  type CheckoutSession,
  findOrderIdOfSession,
  insertFoundSession,
  listCheckoutSessions,
  recordFound,
} from '../checkout/store.ts'
import { type Db, isDuplicate } from '../db.ts'
import type { Deps } from '../deps.ts'
import { findOrder, type Order } from '../orders/store.ts'
import { shopId } from '../plans/shop_id.ts'
import { moneyLeft } from './money.ts'
import type { SessionState } from './payments.ts'
import { settle } from './sync.ts'

/**
 * Acts on a session that Stripe has, however we heard of it: an event, or a sweep of Stripe's own
 * list. Finds its order, by our rows or by what it says of itself, and settles it; a paid session of
 * this shop without an order is a person's to look at.
 */
export async function settleSession(db: Db, deps: Deps, stripeSessionId: string): Promise<void> {
  const session = await deps.payments.getCheckoutSession(stripeSessionId)
  if (!session) return
  const orderId = await findOrderIdOfSession(db, stripeSessionId) ?? session.clientReferenceId
  const order = orderId ? await findOrder(db, orderId) : undefined
  if (!order) return await reportOrphan(db, deps, session)
  const attempt = await attemptOf(db, order, stripeSessionId)
  if (attempt) await settle(db, deps, { order, attempt, session })
}

/** The attempt that a session belongs to; one that we did not know becomes an attempt of its own. */
async function attemptOf(
  db: Db,
  order: Order,
  stripeSessionId: string,
): Promise<CheckoutSession | undefined> {
  const attempts = await listCheckoutSessions(db, order.id)
  const known = attempts.find((one) => one.stripeSessionId === stripeSessionId)
  if (known) return known
  const lost = attempts.findLast(({ stripeSessionId: id, status }) => !id && status === 'open') ??
    attempts.findLast(({ stripeSessionId: id, status }) => !id && status === 'failed')
  if (lost) await recordFound(db, lost, stripeSessionId)
  else await insertFound(db, attempts, stripeSessionId)
  const found = await listCheckoutSessions(db, order.id)
  return found.find((one) => one.stripeSessionId === stripeSessionId)
}

async function insertFound(
  db: Db,
  attempts: CheckoutSession[],
  stripeSessionId: string,
): Promise<void> {
  const last = attempts.at(-1)
  if (!last) return
  try {
    await insertFoundSession(db, { ...last, attempt: last.attempt + 1, stripeSessionId })
  } catch (error) {
    // Another worker was first; if it was for another session, the event comes again.
    if (!isDuplicate(error)) throw error
  }
}

/** A paid session that nobody here knows. One of another shop on the same account is left alone. */
async function reportOrphan(db: Db, deps: Deps, session: SessionState): Promise<void> {
  const { orderId, shopId: shop } = session.metadata
  if (!orderId?.startsWith('ord_') || session.paymentStatus !== 'paid') return
  if (shop && shop !== await shopId(db, deps.randomBytes)) return
  const alert = { kind: 'orphan_payment', subject: session.id } as const
  const intent = session.invoice?.paymentIntentId
  const money = intent ? await deps.payments.getMoney(intent) : undefined
  if (money && moneyLeft(money) <= 0) return await resolveAlert(db, alert)
  const { amountTotal: amount, currency } = session
  const detail = { orderId, amount, currency, paymentIntentId: intent ?? null }
  await raiseAlert(db, deps, { ...alert, detail })
  const about = { stripeSessionId: session.id, orderId }
  deps.log.error('a checkout session belongs to no order of this shop', about)
}
