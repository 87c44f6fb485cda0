import { createHash } from 'node:crypto'
import { findUser } from '../accounts/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { findNewestOrderIdOf } from '../orders/store.ts'
import { PaymentsError } from '../payments/payments.ts'
import { Problem } from '../problem.ts'
import { findCustomer, insertCustomer } from './store.ts'

/**
 * The buyer's customer at Stripe for this currency, made at the first order. Throws 503
 * `payments-unavailable` when Stripe does not answer.
 */
export async function ensureCustomer(
  db: Db,
  deps: Deps,
  userId: string,
  currency: string,
): Promise<string> {
  const known = await findCustomer(db, userId, currency)
  if (known) return known
  const user = await findUser(db, userId)
  if (!user) throw new Problem('login-required')
  // Names what came before: a customer that was deleted at Stripe is followed by a new one.
  const before = await findNewestOrderIdOf(db, userId) ?? 'first'
  // Stripe refuses a key that comes again with another address.
  const address = createHash('sha256').update(user.email).digest('hex').slice(0, 16)
  const idempotencyKey = `customer:${userId}:${currency}:${before}:${address}`
  try {
    const customer = { userId, email: user.email, currency, idempotencyKey }
    const stripeCustomerId = await deps.payments.createCustomer(customer)
    await insertCustomer(db, { userId, currency, stripeCustomerId })
  } catch (error) {
    if (!(error instanceof PaymentsError)) throw error
    deps.log.error('Stripe did not make a customer', { userId, error })
    throw new Problem('payments-unavailable', {
      detail: 'Nothing was ordered. Try again in a moment.',
      retryAfter: 10,
    })
  }
  const customerId = await findCustomer(db, userId, currency)
  if (!customerId) throw new Error('Cannot find the customer that was just written')
  return customerId
}
