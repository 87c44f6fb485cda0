/** A server of the stack that runs in this process. */
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

export function serve(
  { port, hostname }: { port: number; hostname: string },
  fetch: (request: Request) => Response | Promise<Response>,
): Served {
  const server = Deno.serve({ port, hostname, onListen: () => {} }, (request) => fetch(request))
  return { ...addressOf(port), stop: () => endWithin(server, 1_000) }
}

/** A browser may hold a connection open for minutes. */
async function endWithin(server: Deno.HttpServer, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([server.shutdown(), late])
  clearTimeout(timer)
}
