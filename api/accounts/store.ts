import { microseconds, placeholders, type Queryable } from '../db.ts'
import type { SignedIn } from '../deps.ts'
import type { UserBody } from './bodies.ts'

export interface User {
  id: string
  /** canonical, see email.ts */
  email: string
  /** canonical; the address to be, while it is not confirmed */
  pendingEmail: string | null
  name: string | null
  passwordHash: string
  role: UserBody['role']
  emailVerifiedAt: Date | null
  createdAt: Date
}

export interface Session {
  id: string
  userAgent: string
  createdAt: Date
  lastUsedAt: Date
}

export interface NewUser {
  id: string
  email: string
  passwordHash: string
  role: UserBody['role']
}

/** A refresh token with what decides whether it may be used, as the database's clock sees it. */
export interface RefreshToken {
  sessionId: string
  userId: string
  userAgent: string
  used: boolean
  usedWithinGrace: boolean
  expired: boolean
  sessionLive: boolean
}

export async function findUser(db: Queryable, id: string): Promise<User | undefined> {
  const [row] = await db.query<User>(`SELECT ${USER_COLUMNS} FROM users WHERE id = ?`, [id])
  return row
}

export async function findUserByEmail(db: Queryable, email: string): Promise<User | undefined> {
  const [row] = await db.query<User>(`SELECT ${USER_COLUMNS} FROM users WHERE email = ?`, [email])
  return row
}

/** Throws the driver's duplicate error (`isDuplicate`) when the address has an account. */
export async function insertUser(tx: Queryable, user: NewUser): Promise<void> {
  await tx.run(
    `INSERT INTO users (id, email, password_hash, role, created_at) VALUES (?, ?, ?, ?, {now})`,
    [user.id, user.email, user.passwordHash, user.role],
  )
}

/**
 * Whether what was checked is the user's password still, after the time that a hash takes. In a
 * transaction it stays so until the end: whoever sets another then closes what is opened here.
 */
export async function isPasswordCurrent(
  tx: Queryable,
  user: Pick<User, 'id' | 'passwordHash'>,
): Promise<boolean> {
  const rows = await tx.query(
    'SELECT id FROM users WHERE id = ? AND password_hash = ? FOR UPDATE',
    [user.id, user.passwordHash],
  )
  return rows.length === 1
}

/** Replaces a hash that was read before; false when it was changed meanwhile. */
export async function updatePasswordHash(
  tx: Queryable,
  user: Pick<User, 'id' | 'passwordHash'>,
  passwordHash: string,
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    'UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?',
    [passwordHash, user.id, user.passwordHash],
  )
  return affectedRows === 1
}

export async function updateName(tx: Queryable, id: string, name: string | null): Promise<void> {
  await tx.run('UPDATE users SET name = ? WHERE id = ?', [name, id])
}

/** Sets, or with null forgets, the address that the account is to have. */
export async function updatePendingEmail(
  tx: Queryable,
  id: string,
  email: string | null,
): Promise<void> {
  await tx.run('UPDATE users SET pending_email = ? WHERE id = ?', [email, id])
}

/** Marks the address as confirmed; false when it is not the account's any more. */
export async function confirmEmail(tx: Queryable, id: string, email: string): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE users SET email_verified_at = COALESCE(email_verified_at, {now})
      WHERE id = ? AND email = ?`,
    [id, email],
  )
  return affectedRows === 1
}

/**
 * Gives the account the address that waited, confirmed; false when another one waits by now, or the
 * account has another than `from`. Throws the driver's duplicate error when it was taken meanwhile.
 */
export async function replaceEmail(
  tx: Queryable,
  id: string,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE users SET email = ?, pending_email = NULL, email_verified_at = {now}
      WHERE id = ? AND email = ? AND pending_email = ?`,
    [to, id, from, to],
  )
  return affectedRows === 1
}

/**
 * Sets a new password for whoever showed that this mailbox is theirs, which confirms it too; false
 * when the account has another address by now.
 */
export async function resetPasswordHash(
  tx: Queryable,
  id: string,
  { email, passwordHash }: { email: string; passwordHash: string },
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE users SET password_hash = ?, email_verified_at = COALESCE(email_verified_at, {now})
      WHERE id = ? AND email = ?`,
    [passwordHash, id, email],
  )
  return affectedRows === 1
}

export async function insertSession(
  tx: Queryable,
  session: { id: string; userId: string; userAgent: string; lifeMs: number },
): Promise<void> {
  await tx.run(
    `INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at, expires_at)
     VALUES (?, ?, ?, {now}, {now}, {now} + INTERVAL ? MICROSECOND)`,
    [session.id, session.userId, session.userAgent, microseconds(session.lifeMs)],
  )
}

/** True while the session was neither revoked nor reached its absolute end. */
export async function isSessionLive(db: Queryable, session: SignedIn): Promise<boolean> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM sessions WHERE id = ? AND user_id = ? AND ${LIVE}`,
    [session.sessionId, session.userId],
  )
  return rows.length === 1
}

