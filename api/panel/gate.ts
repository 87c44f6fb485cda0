import { createHash } from 'node:crypto'
import { raiseAlert, resolveAlert } from '../alerts/alerts.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { scrub } from '../log.ts'
import { inWords, notCalled, type Verdict, verdictOn } from './faults.ts'
import {
  type Announced,
  type CircuitKind,
  closeCircuit,
  ensureGate,
  findObstacle,
  type Obstacle,
  openCircuit,
  recordAnswer,
  recordGateFailure,
  recordPause,
  takeCalls,
} from './gate_store.ts'
import { createLane } from './lane.ts'
import { PanelError } from './panel.ts'

/** A call that is about to be made. */
export interface PanelCall {
  /** For messages: `GET /nodes`. */
  what: string
  /** The method of the Panel that makes it; a label of metrics. */
  op: string
  /** It comes again soon anyway, and steps back when little is left. */
  yields?: boolean
  timeoutMs: number
}

export interface Passed {
  /** Tells how the call ended. Never throws: the answer counts, whatever becomes of this. */
  leave(ended: { status?: number; announced?: Announced; error?: unknown }): Promise<void>
}

/** What every call to the panel passes. */
export interface Gate {
  /**
   * Waits a few seconds for its turn if need be. Throws a PanelError `no_budget` or `circuit_open`
   * when the call must not be made now.
   */
  enter(call: PanelCall): Promise<Passed>
}

export interface GateOptions {
  /** Of the panel and our key; another one starts afresh. */
  url: string
  apiKey: string
  openDb: () => Db
  deps: Pick<Deps, 'newId' | 'log' | 'metrics'>
  sleep?: (ms: number) => Promise<void>
}

/**
 * How many calls this process may have under way. A node that hangs holds up creates for 30 s, and
 * nothing else; and a key that was revoked is met by no more than these before all stop.
 */
const PLACES = { creates: 3, others: 3 }

/** A call in the middle of a job waits so long rather than have the job begin anew. */
const PATIENCE_MS = 5000

/** How far calls may run ahead of an even spread: 6 at 240 a minute, of which looks get 3. */
const AHEAD_MS = { all: 1350, yielding: 540 }

/** From so many calls a minute on, several are taken at a time, for at most a second. */
const BATCH_FROM = 2400
const LARGEST_BATCH = 20
const BATCH_MS = 1000

/** How many failures in a row stop all calls. */
const OPENS_AFTER = { outage: 5, stranger: 3, configuration: 1 }

/** A panel that is being updated is no news. */
const DOWN_AFTER_MS = 5 * 60_000

const DEFAULT_PAUSE_MS = 15_000

const SUBJECT = 'shop'

/**
 * The gate that all processes share, whose state is a row of the database: the budget of calls that
 * the panel announces, and a circuit breaker. It opens after five failures in a row, or at once when
 * the panel refuses our key; then one call each 30 s tries whether it can close.
 */
export function createGate(options: GateOptions): Gate {
  const { deps } = options
  const sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))
  const addressHash = createHash('sha256').update(`${options.url} ${options.apiKey}`).digest('hex')
  const lanes = { creates: createLane(PLACES.creates), others: createLane(PLACES.others) }
  let isOpened = false
  let batch = { left: 0, until: 0, isTold: true }
  let largest = 1
  let underWay = 0

  async function withDb<T>(work: (db: Db) => Promise<T>): Promise<T> {
    const db = options.openDb()
    try {
      return await work(db)
    } finally {
      await db.close()
    }
  }

  /** Undefined when the call may be made. */
  function take(aheadMs: number): Promise<Obstacle | undefined> {
    return withDb(async (db) => {
      if (!isOpened) isOpened = await openRow(db, addressHash)
      const count = largest
      if (await takeCalls(db, { count, aheadMs })) {
        batch = { left: count - 1, until: performance.now() + BATCH_MS, isTold: false }
        return undefined
      }
      largest = 1
      return await findObstacle(db, { aheadMs }) ?? { kind: 'budget', reason: null, waitMs: 0 }
    })
  }

  async function waitForTurn(call: PanelCall, until: number): Promise<void> {
    const aheadMs = call.yields ? AHEAD_MS.yielding : AHEAD_MS.all
    for (;;) {
      if (batch.left > 0 && performance.now() < batch.until) return void batch.left--
      const obstacle = await take(aheadMs)
      if (!obstacle) return
      if (isCircuit(obstacle) && await probeEnds(until)) continue
      const isShort = performance.now() + obstacle.waitMs <= until
      if (call.yields || obstacle.kind !== 'budget' || !isShort) throw refusal(call, obstacle)
      await sleep(Math.max(obstacle.waitMs, SHORTEST_WAIT_MS))
    }
  }

  /** A call of this process may be the one that closes the circuit. False when none is under way. */
  async function probeEnds(until: number): Promise<boolean> {
    const before = underWay
    if (before === 0) return false
    while (underWay >= before && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, SHORTEST_WAIT_MS))
    }
    return underWay < before
  }

  async function record(
    call: PanelCall,
    { announced, error, ms }: { announced?: Announced; error?: unknown; ms: number },
  ): Promise<void> {
    const verdict = verdictOn(error)
    if (verdict !== 'sensible') {
      batch.left = 0
      largest = 1
      return await withDb((db) => recordRefusal(db, deps, { call, verdict, announced, error }))
    }
    if (batch.isTold && batch.left > 0) return
    batch.isTold = true
    await withDb(async (db) => {
      if (!await recordAnswer(db, announced)) await close(db, deps, { op: call.op, ms })
    })
    largest = batchOf(announced)
  }

  return {
    async enter(call) {
      const until = performance.now() + PATIENCE_MS
      const lane = call.op === 'createServer' ? lanes.creates : lanes.others
      const giveBack = await lane({ waitMs: PATIENCE_MS, holdMs: call.timeoutMs + PATIENCE_MS * 2 })
      if (!giveBack) throw refusal(call, { kind: 'budget', reason: BUSY, waitMs: PATIENCE_MS })
      await waitForTurn(call, until).catch((error) => {
        giveBack()
        throw error
      })
      underWay++
      const startedAt = performance.now()
      return {
        async leave({ status, announced, error }) {
          const ms = Math.round(performance.now() - startedAt)
          tell(deps, call, { status, error, ms })
          await record(call, { announced, error, ms }).catch((cause) =>
            deps.log.error('cannot record how a call to the panel ended', { error: cause })
          )
          underWay--
          giveBack()
        },
      }
    },
  }
}

