import { raiseAlert, resolveAlert } from '../alerts/alerts.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { TryAgain } from '../jobs/again.ts'
import { enqueue } from '../jobs/queue.ts'
import { mailOrderProblem, mailServerReady } from '../orders/mail.ts'
import {
  countOrderEvents,
  findLastOrderEvent,
  findOrder,
  insertOrderEvent,
  moveOrder,
  type Order,
  recordSettled,
  setPteroServer,
  setWaiting,
} from '../orders/store.ts'
import { addressOf, PanelError, type PanelServer } from '../panel/panel.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { deleteAtPanel } from './delete.ts'
import {
  findServer,
  looksEveryMs,
  moveServer,
  msSinceCreateSent,
  recordActive,
  recordNotThere,
  recordVerified,
  type Server,
} from './store.ts'
import { lookFailure } from './waiting.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60_000

/**
 * An unconfirmed create is believed no sooner: the request may lie with a busy panel as long as we
 * wait for its answer, and only then be carried out, and undone.
 */
const UNCONFIRMED_MS = 2 * MINUTE_MS

/** Longer than any stock egg needs to install; said to the customer, and looked at on. */
const SLOW_INSTALL_MS = 20 * MINUTE_MS

/** How long after a failed installation the next one starts, by how often it failed. */
const RECREATE_DELAYS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS]

/** When an active server is looked at again: the panel may un-create it after it was seen. */
const VERIFY_DELAYS_MS = { 1: MINUTE_MS, 2: 9 * MINUTE_MS } as const

interface Checking {
  server: Server
  order: Order
}

/**
 * Step ⑧: looks whether the server is installed, every 2 s in the first minute and slower later, or
 * when many install. The first `null` of the panel's status is active, unless the create was never
 * confirmed: then it counts from two minutes after it was sent.
 */
export async function checkServer(
  db: Db,
  deps: Deps,
  { serverId }: { serverId: string },
): Promise<void> {
  const server = await findServer(db, serverId)
  const order = server && await findOrder(db, server.orderId)
  if (!server || !order || server.status !== 'installing') return
  const checking = { server, order }
  const age = await msSinceCreateSent(db, server.id) ?? 0
  const everyMs = Math.max(nextLookMs(age), await looksEveryMs(db))
  const there = await look(db, deps, server).catch(async (error) => {
    if (!(error instanceof PanelError)) throw error
    throw await lookFailure(db, deps, { ...checking, error, everyMs })
  })
  if (order.waitingFor) await setWaiting(db, order.id, null)
  if (!there) return await startOver(db, deps, checking)
  if (there.status === 'install_failed') return await recordInstallFailed(db, deps, checking)
  // `reinstall_failed` of a server that was never active: it had been ready, and its user went on.
  if (there.status !== null && there.status !== 'reinstall_failed') {
    if (there.suspended) await sayOnce(db, deps, order, 'server.suspended_at_panel')
    else if (age > SLOW_INSTALL_MS) await sayOnce(db, deps, order, 'server.installing_slowly')
    throw new TryAgain(`the panel says ${there.status}`, everyMs)
  }
  if (!server.createAnswered && age < UNCONFIRMED_MS) {
    throw new TryAgain('not confirmed for two minutes yet', Math.min(everyMs, UNCONFIRMED_MS - age))
  }
  await recordInstalled(db, deps, checking, there)
}

/** Looks again, twice, whether an active server is still there. Never rebuilds it: that is a person's decision. */
export async function verifyServer(
  db: Db,
  deps: Deps,
  { serverId, look: nth }: { serverId: string; look: 1 | 2 },
): Promise<void> {
  const server = await findServer(db, serverId)
  if (!server || server.status !== 'active') return
  const there = await look(db, deps, server).catch((error) => {
    if (!(error instanceof PanelError)) throw error
    // A look that failed says nothing about the server; it costs no attempt.
    const delayMs = Math.max(error.retryAfterMs ?? 0, 10 * SECOND_MS)
    throw new TryAgain(`cannot look: ${error.message}`, delayMs, error)
  })
  if (!there) return await recordMissing(db, deps, server)
  await recordVerified(db, server.id)
  if (nth === 2) return
  await db.transaction((tx) => enqueueVerify(tx, deps, server.id, 2))
}

/**
 * Starts afresh after a failed installation: deletes what is half installed and creates it again. The
 * panel's own reinstall would not do: when that fails the server is open to its user all the same.
 * One that was mended at the panel meanwhile is not touched, but looked at again.
 */
export async function recreateServer(
  db: Db,
  deps: Deps,
  { serverId }: { serverId: string },
): Promise<void> {
  const server = await findServer(db, serverId)
  if (!server || server.status !== 'install_failed') return
  if ((await look(db, deps, server))?.status === null) return await lookAgain(db, deps, server)
  await deleteAtPanel(deps, await externalIdOf(db, deps, server.id))
  await db.transaction(async (tx) => {
    if (!await moveServer(tx, deps, server.id, 'installing')) return
    await recordNotThere(tx, server.id)
    await setPteroServer(tx, server.orderId, null)
    const kind = 'server.recreated'
    await moveOrder(tx, deps, server.orderId, 'provisioning', { kind, nextInMs: 0 })
    await enqueue(tx, deps, 'server.provision', { serverId }, { topic: serverId })
  })
}

async function lookAgain(db: Db, deps: Deps, server: Server): Promise<void> {
  await db.transaction(async (tx) => {
    if (!await moveServer(tx, deps, server.id, 'installing')) return
    const kind = 'order.provisioning'
    await moveOrder(tx, deps, server.orderId, 'provisioning', { kind, nextInMs: 0 })
    await enqueueCheck(tx, deps, server.id)
  })
}

