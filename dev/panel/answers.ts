import type { Context, Hono } from 'hono'
import { PanelFailure, unexpected } from './failure.ts'
import type { PanelEnv } from './panel.ts'

/** An error as the panel tells it: to a caller that reads JSON, and to what it takes for a browser. */
export function answer(c: Context<PanelEnv>, failure: PanelFailure): Response {
  for (const [name, value] of Object.entries(failure.headers)) c.header(name, value)
  if (expectsJson(c.req.raw.headers)) {
    const { debug } = c.env.settings
    return c.json(debug ? failure.debugEnvelope : failure.envelope, failure.status)
  }
  if (failure.status === 401) return redirect(c, `${c.env.url}/auth/login`)
  if (failure.code === 'ValidationException') return redirect(c, c.env.url)
  return c.html(`<!doctype html><title>${failure.status}</title>`, failure.status)
}

function redirect(c: Context<PanelEnv>, url: string): Response {
  const page = `<!doctype html><title>Redirecting</title><a href="${url}">${url}</a>`
  return c.html(page, 302, { Location: url })
}

/** What an API does with an error of its routes, and with a path or method that it lacks. */
export function answerFailures(api: Hono<PanelEnv>): void {
  api.onError((error, c) => {
    if (error instanceof PanelFailure) return answer(c, error)
    console.error('Cannot play the panel:', error)
    return answer(c, unexpected(error.name, error.message))
  })
  api.notFound((c) => answerUnknown(api, c))
}

/** Tells an unknown path from an unknown method, both without a look at the key. */
function answerUnknown(api: Hono<PanelEnv>, c: Context<PanelEnv>): Response {
  const path = c.req.path.slice(1)
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
    .filter((method) => api.router.match(method, c.req.path)[0].length > 0)
    .flatMap((method) => method === 'GET' ? ['GET', 'HEAD'] : [method])
  if (methods.length === 0) {
    const detail = `The route ${path} could not be found.`
    return answer(c, new PanelFailure(404, 'NotFoundHttpException', detail))
  }
  if (c.req.method === 'OPTIONS') return c.body('', 200, { Allow: methods.join(',') })
  const allowed = methods.join(', ')
  const detail = `The ${c.req.method} method is not supported for route ${path}. ` +
    `Supported methods: ${allowed}.`
  const headers = { Allow: allowed }
  return answer(c, new PanelFailure(405, 'MethodNotAllowedHttpException', detail, { headers }))
}

/** Only the type that the caller likes best counts, in Laravel. */
function expectsJson(headers: Headers): boolean {
  const best = favouriteType(headers.get('Accept') ?? '')
  if (/[/+]json/i.test(best)) return true
  return headers.get('X-Requested-With') === 'XMLHttpRequest' && ['', '*', '*/*'].includes(best)
}

function favouriteType(accept: string): string {
  const types = accept.split(',').map((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) }
  })
  return types.toSorted((left, right) => right.quality - left.quality)[0]?.type ?? ''
}
