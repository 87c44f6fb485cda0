import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { accountRoutes } from './accounts/account_routes.ts'
import { limitAccount, limitAddress } from './accounts/request_limits.ts'
import { authRoutes } from './accounts/routes.ts'
import { withSignedIn } from './accounts/signed_in.ts'
import { tokenRoutes } from './accounts/token_routes.ts'
import { adminRoutes } from './admin/routes.ts'
import { checkoutRoutes } from './checkout/routes.ts'
import type { AppEnv, Deps } from './deps.ts'
import { healthRoutes } from './health.ts'
import { metricsRoutes } from './metrics/routes.ts'
import { API_BODY, limitBody } from './http/body_limit.ts'
import { plainPaths } from './http/plain_paths.ts'
import { sameOriginWrites } from './http/same_origin.ts'
import { securityHeaders } from './http/security_headers.ts'
import { limitTime } from './http/time_limit.ts'
import { orderRoutes } from './orders/routes.ts'
import { stripeRoutes } from './payments/routes.ts'
import { planRoutes, regionRoutes } from './plans/routes.ts'
import { Problem, problemResponse, problems } from './problem.ts'
import { serverRoutes } from './servers/routes.ts'

/** Longer than the slowest honest request: opening a session takes two calls of 15 s at most. */
const REQUEST_MS = 45_000

/** The whole API. The same app serves every request of a process. */
export function createApp(deps: Deps) {
  const app = new Hono<AppEnv>()
  const report = (requestId: string) => (error: unknown) =>
    deps.log.error('request failed', { requestId, error })
  app.onError((error, c) => {
    if (error instanceof Problem && problems[error.code][0] === 401) {
      deps.metrics.count('auth_failures_total', { reason: error.code })
    }
    return problemResponse(error, c, c.var.requestId, report(c.var.requestId))
  })
  app.notFound((c) =>
    problemResponse(new Problem('not-found'), c, c.var.requestId, report(c.var.requestId))
  )
  return app
    .use(withRequest(deps))
    .use(securityHeaders(deps.config.PUBLIC_URL))
    .use(plainPaths())
    // Outside withDb: a handler that is too slow keeps its connection until it ends.
    .use(limitTime(REQUEST_MS))
    .use(withDb(deps.openDb))
    .route('/', healthRoutes())
    .route('/metrics', metricsRoutes(deps))
    // Before the guards of the browser's requests: Stripe sends no cookie and is known by its signature.
    .route('/api/stripe', stripeRoutes(deps))
    .use('/api/*', noStore(), limitAddress(deps))
    // Neither reads nor sets a cookie, and programs say no origin.
    .route('/api/auth/tokens', tokenRoutes(deps))
    .use('/api/*', sameOriginWrites(deps.config.PUBLIC_URL))
    .use('/api/*', limitBody(API_BODY), withSignedIn(deps), limitAccount(deps))
    .route('/api/auth', authRoutes(deps))
    .route('/api/account', accountRoutes(deps))
    .route('/api/plans', planRoutes())
    .route('/api/regions', regionRoutes())
    .route('/api/checkout', checkoutRoutes(deps))
    .route('/api/orders', orderRoutes(deps))
    .route('/api/servers', serverRoutes(deps))
    .route('/api/admin', adminRoutes(deps))
}

/** Every route with what it takes and answers, as types; the storefront's client is made of it. */
export type App = ReturnType<typeof createApp>

/** Tells this shop's answers from those of anybody else at its address; the doctor looks for it. */
export const SHOP_MARK = 'x-shop-mark'

/** A UUID or other hexadecimal number, or a ULID: a client may not have its own words in the log. */
const UPSTREAM_ID = /^([\da-f-]{16,64}|[0-9A-HJKMNP-TV-Z]{26})$/

/** Gives the request its id, which every log line and error carries, and logs how it ended. */
function withRequest(deps: Deps) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const requestId = deps.newId('request')
    c.set('requestId', requestId)
    const started = performance.now()
    await next()
    c.res.headers.set('x-request-id', requestId)
    c.res.headers.set(SHOP_MARK, await deps.tokens.kid())
    deps.metrics.count('http_requests_total', {
      method: c.req.method,
      status: String(c.res.status),
    })
    deps.log.info('request', {
      requestId,
      upstreamId: c.req.header('x-request-id')?.match(UPSTREAM_ID)?.[0],
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(performance.now() - started),
      userId: c.var.signedIn?.userId,
    })
  })
}

function withDb(openDb: Deps['openDb']) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const db = openDb()
    c.set('db', db)
    try {
      await next()
    } finally {
      await db.close()
    }
  })
}

/** What is about one account is for nobody's cache; public routes say otherwise themselves. */
function noStore() {
  return createMiddleware(async (c, next) => {
    await next()
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store')
  })
}
