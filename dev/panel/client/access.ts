import { createMiddleware } from 'hono/factory'
import { forbidden, notFound, PanelFailure } from '../failure.ts'
import { identify } from '../identity.ts'
import { Input } from '../input.ts'
import { countRequest } from '../limits.ts'
import type { Server } from '../model.ts'
import type { Caller, PanelApp, PanelEnv } from '../panel.ts'
import { same } from '../text.ts'
import { hasAccess, may } from './permissions.ts'

/** Admits a caller to a route of the account, or to the list of servers. */
export function allowUser({ twoFactor = true } = {}) {
  return createMiddleware<PanelEnv>(async (c, next) => {
    const { caller, body } = await identify(c.env, c.req.raw, { twoFactor })
    requireAccountKey(caller)
    count(c.env, caller, (name, value) => c.header(name, value))
    c.set('caller', caller)
    c.set('body', body)
    await next()
  })
}

/** In which states of its server a route works. */
type OpenIn =
  /** Installed, not suspended, not moving. */
  | 'ready'
  /** As well, for root admins, while it installs, restores or moves. */
  | 'ready, or installing for admins'
  | 'any state'

interface ServerAccess {
  openIn?: OpenIn
  /** What a subuser needs for it, which may depend on the input; absent: nothing but access. */
  permission?: string | ((input: Input) => string)
}

/** Admits a caller to a server of the path, which the handler finds as `c.var.server`. */
export function allowServer({ openIn = 'ready', permission }: ServerAccess = {}) {
  return createMiddleware<PanelEnv & { Variables: { server: Server } }>(async (c, next) => {
    const { store } = c.env
    const { caller, body } = await identify(c.env, c.req.raw)
    const server = findServer(c.env, c.req.param('server') ?? '')
    if (!server) throw notFound()
    requireAccountKey(caller)
    count(c.env, caller, (name, value) => c.header(name, value))
    if (!hasAccess(store, caller.owner, server)) throw notFound()
    requireState(c.env, server, openIn, caller)
    const needed = typeof permission === 'function' ? permission(new Input(body)) : permission
    if (needed !== undefined && !may(store, caller.owner, server, needed)) {
      throw forbidden('This action is unauthorized.')
    }
    c.set('caller', caller)
    c.set('body', body)
    c.set('server', server)
    await next()
  })
}

const IDENTIFIER_LENGTH = 8

/** By the whole uuid or by its first eight characters, never by the number. */
function findServer({ store }: PanelApp, text: string): Server | undefined {
  if (text.length !== IDENTIFIER_LENGTH) {
    return store.servers.rows.find(({ uuid }) => same(uuid, text))
  }
  return store.servers.rows.find(({ uuid }) => same(uuid.slice(0, IDENTIFIER_LENGTH), text))
}

function requireAccountKey({ key }: Caller): void {
  if (key.permissions === null) return
  throw forbidden(
    'You are attempting to use an application API key on an endpoint that requires a client API key.',
  )
}

function count(
  panel: PanelApp,
  { owner }: Caller,
  setHeader: (name: string, value: string) => void,
): void {
  countRequest(panel, { api: 'client', owner }, setHeader)
}

function requireState(panel: PanelApp, server: Server, openIn: OpenIn, { owner }: Caller): void {
  if (openIn === 'any state') return
  const conflict = conflictOf(panel, server)
  if (!conflict) return
  const passing = openIn === 'ready, or installing for admins' && owner.rootAdmin
  if (passing && conflict.passes) return
  throw new PanelFailure(409, 'ServerStateConflictException', conflict.detail)
}

/** Why the server cannot be worked with now; `passes` if that does not hold back a root admin. */
function conflictOf({ store }: PanelApp, server: Server) {
  const { status } = server
  if (status === 'suspended') {
    return { detail: `This server is currently suspended ${UNAVAILABLE}`, passes: false }
  }
  if (store.nodes.get(server.nodeId).maintenance) {
    const detail = `The node of this server is currently under maintenance ${UNAVAILABLE}`
    return { detail, passes: false }
  }
  if (status === 'installing' || status === 'install_failed') {
    const detail = `This server has not yet completed its installation process, ${TRY_LATER}`
    return { detail, passes: true }
  }
  if (status === 'restoring_backup') {
    const detail = `This server is currently restoring from a backup, ${TRY_LATER}`
    return { detail, passes: true }
  }
  if (!server.transferring) return undefined
  const detail = `This server is currently being transferred to a new machine, ${TRY_LATER}`
  return { detail, passes: true }
}

const UNAVAILABLE = 'and the functionality requested is unavailable.'
const TRY_LATER = 'please try again later.'
