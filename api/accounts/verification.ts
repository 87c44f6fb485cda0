import { type Db, isDuplicate, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { queueMail } from '../mail/outbox.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import {
  findMailToken,
  issueMailToken,
  type MailToken,
  revokeMailTokens,
  TOKEN_LIFE_MS,
  useMailToken,
} from './mail_tokens.ts'
import { limit } from './rate_limits.ts'
import { confirmEmail, replaceEmail, type User } from './store.ts'
import { emailTaken, requireUser } from './users.ts'

/** Mails the link that confirms the account's address; an earlier one stops working. */
export async function sendVerification(
  tx: Queryable,
  deps: Deps,
  { id: userId, email }: Pick<User, 'id' | 'email'>,
): Promise<void> {
  const tokenId = await issueMailToken(tx, deps, { userId, purpose: 'verify', email })
  await queueMail(tx, deps, {
    template: 'verify_email',
    to: { userId, email },
    causeId: tokenId,
    facts: { tokenId },
    usefulForMs: TOKEN_LIFE_MS.verify,
  })
}

/** The same when its owner asks. Throws 409 `already-verified` and 429 `rate-limited`. */
export async function sendVerificationAgain(
  db: Db,
  deps: Deps,
  { userId, address, requestId }: { userId: string; address: string; requestId: string },
): Promise<void> {
  const user = await requireUser(db, userId)
  if (user.emailVerifiedAt) throw new Problem('already-verified')
  await limit(db, deps, 'verification', { address })
  await limit(db, deps, 'verificationMail', { user: userId })
  await db.transaction(async (tx) => {
    await sendVerification(tx, deps, user)
    const action = 'email.send-verification'
    await audit(tx, deps, { actor: userId, action, subject: userId, requestId })
  })
}

/**
 * Confirms the address that the link with this token was mailed to: the account's own, or the one
 * it is to have, which then takes its place. Returns that address. Throws 410 `token-invalid`, and
 * 409 `email-taken` when another account got the new address meanwhile.
 */
export async function confirmAddress(
  db: Db,
  deps: Deps,
  { token, requestId }: { token: string; requestId: string },
): Promise<string> {
  const found = await findMailToken(db, token, ['verify', 'change_email'])
  if (!found) throw new Problem('token-invalid', { detail: ASK_AGAIN })
  try {
    await db.transaction(async (tx) => {
      const done = await useMailToken(tx, found.id) &&
        (found.purpose === 'verify'
          ? await confirmOwn(tx, deps, found, requestId)
          : await confirmNew(tx, deps, found, requestId))
      if (!done) throw new Problem('token-invalid', { detail: ASK_AGAIN })
    })
  } catch (error) {
    if (isDuplicate(error)) throw emailTaken()
    throw error
  }
  return found.email
}

const ASK_AGAIN = 'It was used, replaced by a newer one, or is too old. Ask for a new link.'

async function confirmOwn(
  tx: Queryable,
  deps: Deps,
  { userId, email }: MailToken,
  requestId: string,
): Promise<boolean> {
  if (!await confirmEmail(tx, userId, email)) return false
  await audit(tx, deps, { actor: userId, action: 'email.verify', subject: userId, requestId })
  return true
}

async function confirmNew(
  tx: Queryable,
  deps: Deps,
  { id, userId, email }: MailToken,
  requestId: string,
): Promise<boolean> {
  const { email: from } = await requireUser(tx, userId)
  if (!await replaceEmail(tx, userId, { from, to: email })) return false
  // Whoever still reads the old mailbox must not get in by it.
  await revokeMailTokens(tx, userId, ['verify', 'reset'])
  await queueMail(tx, deps, {
    template: 'email_changed',
    to: { userId, email: from },
    causeId: id,
    facts: { newEmail: email },
  })
  await enqueue(tx, deps, 'panel.user-email', { userId }, { topic: userId })
  await audit(tx, deps, { actor: userId, action: 'email.change', subject: userId, requestId })
  return true
}
