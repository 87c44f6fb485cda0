import { createMiddleware } from 'hono/factory'
import { notFound, PanelFailure, refused } from './failure.ts'
import { cleanInput } from './input.ts'
import type { Resource } from './model.ts'
import type { Caller, PanelApp, PanelEnv } from './panel.ts'

/** Admits a caller to a route that names no row. */
export function allow(resource: Resource) {
  return createMiddleware<PanelEnv>(async (c, next) => {
    const { caller, body } = await admit(c.env, c.req.raw, (name, value) => c.header(name, value))
    c.set('caller', caller)
    c.set('body', body)
    authorize(caller, resource, c.req.method)
    await next()
  })
}

/**
 * Admits a caller to a row of the path, which the handler finds as `c.var.row`. An absent row is
 * told before a missing permission, as on the real panel.
 */
export function allowRow<Row>(
  resource: Resource,
  find: (panel: PanelApp, param: (name: string) => string) => Row | undefined,
) {
  return createMiddleware<PanelEnv & { Variables: { row: Row } }>(async (c, next) => {
    const { caller, body } = await admit(c.env, c.req.raw, (name, value) => c.header(name, value))
    c.set('caller', caller)
    c.set('body', body)
    const row = find(c.env, (name) => c.req.param(name) ?? '')
    if (!row) throw notFound()
    c.set('row', row)
    authorize(caller, resource, c.req.method)
    await next()
  })
}

export function mayRead({ key }: Caller, resource: Resource): boolean {
  return key.permissions === null || ((key.permissions[resource] ?? 0) & READ) !== 0
}

const READ = 1
const WRITE = 2
const WINDOW_MS = 60_000

type SetHeader = (name: string, value: string) => void

async function admit(panel: PanelApp, request: Request, setHeader: SetHeader) {
  const caller = authenticate(panel, request)
  const body = cleanInput(await readBody(request))
  countRequest(panel, caller, setHeader)
  return { caller, body }
}

function authenticate({ store, faults }: PanelApp, request: Request): Caller {
  const token = (request.headers.get('Authorization') ?? '').replace(/^Bearer /, '')
  const call = { method: request.method, path: new URL(request.url).pathname }
  const revoked = faults.strike('key', { service: 'panel', call }) !== undefined
  const key = revoked ? undefined : store.keys.rows.find((key) => key.token === token)
  const owner = key && store.users.find(key.ownerId)
  if (!owner) throw new PanelFailure(401, 'AuthenticationException', 'Unauthenticated.')
  return { key, owner }
}

async function readBody(request: Request): Promise<unknown> {
  const isJson = /[/+]json/.test(request.headers.get('Content-Type') ?? '')
  const text = await request.text()
  if (!isJson || text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw refused(
      'The JSON data passed in the request appears to be malformed: Syntax error',
      'BadRequestHttpException',
    )
  }
}

/** A fixed window that starts at its first call and does not slide. */
function countRequest(panel: PanelApp, { owner }: Caller, setHeader: SetHeader): void {
  const { windows, requestsPerMinute: limit } = panel
  const now = panel.now().getTime()
  const last = windows.get(owner.id)
  const window = last && now < last.startedAt + WINDOW_MS ? last : { startedAt: now, used: 0 }
  windows.set(owner.id, window)
  window.used++
  setHeader('X-RateLimit-Limit', String(limit))
  setHeader('X-RateLimit-Remaining', String(Math.max(0, limit - window.used)))
  if (window.used <= limit) return
  const endsAt = window.startedAt + WINDOW_MS
  setHeader('Retry-After', String(Math.ceil((endsAt - now) / 1000)))
  setHeader('X-RateLimit-Reset', String(Math.ceil(endsAt / 1000)))
  throw new PanelFailure(429, 'ThrottleRequestsException', 'Too Many Attempts.')
}

function authorize({ key, owner }: Caller, resource: Resource, method: string): void {
  if (!owner.rootAdmin) throw forbidden('This account does not have permission to access the API.')
  if (key.permissions === null) return
  const needed = method === 'GET' ? READ : WRITE
  if (((key.permissions[resource] ?? 0) & needed) === 0) {
    throw forbidden('This action is unauthorized.')
  }
}

function forbidden(detail: string): PanelFailure {
  return new PanelFailure(403, 'AccessDeniedHttpException', detail)
}
