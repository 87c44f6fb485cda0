import { type Context, Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Input } from '../input.ts'
import type { Node, Server } from '../model.ts'
import { newUuid, type PanelApp } from '../panel.ts'
import type { Container } from './container.ts'
import { WingsFailure } from './failure.ts'
import { orderCommands, orderPower } from './power.ts'
import { openConsole } from './socket.ts'
import { statsOf } from './stats.ts'

interface DaemonEnv {
  Bindings: PanelApp
  Variables: { node: Node; container: Container; body: unknown }
}

/**
 * Wings, the daemon of a node, as the panel calls it. All nodes are reached under the one address of
 * the emulator: the bearer token says which of them is meant, and no node knows another's servers.
 */
export const daemon = new Hono<DaemonEnv>()

daemon.onError((error, c) => {
  if (!(error instanceof WingsFailure)) console.error('Cannot play Wings:', error)
  else if (error.fault !== 'unreachable' && error.fault !== 500) {
    return refuse(c, error.fault, error.message)
  }
  return refuse(c, 500, 'An unexpected error was encountered while processing this request')
})

const asPanel = createMiddleware<DaemonEnv>(async (c, next) => {
  c.header('X-Request-Id', newUuid(c.env))
  const [scheme, token] = (c.req.header('Authorization') ?? '').split(' ')
  if (scheme !== 'Bearer' || !token) {
    c.header('WWW-Authenticate', 'Bearer')
    return refuse(c, 401, 'The required authorization heads were not present in the request.')
  }
  const node = c.env.store.nodes.rows.find((row) => row.daemonToken === token)
  if (!node) return refuse(c, 403, 'You are not authorized to access this endpoint.')
  c.set('node', node)
  c.set('body', await c.req.json().catch(() => undefined))
  await next()
})

const ofServer = createMiddleware<DaemonEnv>(async (c, next) => {
  const container = find(c.env, c.req.param('server') ?? '')
  if (container?.nodeId !== c.var.node.id) throw unknown()
  c.set('container', container)
  await next()
})

daemon
  .get('/api/servers/:server/ws', (c) => {
    const container = find(c.env, c.req.param('server'))
    if (!container) return refuse(c, 404, unknown().message)
    if (c.req.header('Upgrade')?.toLowerCase() !== 'websocket') return c.text('Bad Request', 400)
    if (!isAllowedOrigin(c.env, c.req.header('Origin'))) return c.text('Forbidden', 403)
    const node = c.env.store.nodes.get(container.nodeId)
    return openConsole(c.env, c.req.raw, { node, uuid: container.settings.uuid })
  })
  .use('/api/system', asPanel)
  .use('/api/servers', asPanel)
  .use('/api/servers/*', asPanel)
  .get('/api/system', (c) =>
    c.json({
      architecture: 'amd64',
      cpu_count: 8,
      kernel_version: '6.8.0',
      os: 'linux',
      version: '1.11.11',
    }))
  .get('/api/servers', (c) => {
    const containers = c.env.store.containers.rows.filter((row) => row.nodeId === c.var.node.id)
    return c.json(containers.map((container) => describe(c.env, container)))
  })
  .post('/api/servers', (c) => {
    const input = inputOf(c.var.body)
    const uuid = input.text('uuid') ?? ''
    if (!/^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i.test(uuid)) {
      throw new WingsFailure(422, 'The data provided in the request could not be validated.')
    }
    const server = findRow(c.env, c.var.node, uuid)
    const startOnCompletion = input.flag('start_on_completion', false)
    c.env.wings.startInstall(server, { now: c.env.now(), again: false, startOnCompletion })
    return c.body(null, 202)
  })
  .get('/api/servers/:server', ofServer, (c) => c.json(describe(c.env, c.var.container)))
  .delete('/api/servers/:server', ofServer, (c) => {
    c.env.wings.forget(c.var.container)
    return c.body(null, 204)
  })
  .get('/api/servers/:server/logs', ofServer, (c) => c.json({ data: c.var.container.log }))
  .post('/api/servers/:server/sync', ofServer, (c) => {
    c.env.wings.sync(c.var.container)
    return c.body(null, 204)
  })
  .post('/api/servers/:server/reinstall', ofServer, (c) => {
    c.env.wings.requireNoPowerAction(c.var.container)
    const server = findRow(c.env, c.var.node, c.var.container.settings.uuid)
    c.env.wings.startInstall(server, { now: c.env.now(), again: true })
    return c.body(null, 202)
  })
  .post('/api/servers/:server/power', ofServer, (c) => {
    orderPower(c.env.wings, c.var.container, inputOf(c.var.body).text('action') ?? '')
    return c.body(null, 202)
  })
  .post('/api/servers/:server/commands', ofServer, (c) => {
    const commands = inputOf(c.var.body).list('commands').map(String)
    orderCommands(c.env.wings, c.var.container, commands)
    return c.body(null, 204)
  })
  .post('/api/servers/:server/ws/deny', ofServer, (c) => {
    for (const jti of inputOf(c.var.body).list('jtis')) c.env.wings.deny(String(jti))
    return c.body(null, 204)
  })
  .all('/api/servers/*', (c) => {
    return refuse(c, 501, `The emulator of Wings does not play ${c.req.method} ${c.req.path}`)
  })

/** For a route that cannot do without a body. */
function inputOf(body: unknown): Input {
  if (body !== undefined) return new Input(body)
  const text = 'The data passed in the request was not in a parsable format. Please try again.'
  throw new WingsFailure(400, text)
}

/** Those of the panel, and those that the nodes were told of. */
function isAllowedOrigin({ url, settings }: PanelApp, origin: string | undefined): boolean {
  const { allowedOrigins } = settings
  if (origin === url || allowedOrigins.includes('*')) return true
  return origin !== undefined && allowedOrigins.includes(origin)
}

function describe(panel: PanelApp, container: Container) {
  const { state, settings } = container
  return {
    state,
    is_suspended: settings.suspended,
    utilization: statsOf(container, panel.now()),
    configuration: settings,
  }
}

/** Also a server that came into the panel without its node being told. */
function find({ store, wings }: PanelApp, uuid: string): Container | undefined {
  const server = store.servers.rows.find((row) => row.uuid === uuid)
  return server ? wings.containerOf(server) : wings.findContainer(uuid)
}

/** What the panel answers when the daemon asks it for the server. */
function findRow({ store }: PanelApp, node: Node, uuid: string): Server {
  const server = store.servers.rows.find((row) => row.uuid === uuid && row.nodeId === node.id)
  if (!server) throw new WingsFailure(500, 'the panel does not know this server')
  return server
}

function unknown(): WingsFailure {
  return new WingsFailure(404, 'The requested resource does not exist on this instance.')
}

/** Faults of Wings itself carry the number of the request, by which its log tells more. */
function refuse(c: Context<DaemonEnv>, status: number, error: string): Response {
  const requestId = c.res.headers.get('X-Request-Id') ?? newUuid(c.env)
  const body = JSON.stringify({ error, ...(status === 500 && { request_id: requestId }) })
  return new Response(body, {
    status,
    headers: {
      ...Object.fromEntries(c.res.headers),
      'Content-Type': 'application/json; charset=utf-8',
      'X-Request-Id': requestId,
    },
  })
}
