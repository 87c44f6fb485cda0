import { openChildApi } from './child_api.ts'
import { CRASH_AT, createMortal, ORDERS } from './crash_points.ts'

/**
 * A process that serves the API, runs jobs when it is told to, and kills itself at the point of
 * CRASH_AT. Every request tells it how far its clock is ahead.
 */
function main(environment: Record<string, string>): void {
  let offsetMs = 0
  const { deps, address } = openChildApi(environment, { offsetMs: () => offsetMs, wake: () => {} })
  const mortal = createMortal(deps, {
    end(point) {
      if (point === environment[CRASH_AT]) die()
    },
  })
  Deno.serve({ ...address, onListen: () => {} }, async (request) => {
    offsetMs = Number(request.headers.get(ORDERS.clock) ?? 0)
    const { pathname } = new URL(request.url)
    if (pathname !== ORDERS.drain && pathname !== ORDERS.sweep) {
      return await mortal.send(request) ?? new Response(null, { status: 500 })
    }
    const done = pathname === ORDERS.drain ? await mortal.drain() : await mortal.sweep()
    return Response.json(done ?? null)
  })
}

/** Not one instruction of ours runs after this. */
function die(): void {
  Deno.kill(Deno.pid, 'SIGKILL')
  for (;;);
}

if (import.meta.main) main(Deno.env.toObject())
