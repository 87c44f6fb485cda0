import { Hono } from 'hono'
import type { AppEnv, Deps } from '../deps.ts'
import { jsonBody } from '../validate.ts'
import type { AcceptedBody, AccountBody, ConfirmedBody } from './bodies.ts'
import {
  endPresentedSessions,
  handOver,
  refreshSession,
  replaceSession,
} from './browser_session.ts'
import { clearSessionCookies } from './cookies.ts'
import { logIn } from './log_in.ts'
import { limit } from './rate_limits.ts'
import { askForReset, resetPassword } from './recovery.ts'
import { Confirm, ForgotPassword, LogIn, ResetPassword, SignUp } from './requests.ts'
import { signUp } from './sign_up.ts'
import { requireSignedIn } from './signed_in.ts'
import { requireUser, toUserBody } from './users.ts'
import { confirmAddress, sendVerificationAgain } from './verification.ts'

/** Sign up, log in, refresh, log out, me, verify, reset; mounted at /api/auth behind `withSignedIn`. */
export function authRoutes(deps: Deps) {
  return new Hono<AppEnv>()
    .post('/signup', jsonBody(SignUp), async (c) => {
      const { user, session } = await signUp(c.var.db, deps, {
        ...c.req.valid('json'),
        address: deps.clientAddress(c),
        requestId: c.var.requestId,
        then: (tx, { id }) => replaceSession(tx, deps, c, id),
      })
      await handOver(c, deps, session)
      deps.wake(c)
      return c.json<AccountBody, 201>({ user: toUserBody(user) }, 201)
    })
    .post('/login', jsonBody(LogIn), async (c) => {
      const { user, result: session } = await logIn(c.var.db, deps, {
        credentials: c.req.valid('json'),
        address: deps.clientAddress(c),
        requestId: c.var.requestId,
        then: (tx, { id }) => replaceSession(tx, deps, c, id),
      })
      await handOver(c, deps, session)
      return c.json<AccountBody>({ user: toUserBody(user) })
    })
    .post('/refresh', async (c) => {
      const session = await refreshSession(c, deps)
      const user = await requireUser(c.var.db, session.userId)
      await handOver(c, deps, session)
      return c.json<AccountBody>({ user: toUserBody(user) })
    })
    .post('/logout', async (c) => {
      await c.var.db.transaction((tx) => endPresentedSessions(tx, deps, c, 'logout'))
      clearSessionCookies(c, deps.config)
      return c.body(null, 204)
    })
    .get('/me', requireSignedIn, async (c) => {
      const user = await requireUser(c.var.db, c.var.signedIn.userId)
      return c.json<AccountBody>({ user: toUserBody(user) })
    })
    .post('/verification', requireSignedIn, async (c) => {
      await sendVerificationAgain(c.var.db, deps, {
        userId: c.var.signedIn.userId,
        address: deps.clientAddress(c),
        requestId: c.var.requestId,
      })
      deps.wake(c)
      return c.json<AcceptedBody, 202>({}, 202)
    })
    .post('/verification/confirm', jsonBody(Confirm), async (c) => {
      await limit(c.var.db, deps, 'confirm', { address: deps.clientAddress(c) })
      const { token } = c.req.valid('json')
      const { requestId } = c.var
      const email = await confirmAddress(c.var.db, deps, { token, requestId })
      deps.wake(c)
      return c.json<ConfirmedBody>({ email })
    })
    .post('/password/forgot', jsonBody(ForgotPassword), async (c) => {
      await askForReset(c.var.db, deps, {
        email: c.req.valid('json').email,
        address: deps.clientAddress(c),
        requestId: c.var.requestId,
      })
      deps.wake(c)
      return c.json<AcceptedBody, 202>({}, 202)
    })
    .post('/password/reset', jsonBody(ResetPassword), async (c) => {
      await limit(c.var.db, deps, 'confirm', { address: deps.clientAddress(c) })
      const { token, password } = c.req.valid('json')
      await resetPassword(c.var.db, deps, { token, password, requestId: c.var.requestId })
      deps.wake(c)
      return c.body(null, 204)
    })
}
