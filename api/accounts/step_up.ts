import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import { clearLoginDelay, takeLoginAttempt } from './login_delays.ts'
import { giveBack, limit } from './rate_limits.ts'
import { isPasswordCurrent, type User } from './store.ts'

/**
 * Lets through only who knows the account's password: a session alone, which may be stolen, is not
 * enough for what takes the account away. Counted together with log-ins, so that it cannot be
 * guessed here either. Throws 403 `wrong-password` and 429 `rate-limited`.
 */
export async function checkOwner(
  db: Db,
  deps: Deps,
  { user, password, address, requestId }: {
    user: User
    password: string
    address: string
    requestId: string
  },
): Promise<void> {
  const hits = await limit(db, deps, 'login', { address })
  await takeLoginAttempt(db, deps, user.email)
  const { matches } = await deps.passwords.check(password, user.passwordHash)
  if (!matches || !await isPasswordCurrent(db, user)) {
    const action = 'user.password-refused'
    await audit(db, deps, { actor: user.id, action, subject: user.id, requestId })
    throw wrongPassword()
  }
  await giveBack(db, hits)
  await clearLoginDelay(db, deps, user.email)
}

export function wrongPassword(): Problem {
  return new Problem('wrong-password', {
    errors: [{ pointer: '#/currentPassword', detail: 'This is not your current password' }],
  })
}
