import { findUser } from '../accounts/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { TryAgain } from '../jobs/again.ts'
import {
  findOrder,
  insertOrderEvent,
  moveOrder,
  type Order,
  setPteroServer,
  setWaiting,
} from '../orders/store.ts'
import type { OrderStatus } from '../orders/status.ts'
import {
  addressOf,
  allocationTaken,
  alreadyExists,
  PanelError,
  type PanelServer,
} from '../panel/panel.ts'
import { fillEnvironment } from '../plans/egg_rules.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { ensurePanelUser } from './panel_user.ts'
import {
  findServer,
  moveServer,
  msSinceCreateSent,
  recordCreateSent,
  recordNotThere,
  recordThere,
  type Server,
} from './store.ts'
import { enqueueCheck } from './check.ts'
import { choosePlace } from './choose_place.ts'
import { panelFailure, UNKNOWN_OUTCOME_MS, waitForBank } from './waiting.ts'

/** Another shop, or an admin, may take the port we chose; more than this is not chance. */
const ALLOCATION_TRIES = 4

/** Where an order still wants its server. */
const WANTING = new Set<OrderStatus>(['paid', 'provisioning', 'provision_failed'])

interface Provisioning {
  server: Server
  order: Order
  externalId: string
  attempts: number
}

/**
 * Step ⑥: makes sure that the server exists at the panel, once. Looks it up by our external id
 * before it creates; after a create whose outcome is unknown it waits before it looks. Throws
 * TryAgain for as long as the server cannot be had: nothing but the refund deadline ends that.
 */
export async function provisionServer(
  db: Db,
  deps: Deps,
  { serverId }: { serverId: string },
  attempts: number,
): Promise<void> {
  const server = await findServer(db, serverId)
  const order = server && await findOrder(db, server.orderId)
  if (!server || !order || !WANTING.has(order.status)) return
  if (server.pteroServerId !== null || !['pending', 'installing'].includes(server.status)) return
  if (order.onHold) throw await waitForBank(db, deps, { order, server })
  await db.transaction((tx) =>
    moveOrder(tx, deps, order.id, 'provisioning', { kind: 'order.provisioning', nextInMs: 0 })
  )
  const externalId = await externalIdOf(db, deps, server.id)
  const provisioning = { server, order, externalId, attempts }
  try {
    await findOrCreate(db, deps, provisioning)
  } catch (error) {
    if (error instanceof PanelError) throw await panelFailure(db, deps, { ...provisioning, error })
    throw error
  }
}

async function findOrCreate(db: Db, deps: Deps, provisioning: Provisioning): Promise<void> {
  const { server, externalId } = provisioning
  const sent = await msSinceCreateSent(db, server.id)
  if (sent !== undefined && sent < UNKNOWN_OUTCOME_MS) {
    throw new TryAgain('the last create may still take effect', UNKNOWN_OUTCOME_MS - sent)
  }
  const there = await deps.panel.findServer(externalId)
  if (there) return await recordInstalling(db, deps, provisioning, there, { answered: false })
  const created = await createServer(db, deps, provisioning)
  if (created) await recordInstalling(db, deps, provisioning, created, { answered: true })
}

/** Undefined when the delivery was stopped, or another worker was faster. */
async function createServer(
  db: Db,
  deps: Deps,
  provisioning: Provisioning,
): Promise<PanelServer | undefined> {
  const request = await createRequest(db, deps, provisioning)
  for (let left = ALLOCATION_TRIES; left > 0; left--) {
    const { nodeId, allocationId } = await choosePlace(db, deps, provisioning)
    if (!await recordCreateSent(db, provisioning.server.id, nodeId)) return undefined
    try {
      return await deps.panel.createServer({ ...request, allocationId })
    } catch (error) {
      if (!allocationTaken(error)) await recordRefusal(db, provisioning.server.id, error)
      if (!allocationTaken(error) || left === 1) throw error
    }
  }
  throw new Error('Cannot choose a port as every one was taken before us')
}

/** A refusal leaves nothing at the panel; anything else has to be looked at first. */
async function recordRefusal(db: Db, serverId: string, error: unknown): Promise<void> {
  const refused = error instanceof PanelError && error.outcome === 'refused'
  if (refused && !alreadyExists(error)) await recordNotThere(db, serverId)
}

async function createRequest(db: Db, deps: Deps, { server, order, externalId }: Provisioning) {
  const user = await findUser(db, order.userId)
  if (!user) throw new Error(`Cannot provision as the buyer's account is gone: ${order.userId}`)
  const userId = await ensurePanelUser(db, deps, { user, order, server })
  const { nestName, eggName, environment } = order.bought
  const egg = await deps.panel.findEgg({ nestName, eggName })
  if (!egg) {
    throw new PanelError(`The panel has no egg ${eggName} in nest ${nestName}`, {
      code: 'egg_missing',
      kind: 'configuration',
      outcome: 'refused',
    })
  }
  return {
    externalId,
    name: server.name,
    userId,
    eggId: egg.id,
    dockerImage: order.bought.dockerImage,
    startup: order.bought.startup,
    // The egg is read again: it may have gained a variable since the order was placed.
    environment: fillEnvironment(egg.variables, environment).environment,
    limits: order.bought.limits,
    featureLimits: order.bought.featureLimits,
  }
}

/** Step ⑦: the server is at the panel; from here on it is looked at until it is installed. */
async function recordInstalling(
  db: Db,
  deps: Deps,
  { server, order }: Provisioning,
  there: PanelServer,
  { answered }: { answered: boolean },
): Promise<void> {
  const wanted = await db.transaction(async (tx) => {
    const wanted = await recordThere(tx, server.id, {
      pteroServerId: there.id,
      uuid: there.uuid,
      identifier: there.identifier,
      nodeId: there.nodeId,
      address: addressOf(there),
      answered,
    })
    if (!wanted) return false
    await moveServer(tx, deps, server.id, 'installing')
    await setPteroServer(tx, order.id, there.id)
    await setWaiting(tx, order.id, null)
    const event = { orderId: order.id, kind: 'server.created', facts: {}, nextInMs: 2000 }
    await insertOrderEvent(tx, deps, { ...event, cause: { pteroServerId: there.id, answered } })
    await enqueueCheck(tx, deps, server.id)
    return true
  })
  if (!wanted) return await removeUnwanted(db, deps, server, there)
  deps.log.info('server is at the panel', { orderId: order.id, serverId: server.id })
}

/** The delivery was stopped while the create was under way: what nobody pays for must not stay. */
async function removeUnwanted(
  db: Db,
  deps: Deps,
  server: Server,
  there: PanelServer,
): Promise<void> {
  const now = await findServer(db, server.id)
  const about = { orderId: server.orderId, serverId: server.id }
  if (now?.status !== 'deleted') return deps.log.warn('server is there, but not wanted now', about)
  deps.log.error('a server came after its deletion, and is deleted again', about)
  await deps.panel.deleteServer(there.id)
}
