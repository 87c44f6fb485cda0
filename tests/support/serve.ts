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
