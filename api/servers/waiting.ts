import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { backoffMs, TryAgain } from '../jobs/again.ts'
import { scrub } from '../log.ts'
import { mailLongWait, mailOrderProblem } from '../orders/mail.ts'
import {
  holdUndelivered,
  moveOrder,
  type Order,
  repeatOrderEvent,
  setWaiting,
} from '../orders/store.ts'
import { verdictOn } from '../panel/faults.ts'
import { regionNames } from '../plans/store.ts'
import { allocationTaken, alreadyExists, type PanelError } from '../panel/panel.ts'
import { msSinceCreateSent, type Server } from './store.ts'

/** What an order can wait for: `orders.waiting_for`. */
export type WaitingReason = 'room' | 'account' | 'panel' | 'node' | 'bank'

/**
 * The panel may still be rolling back, or committing late, this long after a create whose answer
 * was lost: it gives its node 15 s, and as long again to clean up.
 */
export const UNKNOWN_OUTCOME_MS = 45_000

/** Room changes by the minute at most. */
export const ROOM_RETRY_MS = 5 * 60_000

/** Whatever a fault was, all is well soon after it is over. */
const LONGEST_RETRY_MS = 60_000

/** So that all who wait for the panel do not come in the same moment. */
const SPREAD_MS = 25_000

/** The bank takes weeks; whoever hears of its decision wakes the job. */
const BANK_RETRY_MS = 3_600_000

/** A request that the panel refuses for good needs a person. */
const REFUSED_RETRY_MS = 15 * 60_000

/**
 * Writes down why the order waits and when it is tried again, and returns what to throw so that the job comes again
 * after `delayMs`.
 */
export async function recordWaiting(
  db: Db,
  deps: Deps,
  waiting: {
    orderId: string
    serverId: string
    reason: WaitingReason
    /** Of its row in the timeline; `order.waiting_for_<reason>` unless told. */
    kind?: string
    facts?: Record<string, unknown>
    cause?: Record<string, unknown>
    delayMs: number
  },
): Promise<TryAgain> {
  const { orderId, serverId, reason, facts, cause, delayMs } = waiting
  const kind = waiting.kind ?? `order.waiting_for_${reason}`
  const news = await db.transaction(async (tx) => {
    if (!await tellWait(tx, deps, { orderId, kind, reason, facts, cause, delayMs })) return false
    return await setWaiting(tx, orderId, reason)
  })
  if (news) deps.log.warn('order waits', { orderId, serverId, code: reason })
  return new TryAgain(`${kind}: ${cause?.message ?? ''}`, delayMs)
}

/** Writes down that no node of the order's region takes its server now, and names the region. */
export async function waitInRegion(
  db: Db,
  deps: Deps,
  { order, server, ...waiting }: {
    order: Order
    server: Server
    reason: 'room' | 'node'
    cause?: Record<string, unknown>
    delayMs: number
  },
): Promise<TryAgain> {
  const names = await regionNames(db)
  return await recordWaiting(db, deps, {
    ...waiting,
    orderId: order.id,
    serverId: server.id,
    facts: { region: names.get(order.regionId) ?? order.regionId },
  })
}

/** A payment that the bank may take back buys no server until that is decided. */
export async function waitForBank(
  db: Db,
  deps: Deps,
  { order, server }: { order: Order; server: Server },
): Promise<TryAgain> {
  return await recordWaiting(db, deps, {
    orderId: order.id,
    serverId: server.id,
    reason: 'bank',
    delayMs: BANK_RETRY_MS,
  })
}

/** Turns a failure of the panel into the timeline's words and the time of the next attempt. */
export async function panelFailure(
  db: Db,
  deps: Deps,
  { order, server, error, attempts }: {
    order: Order
    server: Server
    error: PanelError
    attempts: number
  },
): Promise<TryAgain> {
  const about = { orderId: order.id, serverId: server.id }
  const cause = causeOf(error)
  if (error.kind === 'invalid' && !alreadyExists(error) && !allocationTaken(error)) {
    deps.log.error('the panel refuses the server', { ...about, code: error.code, error })
    return await failProvisioning(db, deps, { order, error, cause })
  }
  const sentMs = await msSinceCreateSent(db, server.id)
  // Said already, and tried each minute: that it failed once more is no news.
  if (error.code === 'DaemonConnectionException' && order.waitingFor === 'node') {
    return new TryAgain(error.message, UNKNOWN_OUTCOME_MS, error)
  }
  if (sentMs !== undefined && sentMs < UNKNOWN_OUTCOME_MS) {
    return await recordUnconfirmed(db, deps, { order, error, delayMs: UNKNOWN_OUTCOME_MS - sentMs })
  }
  if (error.kind === 'capacity') {
    const room = { reason: 'room', cause, delayMs: ROOM_RETRY_MS } as const
    return await waitInRegion(db, deps, { order, server, ...room })
  }
  const delayMs = delayAfter(deps, error, attempts)
  const kind = waitingKind(error)
  if (kind) {
    return await recordWaiting(db, deps, { ...about, reason: 'panel', kind, cause, delayMs })
  }
  return await recordUnconfirmed(db, deps, { order, error, delayMs })
}

