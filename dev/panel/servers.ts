import { Hono } from 'hono'
import { proxyPage } from '../faults/wire.ts'
import { allow, allowRow } from './access.ts'
import { changeBuild, changeDetails } from './server_changes.ts'
import { createServer } from './server_create.ts'
import { deleteServer, reinstall, suspend, unsuspend } from './server_actions.ts'
import { unexpected } from './failure.ts'
import { pageOf } from './lists.ts'
import type { Server } from './model.ts'
import { type Item, listOf, withIncludes } from './objects.ts'
import type { Call, PanelEnv } from './panel.ts'
import { same } from './text.ts'
import {
  allocationItem,
  eggItem,
  identifierOf,
  locationItem,
  nestItem,
  nodeItem,
  serverItem,
  serverVariableItem,
  userItem,
} from './transformers.ts'

const server = allowRow(
  'servers',
  ({ store }, param) => store.servers.find(Number(param('server'))),
)

const serverByExternalId = allowRow(
  'servers',
  ({ store }, param) => store.servers.rows.find((row) => same(row.externalId, param('external'))),
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
      item: (row) => serverWithIncludes(c, row),
    })))
  .post('/servers', allow('servers'), (c) => {
    const made = createServer(c.env, c.var.body)
    if (c.env.rollBacks.has(made)) return proxyPage(504)
    return c.json(serverWithIncludes(c, made), 201)
  })
  .get('/servers/:server', server, (c) => c.json(serverWithIncludes(c, c.var.row)))
  .get(
    '/servers/external/:external',
    serverByExternalId,
    (c) => c.json(serverWithIncludes(c, c.var.row)),
  )
  .patch('/servers/:server/details', server, (c) => {
    changeDetails(c.env, c.var.row, c.var.body)
    return c.json(serverWithIncludes(c, c.var.row))
  })
  .patch('/servers/:server/build', server, (c) => {
    changeBuild(c.env, c.var.row, c.var.body)
    return c.json(serverWithIncludes(c, c.var.row))
  })
  .post('/servers/:server/suspend', server, (c) => {
    suspend(c.env, c.var.row)
    return c.body(null, 204)
  })
  .post('/servers/:server/unsuspend', server, (c) => {
    unsuspend(c.env, c.var.row)
    return c.body(null, 204)
  })
  .post('/servers/:server/reinstall', server, (c) => {
    reinstall(c.env, c.var.row)
    return c.body(null, 204)
  })
  .delete('/servers/:server', server, (c) => {
    deleteServer(c.env, c.var.row, { force: false })
    return c.body(null, 204)
  })
  .delete('/servers/:server/force', server, (c) => {
    deleteServer(c.env, c.var.row, { force: true })
    return c.body(null, 204)
  })

function serverWithIncludes(c: Call, server: Server): Item {
  const { store } = c.env
  return withIncludes(c, serverItem(store, server), {
    allocations: ['allocations', () =>
      listOf(
        store.allocations.rows.filter((row) => row.serverId === server.id).map(allocationItem),
      )],
    user: ['users', () => userItem(store.users.get(server.ownerId))],
    subusers: ['users', () => listOf([])],
    nest: ['nests', () => nestItem(store.nests.get(server.nestId))],
    egg: ['eggs', () => eggItem(store.eggs.get(server.eggId))],
    variables: ['servers', () =>
      listOf(
        store.variables.rows.filter((row) => row.eggId === server.eggId)
          .map((row) => serverVariableItem(row, server)),
      )],
    node: ['nodes', () => nodeItem(store, store.nodes.get(server.nodeId))],
    location: [
      'locations',
      () => locationItem(store.locations.get(store.nodes.get(server.nodeId).locationId)),
    ],
    databases: ['server_databases', () => listOf([])],
    transfer: ['servers', brokenInclude],
  })
}

/** Advertised by the panel, but broken in 1.11.8. */
function brokenInclude(): never {
  throw unexpected('TypeError')
}