async function look(db: Db, deps: Deps, server: Server): Promise<PanelServer | undefined> {
  return await deps.panel.findServer(await externalIdOf(db, deps, server.id), { yields: true })
}

function nextLookMs(ageMs: number): number {
  if (ageMs < MINUTE_MS) return 2 * SECOND_MS
  return ageMs < 10 * MINUTE_MS ? 10 * SECOND_MS : MINUTE_MS
}

async function recordInstalled(
  db: Db,
  deps: Deps,
  { server, order }: Checking,
  there: PanelServer,
): Promise<void> {
  const address = addressOf(there)
  const kind = 'server.active'
  const moved = await db.transaction(async (tx) => {
    if (!await moveServer(tx, deps, server.id, 'active')) return false
    await recordActive(tx, server.id, address)
    // Another worker may have been refused, and called it failed, while the create went through.
    await moveOrder(tx, deps, order.id, 'provisioning', { kind: 'order.provisioning' })
    await moveOrder(tx, deps, order.id, 'provisioned', { kind, facts: { address } })
    await recordSettled(tx, order.id)
    await mailServerReady(tx, deps, order, { serverId: server.id, address })
    await enqueueVerify(tx, deps, server.id, 1)
    // It may have to stop since its installation began; the job looks.
    if ((await findOrder(tx, order.id))?.onHold) {
      await enqueue(tx, deps, 'server.suspend', { serverId: server.id }, { topic: server.id })
    }
    return true
  })
  if (!moved) return
  deps.log.info('server active', { orderId: order.id, serverId: server.id })
  if (!order.paidAt) return
  const ms = deps.now().getTime() - order.paidAt.getTime()
  deps.metrics.observe('paid_to_active_seconds', Math.max(0, ms) / 1000)
}

/** The panel took back what it had confirmed, before it was installed: create it again. */
async function startOver(db: Db, deps: Deps, { server, order }: Checking): Promise<void> {
  const gone = await db.transaction(async (tx) => {
    if (!await recordNotThere(tx, server.id)) return false
    await setPteroServer(tx, order.id, null)
    await insertOrderEvent(tx, deps, { orderId: order.id, kind: 'server.gone', nextInMs: 0 })
    await enqueue(tx, deps, 'server.provision', { serverId: server.id }, { topic: server.id })
    return true
  })
  if (!gone) return
  deps.log.error('server is gone from the panel', { orderId: order.id, serverId: server.id })
}

async function recordInstallFailed(
  db: Db,
  deps: Deps,
  { server, order }: Checking,
): Promise<void> {
  const failures = await countOrderEvents(db, order.id, 'server.install_failed')
  const last = RECREATE_DELAYS_MS.length - 1
  const delayMs = RECREATE_DELAYS_MS[Math.min(failures, last)] ?? MINUTE_MS
  await db.transaction(async (tx) => {
    if (!await moveServer(tx, deps, server.id, 'install_failed')) return
    const kind = 'server.install_failed'
    await moveOrder(tx, deps, order.id, 'provision_failed', { kind, nextInMs: delayMs })
    // The first time may be chance, and a minute later all is well.
    if (failures > 0) await mailOrderProblem(tx, deps, order.id, 'provision_failed')
    const payload = { serverId: server.id }
    await enqueue(tx, deps, 'server.recreate', payload, { topic: server.id, delayMs })
  })
  deps.log.error('installation failed', { orderId: order.id, serverId: server.id })
}

/** Tells the customer once why it takes long, and a person who looks at the log. */
async function sayOnce(
  db: Db,
  deps: Deps,
  order: Order,
  kind: 'server.installing_slowly' | 'server.suspended_at_panel',
): Promise<void> {
  if (await countOrderEvents(db, order.id, kind) > 0) return
  await insertOrderEvent(db, deps, { orderId: order.id, kind, nextInMs: MINUTE_MS })
  deps.log.error('installation takes too long', { orderId: order.id, code: kind })
}

/** Tells customer and operator that a server which was delivered is not at the panel any more. */
export async function recordMissing(
  db: Db,
  deps: Deps,
  { id, orderId }: Pick<Server, 'id' | 'orderId'>,
): Promise<void> {
  const kind = 'server.missing'
  const first = await db.transaction(async (tx) => {
    await raiseAlert(tx, deps, { kind: 'server_missing', subject: id, detail: { orderId } })
    if (await findLastOrderEvent(tx, orderId, [kind, 'server.back']) === kind) return false
    await insertOrderEvent(tx, deps, { orderId, kind })
    return true
  })
  if (!first) return
  const about = { orderId, serverId: id }
  deps.log.error('an active server is missing at the panel: a person must look', about)
}

/** The server is at the panel again, as somebody there saw to it. */
export async function recordBack(
  db: Db,
  deps: Deps,
  { id, orderId }: Pick<Server, 'id' | 'orderId'>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await resolveAlert(tx, { kind: 'server_missing', subject: id })
    const kind = 'server.back'
    if (await findLastOrderEvent(tx, orderId, [kind, 'server.missing']) !== 'server.missing') return
    await insertOrderEvent(tx, deps, { orderId, kind })
  })
}

/** The first look after an installation began. */
export async function enqueueCheck(
  tx: Queryable,
  deps: Deps,
  serverId: string,
): Promise<void> {
  await enqueue(tx, deps, 'server.check', { serverId }, { topic: serverId, delayMs: 2 * SECOND_MS })
}

async function enqueueVerify(
  tx: Queryable,
  deps: Deps,
  serverId: string,
  nth: 1 | 2,
): Promise<void> {
  const timing = { topic: `${serverId}:${nth}`, delayMs: VERIFY_DELAYS_MS[nth] }
  await enqueue(tx, deps, 'server.verify', { serverId, look: nth }, timing)
}
