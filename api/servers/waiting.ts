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
import { allocationTaken, alreadyExists, type PanelError } from '../panel/panel.ts'
import type { Server } from './store.ts'

/** What an order can wait for; `orders.waiting_for`, and `order.waiting_for_<reason>` in its timeline. */
export type WaitingReason = 'room' | 'account' | 'panel' | 'bank'

/**
 * The panel may still be rolling back, or committing late, this long after a create whose answer
 * was lost: it gives its node 15 s, and as long again to clean up.
 */
export const UNKNOWN_OUTCOME_MS = 45_000

/** A fault of our key or address is not mended by asking more often. */
const CONFIGURATION_RETRY_MS = 60_000

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
    facts?: Record<string, unknown>
    cause?: Record<string, unknown>
    delayMs: number
  },
): Promise<TryAgain> {
  const { orderId, serverId, reason, facts, cause, delayMs } = waiting
  const news = await db.transaction(async (tx) => {
    const kind = `order.waiting_for_${reason}`
    if (!await tellWait(tx, deps, { orderId, kind, reason, facts, cause, delayMs })) return false
    return await setWaiting(tx, orderId, reason)
  })
  if (news) deps.log.warn('order waits', { orderId, serverId, code: reason })
  return new TryAgain(`waiting for ${reason}`, delayMs)
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
  if (error.kind === 'configuration') {
    const delayMs = CONFIGURATION_RETRY_MS
    return await recordWaiting(db, deps, { ...about, reason: 'panel', cause, delayMs })
  }
  if (error.kind === 'invalid' && !alreadyExists(error) && !allocationTaken(error)) {
    deps.log.error('the panel refuses the server', { ...about, code: error.code, error })
    return await failProvisioning(db, deps, { order, error, cause })
  }
  const delayMs = error.outcome === 'unknown' || alreadyExists(error)
    ? UNKNOWN_OUTCOME_MS
    : Math.max(error.retryAfterMs ?? 0, backoffMs(attempts, deps.randomBytes))
  const kind = 'order.provision_retry'
  const wait = { orderId: order.id, kind, reason: 'panel', cause, delayMs } as const
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