/** Marks the session as used now; false when it has ended. */
export async function touchSession(tx: Queryable, id: string): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE sessions SET last_used_at = {now} WHERE id = ? AND ${LIVE}`,
    [id],
  )
  return affectedRows === 1
}

/** Ends the session and with it all its tokens; false when it had ended before. */
export async function revokeSession(tx: Queryable, id: string, reason: string): Promise<boolean> {
  const { affectedRows } = await tx.run(
    'UPDATE sessions SET revoked_at = {now}, revoked_reason = ? WHERE id = ? AND revoked_at IS NULL',
    [reason, id],
  )
  return affectedRows === 1
}

/** The same for a session of this user, and only while it lives. */
export async function revokeSessionOf(
  tx: Queryable,
  { userId, sessionId }: SignedIn,
  reason: string,
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE sessions SET revoked_at = {now}, revoked_reason = ?
      WHERE id = ? AND user_id = ? AND ${LIVE}`,
    [reason, sessionId, userId],
  )
  return affectedRows === 1
}

/** Ends every session of a user, or all but `keep`; returns how many. */
export async function revokeSessionsOf(
  tx: Queryable,
  { userId, keep }: { userId: string; keep?: string },
  reason: string,
): Promise<number> {
  const { affectedRows } = await tx.run(
    `UPDATE sessions SET revoked_at = {now}, revoked_reason = ?
      WHERE user_id = ? AND id <> ? AND ${LIVE}`,
    [reason, userId, keep ?? ''],
  )
  return affectedRows
}

/** The sessions of a user that have not ended, the one used last first. */
export async function listSessionsOf(db: Queryable, userId: string): Promise<Session[]> {
  return await db.query<Session>(
    `SELECT id, user_agent AS userAgent, created_at AS createdAt, last_used_at AS lastUsedAt
       FROM sessions WHERE user_id = ? AND ${LIVE} ORDER BY last_used_at DESC, id DESC`,
    [userId],
  )
}

/** Ends all but the `keep` sessions of a user that were used last. */
export async function revokeOldestSessions(
  tx: Queryable,
  userId: string,
  keep: number,
): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM sessions WHERE user_id = ? AND ${LIVE}
      ORDER BY last_used_at DESC, id DESC LIMIT 1000 OFFSET ?`,
    [userId, keep],
  )
  if (rows.length === 0) return
  await tx.run(
    `UPDATE sessions SET revoked_at = {now}, revoked_reason = 'too-many'
      WHERE id IN (${placeholders(rows)}) AND revoked_at IS NULL`,
    rows.map((row) => row.id),
  )
}

export async function insertRefreshToken(
  tx: Queryable,
  token: { hash: Uint8Array; sessionId: string; lifeMs: number },
): Promise<void> {
  await tx.run(
    `INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at)
     VALUES (?, ?, {now}, {now} + INTERVAL ? MICROSECOND)`,
    [token.hash, token.sessionId, microseconds(token.lifeMs)],
  )
}

export async function findRefreshToken(
  db: Queryable,
  hash: Uint8Array,
  graceMs: number,
): Promise<RefreshToken | undefined> {
  const [row] = await db.query<RefreshTokenRow>(
    `SELECT t.session_id AS sessionId, s.user_id AS userId, s.user_agent AS userAgent,
            t.used_at IS NOT NULL AS used,
            COALESCE(t.used_at >= {now} - INTERVAL ? MICROSECOND, 0) AS usedWithinGrace,
            t.expires_at <= {now} AS expired,
            s.revoked_at IS NULL AND s.expires_at > {now} AS sessionLive
       FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
      WHERE t.token_hash = ?`,
    [microseconds(graceMs), hash],
  )
  if (!row) return undefined
  return {
    sessionId: row.sessionId,
    userId: row.userId,
    userAgent: row.userAgent,
    used: row.used === 1,
    usedWithinGrace: row.usedWithinGrace === 1,
    expired: row.expired === 1,
    sessionLive: row.sessionLive === 1,
  }
}

/** Uses the token up; false when somebody was first. */
export async function useRefreshToken(tx: Queryable, hash: Uint8Array): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE refresh_tokens SET used_at = {now}
      WHERE token_hash = ? AND used_at IS NULL AND expires_at > {now}`,
    [hash],
  )
  return affectedRows === 1
}

/**
 * Deletes sessions and refresh tokens that ended a month ago; returns how many. A used token outlives
 * its session, which lasts 30 days at most: until then its second use is still known for theft.
 */
export async function purgeSessions(db: Queryable): Promise<number> {
  const sessions = await db.run(
    'DELETE FROM sessions WHERE expires_at < {now} - INTERVAL 30 DAY LIMIT 5000',
  )
  const tokens = await db.run(
    'DELETE FROM refresh_tokens WHERE expires_at < {now} - INTERVAL 30 DAY LIMIT 5000',
  )
  return sessions.affectedRows + tokens.affectedRows
}

const USER_COLUMNS = `id, email, pending_email AS pendingEmail, name,
  password_hash AS passwordHash, role, email_verified_at AS emailVerifiedAt,
  created_at AS createdAt`

const LIVE = 'revoked_at IS NULL AND expires_at > {now}'

interface RefreshTokenRow {
  sessionId: string
  userId: string
  userAgent: string
  used: number
  usedWithinGrace: number
  expired: number
  sessionLive: number
}
