import type { OrderBody, TimelineEntryBody } from '../api/orders/bodies.ts'
import type { OrderStory } from './api.ts'

/** What this file needs of the browser's EventSource. */
export interface EventStream {
  readonly readyState: number
  addEventListener(name: string, listener: (event: Event) => void): void
  close(): void
}

export interface Listening {
  signal: AbortSignal
  /** Called with each change, soon after it happened. */
  report(story: OrderStory): void
  open?(path: string): EventStream
}

/** The API sends its first event at once: silence means that something on the way holds it back. */
export const SILENCE_MS = 4000

/** `EventSource.CLOSED`, which a page without EventSource does not have. */
const CLOSED = 2

/**
 * `over`: nothing further happens by itself, or `signal` ended it. `broken`: it worked, and can be
 * tried again. `silent`: no event ever came, so nothing is to be had this way.
 */
export type Outcome = 'over' | 'broken' | 'silent'

/**
 * Listens to an order's events, as long as it can. A connection that breaks is resumed by the
 * browser, from the row it had last; it is given up when the API refuses that.
 */
export function listenToOrder(
  id: string,
  known: OrderStory,
  { signal, report, open = openStream }: Listening,
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const stream = attempt(() => open(`/api/orders/${encodeURIComponent(id)}/events`))
  if (!stream) return Promise.resolve('silent')
  let story = known
  let outcome: Outcome = 'silent'
  const silent = setTimeout(end, SILENCE_MS)

  function end() {
    clearTimeout(silent)
    signal.removeEventListener('abort', finish)
    stream?.close()
    resolve(outcome)
  }

  function finish() {
    outcome = 'over'
    end()
  }

  function on<T>(name: string, apply: (story: OrderStory, told: T) => OrderStory) {
    stream?.addEventListener(name, (event) => {
      clearTimeout(silent)
      outcome = 'broken'
      story = apply(story, dataOf<T>(event))
      report(story)
    })
  }

  on<OrderBody>('order', (before, order) => ({ ...before, order }))
  on<TimelineEntryBody>('timeline', withRow)
  stream.addEventListener('end', finish)
  stream.addEventListener('error', () => stream.readyState === CLOSED && end())
  signal.addEventListener('abort', finish)
  return promise
}

/** A row that was told before takes its old place. */
function withRow(story: OrderStory, row: TimelineEntryBody): OrderStory {
  const { timeline } = story
  const isKnown = timeline.some(({ id }) => id === row.id)
  return {
    ...story,
    timeline: isKnown ? timeline.map((old) => old.id === row.id ? row : old) : [...timeline, row],
  }
}

/** Trusted to be a T because the API and these pages are built and served together. */
function dataOf<T>(event: Event): T {
  return JSON.parse(event instanceof MessageEvent ? event.data : 'null')
}

function openStream(path: string): EventStream {
  return new EventSource(path)
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
