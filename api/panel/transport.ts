import type * as z from 'zod'
import { listOf } from './answers.ts'
import { answerFault, networkFault, pausedFault, unreadable } from './faults.ts'
import { PanelError } from './panel.ts'

export interface TransportOptions {
  /** Where the panel lives, without `/api`: `https://panel.example.com`. */
  url: string
  apiKey: string
  now: () => Date
  fetch?: typeof globalThis.fetch
}

export interface PanelRequest<T> {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/api/application`. */
  path: string
  body?: unknown
  answer: z.ZodType<T>
  timeoutMs?: number
}

export interface Transport {
  get<T>(path: string, answer: z.ZodType<T>): Promise<T>
  /** Reads every page of a list. */
  getAll<T>(path: string, attributes: z.ZodType<T>): Promise<T[]>
  send<T>(request: PanelRequest<T>): Promise<T>
}

/** The panel itself gives a node 15 s. */
const TIMEOUT_MS = 15_000

/** A page of 200 servers with their variables is below 1 MiB. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024

const PER_PAGE = 200

/** The one way to the panel: headers, time-outs, limits, and every failure as a PanelError. */
export function openTransport({ url, apiKey, now, fetch }: TransportOptions): Transport {
  // Workers refuse a fetch that is called as a method of another object.
  const call: typeof globalThis.fetch = fetch ?? ((...args) => globalThis.fetch(...args))
  const base = `${url.replace(/\/+$/, '')}/api/application`
  let pausedUntil = 0

  async function send<T>(request: PanelRequest<T>): Promise<T> {
    const what = `${request.method} ${request.path}`
    if (now().getTime() < pausedUntil) throw pausedFault(what, pausedUntil - now().getTime())
    const { response, text } = await exchange(what, () =>
      call(base + request.path, {
        method: request.method,
        headers: headersOf(apiKey, request.body),
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        redirect: 'manual',
        signal: AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS),
      }))
    if (!response.ok) {
      const fault = answerFault(what, response, text)
      if (response.status === 429) pausedUntil = now().getTime() + (fault.retryAfterMs ?? 0)
      throw fault
    }
    return readAnswer(what, response, text, request.answer)
  }

  function get<T>(path: string, answer: z.ZodType<T>): Promise<T> {
    return send({ method: 'GET', path, answer })
  }

  async function getAll<T>(path: string, attributes: z.ZodType<T>): Promise<T[]> {
    const items: T[] = []
    // The panel's own link to the next page loses per_page and filters, so pages are counted.
    for (let page = 1, pages = 1; page <= pages; page++) {
      const separator = path.includes('?') ? '&' : '?'
      const list = await get(
        `${path}${separator}per_page=${PER_PAGE}&page=${page}`,
        listOf(attributes),
      )
      items.push(...list.data)
      pages = list.totalPages
    }
    return items
  }

  return { get, getAll, send }
}

function headersOf(apiKey: string, body: unknown): Record<string, string> {
  const headers = { Accept: 'application/json', Authorization: `Bearer ${apiKey}` }
  return body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' }
}

async function exchange(what: string, call: () => Promise<Response>) {
  try {
    const response = await call()
    return { response, text: await readText(what, response) }
  } catch (error) {
    if (error instanceof PanelError) throw error
    throw networkFault(what, error)
  }
}

async function readText(what: string, response: Response): Promise<string> {
  if (!response.body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > BODY_LIMIT_BYTES) {
      throw unreadable(what, response, `it is larger than ${BODY_LIMIT_BYTES} bytes`)
    }
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function readAnswer<T>(what: string, response: Response, text: string, answer: z.ZodType<T>): T {
  const parsed = answer.safeParse(parseJson(what, response, text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw unreadable(what, response, `${issue?.path.join('.')}: ${issue?.message}`)
}

function parseJson(what: string, response: Response, text: string): unknown {
  if (response.status === 204) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw answerFault(what, response, text)
  }
}
