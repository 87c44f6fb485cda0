import { ConnectionClosed, type Fetch } from '../faults/wire.ts'

/** An emulator that is reached over HTTP. */
export interface Served {
  /** As a browser on this machine reaches it. */
  url: string
  /** As the API reaches it: `localhost` may mean ::1 first, where nobody listens. */
  innerUrl: string
  stop(): Promise<void>
}

/** Where a server will be, so that what it serves can be told before it is started. */
export function addressOf(port: number): { url: string; innerUrl: string } {
  return { url: `http://localhost:${port}`, innerUrl: `http://127.0.0.1:${port}` }
}

/**
 * Serves an emulator, and closes the caller's connection where `fetch` rejects with
 * `ConnectionClosed`. `Deno.serve` always answers something, so a listener of our own takes the
 * connections and passes their bytes on to it.
 */
export function serve(
  { port, hostname }: { port: number; hostname: string },
  fetch: Fetch,
): Served {
  const connections = new Map<number, Connection>()
  const inner = Deno.serve(
    { port: 0, hostname: LOOPBACK, onListen: () => {} },
    (request, { remoteAddr }) => answer(request, connections.get(remoteAddr.port), fetch),
  )
  const listener = Deno.listen({ port, hostname })
  const accepting = (async () => {
    for await (const outer of listener) void pass(outer, inner.addr.port, connections)
  })()
  return {
    ...addressOf(listener.addr.port),
    async stop() {
      listener.close()
      await accepting
      const ended = inner.shutdown()
      // A browser may hold a connection open for minutes, and a fault may let a caller wait.
      const timer = setTimeout(() => connections.forEach((one) => one.close()), STOP_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/** How long what is under way may still take. */
const STOP_MS = 1_000

const LOOPBACK = '127.0.0.1'

/** One caller's connection and the one behind it. */
interface Connection {
  /** Aborted when the caller leaves. */
  left: AbortSignal
  close(): void
}

async function answer(
  request: Request,
  connection: Connection | undefined,
  fetch: Fetch,
): Promise<Response> {
  try {
    const response = await fetch(connection ? endingWith(connection, request) : request)
    return response.status === SWITCHING_PROTOCOLS ? response : lastOfItsConnection(response)
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error
    connection?.close()
    return new Response(null, { status: 502 })
  }
}

const SWITCHING_PROTOCOLS = 101

/**
 * A client whose kept connection closes asks again by itself, for it may have been closed before the
 * request came. A fault that closes a connection once would go unnoticed; so none is kept.
 */
function lastOfItsConnection(response: Response): Response {
  const { body, status } = response
  const headers = new Headers(response.headers)
  headers.set('Connection', 'close')
  return new Response(body, { status, headers })
}

/**
 * The request with a signal that is aborted when the caller leaves. An upgrade to a WebSocket takes
 * the very request that the server gave.
 */
function endingWith({ left }: Connection, request: Request): Request {
  if (request.headers.has('Upgrade')) return request
  const { url, method, headers, body } = request
  return new Request(url, { method, headers, body, signal: left })
}

async function pass(
  outer: Deno.TcpConn,
  innerPort: number,
  connections: Map<number, Connection>,
): Promise<void> {
  const inner = await Deno.connect({ hostname: LOOPBACK, port: innerPort }).catch(() => undefined)
  if (!inner) return outer.close()
  for (const one of [outer, inner]) one.setNoDelay(true)
  const { port } = inner.localAddr
  const leaving = new AbortController()
  const close = () => {
    if (!connections.delete(port)) return
    leaving.abort()
    for (const one of [outer, inner]) closeQuietly(one)
  }
  connections.set(port, { left: leaving.signal, close })
  await Promise.race([copy(outer, inner), copy(inner, outer)])
  close()
}

/** Ends when either side has ended. */
function copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  return from.readable.pipeTo(to.writable, { preventClose: true }).catch(() => {})
}

/** The end of a stream has closed the connection already. */
function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close()
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error
  }
}
