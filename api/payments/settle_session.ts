import { listOpenAlerts, raiseAlert, resolveAlert } from '../alerts/alerts.ts'
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
  // By the id that we asked for: what answers with another one is not taken for it.
  const attempt = await attemptOf(db, order, { id: stripeSessionId, url: session.url })
  if (attempt) await settle(db, deps, { order, attempt, session })
}

/** The attempt that a session belongs to; one that we did not know becomes an attempt of its own. */
async function attemptOf(
  db: Db,
  order: Order,
  { id: sessionId, url }: Pick<SessionState, 'id' | 'url'>,
): Promise<CheckoutSession | undefined> {
  const attempts = await listCheckoutSessions(db, order.id)
  const known = attempts.find((one) => one.stripeSessionId === sessionId)
  if (known) return known
  const unopened = attempts.filter(({ stripeSessionId }) => stripeSessionId === null)
  const open = unopened.findLast(({ status }) => status === 'open')
  const failed = unopened.findLast(({ status }) => status === 'failed')
  if (open) await recordFound(db, open, { id: sessionId, url })
  else if (failed) await recordFound(db, failed, { id: sessionId, url: undefined })
  else await insertFound(db, attempts, sessionId)
  const found = await listCheckoutSessions(db, order.id)
  return found.find((one) => one.stripeSessionId === sessionId)
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
  if (await wentBack(deps, session)) return await resolveAlert(db, alert)
  const { amountTotal: amount, currency } = session
  const detail = {
    orderId,
    amount,
    currency,
    paymentIntentId: session.invoice?.paymentIntentId ?? null,
  }
  await raiseAlert(db, deps, { ...alert, detail })
  const about = { stripeSessionId: session.id, orderId }
  deps.log.error('a checkout session belongs to no order of this shop', about)
}

/** Ends the alerts about payments that no order here takes, once a person has returned the money. */
export async function resolveReturnedOrphans(db: Db, deps: Deps): Promise<void> {
  const kind = 'orphan_payment'
  for (const subject of (await listOpenAlerts(db, kind)).keys()) {
    const session = await deps.payments.getCheckoutSession(subject)
    if (session && await wentBack(deps, session)) await resolveAlert(db, { kind, subject })
  }
}

/** Whether nothing is left of what was paid in a session. */
async function wentBack(deps: Deps, { invoice }: SessionState): Promise<boolean> {
  const intent = invoice?.paymentIntentId
  const money = intent ? await deps.payments.getMoney(intent) : undefined
  return money !== undefined && moneyLeft(money) <= 0
}
