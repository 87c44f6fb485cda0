import { useEffect, useState } from 'preact/hooks'
import type { ServerBody } from '../api/servers/bodies.ts'
import { api, type OrderStory } from './api.ts'
import { listenToOrder, type Outcome } from './order_stream.ts'
import { asProblem, type ProblemError } from './problem_error.ts'

/** Quick at first, because most payments are told to us within seconds. */
export const FIRST_DELAY_MS = 1_500
/** So many looks without a payment (some ten seconds) and we stop saying that one is coming. */
export const PATIENCE = 4
/** Slow enough that a page left open over night costs little. */
export const LAST_DELAY_MS = 10_000

export interface Followed {
  /** How often the shop was asked; 0 before the first answer. */
  looks: number
  story?: OrderStory
  /** The order's server, once there is one. */
  server?: ServerBody
  /** Set while the last look failed; the page goes on looking unless `stopped`. */
  error?: ProblemError
  stopped?: boolean
}

/** The wait before the next look: starts over when something changed, else grows by half. */
export function nextDelay(before: number, changed: boolean): number {
  return changed ? FIRST_DELAY_MS : Math.min(before * 1.5, LAST_DELAY_MS)
}

/**
 * Follows an order until nothing further happens by itself: the shop tells each step as it comes, and
 * where no stream of events gets through it is asked again and again. With `sync` the first look
 * makes the shop ask Stripe. `version` starts it over. A hidden page waits until it is seen again.
 */
export function useOrder(
  id: string | undefined,
  { sync = false, version = 0 }: { sync?: boolean; version?: number } = {},
): Followed {
  const [followed, setFollowed] = useState<Followed>({ looks: 0 })
  useEffect(() => {
    if (!id) return
    const controller = new AbortController()
    void follow(id, sync, setFollowed, controller.signal)
    return () => controller.abort()
  }, [id, version])
  return followed
}

async function follow(
  id: string,
  sync: boolean,
  report: (followed: Followed) => void,
  signal: AbortSignal,
): Promise<void> {
  let last: Followed = { looks: 0 }
  let delay = FIRST_DELAY_MS
  let canListen = true
  while (!signal.aborted) {
    const followed = await look(id, sync && last.looks === 0, last, signal)
    if (signal.aborted) return
    report(followed)
    if (followed.stopped) return
    if (last.looks > 0) delay = nextDelay(delay, differs(last, followed))
    last = followed
    const outcome: Outcome | undefined = canListen && isWorthListening(last, sync)
      ? await listen(id, last, report, signal)
      : undefined
    canListen &&= outcome !== 'silent'
    // What came by the stream is asked for once more, so that it ends where asking would have.
    await pause(outcome === 'over' ? 0 : delay, signal)
  }
}

/** Someone who returns from paying is told after a few looks, not by an event, that no payment came. */
function isWorthListening({ looks, story, error }: Followed, sync: boolean): boolean {
  if (!story || error || story.order.atRest) return false
  return !sync || looks >= PATIENCE || story.order.status !== 'pending'
}

/** Listens while the page is seen: a hidden one asks when it is seen again. */
async function listen(
  id: string,
  last: Followed,
  report: (followed: Followed) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  if (!last.story || document.hidden) return 'over'
  const hidden = new AbortController()
  const onHide = () => document.hidden && hidden.abort()
  document.addEventListener('visibilitychange', onHide)
  try {
    return await listenToOrder(id, last.story, {
      signal: AbortSignal.any([signal, hidden.signal]),
      report: (story) => report({ ...last, story }),
    })
  } finally {
    document.removeEventListener('visibilitychange', onHide)
  }
}

async function look(
  id: string,
  sync: boolean,
  last: Followed,
  signal: AbortSignal,
): Promise<Followed> {
  const looks = last.looks + 1
  try {
    const story = await firstOf(id, sync, signal)
    const server = await serverOf(story, last.server, signal)
    return { looks, story, server, stopped: isOver(story, server) }
  } catch (thrown) {
    const error = asProblem(thrown)
    return { ...last, looks, error, stopped: [401, 404].includes(error.problem.status) }
  }
}

/** A failed sync (Stripe away, too many asked) is no reason not to show what we know. */
async function firstOf(id: string, sync: boolean, signal: AbortSignal): Promise<OrderStory> {
  if (!sync) return await api.getOrder(id, signal)
  try {
    return await api.syncOrder(id, signal)
  } catch {
    return await api.getOrder(id, signal)
  }
}

async function serverOf(
  { order }: OrderStory,
  known: ServerBody | undefined,
  signal: AbortSignal,
): Promise<ServerBody | undefined> {
  if (!order.serverId || order.status !== 'provisioned' || known?.address) return known
  return (await api.getServer(order.serverId, signal)).server
}

function isOver({ order }: OrderStory, server: ServerBody | undefined): boolean {
  return order.atRest && (order.status !== 'provisioned' || Boolean(server?.address))
}

function differs(a: Followed, b: Followed): boolean {
  return a.story?.order.status !== b.story?.order.status ||
    a.story?.timeline.length !== b.story?.timeline.length
}

/** Resolves after `ms`, at once when the page is seen or connected again, and when `signal` ends the following. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => document.hidden || done(), ms)
    function onVisible() {
      if (!document.hidden) done()
    }
    function done() {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
      removeEventListener('online', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    document.addEventListener('visibilitychange', onVisible)
    addEventListener('online', done)
    signal.addEventListener('abort', done)
  })
}
