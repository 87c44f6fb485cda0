import { raiseAlert } from '../alerts/alerts.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { TryAgain } from '../jobs/again.ts'
import { findOrder, insertOrderEvent, lockOrder, type Order } from '../orders/store.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { PanelError, type PanelServer } from '../panel/panel.ts'
import { syncMoney } from '../payments/money.ts'
import { listPaymentsOf } from '../payments/money_store.ts'
import { findServer, moveServer, type Server } from './store.ts'

/** A panel or node that is away; the server stays as it is meanwhile. */
const PANEL_RETRY_MS = 60_000

/**
 * Makes the panel agree with whether the order's server may run: suspends it or lets it run again,
 * and tries until the panel has said yes. Asks Stripe first, so that nobody is stopped on old news.
 * A server that is being installed is left alone: whoever sees it installed comes back here.
 */
export async function suspendServer(
  db: Db,
  deps: Deps,
  { serverId }: { serverId: string },
): Promise<void> {
  const found = await findServer(db, serverId)
  if (!found || !isUp(found)) return
  await readAgain(db, deps, found.orderId)
  const server = await findServer(db, serverId)
  const order = await findOrder(db, found.orderId)
  if (!server || !order || !isUp(server)) return
  const stop = order.onHold !== null
  try {
    const there = await deps.panel.findServer(await externalIdOf(db, deps, serverId))
    if (!there) return await recordMissing(db, deps, server)
    await makeSo(deps, there, stop)
  } catch (error) {
    if (!(error instanceof PanelError)) throw error
    const delayMs = Math.max(error.retryAfterMs ?? 0, PANEL_RETRY_MS)
    throw new TryAgain(`cannot ${stop ? 'suspend' : 'unsuspend'}: ${error.message}`, delayMs, error)
  }
  await record(db, deps, { server, order, stop })
}

function isUp({ status }: Server): boolean {
  return status === 'active' || status === 'suspended'
}

/** What the bank or a person did at Stripe since may have changed our mind. */
async function readAgain(db: Db, deps: Deps, orderId: string): Promise<void> {
  for (const { paymentIntentId, role } of await listPaymentsOf(db, orderId)) {
    if (paymentIntentId && role !== 'extra') await syncMoney(db, deps, paymentIntentId)
  }
}

/** The panel calls a suspended server installed once it is let go, so never touch one that installs. */
async function makeSo(deps: Deps, there: PanelServer, stop: boolean): Promise<void> {
  if (there.suspended === stop) return
  if (stop && there.status !== null) {
    throw new TryAgain(`the panel says ${there.status}`, PANEL_RETRY_MS)
  }
  await (stop ? deps.panel.suspendServer(there.id) : deps.panel.unsuspendServer(there.id))
}

async function record(
  db: Db,
  deps: Deps,
  { server, order, stop }: { server: Server; order: Order; stop: boolean },
): Promise<void> {
  const moved = await db.transaction(async (tx) => {
    const now = await lockOrder(tx, order.id)
    // Changed meanwhile: who did so has enqueued this job again.
    if ((now?.onHold != null) !== stop) return false
    if (!await moveServer(tx, deps, server.id, stop ? 'suspended' : 'active')) return false
    const kind = stop ? 'server.suspended' : 'server.unsuspended'
    const facts = { reason: now?.onHold ?? null }
    await insertOrderEvent(tx, deps, { orderId: order.id, kind, facts })
    return true
  })
  const about = { orderId: order.id, serverId: server.id, code: order.onHold ?? undefined }
  if (moved) deps.log.info(stop ? 'server suspended' : 'server let run again', about)
}

async function recordMissing(db: Db, deps: Deps, { id, orderId }: Server): Promise<void> {
  const detail = { orderId }
  await raiseAlert(db, deps, { kind: 'server_missing', subject: id, detail })
  deps.log.error('a server to suspend is missing at the panel', { serverId: id, orderId })
}
