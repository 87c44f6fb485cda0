import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { AppEnv, Deps } from '../deps.ts'
import { limit } from './rate_limits.ts'

/**
 * Counts every request below /api by client address, whatever its route, and also if there is none:
 * 429 `rate-limited`. Not counted are Stripe's deliveries, which come in bursts from few addresses
 * and have a limit of their own for what is not signed; the probes of a load balancer; and static
 * files, which cost less to serve than to count, and on Workers do not reach us.
 */
export function limitAddress(deps: Deps): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (c, next) => {
    await limit(c.var.db, deps, 'request', { address: deps.clientAddress(c) })
    await next()
  })
}

/** Counts what an account reads and writes, behind `withSignedIn`: 429 `rate-limited`. */
export function limitAccount(deps: Deps): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { signedIn } = c.var
    const action = c.req.method === 'GET' || c.req.method === 'HEAD' ? 'read' : 'write'
    if (signedIn) await limit(c.var.db, deps, action, { user: signedIn.userId })
    await next()
  })
}
