import { type Context, Hono } from 'hono'
import type { Deps } from '../deps.ts'
import type { AppEnv } from '../deps.ts'
import { API_BODY, limitBody } from '../http/body_limit.ts'
import { requireJson } from '../http/same_origin.ts'
import { jsonBody } from '../validate.ts'
import type { TokensBody } from './bodies.ts'
import { userAgentOf } from './browser_session.ts'
import { logIn } from './log_in.ts'
import { GetTokens } from './requests.ts'
import {
  IDLE_MS,
  rotatedSession,
  rotateSession,
  type StartedSession,
  startSession,
} from './sessions.ts'
import { ACCESS_TOKEN_SECONDS } from './tokens.ts'

/**
 * A program's way in: the tokens that a browser gets as cookies, as JSON. It neither reads nor sets
 * a cookie, so another site that made a browser ask gains nothing, and no origin is demanded: a
 * program has none. So it is mounted before the guards of the browser's requests.
 */
export function tokenRoutes(deps: Deps) {
  return new Hono<AppEnv>()
    .post('/', requireJson(), limitBody(API_BODY), jsonBody(GetTokens), async (c) => {
      const session = await sessionFor(c, deps, c.req.valid('json'))
      return c.json<TokensBody>({
        tokenType: 'Bearer',
        accessToken: await deps.tokens.sign(session),
        expiresIn: ACCESS_TOKEN_SECONDS,
        refreshToken: session.refreshToken,
        refreshExpiresIn: IDLE_MS / 1000,
      })
    })
}

async function sessionFor(
  c: Context<AppEnv>,
  deps: Deps,
  grant: { grantType: 'password'; email: string; password: string } | {
    grantType: 'refresh_token'
    refreshToken: string
  },
): Promise<StartedSession> {
  if (grant.grantType === 'refresh_token') return await refresh(c, deps, grant.refreshToken)
  const { email, password } = grant
  const { result } = await logIn(c.var.db, deps, {
    credentials: { email, password },
    address: deps.clientAddress(c),
    requestId: c.var.requestId,
    then: (tx, { id }) => startSession(tx, deps, { userId: id, userAgent: userAgentOf(c) }),
  })
  return result
}

async function refresh(
  c: Context<AppEnv>,
  deps: Deps,
  refreshToken: string,
): Promise<StartedSession> {
  const { requestId } = c.var
  const rotation = await rotateSession(c.var.db, deps, { refreshToken, requestId })
  return rotatedSession(rotation, {
    raced: 'Use the newer refresh token.',
    rejected: 'Get tokens with the password again.',
  })
}
