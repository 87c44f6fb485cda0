import { type Db, isDuplicate } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue, type JobPayloads } from '../jobs/queue.ts'
import { queueMail } from '../mail/outbox.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import { clearLoginDelay } from './login_delays.ts'
import { findMailToken, issueMailToken, TOKEN_LIFE_MS, useMailToken } from './mail_tokens.ts'
import { endOldAccess } from './password_change.ts'
import { isWithinLimit, limit } from './rate_limits.ts'
import { findUser, findUserByEmail, resetPasswordHash } from './store.ts'

/**
 * Has a link to set a new password mailed to this (canonical) address if it has an account. Whether
 * it has one, and whether it got too many links, cannot be told from the answer or its time: the
 * same statements run, and the rest is a job's. Throws 429 `rate-limited` by client address alone.
 */
export async function askForReset(
  db: Db,
  deps: Deps,
  { email, address, requestId }: { email: string; address: string; requestId: string },
): Promise<void> {
  await limit(db, deps, 'forgot', { address })
  if (!await isWithinLimit(db, deps, 'resetMail', { account: email })) return
  const user = await findUserByEmail(db, email)
  const tokenId = deps.newId('mailToken')
  const payload = { userId: user?.id ?? null, tokenId, requestId }
  await enqueue(db, deps, 'password.recover', payload, { topic: tokenId })
}

/** The job of `askForReset`: makes and mails the link. Run twice, it mails one. */
export async function mailResetLink(
  db: Db,
  deps: Deps,
  { userId, tokenId, requestId }: JobPayloads['password.recover'],
): Promise<void> {
  const user = userId === null ? undefined : await findUser(db, userId)
  if (!user) return
  const { id, email } = user
  try {
    await db.transaction(async (tx) => {
      await issueMailToken(tx, deps, { id: tokenId, userId: id, purpose: 'reset', email })
      await queueMail(tx, deps, {
        template: 'reset_password',
        to: { userId: id, email },
        causeId: tokenId,
        facts: { tokenId },
        usefulForMs: TOKEN_LIFE_MS.reset,
      })
      const action = 'password.send-reset'
      await audit(tx, deps, { actor: 'anonymous', action, subject: id, requestId })
    })
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
}

/**
 * Sets a new password for whoever got the link by mail, which proves the address as well. Ends all
 * sessions of the user and tells the owner; logs nobody in. Throws 410 `token-invalid`.
 */
export async function resetPassword(
  db: Db,
  deps: Deps,
  { token, password, requestId }: { token: string; password: string; requestId: string },
): Promise<void> {
  const found = await findMailToken(db, token, ['reset'])
  if (!found) throw tokenInvalid()
  const passwordHash = await deps.passwords.hash(password)
  await db.transaction(async (tx) => {
    const { id, userId, email } = found
    const done = await useMailToken(tx, id) &&
      await resetPasswordHash(tx, userId, { email, passwordHash })
    if (!done) throw tokenInvalid()
    const ended = await endOldAccess(tx, deps, { userId, email, causeId: id })
    await clearLoginDelay(tx, deps, email)
    await audit(tx, deps, {
      actor: userId,
      action: 'password.reset',
      subject: userId,
      requestId,
      detail: { sessionsEnded: ended },
    })
  })
}

function tokenInvalid(): Problem {
  return new Problem('token-invalid', {
    detail: 'It was used, replaced by a newer one, or is too old. Ask for a new link.',
  })
}
