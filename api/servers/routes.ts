import { Hono } from 'hono'
import { requireSignedIn, type SignedInEnv } from '../accounts/signed_in.ts'
import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { listOrderEvents } from '../orders/store.ts'
import { toTimeline } from '../orders/timeline.ts'
import { regionNames } from '../plans/store.ts'
import { Problem } from '../problem.ts'
import type { ServerBody } from './bodies.ts'
import type { ServerStatus } from './status.ts'
import { findServerOf, listServersOf, type OwnedServer } from './store.ts'

/** A customer's servers: list, show. */
export function serverRoutes(deps: Deps) {
  return new Hono<SignedInEnv>()
    .use(requireSignedIn)
    .get('/', async (c) => {
      const servers = await listServersOf(c.var.db, c.var.signedIn.userId)
      return c.json({ servers: await toBodies(c.var.db, deps, servers) })
    })
    .get('/:id{srv_[0-9a-z]{26}}', async (c) => {
      const owned = await findServerOf(c.var.db, c.var.signedIn.userId, c.req.param('id'))
      const [server] = owned ? await toBodies(c.var.db, deps, [owned]) : []
      if (!server) throw new Problem('not-found', { detail: 'You have no such server.' })
      return c.json({
        server,
        timeline: toTimeline(await listOrderEvents(c.var.db, server.orderId)),
      })
    })
}

const statusTexts: Record<ServerStatus, string> = {
  pending: 'Being created.',
  installing: 'The game is being installed.',
  install_failed: 'The installation failed; we start it again.',
  active: 'Running.',
  suspended: 'Suspended.',
  deleting: 'Being deleted.',
  deleted: 'Deleted.',
}

async function toBodies(db: Queryable, deps: Deps, servers: OwnedServer[]): Promise<ServerBody[]> {
  const names = await regionNames(db)
  const { PANEL_URL } = deps.config
  return servers.map((server) => ({
    id: server.id,
    orderId: server.orderId,
    name: server.name,
    status: server.status,
    statusText: statusTexts[server.status],
    planId: server.planId,
    planName: server.bought.planName,
    gameId: server.gameId,
    regionId: server.regionId,
    regionName: names.get(server.regionId) ?? server.regionId,
    limits: server.bought.limits,
    address: server.address,
    panelUrl: server.pteroIdentifier ? `${PANEL_URL}/server/${server.pteroIdentifier}` : null,
    createdAt: server.createdAt.toISOString(),
    activeAt: server.activeAt?.toISOString() ?? null,
  }))
}
