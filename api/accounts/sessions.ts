import { createHash } from 'node:crypto'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { queueMail } from '../mail/outbox.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import { deviceOf } from './device.ts'
import {
  findRefreshToken,
  findUser,
  insertRefreshToken,
  insertSession,
  type RefreshToken,
  revokeOldestSessions,
  revokeSession,
  touchSession,
  useRefreshToken,
} from './store.ts'

const DAY_MS = 24 * 60 * 60_000

/** A session not refreshed for so long has ended. */
export const IDLE_MS = 14 * DAY_MS

/** No session outlives this, however often it is refreshed. */
const ABSOLUTE_MS = 30 * DAY_MS

/**
 * Two tabs of one browser may refresh at the same moment with the same token. So long after its
 * first use a second one is taken for that; later it is taken for theft.
 */
const GRACE_MS = 20_000

/** Devices and programs of one user at once; the one unused for longest makes room. */
export const MAX_SESSIONS = 20

export interface StartedSession {
  userId: string
  sessionId: string
  refreshToken: string
}

export type Rotation =
  | { outcome: 'rotated'; session: StartedSession }
  /** Somebody refreshed with this token just now: nothing was issued and nothing revoked. */
  | { outcome: 'raced' }
  /** Unknown, expired, revoked, or used again too late: in that case the session was revoked. */
  | { outcome: 'rejected' }

type SessionDeps = Pick<Deps, 'newId' | 'randomBytes' | 'now' | 'metrics'>

/** Starts a session with its first refresh token, which is stored as its hash alone. */
export async function startSession(
  tx: Queryable,
  deps: SessionDeps,
  { userId, userAgent }: { userId: string; userAgent: string },
): Promise<StartedSession> {
  await revokeOldestSessions(tx, userId, MAX_SESSIONS - 1)
  const id = deps.newId('session')
  await insertSession(tx, { id, userId, userAgent: userAgent.slice(0, 255), lifeMs: ABSOLUTE_MS })
  return await issueRefreshToken(tx, deps, { userId, sessionId: id })
}

/**
 * Exchanges a refresh token for its successor, exactly once however many ask at once. A token used
 * again after the grace ends the whole session, because then one of two holders stole it; the owner
 * is told by mail.
 */
export async function rotateSession(
  db: Db,
  deps: SessionDeps,
  { refreshToken, requestId }: { refreshToken: string; requestId: string },
): Promise<Rotation> {
  const hash = hashOf(refreshToken)
  return await db.transaction(async (tx) => {
    const token = await findRefreshToken(tx, hash, GRACE_MS)
    if (!token?.sessionLive) return { outcome: 'rejected' }
    if (token.used) return await answerReuse(tx, deps, token, requestId)
    if (token.expired) return { outcome: 'rejected' }
    if (!(await useRefreshToken(tx, hash))) return { outcome: 'raced' }
    if (!(await touchSession(tx, token.sessionId))) return { outcome: 'rejected' }
    return { outcome: 'rotated', session: await issueRefreshToken(tx, deps, token) }
  })
}

/**
 * The session that a rotation gave. Throws 409 `refresh-raced` and 401 `refresh-rejected`, whose
 * details say what this client does about it.
 */
export function rotatedSession(
  rotation: Rotation,
  todo: { raced: string; rejected: string },
): StartedSession {
  switch (rotation.outcome) {
    case 'rotated':
      return rotation.session
    case 'raced':
      throw new Problem('refresh-raced', { detail: todo.raced })
    case 'rejected':
      throw new Problem('refresh-rejected', { detail: todo.rejected })
    default:
      throw new Error(`Unknown outcome ${rotation satisfies never}`)
  }
}

/** Ends the session of a refresh token, used or not; its user and session, or undefined. */
export async function endSessionOf(
  tx: Queryable,
  refreshToken: string,
  reason: string,
): Promise<{ userId: string; sessionId: string } | undefined> {
  const token = await findRefreshToken(tx, hashOf(refreshToken), GRACE_MS)
  if (!token || !(await revokeSession(tx, token.sessionId, reason))) return undefined
  return { userId: token.userId, sessionId: token.sessionId }
}

async function answerReuse(
  tx: Queryable,
  deps: SessionDeps,
  token: RefreshToken,
  requestId: string,
): Promise<Rotation> {
  if (token.usedWithinGrace) return { outcome: 'raced' }
  if (await revokeSession(tx, token.sessionId, 'refresh-reused')) {
    await audit(tx, deps, {
      actor: token.userId,
      action: 'session.reuse',
      subject: token.sessionId,
      requestId,
    })
    await tellRobbed(tx, deps, token)
    deps.metrics.count('refresh_reuse_total')
  }
  return { outcome: 'rejected' }
}

async function tellRobbed(tx: Queryable, deps: SessionDeps, token: RefreshToken): Promise<void> {
  const user = await findUser(tx, token.userId)
  if (!user) return
  await queueMail(tx, deps, {
    template: 'session_stolen',
    to: { userId: user.id, email: user.email },
    causeId: token.sessionId,
    facts: { device: deviceOf(token.userAgent), at: deps.now().toISOString() },
  })
}

async function issueRefreshToken(
  tx: Queryable,
  deps: SessionDeps,
  { userId, sessionId }: { userId: string; sessionId: string },
): Promise<StartedSession> {
  const refreshToken = toBase64Url(deps.randomBytes(32))
  await insertRefreshToken(tx, { hash: hashOf(refreshToken), sessionId, lifeMs: IDLE_MS })
  return { userId, sessionId, refreshToken }
}

/** The token has 256 random bits, so a plain hash is enough and can be looked up. */
function hashOf(refreshToken: string): Uint8Array {
  return createHash('sha256').update(refreshToken).digest()
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
