import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { queueMail } from '../mail/outbox.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import { issueMailToken, revokeMailTokens, TOKEN_LIFE_MS } from './mail_tokens.ts'
import { limit } from './rate_limits.ts'
import { checkOwner, wrongPassword } from './step_up.ts'
import { findUserByEmail, isPasswordCurrent, updatePendingEmail, type User } from './store.ts'
import { emailTaken, requireUser } from './users.ts'

/**
 * Notes the (canonical) address that the account is to have once it is confirmed there, and tells
 * the present one. Throws 403 `wrong-password`, 409 `email-taken`, 422 `validation-failed` for the
 * address it has, and 429 `rate-limited`.
 */
export async function requestEmail(
  db: Db,
  deps: Deps,
  { userId, email, currentPassword, address, requestId }: {
    userId: string
    email: string
    currentPassword: string
    address: string
    requestId: string
  },
): Promise<User> {
  const user = await requireUser(db, userId)
  if (email === user.email) throw sameEmail()
  await checkOwner(db, deps, { user, password: currentPassword, address, requestId })
  await limit(db, deps, 'emailChange', { address, user: userId })
  if (await findUserByEmail(db, email)) throw emailTaken()
  return await db.transaction(async (tx) => {
    if (!await isPasswordCurrent(tx, user)) throw wrongPassword()
    await updatePendingEmail(tx, userId, email)
    await mailBoth(tx, deps, user, email)
    await audit(tx, deps, { actor: userId, action: 'email.request', subject: userId, requestId })
    return await requireUser(tx, userId)
  })
}

/** Drops the change under way, if there is one: its link stops working. */
export async function dropPendingEmail(
  db: Db,
  deps: Pick<Deps, 'newId'>,
  { userId, requestId }: { userId: string; requestId: string },
): Promise<User> {
  return await db.transaction(async (tx) => {
    const user = await requireUser(tx, userId)
    if (user.pendingEmail === null) return user
    await updatePendingEmail(tx, userId, null)
    await revokeMailTokens(tx, userId, ['change_email'])
    await audit(tx, deps, { actor: userId, action: 'email.drop', subject: userId, requestId })
    return { ...user, pendingEmail: null }
  })
}

async function mailBoth(tx: Queryable, deps: Deps, user: User, newEmail: string): Promise<void> {
  const { id: userId, email } = user
  const purpose = 'change_email'
  const tokenId = await issueMailToken(tx, deps, { userId, purpose, email: newEmail })
  await queueMail(tx, deps, {
    template: 'confirm_new_email',
    to: { userId, email: newEmail },
    causeId: tokenId,
    facts: { tokenId },
    usefulForMs: TOKEN_LIFE_MS[purpose],
  })
  await queueMail(tx, deps, {
    template: 'email_change_requested',
    to: { userId, email },
    causeId: tokenId,
    facts: { newEmail },
  })
}

function sameEmail(): Problem {
  return new Problem('validation-failed', {
    errors: [{ pointer: '#/email', detail: 'This is the address of your account already' }],
  })
}
