import { microseconds, placeholders, type Queryable } from '../db.ts'
import type { SignedIn } from '../deps.ts'
import type { UserBody } from './bodies.ts'

export interface User {
  id: string
  /** canonical, see email.ts */
  email: string
  passwordHash: string
  role: UserBody['role']
  emailVerifiedAt: Date | null
  createdAt: Date
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

/** Replaces a hash by a stronger one of the same password; false when it was changed meanwhile. */
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
    `SELECT t.session_id AS sessionId, s.user_id AS userId,
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

const USER_COLUMNS = `id, email, password_hash AS passwordHash, role,
  email_verified_at AS emailVerifiedAt, created_at AS createdAt`

const LIVE = 'revoked_at IS NULL AND expires_at > {now}'

interface RefreshTokenRow {
  sessionId: string
  userId: string
  used: number
  usedWithinGrace: number
  expired: number
  sessionLive: number
}
