import type { Context, MiddlewareHandler, Next } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { AppEnv, Deps, SignedIn } from '../deps.ts'
import { Problem } from '../problem.ts'
import { readAccessCookie } from './cookies.ts'
import { isSessionLive } from './store.ts'

/** What a route behind `requireSignedIn` may rely on. */
export interface SignedInEnv {
  Variables: AppEnv['Variables'] & { signedIn: SignedIn }
}

/**
 * Finds out who is asking, from `Authorization: Bearer` or else from the access cookie, and sets
 * `c.var.signedIn`. Never refuses: that is `requireSignedIn`. With a bearer header the cookie is
 * not looked at, which is why such a request needs no proof of its origin.
 */
export function withSignedIn(deps: Pick<Deps, 'config' | 'tokens'>): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (c, next) => {
    const authorization = c.req.header('authorization')
    const token = authorization === undefined
      ? readAccessCookie(c, deps.config)
      : bearerToken(authorization)
    const signedIn = token ? await deps.tokens.verify(token) : undefined
    if (signedIn) c.set('signedIn', signedIn)
    await next()
  })
}

/**
 * Lets only the signed in through, else 401 `login-required`. Reading needs a valid token; whatever
 * may change something also needs the session row, so that a revoked session ends at once.
 */
export async function requireSignedIn(c: Context<SignedInEnv>, next: Next): Promise<void> {
  const signedIn = signedInOf(c)
  if (!isSafe(c.req.method) && !(await isSessionLive(c.var.db, signedIn))) {
    throw new Problem('login-required', { detail: 'Your session has ended. Log in again.' })
  }
  await next()
}

/** Who is signed in. Throws 401 `login-required` when nobody is. */
function signedInOf(c: { var: Pick<AppEnv['Variables'], 'signedIn'> }): SignedIn {
  const { signedIn } = c.var
  if (!signedIn) throw new Problem('login-required')
  return signedIn
}

function bearerToken(authorization: string): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1]
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}
