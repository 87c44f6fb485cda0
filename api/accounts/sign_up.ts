import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { queueMail } from '../mail/outbox.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import { isWithinLimit, limit } from './rate_limits.ts'
import { findUserByEmail, type User } from './store.ts'
import { registerUser } from './users.ts'
import { sendVerification } from './verification.ts'

/**
 * Makes a customer's account, mails the link that confirms its address, and runs `then`, all in one
 * transaction. Throws 429 `rate-limited`, and 409 `email-taken` for an address that has an account,
 * whose owner is told by mail, at most once an hour.
 */
export async function signUp<T>(
  db: Db,
  deps: Deps,
  options: {
    email: string
    password: string
    address: string
    requestId: string
    then: (tx: Queryable, user: User) => Promise<T>
  },
): Promise<{ user: User; session: T }> {
  const { email, password, address, requestId } = options
  await limit(db, deps, 'signup', { address })
  await limit(db, deps, 'everySignup', { everybody: '' })
  try {
    const { user, result: session } = await registerUser(db, deps, {
      email,
      password,
      role: 'customer',
      passwords: deps.passwords,
      requestId,
      async then(tx, user) {
        // The next link is a minute away as well.
        await limit(tx, deps, 'verificationMail', { user: user.id })
        await sendVerification(tx, deps, user)
        return await options.then(tx, user)
      },
    })
    return { user, session }
  } catch (error) {
    if (error instanceof Problem && error.code === 'email-taken') {
      await tellOwner(db, deps, { email, requestId })
    }
    throw error
  }
}

async function tellOwner(
  db: Db,
  deps: Deps,
  { email, requestId }: { email: string; requestId: string },
): Promise<void> {
  if (!await isWithinLimit(db, deps, 'signupKnown', { account: email })) return
  await db.transaction(async (tx) => {
    const owner = await findUserByEmail(tx, email)
    if (!owner) return
    const to = { userId: owner.id, email }
    await queueMail(tx, deps, { template: 'account_exists', to, causeId: requestId, facts: {} })
    await audit(tx, deps, {
      actor: 'anonymous',
      action: 'user.create-refused',
      subject: owner.id,
      requestId,
    })
  })
}
