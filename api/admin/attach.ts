import { audit } from '../accounts/audit.ts'
import { resolveAlert } from '../alerts/alerts.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import {
  findOrder,
  insertOrderEvent,
  type Order,
  setNode,
  setPteroServer,
} from '../orders/store.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { addressOf, type PanelServer } from '../panel/panel.ts'
import { Problem } from '../problem.ts'
import { recordAttached } from '../servers/store.ts'
import { findServerOfOrder, type ServerRow } from './store.ts'

export interface AttachPlan {
  does: string[]
  server: ServerRow
  there: PanelServer
  externalId: string
}

interface Wanted {
  orderId: string
  /** The panel's numeric id or its uuid. */
  panelServer: string
}

/**
 * Whether a server at the panel may become that of an order whose own is not there: it must be the
 * buyer's, of the egg that was bought, ready, and nobody else's. Throws a Problem that says what of
 * it is not so.
 */
export async function planAttach(
  db: Db,
  deps: Deps,
  { orderId, panelServer }: Wanted,
): Promise<AttachPlan> {
  const { order, server } = await needOrder(db, orderId)
  const externalId = await externalIdOf(db, deps, server.id)
  const there = await findAtPanel(deps, panelServer)
  const present = await deps.panel.findServer(externalId)
  if (present && present.id !== there.id) {
    throw no(`The order’s own server is at the panel: it is number ${present.id} there.`)
  }
  await refuseAnothers(db, there, { serverId: server.id, externalId })
  await refuseWrongOwner(db, deps, order, there)
  await refuseWrongEgg(deps, order, there)
  refuseWrongSize(order, there)
  const does = [
    `Gives server ${there.id} at the panel (${there.name}) the external id ${externalId}.`,
    `Makes it the server of ${orderId}, whose own is ${server.status} here.`,
  ]
  return { does, server, there, externalId }
}

/** Links the server at the panel first; who dies after that only has to ask again. */
export async function attachServer(
  db: Db,
  deps: Deps,
  { actor, requestId, ...wanted }: Wanted & { actor: string; requestId?: string },
): Promise<string[]> {
  const { orderId } = wanted
  const { does, server, there, externalId } = await planAttach(db, deps, wanted)
  const linked = await deps.panel.linkServer(there.id, externalId)
  const { id: pteroServerId, uuid, identifier, nodeId } = linked
  await db.transaction(async (tx) => {
    const seen = { pteroServerId, uuid, identifier, nodeId, address: addressOf(linked) }
    if (await recordAttached(tx, server.id, seen)) {
      await setPteroServer(tx, orderId, pteroServerId)
      await setNode(tx, orderId, nodeId)
      const look = { serverId: server.id, look: 1 as const }
      await enqueue(tx, deps, 'server.verify', look, { topic: `${server.id}:1` })
      // Whether it may run is the order's matter, not the panel's.
      await enqueue(tx, deps, 'server.suspend', { serverId: server.id }, { topic: server.id })
    } else await enqueueDelivery(tx, deps, server.id)
    const cause = { actor, pteroServerId, before: server.pteroServerId }
    await insertOrderEvent(tx, deps, { orderId, kind: 'server.attached', cause })
    await resolveAlert(tx, { kind: 'server_missing', subject: server.id })
    const detail = { pteroServerId }
    await audit(tx, deps, { actor, action: 'order.attach', subject: orderId, requestId, detail })
  })
  deps.wake()
  return does
}

/** One that was never delivered is found by its external id, as after a create whose answer was lost. */
async function enqueueDelivery(tx: Queryable, deps: Deps, serverId: string): Promise<void> {
  await enqueue(tx, deps, 'server.provision', { serverId }, { topic: serverId })
}

async function needOrder(db: Queryable, orderId: string) {
  const order = await findOrder(db, orderId)
  if (!order) throw new Problem('not-found', { detail: `There is no order ${orderId}.` })
  const server = await findServerOfOrder(db, orderId)
  const wanted = ['paid', 'provisioning', 'provision_failed', 'provisioned'].includes(order.status)
  if (!wanted || !server || order.ending) {
    throw no(
      `Only a paid order that is not being ended takes a server; this one is ${order.status}.`,
    )
  }
  if (!['pending', 'installing', 'active', 'suspended'].includes(server.status)) {
    throw no(`The order’s server is ${server.status} here: let \`retry\` deliver it again.`)
  }
  return { order, server }
}

async function findAtPanel({ panel }: Deps, panelServer: string): Promise<PanelServer> {
  const isNumber = /^[1-9]\d{0,9}$/.test(panelServer)
  const found = isNumber
    ? await panel.getServer(Number(panelServer))
    : (await panel.listServers()).find(({ uuid }) => uuid === panelServer.toLowerCase())
  if (found) return found
  throw new Problem('not-found', { detail: `The panel has no server ${panelServer}.` })
}

async function refuseAnothers(
  db: Queryable,
  there: PanelServer,
  { serverId, externalId }: { serverId: string; externalId: string },
): Promise<void> {
  if (there.externalId !== undefined && there.externalId !== externalId) {
    throw no(`It carries another external id already: ${there.externalId}.`)
  }
  const [row] = await db.query<{ orderId: string }>(
    'SELECT order_id AS orderId FROM servers WHERE ptero_server_id = ? AND id <> ?',
    [there.id, serverId],
  )
  if (row) throw no(`It is the server of another order: ${row.orderId}.`)
}

/** The account we made for the buyer: one that only has their address may be anybody's. */
async function refuseWrongOwner(
  db: Db,
  deps: Deps,
  order: Order,
  there: PanelServer,
): Promise<void> {
  const owner = await deps.panel.findUser(await externalIdOf(db, deps, order.userId))
  if (!owner) throw no('The buyer has no account at the panel yet: let `retry` make it.')
  if (owner.id === there.userId) return
  throw no(
    `At the panel it belongs to user ${there.userId}, but the buyer is user ${owner.id} there: ` +
      'change its owner at the panel first.',
  )
}

async function refuseWrongEgg({ panel }: Deps, order: Order, there: PanelServer): Promise<void> {
  const { nestName, eggName } = order.bought
  const egg = await panel.findEgg({ nestName, eggName })
  if (egg?.id !== there.eggId) {
    throw no(`It runs egg ${there.eggId}; what was bought is ${nestName}/${eggName} (${egg?.id}).`)
  }
  if (there.status !== null) throw no(`It is not ready: the panel calls it ${there.status}.`)
}

/** Another size would be a present, or a loss, that no price was paid for. */
function refuseWrongSize({ bought }: Order, there: PanelServer): void {
  const names = ['memoryMib', 'diskMib', 'cpuPercent'] as const
  const wrong = names.filter((name) => there.limits[name] !== bought.limits[name])
  if (wrong.length === 0) return
  const lines = wrong.map((name) =>
    `${name} ${there.limits[name]} instead of ${bought.limits[name]}`
  )
  throw no(
    `It is of another size than what was bought: ${lines.join(', ')}. Change its build first.`,
  )
}

function no(detail: string): Problem {
  return new Problem('not-possible', { detail })
}
