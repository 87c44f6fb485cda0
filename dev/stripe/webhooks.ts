import type { Faults } from '../faults/faults.ts'
import { inOrder } from './objects/order.ts'
import { subscribers } from './sandbox.ts'
import { activeSecrets, signatureHeader } from './signature.ts'
import type { Delivery, Store } from './store.ts'
import { createSpoiler, type Manner } from './webhook_faults.ts'
import type { Event, WebhookEndpoint } from './wire.ts'

export interface Webhooks {
  /** Begins to send an event to each endpoint that subscribes to it. In no order. */
  send(event: Event): void
  /**
   * Sends an event once more, now, whatever faults are ordered; retries that are due by themselves
   * stay due.
   */
  deliver(eventId: string): Promise<void>
  /** Ends when no request of this event is under way. */
  answered(eventId: string): Promise<void>
  /** Ends when no request is under way; retries that wait for their time do not count. */
  idle(): Promise<void>
  /** Stops all; what was not delivered goes on when the saved state is opened again. */
  close(): void
}

/** One request to an endpoint, and how it ended. */
export interface WebhookAttempt {
  event: Event
  url: string
  /** In milliseconds. */
  took: number
  /** `null` when no answer came; then `error` says why. */
  status: number | null
  error: string | null
  /** The name of the fault that struck it. */
  fault: string | null
  request: { headers: Record<string, string>; body: string }
  answer: string
}

/** Stripe does not publish how long it waits; its hosted page waits this long for the answer. */
const TIMEOUT_MS = 10_000

export function createWebhooks({ store, now, retryDelaysMs, faults, attempted }: {
  store: Store
  now: () => number
  retryDelaysMs: number[]
  faults: Faults
  attempted: (attempt: WebhookAttempt) => void
}): Webhooks {
  const underWay = new Map<Promise<void>, string>()
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const closing = new AbortController()
  const spoil = createSpoiler(store, {
    send: dispatch,
    sendOnce: (id, manner) => track(id, attempt(id, manner).then(() => {})),
    sendLater: (id, manner, ms) => later(id, ms, () => void dispatch(id, manner)),
    track,
  })

  function start(id: string) {
    if (closing.signal.aborted) return
    const { type } = store.events.get(store.deliveries.get(id).event)
    const strike = faults.strike('webhook', { service: 'stripe', event: type })
    if (strike) spoil(id, strike)
    else dispatch(id)
  }

  async function dispatch(id: string, manner: Manner = {}) {
    if (!closing.signal.aborted) await track(id, attemptAndRetry(id, manner))
  }

  function track(id: string, work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => underWay.delete(tracked))
    underWay.set(tracked, store.deliveries.get(id).event)
    return tracked
  }

  async function attemptAndRetry(id: string, manner: Manner) {
    const succeeded = await attempt(id, manner)
    const { retries, scheduled } = store.deliveries.get(id)
    if (closing.signal.aborted || !scheduled) return
    const delayMs = succeeded ? undefined : retryDelaysMs[retries]
    if (delayMs === undefined) return void store.deliveries.update(id, { scheduled: false })
    store.deliveries.update(id, { retries: retries + 1 })
    later(id, delayMs, () => start(id))
  }

  function later(id: string, ms: number, work: () => void) {
    clearTimeout(timers.get(id))
    timers.set(id, setTimeout(work, ms))
  }

  async function attempt(id: string, { fault, secrets }: Manner): Promise<boolean> {
    const delivery = store.deliveries.get(id)
    const event = withPending(store.events.get(delivery.event), pendingWebhooks(store))
    const endpoint = store.webhookEndpoints.find(delivery.endpoint)
    if (endpoint?.status !== 'enabled') {
      store.deliveries.update(id, { scheduled: false })
      return false
    }
    const at = now()
    const result = await post(event, endpoint.url, {
      signature: await signatureHeader(
        payloadOf(event),
        secrets ?? activeSecrets(store, endpoint, at),
        at,
      ),
      signal: closing.signal,
    })
    const { status, error } = result
    if (!closing.signal.aborted) record(id, { at, status, error })
    attempted({ ...result, fault: fault ?? null })
    return isSuccess(status)
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
    if (scheduled) later(id, retryDelaysMs[Math.max(retries - 1, 0)] ?? 0, () => start(id))
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
          return track(id, attempt(id, {}).then(() => {}))
        }),
      )
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

/** How many endpoints have not taken an event yet, by its id; none where all have. */
export function pendingWebhooks(store: Store): Map<string, number> {
  const pending = new Map<string, number>()
  for (const { event, succeeded } of store.deliveries.toJSON()) {
    if (!succeeded) pending.set(event, (pending.get(event) ?? 0) + 1)
  }
  return pending
}

/** The event as it is shown, with the number of endpoints that have not taken it yet. */
export function withPending(event: Event, pending: Map<string, number>): Event {
  return { ...event, pending_webhooks: pending.get(event.id) ?? 0 }
}

function payloadOf(event: Event): string {
  return JSON.stringify(inOrder(event), null, 2)
}

/** Each attempt is signed anew, with the time at which it is sent. A redirect is not followed. */
async function post(
  event: Event,
  url: string,
  { signature, signal }: { signature: string; signal: AbortSignal },
): Promise<Omit<WebhookAttempt, 'fault'>> {
  const startedAt = performance.now()
  const body = payloadOf(event)
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Stripe-Signature': signature,
    'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
  }
  const ended = await ask(url, {
    method: 'POST',
    redirect: 'manual',
    headers,
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  })
  const took = Math.round(performance.now() - startedAt)
  return { event, url, took, request: { headers, body }, ...ended }
}

async function ask(
  url: string,
  init: RequestInit,
): Promise<Pick<WebhookAttempt, 'status' | 'error' | 'answer'>> {
  try {
    const response = await fetch(url, init)
    return { status: response.status, error: null, answer: await readSome(response) }
  } catch (error) {
    return {
      status: null,
      error: error instanceof Error ? error.message : String(error),
      answer: '',
    }
  }
}

/** The beginning of an answer: only its status counts. */
async function readSome(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const { value } = await reader?.read() ?? {}
  await reader?.cancel()
  return new TextDecoder().decode(value)
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300
}
