import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { SignedInEnv } from '../accounts/signed_in.ts'
import { isSessionLive } from '../accounts/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import type { TimelineEntryBody } from './bodies.ts'
import { findOrderMark } from './store.ts'
import { findStory } from './story.ts'

/** An answer has to end some day, and many proxies end it after a minute; the client comes back. */
const STREAM_MS = 55_000

/** A new row is told within so long. */
const LOOK_MS = 1000

/** Shorter than the idle time-outs of usual proxies; also how the client knows that nothing buffers. */
const PING_MS = 15_000

/** How long a revoked session can go on listening. */
const SESSION_CHECK_MS = 5000

/** Browsers open six connections to a host at most; more is no page of ours. */
export const MAX_STREAMS = 10

/** What a client that lost the connection waits before it comes back. */
const RETRY_MS = 2000

/** The streams that are open in this process, per user. */
export type OpenStreams = Map<string, number>

interface Following {
  orderId: string
  userId: string
  sessionId: string
  /** The last row the client has; it gets those after it. */
  after: string | undefined
}

/**
 * An order's timeline as server-sent events: `timeline` for each row (its id is the event's, so that
 * Last-Event-ID resumes after it), `order` when the order itself changed and once at the start,
 * `ping` in between, and `end` when nothing further happens by itself. Throws 429 `rate-limited`
 * when the user listens too often already.
 */
export function streamOrder(
  c: Context<SignedInEnv>,
  deps: Deps,
  { orderId, open }: { orderId: string; open: OpenStreams },
): Response {
  const headers = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  // Nobody would read what a stream says, so that it would never end.
  if (c.req.method === 'HEAD') {
    return c.body(null, 200, { ...headers, 'content-type': 'text/event-stream' })
  }
  const { userId, sessionId } = c.var.signedIn
  const count = open.get(userId) ?? 0
  if (count >= MAX_STREAMS) {
    throw new Problem('rate-limited', {
      detail: `Listen to at most ${MAX_STREAMS} orders at once.`,
      retryAfter: STREAM_MS / 1000,
    })
  }
  open.set(userId, count + 1)
  const after = c.req.header('last-event-id')
  const response = streamSSE(c, async (stream) => {
    // The request's own handle is closed as soon as the answer began.
    const db = deps.openDb()
    const over = new AbortController()
    try {
      const following = follow(stream, db, deps, { orderId, userId, sessionId, after })
      // A client that does not read lets no write end, and so not the loop.
      await Promise.race([following, pause(STREAM_MS + LOOK_MS, over.signal)])
    } catch (error) {
      // The client comes back by itself; it is told nothing of what went wrong here.
      deps.log.warn('a stream of events broke', { orderId, error })
    } finally {
      over.abort()
      leave(open, userId)
      await db.close()
    }
  })
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}

function leave(open: OpenStreams, userId: string): void {
  const left = (open.get(userId) ?? 1) - 1
  if (left > 0) open.set(userId, left)
  else open.delete(userId)
}

async function follow(
  stream: SSEStreamingApi,
  db: Db,
  deps: Deps,
  following: Following,
): Promise<void> {
  const sent = new Map<string, string>()
  let [mark, pingedAt, checkedAt] = ['', performance.now(), performance.now()]
  const until = performance.now() + STREAM_MS
  while (performance.now() < until && !stream.aborted && !deps.stopping?.aborted) {
    if (performance.now() - checkedAt > SESSION_CHECK_MS) {
      checkedAt = performance.now()
      if (!await isSessionLive(db, following)) return
    }
    const now = await findOrderMark(db, following.orderId)
    if (now !== mark) {
      mark = now
      if (await tell(stream, db, { ...following, sent }) === 'over') return
    } else if (performance.now() - pingedAt > PING_MS) {
      pingedAt = performance.now()
      await stream.writeSSE({ event: 'ping', data: '' })
    }
    await pause(LOOK_MS, deps.stopping)
  }
}

/** Sends what is new. `over` when nothing further happens by itself. */
async function tell(
  stream: SSEStreamingApi,
  db: Db,
  { orderId, userId, after, sent }: Following & {
    /** Row → as it was sent; empty at the start, for every order has a row. */
    sent: Map<string, string>
  },
): Promise<'over' | 'goes on'> {
  const story = await findStory(db, { userId, orderId })
  if (!story) return 'over'
  if (sent.size === 0) {
    for (const row of known(story.timeline, after)) sent.set(row.id, JSON.stringify(row))
  }
  await stream.writeSSE({ event: 'order', data: JSON.stringify(story.order), retry: RETRY_MS })
  for (const row of story.timeline) {
    const data = JSON.stringify(row)
    if (sent.get(row.id) === data) continue
    sent.set(row.id, data)
    await stream.writeSSE({ event: 'timeline', id: row.id, data })
  }
  if (!story.order.atRest) return 'goes on'
  await stream.writeSSE({ event: 'end', data: '' })
  return 'over'
}

/**
 * The rows that a client with `after` has for good. The row itself may have been told again with
 * another time since, so it is sent once more.
 */
function known(timeline: TimelineEntryBody[], after: string | undefined): TimelineEntryBody[] {
  const at = timeline.findIndex((row) => row.id === after)
  return timeline.slice(0, Math.max(0, at))
}

function pause(ms: number, stopping: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const over = new AbortController()
  stopping?.addEventListener('abort', () => resolve(), { signal: over.signal })
  return promise.finally(() => {
    clearTimeout(timer)
    over.abort()
  })
}
