import { Hono } from 'hono'
import { pageOf } from '../lists.ts'
import type { Server, User } from '../model.ts'
import type { PanelEnv } from '../panel.ts'
import type { PanelStore } from '../store.ts'
import { isLike, same } from '../text.ts'
import { identifierOf } from '../transformers.ts'
import { allowServer, allowUser } from './access.ts'
import { isOwn, permissionsOf } from './permissions.ts'
import { clientServerItem } from './transformers.ts'

export const servers = new Hono<PanelEnv>()
  .get('/', allowUser(), (c) => {
    const { store } = c.env
    const rows = listFor(store, c.var.caller.owner, c.req.query('type'))
    return c.json(pageOf(c, rows, {
      maxPerPage: 100,
      linksKeepQuery: true,
      filters: {
        uuid: (row) => row.uuid,
        name: (row) => row.name,
        description: (row) => row.description,
        external_id: (row) => row.externalId,
        '*': (row) => (value) => matchesAnything(store, row, value),
      },
      item: (row) => clientServerItem(c, row),
    }))
  })
  .get('/servers/:server', allowServer({ openIn: 'any state' }), (c) => {
    const { server, caller: { owner } } = c.var
    return c.json({
      ...clientServerItem(c, server),
      meta: {
        is_server_owner: owner.id === server.ownerId,
        user_permissions: permissionsOf(c.env.store, owner, server),
      },
    })
  })

/** Which servers a list is made from. What only admins may ask for is nothing to others, no error. */
function listFor(store: PanelStore, user: User, type: string | undefined): Server[] {
  const { rows } = store.servers
  if (type === 'admin' || type === 'admin-all') {
    if (!user.rootAdmin) return []
    return type === 'admin-all' ? rows : rows.filter((row) => !isOwn(store, user, row))
  }
  if (type === 'owner') return rows.filter((row) => row.ownerId === user.id)
  return rows.filter((row) => isOwn(store, user, row))
}

const IP_AND_PORT = /^(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?$/

/** `filter[*]`: an address, a port, or the beginning of a uuid, an external id, a part of the name. */
function matchesAnything(store: PanelStore, server: Server, value: string): boolean {
  const [, ip, port] = IP_AND_PORT.exec(value) ?? /^()(?::(\d{1,5}))$/.exec(value) ?? []
  if (ip === undefined) {
    return server.uuid.startsWith(value.toLowerCase()) || same(identifierOf(server), value) ||
      same(server.externalId, value) || isLike(server.name, value)
  }
  return store.allocations.rows.some((row) =>
    row.serverId === server.id && (ip === '' || row.ip === ip) &&
    String(row.port).startsWith(port ?? '')
  )
}
