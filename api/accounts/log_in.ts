import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import { clearLoginDelay, takeLoginAttempt } from './login_delays.ts'
import { giveBack, limit, type LimitDeps } from './rate_limits.ts'
import { findUserByEmail, isPasswordCurrent, updatePasswordHash, type User } from './store.ts'

export interface Credentials {
  /** canonical */
  email: string
  password: string
}

type LogInDeps = Pick<Deps, 'newId' | 'passwords'> & LimitDeps

/**
 * Checks credentials and runs `then` in the transaction that records the log-in. Throws 401
 * `wrong-credentials`, the same and after the same work whether the address has an account or not,
 * and 429 `rate-limited` by address and by account. Every attempt counts as failed until it has
 * succeeded, so that guesses made at once are counted too.
 */
export async function logIn<T>(
  db: Db,
  deps: LogInDeps,
  options: {
    credentials: Credentials
    address: string
    requestId: string
    then: (tx: Queryable, user: User) => Promise<T>
  },
): Promise<{ user: User; result: T }> {
  const { requestId, credentials: { email, password } } = options
  const hits = await limit(db, deps, 'login', { address: options.address })
  await takeLoginAttempt(db, deps, email)
  const user = await findUserByEmail(db, email)
  const { matches, stale } = await deps.passwords.check(password, user?.passwordHash)
  if (!user || !matches) {
    await recordRefusal(db, deps, user, requestId)
    throw new Problem('wrong-credentials')
  }
  const stronger = stale ? await deps.passwords.hash(password) : undefined
  return await db.transaction(async (tx) => {
    if (!await isPasswordCurrent(tx, user)) throw new Problem('wrong-credentials')
    await giveBack(tx, hits)
    await clearLoginDelay(tx, deps, email)
    if (stronger) await updatePasswordHash(tx, user, stronger)
    await audit(tx, deps, { actor: user.id, action: 'user.login', subject: user.id, requestId })
    return { user, result: await options.then(tx, user) }
  })
}

/** Written for unknown addresses as well: a missing row's time would tell them apart. */
async function recordRefusal(
  db: Queryable,
  deps: LogInDeps,
  user: User | undefined,
  requestId: string,
): Promise<void> {
  await audit(db, deps, {
    actor: 'anonymous',
    action: 'user.login-refused',
    subject: user?.id ?? 'unknown',
    requestId,
  })
}
