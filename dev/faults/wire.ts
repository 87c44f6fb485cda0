import { isCall } from './calls.ts'
import type { Faults } from './faults.ts'
import type { FaultAt, Service } from './vocabulary.ts'

export type Fetch = (request: Request) => Promise<Response>

/** How a service words what a fault makes it say. */
export interface Voice {
  /** An error of the fault's status. */
  error(fault: FaultAt<'call'> & { name: 'status' }): Response
  /** 429; the window ends in so many seconds, and in milliseconds since 1970. */
  tooMany(window: { seconds: number; endsAt: number }): Response
}

export interface Wire {
  service: Service
  faults: Faults
  voice: Voice
  now: () => Date
}

/**
 * The service with the ordered faults between it and its callers; its pages are never struck. Where
 * the connection closes without an answer the promise rejects with `ConnectionClosed`; `serve` of
 * dev/emulators makes it true.
 */
export function withFaults(fetch: Fetch, wire: Wire): Fetch {
  return async (request) => {
    const { pathname: path } = new URL(request.url)
    if (!isCall(wire.service, path)) return await fetch(request)
    const call = { method: request.method, path }
    const strike = wire.faults.strike('call', { service: wire.service, call })
    if (!strike) return await fetch(request)
    const { fault, rule } = strike
    switch (fault.name) {
      case 'refuse':
        throw new ConnectionClosed()
      case 'time-out':
        return await neverAnswer(AbortSignal.any([request.signal, rule.cancelled]))
      case 'drop-answer':
        await fetch(request)
        throw new ConnectionClosed()
      case 'status':
        return wire.voice.error(fault)
      case 'html':
        return proxyPage(fault.status)
      case 'rate-limit': {
        const endsAt = strike.endsAt ?? 0
        const seconds = Math.ceil((endsAt - wire.now().getTime()) / 1000)
        return wire.voice.tooMany({ seconds, endsAt })
      }
      case 'malformed-body':
        return withBody(await fetch(request), (bytes) => bytes.slice(0, bytes.length / 2))
      case 'huge-body':
        return withBody(await fetch(request), (bytes) => padded(bytes, fault.bytes))
      case 'slow-body':
        return withBody(await fetch(request), (bytes) => inPieces(bytes, fault.ms))
      default:
        throw new Error(`Cannot play a fault that is not of the wire: ${fault satisfies never}`)
    }
  }
}

/** The connection ended before an answer came. */
export class ConnectionClosed extends TypeError {
  override name = 'ConnectionClosed'
  /** As Node.js names it, for clients that look. */
  readonly code = 'ECONNRESET'

  constructor() {
    super('The connection was closed before an answer came')
  }
}

/** A page as nginx answers with when what is behind it does not. */
export function proxyPage(status: number): Response {
  const title = `${status} ${REASONS[status] ?? ''}`.trim()
  return new Response(
    `<html>\n<head><title>${title}</title></head>\n<body>\n<center><h1>${title}</h1></center>\n` +
      '<hr><center>nginx</center>\n</body>\n</html>\n',
    { status, headers: { 'Content-Type': 'text/html' } },
  )
}

const REASONS: Record<number, string> = {
  200: 'OK',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
}

function neverAnswer(until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new ConnectionClosed())
    if (until.aborted) end()
    else until.addEventListener('abort', end, { once: true })
  })
}

/** The same answer with another body; an answer without one stays without. */
async function withBody(
  response: Response,
  change: (bytes: Uint8Array<ArrayBuffer>) => BodyInit,
): Promise<Response> {
  if (response.body === null) return response
  const bytes = new Uint8Array(await response.arrayBuffer())
  const headers = new Headers(response.headers)
  headers.delete('Content-Length')
  return new Response(change(bytes), { status: response.status, headers })
}

const CHUNK = new Uint8Array(65_536).fill(0x20)

/** JSON may be followed by any amount of space. */
function padded(bytes: Uint8Array<ArrayBuffer>, total: number): ReadableStream {
  let left = total - bytes.length
  return new ReadableStream({
    start: (controller) => controller.enqueue(bytes),
    pull(controller) {
      if (left <= 0) return controller.close()
      controller.enqueue(CHUNK.subarray(0, left))
      left -= CHUNK.length
    },
  })
}

/** At most; a short body has fewer. */
const PIECES = 10

function inPieces(bytes: Uint8Array<ArrayBuffer>, ms: number): ReadableStream {
  const size = Math.max(1, Math.ceil(bytes.length / PIECES))
  const waitMs = ms / Math.ceil(bytes.length / size)
  let timer: ReturnType<typeof setTimeout>
  let sent = 0
  return new ReadableStream({
    async pull(controller) {
      if (sent >= bytes.length) return controller.close()
      await new Promise<void>((resolve) => timer = setTimeout(resolve, waitMs))
      controller.enqueue(bytes.subarray(sent, sent += size))
    },
    cancel: () => clearTimeout(timer),
  }, { highWaterMark: 0 })
}
