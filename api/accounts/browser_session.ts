import type { Context } from 'hono'
import type { Queryable } from '../db.ts'
import type { AppEnv, Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import { clearSessionCookies, readRefreshCookie, setSessionCookies } from './cookies.ts'
import {
  endSessionOf,
  IDLE_MS,
  rotatedSession,
  rotateSession,
  type StartedSession,
  startSession,
} from './sessions.ts'
import type { SignedInEnv } from './signed_in.ts'
import { revokeSession } from './store.ts'

/** Behind `requireSignedIn` or not. */
type AnyContext = Context<AppEnv> | Context<SignedInEnv>

/** True for a request that is known by its cookies, false for one with an Authorization header. */
export function usesCookies(c: AnyContext): boolean {
  return c.req.header('authorization') === undefined
}

/** A new session for whoever just proved who they are; what the browser had before ends. */
export async function replaceSession(
  tx: Queryable,
  deps: Deps,
  c: AnyContext,
  userId: string,
): Promise<StartedSession> {
  await endPresentedSessions(tx, deps, c, 'replaced')
  return await startSession(tx, deps, { userId, userAgent: userAgentOf(c) })
}

/** Ends the sessions of both tokens that came with the request: usually the same one. */
export async function endPresentedSessions(
  tx: Queryable,
  deps: Deps,
  c: AnyContext,
  reason: 'logout' | 'replaced',
): Promise<void> {
  const ended: { userId: string; sessionId: string }[] = []
  const { signedIn } = c.var
  if (signedIn && await revokeSession(tx, signedIn.sessionId, reason)) ended.push(signedIn)
  const refreshToken = readRefreshCookie(c, deps.config)
  const other = refreshToken ? await endSessionOf(tx, refreshToken, reason) : undefined
  if (other) ended.push(other)
  for (const { userId, sessionId } of ended) {
    await audit(tx, deps, {
      actor: userId,
      action: 'session.end',
      subject: sessionId,
      requestId: c.var.requestId,
      detail: { reason },
    })
  }
}

/** Exchanges the refresh cookie. Throws 401 `refresh-rejected` and 409 `refresh-raced`. */
export async function refreshSession(c: AnyContext, deps: Deps): Promise<StartedSession> {
  const refreshToken = readRefreshCookie(c, deps.config)
  if (!refreshToken) throw new Problem('refresh-rejected', { detail: 'Log in again.' })
  const { requestId } = c.var
  const rotation = await rotateSession(c.var.db, deps, { refreshToken, requestId })
  if (rotation.outcome === 'rejected') clearSessionCookies(c, deps.config)
  return rotatedSession(rotation, {
    raced: 'Repeat the request with the newer cookie.',
    rejected: 'Log in again.',
  })
}

/** Gives the browser the session's tokens as cookies. */
export async function handOver(
  c: AnyContext,
  deps: Deps,
  session: StartedSession,
): Promise<void> {
  setSessionCookies(c, deps.config, {
    access: await deps.tokens.sign(session),
    refresh: session.refreshToken,
    refreshMaxAgeSeconds: IDLE_MS / 1000,
  })
}

export function userAgentOf(c: AnyContext): string {
  return c.req.header('user-agent') ?? ''
}