function isCircuit({ kind }: Obstacle): boolean {
  return kind === 'outage' || kind === 'configuration'
}

const SHORTEST_WAIT_MS = 20

const BUSY = 'all calls that may be under way at once are under way'

const budgetReasons: Record<'budget' | 'pause', string> = {
  budget: 'all calls that the panel allows for now are used',
  pause: 'the panel asked for a pause',
}

function refusal(call: PanelCall, { kind, reason, waitMs }: Obstacle): PanelError {
  const retryAfterMs = Math.ceil(Math.max(waitMs, SHORTEST_WAIT_MS))
  if (kind === 'budget' || kind === 'pause') {
    const why = reason ?? budgetReasons[kind]
    return notCalled(call.what, { code: 'no_budget', reason: why, retryAfterMs })
  }
  return notCalled(call.what, {
    code: 'circuit_open',
    kind: kind === 'configuration' ? 'configuration' : 'retry',
    reason: `no calls are made to the panel for now: ${reason ?? 'it does not answer'}`,
    retryAfterMs,
  })
}

async function openRow(db: Db, addressHash: string): Promise<true> {
  await db.transaction(async (tx) => {
    if (await ensureGate(tx, addressHash)) await resolveAlerts(tx)
  })
  return true
}

async function close(
  db: Db,
  deps: GateOptions['deps'],
  call: { op: string; ms: number },
): Promise<void> {
  const isClosed = await db.transaction(async (tx) => {
    if (!await closeCircuit(tx, call)) return false
    await resolveAlerts(tx)
    return true
  })
  if (isClosed) deps.log.info('the panel answers again: calls go on')
}

async function resolveAlerts(tx: Queryable): Promise<void> {
  await resolveAlert(tx, { kind: 'panel_configuration', subject: SUBJECT })
  await resolveAlert(tx, { kind: 'panel_down', subject: SUBJECT })
}

async function recordRefusal(
  db: Db,
  deps: GateOptions['deps'],
  { call, verdict, announced, error }: {
    call: PanelCall
    verdict: Exclude<Verdict, 'sensible'>
    announced: Announced | undefined
    error: unknown
  },
): Promise<void> {
  if (!(error instanceof PanelError)) return
  if (verdict === 'pause') {
    return await recordPause(db, { pauseMs: error.retryAfterMs ?? DEFAULT_PAUSE_MS, announced })
  }
  const kind: CircuitKind = verdict === 'outage' ? 'outage' : 'configuration'
  const reason = scrub(inWords(error)).slice(0, 500)
  // A key that may not do one thing may well do others, which then says nothing of that one.
  const op = [403, 404, 405].includes(error.status ?? 0) && verdict !== 'stranger' ? call.op : null
  const isOpen = await db.transaction(async (tx) => {
    await recordGateFailure(tx, reason)
    if (!await openCircuit(tx, { kind, op, reason, after: OPENS_AFTER[verdict] })) return false
    await raiseCircuitAlert(tx, deps, { kind, reason, error })
    return true
  })
  if (isOpen) deps.log.error('no calls to the panel for now', { code: kind, error })
}

async function raiseCircuitAlert(
  tx: Queryable,
  deps: GateOptions['deps'],
  { kind, reason, error }: { kind: CircuitKind; reason: string; error: PanelError },
): Promise<void> {
  const detail = { reason, code: error.code, status: error.status ?? null }
  const about = { subject: SUBJECT, detail }
  if (kind === 'outage') {
    return await raiseAlert(tx, deps, {
      ...about,
      kind: 'panel_down',
      confirmAfterMs: DOWN_AFTER_MS,
    })
  }
  await resolveAlert(tx, { kind: 'panel_down', subject: SUBJECT })
  await raiseAlert(tx, deps, { ...about, kind: 'panel_configuration' })
}

function tell(
  { log, metrics }: GateOptions['deps'],
  { op, what }: PanelCall,
  { status, error, ms }: { status: number | undefined; error: unknown; ms: number },
): void {
  const code = error instanceof PanelError ? error.code : undefined
  metrics.count('panel_requests_total', { op, code: String(status ?? code ?? 'bug') })
  if (!(error instanceof PanelError) || error.kind === 'missing') return
  log.warn('a call to the panel failed', { path: what, status, code, ms })
}

function batchOf(announced: Announced | undefined): number {
  if (!announced || announced.limit < BATCH_FROM) return 1
  return Math.min(LARGEST_BATCH, Math.floor(announced.limit / (BATCH_FROM / 2)))
}
