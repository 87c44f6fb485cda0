import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Queryable } from '../db.ts'
import type { AppEnv, Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { jsonBody } from '../validate.ts'
import { audit } from './audit.ts'
import { clearSessionCookies, readRefreshCookie, setSessionCookies } from './cookies.ts'
import { emailAddress } from './email.ts'
import { logIn } from './log_in.ts'
import { createPasswords, givenPassword, newPassword } from './password.ts'
import { limit } from './rate_limits.ts'
import {
  endSessionOf,
  IDLE_MS,
  rotateSession,
  type StartedSession,
  startSession,
} from './sessions.ts'
import { requireSignedIn } from './signed_in.ts'
import { revokeSession } from './store.ts'
import { registerUser, requireUser, toUserBody } from './users.ts'

/** Sign up, log in, refresh, log out, me; mounted at /api/auth behind `withSignedIn`. */
export function accountRoutes(deps: Deps) {
  const passwords = createPasswords({
    secret: deps.config.AUTH_SECRET,
    randomBytes: deps.randomBytes,
  })

  return new Hono<AppEnv>()
    .post('/signup', jsonBody(SignUp), async (c) => {
      const { email, password } = c.req.valid('json')
      await limit(c.var.db, deps, 'signup', { address: deps.clientAddress(c) })
      const { user, result: session } = await registerUser(c.var.db, deps, {
        email,
        password,
        role: 'customer',
        passwords,
        requestId: c.var.requestId,
        then: (tx, { id }) => replaceSession(tx, deps, c, id),
      })
      await handOver(c, deps, session)
      return c.json({ user: toUserBody(user) }, 201)
    })
    .post('/login', jsonBody(LogIn), async (c) => {
      const { user, result: session } = await logIn(c.var.db, deps, {
        credentials: c.req.valid('json'),
        address: deps.clientAddress(c),
        passwords,
        requestId: c.var.requestId,
        then: (tx, { id }) => replaceSession(tx, deps, c, id),
      })
      await handOver(c, deps, session)
      return c.json({ user: toUserBody(user) })
    })
    .post('/refresh', async (c) => {
      const session = await refresh(c, deps)
      const user = await requireUser(c.var.db, session.userId)
      await handOver(c, deps, session)
      return c.json({ user: toUserBody(user) })
    })
    .post('/logout', async (c) => {
      await c.var.db.transaction((tx) => endPresentedSessions(tx, deps, c, 'logout'))
      clearSessionCookies(c, deps.config)
      return c.body(null, 204)
    })
    .get('/me', requireSignedIn, async (c) => {
      const user = await requireUser(c.var.db, c.var.signedIn.userId)
      return c.json({ user: toUserBody(user) })
    })
}

const SignUp = z.strictObject({ email: emailAddress(), password: newPassword() })

const LogIn = z.strictObject({ email: emailAddress(), password: givenPassword() })

/** A new session for whoever just proved who they are; what the browser had before ends. */
async function replaceSession(
  tx: Queryable,
  deps: Deps,
  c: Context<AppEnv>,
  userId: string,
): Promise<StartedSession> {
  await endPresentedSessions(tx, deps, c, 'replaced')
  return await startSession(tx, deps, { userId, userAgent: c.req.header('user-agent') ?? '' })
}

/** Ends the sessions of both tokens that came with the request: usually the same one. */
async function endPresentedSessions(
  tx: Queryable,
  deps: Deps,
  c: Context<AppEnv>,
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

async function refresh(c: Context<AppEnv>, deps: Deps): Promise<StartedSession> {
  const refreshToken = readRefreshCookie(c, deps.config)
  if (!refreshToken) throw new Problem('refresh-rejected', { detail: 'Log in again.' })
  const { requestId } = c.var
  const rotation = await rotateSession(c.var.db, deps, { refreshToken, requestId })
  switch (rotation.outcome) {
    case 'rotated':
      return rotation.session
    case 'raced':
      throw new Problem('refresh-raced', { detail: 'Repeat the request with the newer cookie.' })
    case 'rejected':
      clearSessionCookies(c, deps.config)
      throw new Problem('refresh-rejected', { detail: 'Log in again.' })
    default:
      throw new Error(`Unknown outcome ${rotation satisfies never}`)
  }
}

async function handOver(
  c: Context<AppEnv>,
  deps: Deps,
  session: StartedSession,
): Promise<void> {
  setSessionCookies(c, deps.config, {
    access: await deps.tokens.sign(session),
    refresh: session.refreshToken,
    refreshMaxAgeSeconds: IDLE_MS / 1000,
  })
}
