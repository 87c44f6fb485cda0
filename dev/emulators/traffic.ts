import { AsyncLocalStorage } from 'node:async_hooks'
import { isCall } from '../faults/calls.ts'
import type { Faults } from '../faults/faults.ts'
import type { Service } from '../faults/vocabulary.ts'
import type { Fetch } from '../faults/wire.ts'
import type { WebhookAttempt } from '../stripe/webhooks.ts'

/** What one side said to the other. Secrets are left out of both. */
export interface Message {
  headers: [string, string][]
  /** Its beginning, when it is long. */
  body: string
}

/** One call of an emulator's API, or one request of it to a webhook endpoint. */
export interface Entry {
  id: number
  kind: 'call' | 'webhook'
  service: Service
  /** ISO 8601. */
  at: string
  /** `POST /v1/customers`, or the type of the event. */
  title: string
  /** Where a webhook went. */
  url?: string
  /** In milliseconds; absent until it has ended. */
  took?: number
  /** Absent until it is known, and when there was no answer. */
  status?: number
  /** Why there was no answer. */
  error?: string
  /** The faults that struck. */
  faults: string[]
  request: Message
  answer?: Message
}

/** What went in and out of the emulators lately. */
export interface Traffic {
  /** The same service, with its calls written down. */
  watch(service: Service, fetch: Fetch): Fetch
  /** `again` sends the event once more. */
  webhook(attempt: WebhookAttempt, again: () => Promise<void>): void
  /** Oldest first. */
  entries(): readonly Entry[]
  find(id: number): Entry | undefined
  /** Makes a call again as it was, or sends an event again; false when there is no such entry. */
  replay(id: number): Promise<boolean>
  /** Told of each new entry and of each that has ended; returns how to stop that. */
  onEntry(listener: (entry: Entry) => void): () => void
}

/** Enough to look back on some minutes of a busy shop. */
const KEPT = 300
const KEPT_CHARACTERS = 32_768

export function createTraffic({ now, faults }: { now: () => Date; faults: Faults }): Traffic {
  const entries: Entry[] = []
  const listeners = new Set<(entry: Entry) => void>()
  const repeats = new Map<number, () => Promise<unknown>>()
  const underWay = new AsyncLocalStorage<Entry>()
  let made = 0

  faults.onStrike((rule, { event }) => {
    if (event === undefined) underWay.getStore()?.faults.push(rule.fault.name)
  })

  function tell(entry: Entry) {
    for (const listener of listeners) listener(entry)
  }

  function add(entry: Omit<Entry, 'id'>, repeat: () => Promise<unknown>): Entry {
    const added = { ...entry, id: ++made }
    entries.push(added)
    repeats.set(added.id, repeat)
    for (const { id } of entries.splice(0, entries.length - KEPT)) repeats.delete(id)
    tell(added)
    return added
  }

  function watch(service: Service, fetch: Fetch): Fetch {
    const watched: Fetch = async (request) => {
      const { pathname, search } = new URL(request.url)
      if (!isCall(service, pathname)) return await fetch(request)
      const body = await bodyOf(request)
      const repeat = copyOf(request, body)
      const entry = add({
        kind: 'call',
        service,
        at: now().toISOString(),
        title: `${request.method} ${pathname}${search}`,
        faults: [],
        request: { headers: shownHeaders(request.headers), body: shownBody(body) },
      }, () => watched(repeat()))
      return await underWay.run(entry, () => answer(entry, request, fetch))
    }
    return watched
  }

  async function answer(entry: Entry, request: Request, fetch: Fetch): Promise<Response> {
    const startedAt = performance.now()
    const end = (ending: Partial<Entry>) => {
      tell(Object.assign(entry, ending, { took: Math.round(performance.now() - startedAt) }))
    }
    try {
      const response = await fetch(request)
      const headers = shownHeaders(response.headers)
      const { status } = response
      // A WebSocket has no body, and its answer cannot be copied.
      if (status === 101) end({ status, answer: { headers, body: '' } })
      else beginning(response.clone()).then((body) => end({ status, answer: { headers, body } }))
      return response
    } catch (error) {
      end({ error: messageOf(error) })
      throw error
    }
  }

  return {
    watch,
    webhook({ event, url, took, status, error, fault, request, answer }, again) {
      add({
        kind: 'webhook',
        service: 'stripe',
        at: now().toISOString(),
        title: event.type,
        url,
        took,
        ...(status === null ? {} : { status }),
        ...(error === null ? {} : { error }),
        faults: fault === null ? [] : [fault],
        request: {
          headers: shownHeaders(new Headers(request.headers)),
          body: shortened(request.body),
        },
        answer: { headers: [], body: shortened(answer) },
      }, again)
    },
    entries: () => entries,
    find: (id) => entries.find((entry) => entry.id === id),
    async replay(id) {
      const repeat = repeats.get(id)
      // How it ends stands in the entry that it makes.
      await repeat?.().catch(() => {})
      return repeat !== undefined
    },
    onEntry(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** The whole body; a request without one is not touched, for it may become a websocket. */
async function bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer> | null> {
  return request.body === null ? null : new Uint8Array(await request.clone().arrayBuffer())
}

/** Makes a request that says the same, as often as it is called. */
function copyOf(request: Request, body: BodyInit | null): () => Request {
  const { url, method } = request
  const headers = new Headers(request.headers)
  return () => new Request(url, { method, headers, body })
}

/** The beginning of a body, without reading on: it may have no end. */
async function beginning(response: Response): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  try {
    while (reader && text.length < KEPT_CHARACTERS) {
      const { value, done } = await reader.read()
      if (done) break
      text += value
    }
    await reader?.cancel()
  } catch (error) {
    text += `\n(${messageOf(error)})`
  }
  return shortened(text)
}

function shownBody(body: BufferSource | null): string {
  return body === null ? '' : shortened(new TextDecoder().decode(body))
}

function shortened(text: string): string {
  return withoutSecrets(text.slice(0, KEPT_CHARACTERS))
}

const SECRET_HEADERS = ['authorization', 'cookie', 'set-cookie']

function shownHeaders(headers: Headers): [string, string][] {
  return [...headers].map(([name, value]) => [name, SECRET_HEADERS.includes(name) ? '…' : value])
}

/** Keys, signing secrets, tokens and passwords are no one's to read over a shoulder. */
function withoutSecrets(text: string): string {
  return text
    .replaceAll(/\b(whsec_|sk_test_|ptl[ac]_)\w+/g, '$1…')
    .replaceAll(/("(?:password|token|secret)": ?")(?:[^"\\]|\\.)+/g, '$1…')
    .replaceAll(/(\bpassword=)[^&\s]+/g, '$1…')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
