import { Hono } from 'hono'
import { proxyPage } from '../faults/wire.ts'
import { allow, allowRow } from './access.ts'
import { pageOf } from './lists.ts'
import type { PanelEnv } from './panel.ts'
import { deleteServer, reinstall, suspend, unsuspend } from './server_actions.ts'
import { changeBuild } from './server_build.ts'
import { changeDetails, changeStartup } from './server_changes.ts'
import { createServer } from './server_create.ts'
import { idOf, same } from './text.ts'
import { identifierOf } from './transformers.ts'
import { serverView } from './views.ts'

const server = allowRow(
  'servers',
  ({ store }, param) => store.servers.find(idOf(param('server'))),
  { model: 'Server', param: 'server' },
)

const serverByExternalId = allowRow(
  'servers',
  ({ store }, param) => store.servers.rows.find((row) => same(row.externalId, param('external'))),
  { model: 'Server' },
)

export const servers = new Hono<PanelEnv>()
  .get('/servers', allow('servers'), (c) =>
    c.json(pageOf(c, c.env.store.servers.rows, {
      filters: {
        uuid: (row) => row.uuid,
        uuidShort: identifierOf,
        name: (row) => row.name,
        description: (row) => row.description,
        image: (row) => row.image,
        external_id: (row) => row.externalId,
      },
      sorts: { id: (row) => row.id, uuid: (row) => row.uuid },
      item: (row) => serverView(c, row),
    })))
  .post('/servers', allow('servers'), async (c) => {
    const made = await createServer(c.env, c.var.body)
    if (c.env.rollBacks.has(made)) return proxyPage(504)
    return c.json(serverView(c, made), 201)
  })
  .get('/servers/:server', server, (c) => c.json(serverView(c, c.var.row)))
  .get('/servers/external/:external', serverByExternalId, (c) => c.json(serverView(c, c.var.row)))
  .patch('/servers/:server/details', server, (c) => {
    changeDetails(c.env, c.var.row, c.var.body)
    return c.json(serverView(c, c.var.row))
  })
  .patch('/servers/:server/build', server, async (c) => {
    await changeBuild(c.env, c.var.row, c.var.body)
    return c.json(serverView(c, c.var.row))
  })
  .patch('/servers/:server/startup', server, (c) => {
    changeStartup(c.env, c.var.row, c.var.body)
    return c.json(serverView(c, c.var.row))
  })
  .post('/servers/:server/suspend', server, async (c) => {
    await suspend(c.env, c.var.row)
    return c.body(null, 204)
  })
  .post('/servers/:server/unsuspend', server, async (c) => {
    await unsuspend(c.env, c.var.row)
    return c.body(null, 204)
  })
  .post('/servers/:server/reinstall', server, async (c) => {
    await reinstall(c.env, c.var.row)
    return c.body(null, 204)
  })
  // Any last word but "force" is a plain delete, even "databases".
  .delete('/servers/:server/:force?', server, async (c) => {
    await deleteServer(c.env, c.var.row, { force: c.req.param('force') === 'force' })
    return c.body(null, 204)
  })
