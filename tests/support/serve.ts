import { serve as serveWithFaults } from '../../dev/emulators/serve.ts'

export interface Served {
  url: string
  /** What answers; set it once the address is known to whatever has to say it. */
  handler: (
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ) => Promise<Response> | Response
  stop(): Promise<void>
}

/** A real HTTP server on a free port of the loopback. */
export function serve(): Served {
  const served: Served = {
    url: '',
    handler: () => new Response('not ready', { status: 503 }),
    stop: () => server.shutdown(),
  }
  const server = Deno.serve(
    { port: 0, hostname: '127.0.0.1', onListen: () => {} },
    (request, info) => served.handler(request, info),
  )
  served.url = `http://127.0.0.1:${server.addr.port}`
  return served
}

export interface ServedEmulator {
  url: string
  handler: (request: Request) => Promise<Response>
  stop(): Promise<void>
}

/** The same for an emulator, whose faults may close a connection without an answer. */
export function serveEmulator(): ServedEmulator {
  const served: ServedEmulator = {
    url: '',
    handler: () => Promise.resolve(new Response('not ready', { status: 503 })),
    stop: () => server.stop(),
  }
  const server = serveWithFaults(
    { port: 0, hostname: '127.0.0.1' },
    (request) => served.handler(request),
  )
  served.url = server.innerUrl
  return served
}
