import { type Context, Hono } from 'hono'
import { allocations } from './allocations.ts'
import { PanelFailure, unexpected } from './failure.ts'
import { locations } from './locations.ts'
import { nests } from './nests.ts'
import { nodes } from './nodes.ts'
import type { PanelEnv } from './panel.ts'
import { servers } from './servers.ts'
import { users } from './users.ts'

/**
 * The application API. There is no middleware for all routes, because an unknown route is answered
 * before the key is looked at; each route names its access itself.
 */
export const api = new Hono<PanelEnv>().basePath('/api/application')
  .route('/', users)
  .route('/', locations)
  .route('/', nodes)
  .route('/', allocations)
  .route('/', nests)
  .route('/', servers)

api.onError((error, c) => {
  if (error instanceof PanelFailure) return answer(c, error)
  console.error('Cannot play the panel:', error)
  return answer(c, unexpected(error.name))
})

api.notFound((c) => {
  const path = c.req.path.slice(1)
  const known = ['GET', 'POST', 'PATCH', 'DELETE'].filter((method) => {
    return api.router.match(method, c.req.path)[0].length > 0
  })
  if (known.length === 0) {
    const detail = `The route ${path} could not be found.`
    return answer(c, new PanelFailure(404, 'NotFoundHttpException', detail))
  }
  const detail = `The ${c.req.method} method is not supported for route ${path}. ` +
    `Supported methods: ${known.join(', ')}.`
  return answer(c, new PanelFailure(405, 'MethodNotAllowedHttpException', detail))
})

/** Without a JSON Accept header Laravel takes the caller for a browser. */
function answer(c: Context<PanelEnv>, failure: PanelFailure): Response {
  if (/[/+]json/i.test(c.req.header('Accept') ?? '')) {
    return c.json(failure.envelope, failure.status)
  }
  if (failure.status === 401) return c.redirect(`${c.env.url}/auth/login`)
  if (failure.code === 'ValidationException') return c.redirect(c.env.url)
  return c.html(`<!doctype html><title>${failure.status}</title>`, failure.status)
}
