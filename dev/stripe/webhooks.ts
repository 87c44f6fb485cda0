import Stripe from 'stripe'
import { subscribers } from './sandbox.ts'
import type { Delivery, Store } from './store.ts'
import type { Event, WebhookEndpoint } from './wire.ts'

export interface Webhooks {
  /** Begins to send an event to each endpoint that subscribes to it. In no order. */
  send(event: Event): void
  /** Sends an event once more, now; retries that are due by themselves stay due. */
  deliver(eventId: string): Promise<void>
  /** Keeps back what would be sent; when released it goes out. */
  hold(on: boolean): void
  /** Ends when no request of this event is under way. */
  answered(eventId: string): Promise<void>
  /** Ends when no request is under way; retries that wait for their time do not count. */
  idle(): Promise<void>
  /** Stops all; what was not delivered goes on when the saved state is opened again. */
  close(): void
}

/** Stripe does not publish how long it waits; its hosted page waits this long for the answer. */
const TIMEOUT_MS = 10_000

export function createWebhooks({ store, now, retryDelaysMs, log }: {
  store: Store
  now: () => number
  retryDelaysMs: number[]
  log: (line: string) => void
}): Webhooks {
  const underWay = new Map<Promise<void>, string>()
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const heldBack = new Set<string>()
  const closing = new AbortController()
  let holding = false

  function start(id: string) {
    if (closing.signal.aborted) return
    if (holding) return void heldBack.add(id)
    track(id, attemptAndRetry(id))
  }

  function track(id: string, work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => underWay.delete(tracked))
    underWay.set(tracked, store.deliveries.get(id).event)
    return tracked
  }

  async function attemptAndRetry(id: string) {
    const succeeded = await attempt(id)
    const { retries, scheduled } = store.deliveries.get(id)
    if (closing.signal.aborted || !scheduled) return
    const delayMs = succeeded ? undefined : retryDelaysMs[retries]
    if (delayMs === undefined) return void store.deliveries.update(id, { scheduled: false })
    store.deliveries.update(id, { retries: retries + 1 })
    startLater(id, delayMs)
  }

  function startLater(id: string, delayMs: number) {
    clearTimeout(timers.get(id))
    timers.set(id, setTimeout(() => start(id), delayMs))
  }

  async function attempt(id: string): Promise<boolean> {
    const delivery = store.deliveries.get(id)
    const event = store.events.get(delivery.event)
    const endpoint = store.webhookEndpoints.find(delivery.endpoint)
    if (!endpoint) {
      store.deliveries.update(id, { scheduled: false })
      return false
    }
    const at = now()
    const result = await post(event, endpoint, { at, signal: closing.signal })
    if (!closing.signal.aborted) record(id, { at, ...result })
    log(`webhook ${event.type} to ${endpoint.url}: ${result.status ?? result.error}`)
    return isSuccess(result.status)
  }

  function record(id: string, attempt: Delivery['attempts'][number]) {
    const { attempts, succeeded } = store.deliveries.get(id)
    store.deliveries.update(id, {
      attempts: [...attempts, attempt],
      succeeded: succeeded || isSuccess(attempt.status),
    })
  }

  async function drain(eventId?: string) {
    const waitedFor = () =>
      [...underWay].filter(([, event]) => eventId === undefined || event === eventId)
    while (waitedFor().length > 0) await Promise.all(waitedFor().map(([work]) => work))
  }

  for (const { id, scheduled, retries } of store.deliveries.toJSON()) {
    if (scheduled) startLater(id, retryDelaysMs[Math.max(retries - 1, 0)] ?? 0)
  }

  return {
    send(event) {
      for (const endpoint of subscribers(store, event.type)) {
        start(store.deliveries.insert(newDelivery(event, endpoint)).id)
      }
    },
    async deliver(eventId) {
      const event = store.events.get(eventId)
      await Promise.all(
        subscribers(store, event.type).map((endpoint) => {
          const fresh = { ...newDelivery(event, endpoint), scheduled: false }
          const { id } = store.deliveries.find(fresh.id) ?? store.deliveries.insert(fresh)
          return track(id, attempt(id).then(() => {}))
        }),
      )
    },
    hold(on) {
      holding = on
      if (on) return
      const released = [...heldBack]
      heldBack.clear()
      released.forEach(start)
    },
    answered: drain,
    idle: () => drain(),
    close() {
      closing.abort()
      timers.forEach((timer) => clearTimeout(timer))
    },
  }
}

function newDelivery(event: Event, endpoint: WebhookEndpoint): Delivery {
  return {
    id: `${event.id}:${endpoint.id}`,
    event: event.id,
    endpoint: endpoint.id,
    attempts: [],
    succeeded: false,
    scheduled: true,
    retries: 0,
  }
}

/** Each attempt is signed anew, with the time at which it is sent. A redirect is not followed. */
async function post(
  event: Event,
  endpoint: WebhookEndpoint,
  { at, signal }: { at: number; signal: AbortSignal },
): Promise<{ status: number | null; error: string | null }> {
  const payload = JSON.stringify(event, null, 2)
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'Stripe-Signature': await Stripe.webhooks.generateTestHeaderStringAsync({
          payload,
          secret: endpoint.secret ?? '',
          timestamp: at,
        }),
        'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      },
      body: payload,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    await response.body?.cancel()
    return { status: response.status, error: null }
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message : String(error) }
  }
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300
}
