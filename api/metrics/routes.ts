import { createHash, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import type { AppEnv, Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { EXPOSITION_TYPE, writeExposition } from './exposition.ts'

/** `GET /metrics` for Prometheus, which brings METRICS_TOKEN; without that setting there is no such route. */
export function metricsRoutes(deps: Deps) {
  const { METRICS_TOKEN: token } = deps.config
  return new Hono<AppEnv>().get('/', async (c) => {
    if (!token) throw new Problem('not-found')
    if (!isSame(c.req.header('authorization') ?? '', `Bearer ${token}`)) {
      throw new Problem('login-required', { detail: 'Bring METRICS_TOKEN as bearer token.' })
    }
    await deps.metrics.flush(c.var.db)
    return c.body(await writeExposition(c.var.db), 200, {
      'content-type': EXPOSITION_TYPE,
      'cache-control': 'no-store',
    })
  })
}

/** Takes as long for any two texts. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}
