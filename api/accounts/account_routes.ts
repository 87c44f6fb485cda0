import { type Context, Hono } from 'hono'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { jsonBody } from '../validate.ts'
import { audit } from './audit.ts'
import type { AccountBody, PanelLoginBody, SessionsBody } from './bodies.ts'
import { handOver, replaceSession, usesCookies } from './browser_session.ts'
import { clearSessionCookies } from './cookies.ts'
import { deviceOf } from './device.ts'
import { dropPendingEmail, requestEmail } from './email_change.ts'
import { setPanelLogin } from './panel_account.ts'
import { changePassword } from './password_change.ts'
import { ChangeAccount, ChangeEmail, ChangePassword, SetPanelLogin } from './requests.ts'
import { requireSignedIn, type SignedInEnv } from './signed_in.ts'
import { listSessionsOf, revokeSessionOf, revokeSessionsOf, updateName } from './store.ts'
import { requireUser, toUserBody } from './users.ts'

/** A customer's own account: name, password, address, sessions, panel login. */
export function accountRoutes(deps: Deps) {
  return new Hono<SignedInEnv>()
    .use(requireSignedIn)
    .patch('/', jsonBody(ChangeAccount), async (c) => {
      const { userId, requestId } = about(c, deps)
      const { name } = c.req.valid('json')
      const user = await c.var.db.transaction(async (tx) => {
        await updateName(tx, userId, name)
        await audit(tx, deps, { actor: userId, action: 'user.rename', subject: userId, requestId })
        return await requireUser(tx, userId)
      })
      return c.json<AccountBody>({ user: toUserBody(user) })
    })
    .put('/password', jsonBody(ChangePassword), async (c) => {
      await setPassword(c, deps, c.req.valid('json'))
      deps.wake(c)
      const user = await requireUser(c.var.db, c.var.signedIn.userId)
      return c.json<AccountBody>({ user: toUserBody(user) })
    })
    .put('/email', jsonBody(ChangeEmail), async (c) => {
      const body = c.req.valid('json')
      const user = await requestEmail(c.var.db, deps, { ...about(c, deps), ...body })
      deps.wake(c)
      return c.json<AccountBody, 202>({ user: toUserBody(user) }, 202)
    })
    .delete('/email', async (c) => {
      const user = await dropPendingEmail(c.var.db, deps, about(c, deps))
      return c.json<AccountBody>({ user: toUserBody(user) })
    })
    .get('/sessions', async (c) => {
      const { userId, sessionId } = c.var.signedIn
      const sessions = await listSessionsOf(c.var.db, userId)
      return c.json<SessionsBody>({
        sessions: sessions.map(({ id, userAgent, createdAt, lastUsedAt }) => ({
          id,
          device: deviceOf(userAgent),
          userAgent,
          createdAt: createdAt.toISOString(),
          lastUsedAt: lastUsedAt.toISOString(),
          current: id === sessionId,
        })),
      })
    })
    .delete('/sessions/:id{ses_[0-9a-z]{26}}', async (c) => {
      const sessionId = c.req.param('id')
      await endSession(c, deps, sessionId)
      const isOwn = sessionId === c.var.signedIn.sessionId
      if (isOwn && usesCookies(c)) clearSessionCookies(c, deps.config)
      return c.body(null, 204)
    })
    .delete('/sessions', async (c) => {
      await endOtherSessions(c, deps)
      return c.body(null, 204)
    })
    .post('/panel-login', jsonBody(SetPanelLogin), async (c) => {
      const { currentPassword } = c.req.valid('json')
      const login = await setPanelLogin(c.var.db, deps, { ...about(c, deps), currentPassword })
      deps.wake(c)
      return c.json<PanelLoginBody>(login)
    })
}

/** Who asks, from where, and under which id. */
function about(c: Context<SignedInEnv>, deps: Deps) {
  const { requestId, signedIn: { userId } } = c.var
  return { userId, address: deps.clientAddress(c), requestId }
}

/**
 * A browser gets a new session, so that cookies copied before are of no use after. A program has
 * nowhere to put cookies: it keeps its session, and all others end.
 */
async function setPassword(
  c: Context<SignedInEnv>,
  deps: Deps,
  passwords: { currentPassword: string; newPassword: string },
): Promise<void> {
  const { userId, sessionId } = c.var.signedIn
  const options = { ...about(c, deps), ...passwords }
  if (!usesCookies(c)) {
    const then = () => Promise.resolve()
    return await changePassword(c.var.db, deps, { ...options, keep: sessionId, then })
  }
  const session = await changePassword(c.var.db, deps, {
    ...options,
    then: (tx) => replaceSession(tx, deps, c, userId),
  })
  await handOver(c, deps, session)
}

async function endSession(
  c: Context<SignedInEnv>,
  deps: Deps,
  sessionId: string,
): Promise<void> {
  const { db, requestId, signedIn: { userId } } = c.var
  await db.transaction(async (tx) => {
    if (!await revokeSessionOf(tx, { userId, sessionId }, 'revoked')) {
      throw new Problem('not-found', { detail: 'You have no such session.' })
    }
    const action = 'session.end'
    const detail = { reason: 'revoked' }
    await audit(tx, deps, { actor: userId, action, subject: sessionId, requestId, detail })
  })
}

async function endOtherSessions(c: Context<SignedInEnv>, deps: Deps): Promise<void> {
  const { db, requestId, signedIn: { userId, sessionId: keep } } = c.var
  await db.transaction(async (tx) => {
    const count = await revokeSessionsOf(tx, { userId, keep }, 'revoked')
    const action = 'session.end-others'
    await audit(tx, deps, { actor: userId, action, subject: userId, requestId, detail: { count } })
  })
}