/** The same for a look at a server that is being installed: that goes on, whoever looks. */
export async function lookFailure(
  db: Db,
  deps: Deps,
  { order, server, error, everyMs }: {
    order: Order
    server: Server
    error: PanelError
    /** How often it is looked at. */
    everyMs: number
  },
): Promise<TryAgain> {
  const delayMs = Math.max(everyMs, delayAfter(deps, error, 1))
  const kind = waitingKind(error)
  // Its turn to be looked at is no news: nothing waits for that.
  if (!kind || error.code === 'no_budget') return new TryAgain(error.message, delayMs, error)
  const about = { orderId: order.id, serverId: server.id, cause: causeOf(error) }
  return await recordWaiting(db, deps, { ...about, reason: 'panel', kind, delayMs })
}

/** What an order waits for that could not ask the panel; undefined when the panel has answered. */
function waitingKind(error: PanelError): string | undefined {
  if (error.kind === 'configuration') return 'order.waiting_for_panel'
  if (error.code === 'no_budget') return 'order.waiting_for_turn'
  if (error.code === 'circuit_open' || verdictOn(error) === 'outage') {
    return 'order.waiting_for_panel_back'
  }
  return undefined
}

function delayAfter(deps: Deps, error: PanelError, attempts: number): number {
  const { code, retryAfterMs = 0 } = error
  if (code === 'circuit_open') return Math.round(retryAfterMs + SPREAD_MS * chance(deps))
  if (code === 'no_budget') {
    return Math.max(retryAfterMs, backoffMs(Math.min(attempts, 3), deps.randomBytes))
  }
  const backoff = error.kind === 'configuration'
    ? LONGEST_RETRY_MS
    : backoffMs(attempts, deps.randomBytes)
  return Math.min(Math.max(retryAfterMs, backoff), LONGEST_RETRY_MS)
}

function chance(deps: Deps): number {
  return (deps.randomBytes(1)[0] ?? 0) / 256
}

async function recordUnconfirmed(
  db: Db,
  deps: Deps,
  { order, error, delayMs }: { order: Order; error: PanelError; delayMs: number },
): Promise<TryAgain> {
  const kind = 'order.provision_retry'
  const wait = { orderId: order.id, kind, reason: 'panel', cause: causeOf(error), delayMs } as const
  await db.transaction((tx) => tellWait(tx, deps, wait))
  return new TryAgain(error.message, delayMs, error)
}

/** Puts a wait into the timeline, and once it lasts into a mail. False when the order has ended. */
async function tellWait(
  tx: Queryable,
  deps: Deps,
  { orderId, kind, reason, facts, cause, delayMs }: {
    orderId: string
    kind: string
    reason: WaitingReason
    facts?: Record<string, unknown>
    cause?: Record<string, unknown>
    delayMs: number
  },
): Promise<boolean> {
  if (!await holdUndelivered(tx, orderId)) return false
  await repeatOrderEvent(tx, deps, { orderId, kind, facts, cause, nextInMs: delayMs })
  await mailLongWait(tx, deps, { orderId, kind, reason })
  return true
}

async function failProvisioning(
  db: Db,
  deps: Deps,
  { order, error, cause }: { order: Order; error: PanelError; cause: Record<string, unknown> },
): Promise<TryAgain> {
  await db.transaction(async (tx) => {
    await setWaiting(tx, order.id, null)
    const kind = 'order.provision_failed'
    const failure = { kind, cause, nextInMs: REFUSED_RETRY_MS }
    if (!await moveOrder(tx, deps, order.id, 'provision_failed', failure)) return
    await mailOrderProblem(tx, deps, order.id, 'provision_failed')
  })
  return new TryAgain(error.message, REFUSED_RETRY_MS, error)
}

/** What an operator needs to find the failure in the panel's and the node's log. */
function causeOf(error: PanelError): Record<string, unknown> {
  return {
    message: scrub(error.message),
    code: error.code,
    status: error.status,
    fields: error.sourceFields,
    nodeRequestId: error.requestId,
  }
}
