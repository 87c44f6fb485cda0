import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { answerFailures } from '../answers.ts'
import { forbidden, notFound, PanelFailure, refused } from '../failure.ts'
import { cleanInput, Input } from '../input.ts'
import type { Node, Server } from '../model.ts'
import { type PanelApp, type PanelEnv, timestamp } from '../panel.ts'
import { validate } from '../validation.ts'
import { configurationOf } from './settings.ts'
import { reportInstall, resetInstalls } from './wings.ts'

type RemoteEnv = PanelEnv & { Variables: { node: Node } }

/** What a daemon asks of the panel, and tells it. */
export const remoteApi = new Hono<PanelEnv>().basePath('/api/remote')

const asNode = createMiddleware<RemoteEnv>(async (c, next) => {
  c.set('node', authenticate(c.env, c.req.header('Authorization') ?? ''))
  c.set('body', cleanInput(await c.req.json().catch(() => ({}))))
  await next()
})

remoteApi
  .get('/servers', asNode, (c) => {
    const rows = c.env.store.servers.rows.filter((row) => row.nodeId === c.var.node.id)
    return c.json(pageOf(c.env, rows, new URL(c.req.url).searchParams))
  })
  .post('/servers/reset', asNode, (c) => {
    resetInstalls(c.env.store, c.var.node)
    return c.body(null, 204)
  })
  .get('/servers/:uuid', asNode, (c) => {
    return c.json(configurationOf(c.env.store, findServer(c.env, c.req.param('uuid'))))
  })
  .get('/servers/:uuid/install', asNode, (c) => {
    const { script } = c.env.store.eggs.get(findServer(c.env, c.req.param('uuid')).eggId)
    return c.json({
      container_image: script.container,
      entrypoint: script.entry,
      script: script.install,
    })
  })
  .post('/servers/:uuid/install', asNode, (c) => {
    // That the server is one of this node's is not asked, as on the real panel.
    const server = findServer(c.env, c.req.param('uuid'))
    validate(c.var.body, { successful: ['present|boolean'], reinstall: ['boolean'] })
    const input = new Input(c.var.body)
    server.install = null
    reportInstall(server, {
      successful: input.flag('successful', false),
      reinstall: input.flag('reinstall', false),
      at: timestamp(c.env),
    })
    return c.body(null, 204)
  })
  .all('/*', (c) => {
    const detail = `The panel emulator does not play ${c.req.method} ${c.req.path}.`
    throw new PanelFailure(501, 'NotImplementedByEmulator', detail)
  })

answerFailures(remoteApi)

/** `Bearer {token_id}.{token}` */
function authenticate({ store }: PanelApp, authorization: string): Node {
  const bearer = /^Bearer (.+)$/.exec(authorization)?.[1]
  if (!bearer) {
    const detail = 'Access to this endpoint must include an Authorization header.'
    const headers = { 'WWW-Authenticate': 'Bearer' }
    throw new PanelFailure(401, 'HttpException', detail, { headers })
  }
  const [id, token, ...more] = bearer.split('.')
  if (!id || !token || more.length > 0) {
    const detail = 'The Authorization header provided was not in a valid format.'
    throw refused(detail, 'BadRequestHttpException')
  }
  const node = store.nodes.rows.find((row) => row.daemonTokenId === id && row.daemonToken === token)
  if (!node) throw forbidden('You are not authorized to access this resource.')
  return node
}

function findServer({ store }: PanelApp, uuid: string): Server {
  const server = store.servers.rows.find((row) => row.uuid === uuid)
  if (!server) throw notFound()
  return server
}

/** Laravel's own envelope of a page, which no other API of the panel uses. */
function pageOf({ url, store }: PanelApp, rows: Server[], query: URLSearchParams) {
  const perPage = Number(query.get('per_page') ?? 50)
  const page = Math.max(1, Number(query.get('page') ?? 1))
  const pages = Math.max(1, Math.ceil(rows.length / perPage))
  const path = `${url}/api/remote/servers`
  const linkTo = (wanted: number) =>
    wanted >= 1 && wanted <= pages ? `${path}?page=${wanted}` : null
  const first = (page - 1) * perPage
  const shown = rows.slice(first, first + perPage)
  const numbers = Array.from({ length: pages }, (_, index) => index + 1)
  return {
    data: shown.map((server) => ({ uuid: server.uuid, ...configurationOf(store, server) })),
    links: {
      first: linkTo(1),
      last: linkTo(pages),
      prev: linkTo(page - 1),
      next: linkTo(page + 1),
    },
    meta: {
      current_page: page,
      from: shown.length > 0 ? first + 1 : null,
      last_page: pages,
      links: [
        { url: linkTo(page - 1), label: '&laquo; Previous', active: false },
        ...numbers.map((number) => ({
          url: linkTo(number),
          label: String(number),
          active: number === page,
        })),
        { url: linkTo(page + 1), label: 'Next &raquo;', active: false },
      ],
      path,
      per_page: perPage,
      to: shown.length > 0 ? first + shown.length : null,
      total: rows.length,
    },
  }
}
