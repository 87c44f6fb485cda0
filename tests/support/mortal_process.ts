import { freePort } from '../../dev/ports.ts'
import { startApiProcess } from './api_process.ts'
import { type Actor, CRASH_AT, ORDERS } from './crash_points.ts'
import type { Shop } from './shop.ts'

/** An actor that is a process of its own and dies of SIGKILL at a point; end it all the same. */
export async function startMortalProcess(
  shop: Shop,
  point: string,
): Promise<Actor & { end(): Promise<void> }> {
  const port = freePort()
  const process = await startApiProcess({
    environment: { ...shop.environment, [CRASH_AT]: point },
    databaseUrl: shop.databaseUrl,
    port,
    entry: 'tests/support/mortal_entry.ts',
  })
  let dead = false
  const died = process.status.then((status) => {
    dead = true
    return status
  })

  async function ask(path: string, init: RequestInit = {}): Promise<Response | undefined> {
    const headers = new Headers(init.headers)
    headers.set(ORDERS.clock, String(shop.clock.offsetMs()))
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers })
      return new Response(await answer.arrayBuffer(), answer)
    } catch {
      await died
      return undefined
    }
  }

  return {
    dead: () => dead,
    async send(request) {
      const { pathname } = new URL(request.url)
      const { method, headers } = request
      return await ask(pathname, { method, headers, body: await request.arrayBuffer() })
    },
    drain: async () => void await ask(ORDERS.drain, { method: 'POST' }),
    async sweep() {
      const answer = await ask(ORDERS.sweep, { method: 'POST' })
      return answer ? Boolean(await answer.json()) : false
    },
    async end() {
      if (!dead) process.kill('SIGKILL')
      const { signal } = await died
      if (signal !== 'SIGKILL') throw new Error(`The process ended by itself: ${signal}`)
    },
  }
}
