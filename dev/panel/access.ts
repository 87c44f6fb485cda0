import { createMiddleware } from 'hono/factory'
import { forbidden, notFound } from './failure.ts'
import { identify } from './identity.ts'
import { countRequest } from './limits.ts'
import type { Resource } from './model.ts'
import type { Caller, PanelApp, PanelEnv } from './panel.ts'

/** Admits a caller of the application API to a route that names no row. */
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
  { model, param }: RowNames,
) {
  return createMiddleware<PanelEnv & { Variables: { row: Row } }>(async (c, next) => {
    const { caller, body } = await admit(c.env, c.req.raw, (name, value) => c.header(name, value))
    c.set('caller', caller)
    c.set('body', body)
    const row = find(c.env, (name) => c.req.param(name) ?? '')
    if (!row) throw notFound(model, param && c.req.param(param))
    c.set('row', row)
    authorize(caller, resource, c.req.method)
    await next()
  })
}

/** How the debug mode names an absent row: its model, and the part of the path that holds its id. */
interface RowNames {
  model: string
  param?: string
}

export function mayRead({ key }: Caller, resource: Resource): boolean {
  return key.permissions === null || ((key.permissions[resource] ?? 0) & READ) !== 0
}

/** Two bits, so that a key which may only write cannot read. */
const READ = 1
const WRITE = 2

async function admit(
  panel: PanelApp,
  request: Request,
  setHeader: (name: string, value: string) => void,
) {
  const identified = await identify(panel, request)
  countRequest(panel, { api: 'application', owner: identified.caller.owner }, setHeader)
  return identified
}

function authorize({ key, owner }: Caller, resource: Resource, method: string): void {
  if (!owner.rootAdmin) throw forbidden('This account does not have permission to access the API.')
  if (key.permissions === null) return
  const needed = method === 'GET' || method === 'HEAD' ? READ : WRITE
  if (((key.permissions[resource] ?? 0) & needed) === 0) {
    throw forbidden('This action is unauthorized.')
  }
}
