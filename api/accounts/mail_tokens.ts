import { createHash, createHmac } from 'node:crypto'
import { microseconds, placeholders, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'

/** `verify` proves the address of the account, `change_email` its next one; `reset` sets a password. */
export type TokenPurpose = 'verify' | 'reset' | 'change_email'

export interface MailToken {
  id: string
  userId: string
  purpose: TokenPurpose
  /** the address it was sent to */
  email: string
}

const HOUR_MS = 3_600_000

/** How long each link works. A mail may lie unread overnight; one that sets a password should not. */
export const TOKEN_LIFE_MS: Record<TokenPurpose, number> = {
  verify: 24 * HOUR_MS,
  reset: HOUR_MS / 2,
  change_email: 24 * HOUR_MS,
}

/**
 * The token in a link: 43 characters of base64url that nobody can make of the database alone. Made
 * again from the id whenever the mail is written out, so that it is kept nowhere.
 */
export function mailTokenOf(authSecret: string, id: string): string {
  const key = createHmac('sha256', authSecret).update('key|mail-token').digest()
  return createHmac('sha256', key).update(`mail-token|${id}`).digest('base64url')
}

/** Makes the link of a mail; earlier ones of the user for the same purpose stop working. */
export async function issueMailToken(
  tx: Queryable,
  deps: Pick<Deps, 'newId'> & { config: Pick<Deps['config'], 'AUTH_SECRET'> },
  token: Omit<MailToken, 'id'> & { id?: string },
): Promise<string> {
  const { id = deps.newId('mailToken'), userId, purpose, email } = token
  await revokeMailTokens(tx, userId, [purpose])
  await tx.run(
    `INSERT INTO mail_tokens (id, user_id, purpose, email, token_hash, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, {now}, {now} + INTERVAL ? MICROSECOND)`,
    [
      id,
      userId,
      purpose,
      email,
      hashOf(mailTokenOf(deps.config.AUTH_SECRET, id)),
      microseconds(TOKEN_LIFE_MS[purpose]),
    ],
  )
  return id
}

/** Whom a token from a link speaks for, and for what; undefined unless it works now. */
export async function findMailToken(
  db: Queryable,
  token: string,
  purposes: readonly TokenPurpose[],
): Promise<MailToken | undefined> {
  const [row] = await db.query<MailToken>(
    `SELECT id, user_id AS userId, purpose, email FROM mail_tokens
      WHERE token_hash = ? AND purpose IN (${placeholders(purposes)}) AND ${USABLE}`,
    [hashOf(token), ...purposes],
  )
  return row
}

/** Whether a link that is about to be mailed would work. */
export async function isMailTokenUsable(db: Queryable, id: string): Promise<boolean> {
  const sql = `SELECT id FROM mail_tokens WHERE id = ? AND ${USABLE}`
  return (await db.query(sql, [id])).length === 1
}

/** Uses the token up; false when it does not work any more, or somebody was first. */
export async function useMailToken(tx: Queryable, id: string): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE mail_tokens SET used_at = {now} WHERE id = ? AND ${USABLE}`,
    [id],
  )
  return affectedRows === 1
}

/** Ends what links of these purposes the user still has. */
export async function revokeMailTokens(
  tx: Queryable,
  userId: string,
  purposes: readonly TokenPurpose[],
): Promise<void> {
  await tx.run(
    `UPDATE mail_tokens SET revoked_at = {now}
      WHERE user_id = ? AND purpose IN (${placeholders(purposes)}) AND ${USABLE}`,
    [userId, ...purposes],
  )
}

/** Deletes what has not worked for a month; returns how many. */
export async function purgeMailTokens(db: Queryable): Promise<number> {
  const { affectedRows } = await db.run(
    'DELETE FROM mail_tokens WHERE expires_at < {now} - INTERVAL 30 DAY LIMIT 5000',
  )
  return affectedRows
}

const USABLE = 'used_at IS NULL AND revoked_at IS NULL AND expires_at > {now}'

/** 256 bits that cannot be guessed need no salt. */
function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}
