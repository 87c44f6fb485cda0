import type * as z from 'zod'
import { listOf } from './answers.ts'
import { answerFault, networkFault, unreadable } from './faults.ts'
import type { Gate } from './gate.ts'
import type { Announced } from './gate_store.ts'
import { PanelError } from './panel.ts'

export interface TransportOptions {
  /** Where the panel lives, without `/api`: `https://panel.example.com`. */
  url: string
  apiKey: string
  gate: Gate
  fetch?: typeof globalThis.fetch
}

export interface PanelRequest<T> {
  /** The method of the Panel that asks. */
  op: string
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/api/application`. */
  path: string
  body?: unknown
  answer: z.ZodType<T>
  timeoutMs?: number
  /** It comes again soon anyway, and steps back when little of the budget is left. */
  yields?: boolean
}

export interface Transport {
  get<T>(request: Omit<PanelRequest<T>, 'method'>): Promise<T>
  /** Reads every page of a list, whose items are `attributes`. */
  getAll<T>(op: string, path: string, attributes: z.ZodType<T>): Promise<T[]>
  send<T>(request: PanelRequest<T>): Promise<T>
}

/** The panel itself gives a node 15 s. */
const TIMEOUT_MS = 15_000

/** A page of 200 servers with their variables is below 1 MiB. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024

const PER_PAGE = 200

/** The one way to the panel: its gate, headers, time-outs, limits, and every failure as a PanelError. */
export function openTransport({ url, apiKey, gate, fetch }: TransportOptions): Transport {
  // Workers refuse a fetch that is called as a method of another object.
  const call: typeof globalThis.fetch = fetch ?? ((...args) => globalThis.fetch(...args))
  const base = `${url.replace(/\/+$/, '')}/api/application`

  async function send<T>(request: PanelRequest<T>): Promise<T> {
    const { method, path, op, yields, body, timeoutMs = TIMEOUT_MS } = request
    const what = `${method} ${path}`
    const passed = await gate.enter({ what, op, yields, timeoutMs })
    let response: Response | undefined
    try {
      response = await answered(what, () =>
        call(base + path, {
          method,
          headers: headersOf(apiKey, body),
          body: body === undefined ? undefined : JSON.stringify(body),
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
        }))
      const answer = await readAnswer(what, response, request.answer)
      await passed.leave({ status: response.status, announced: announcedIn(response) })
      return answer
    } catch (error) {
      await passed.leave({
        status: response?.status,
        announced: response && announcedIn(response),
        error,
      })
      throw error
    }
  }

  function get<T>(request: Omit<PanelRequest<T>, 'method'>): Promise<T> {
    return send({ ...request, method: 'GET' })
  }

  async function getAll<T>(op: string, path: string, attributes: z.ZodType<T>): Promise<T[]> {
    const items: T[] = []
    const separator = path.includes('?') ? '&' : '?'
    // The panel's own link to the next page loses per_page and filters, so pages are counted.
    for (let page = 1, pages = 1; page <= pages; page++) {
      const list = await get({
        op,
        path: `${path}${separator}per_page=${PER_PAGE}&page=${page}`,
        answer: listOf(attributes),
      })
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

/** Undefined from a proxy, and with answers that the panel does not count. */
function announcedIn({ headers }: Response): Announced | undefined {
  const [limit, left] = ['X-RateLimit-Limit', 'X-RateLimit-Remaining'].map((name) => {
    const text = headers.get(name)
    return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined
  })
  return limit && left !== undefined ? { limit, left } : undefined
}

async function answered<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
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

async function readAnswer<T>(
  what: string,
  response: Response,
  answer: z.ZodType<T>,
): Promise<T> {
  const text = await answered(what, () => readText(what, response))
  if (!response.ok) throw answerFault(what, response, text)
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
