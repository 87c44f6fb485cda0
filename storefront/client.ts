import { ProblemError, problemOf } from './problem_error.ts'
import type { AnswerOf, GivenOf, Method, PathOf } from './routes.ts'

/** What the client needs of the browser; given, so that tests can be two tabs at once. */
export interface ClientHost {
  fetch(path: string, init: RequestInit): Promise<Response>
  /** Runs `work` while no other tab of this browser runs its own; tells it whether it had to wait. */
  exclusively<T>(work: (waited: boolean) => Promise<T>): Promise<T>
  /** When any tab of this browser last got a new session cookie, in ms; 0 when never. */
  refreshedAt(): number
  noteRefresh(at: number): void
  now(): number
}

export interface RequestOptions {
  headers?: Record<string, string>
  signal?: AbortSignal
  /** False where a 401 says something other than "the access cookie ran out". */
  refresh?: boolean
}

/** Sends what the API's types say that the route takes, and gives what they say that it answers. */
export type Request = <M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  options: RequestOptions & GivenOf<M, P>,
) => Promise<AnswerOf<M, P>>

/** The same for every route: what `Request` knows about one is left out. */
interface AnyOptions extends RequestOptions {
  param?: Record<string, string>
  body?: unknown
}

/** Longer than the API's slowest answer (opening a checkout session at Stripe, with its retries). */
const TIMEOUT_MS = 50_000

/**
 * Sends requests to our API. A 401 makes the browser refresh its session once, however many requests
 * and tabs meet it, and the request is sent once more. What does not succeed throws a ProblemError.
 */
export function createClient(host: ClientHost): Request {
  let rejectedAt = 0

  return async function request(method: Method, route: string, options: AnyOptions) {
    const path = pathOf(route, options.param ?? {})
    let sentAt = host.now()
    let response = await send(host, method, path, options)
    let next: Next = 'ask again'
    while (response.status === 401 && options.refresh !== false && next === 'ask again') {
      next = await refresh(sentAt)
      if (next === 'give up') break
      sentAt = host.now()
      response = await send(host, method, path, options)
    }
    if (!response.ok) throw await problemOf(response)
    return bodyOf(response)
  }

  /** Sees to a cookie that is newer than the request of `sentAt`. */
  function refresh(sentAt: number): Promise<Next> {
    return host.exclusively(async (waited) => {
      if (host.refreshedAt() >= sentAt) return 'send'
      if (rejectedAt >= sentAt) return 'give up'
      // What another tab noted in its turn can come here later than the turn itself.
      if (waited) return 'ask again'
      const response = await send(host, 'POST', '/api/auth/refresh', {})
      if (response.status === 401) {
        rejectedAt = host.now()
        return 'give up'
      }
      // 409: somebody else refreshed at this moment, so the newer cookie is already ours to use.
      if (!response.ok && response.status !== 409) throw await problemOf(response)
      host.noteRefresh(host.now())
      return 'send'
    })
  }
}

/** What becomes of a request that met a 401: sent a last time, sent and seen to again, or left. */
type Next = 'send' | 'ask again' | 'give up'

/** `/api/orders/:id` with its parameters filled in. */
function pathOf(route: string, param: Record<string, string>): string {
  return route.replace(/:(\w+)/g, (_, name) => encodeURIComponent(param[name] ?? ''))
}

async function send(
  host: ClientHost,
  method: string,
  path: string,
  { body, headers, signal }: AnyOptions,
): Promise<Response> {
  const writes = method !== 'GET'
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return await host.fetch(path, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(writes ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      body: writes ? JSON.stringify(body ?? {}) : undefined,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ProblemError({ code: 'unreachable', status: 0 }, { cause })
  }
}

/**
 * Trusted to be what the API's types say, because the API and these pages are built and served
 * together; `any` fits every route's answer.
 */
// deno-lint-ignore no-explicit-any -- the one place where an answer takes its type
async function bodyOf(response: Response): Promise<any> {
  return JSON.parse(await response.text() || 'null')
}
