import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { queueMail } from '../mail/outbox.ts'
import { audit } from './audit.ts'
import { revokeMailTokens } from './mail_tokens.ts'
import { checkOwner, wrongPassword } from './step_up.ts'
import { revokeSessionsOf, updatePasswordHash, updatePendingEmail } from './store.ts'
import { requireUser } from './users.ts'

/**
 * Sets a new password for whoever knows the current one. Ends all sessions of the user but `keep`,
 * tells the owner, and runs `then` in the same transaction. Throws 403 `wrong-password` and 429
 * `rate-limited`.
 */
export async function changePassword<T>(
  db: Db,
  deps: Deps,
  options: {
    userId: string
    currentPassword: string
    newPassword: string
    /** the session that outlives it */
    keep?: string
    address: string
    requestId: string
    then: (tx: Queryable) => Promise<T>
  },
): Promise<T> {
  const { userId, currentPassword, newPassword, keep, address, requestId } = options
  const user = await requireUser(db, userId)
  await checkOwner(db, deps, { user, password: currentPassword, address, requestId })
  const passwordHash = await deps.passwords.hash(newPassword)
  return await db.transaction(async (tx) => {
    // Changed meanwhile: what was checked is the current password no more.
    if (!await updatePasswordHash(tx, user, passwordHash)) throw wrongPassword()
    const { email } = user
    const ended = await endOldAccess(tx, deps, { userId, email, keep, causeId: requestId })
    await audit(tx, deps, {
      actor: userId,
      action: 'password.change',
      subject: userId,
      requestId,
      detail: { sessionsEnded: ended },
    })
    return await options.then(tx)
  })
}

/**
 * With a new password whatever the old one opened is closed: all sessions but `keep`, links that set
 * a password, and a change of address under way, which somebody else may have asked for. Tells the
 * owner; returns how many sessions ended.
 */
export async function endOldAccess(
  tx: Queryable,
  deps: Pick<Deps, 'newId' | 'now'>,
  { userId, email, keep, causeId }: {
    userId: string
    email: string
    keep?: string
    causeId: string
  },
): Promise<number> {
  const ended = await revokeSessionsOf(tx, { userId, keep }, 'password-changed')
  await revokeMailTokens(tx, userId, ['reset', 'change_email'])
  await updatePendingEmail(tx, userId, null)
  await queueMail(tx, deps, {
    template: 'password_changed',
    to: { userId, email },
    causeId,
    facts: { at: deps.now().toISOString() },
  })
  return ended
}
