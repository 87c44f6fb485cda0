import type { Deps } from '../deps.ts'
import { startDue } from './run.ts'
import { sweep } from './sweep.ts'

/** More would only wait for each other at the panel, which takes some 4 creates at once. */
const IN_FLIGHT = 10

/** How long a job that nobody announced may lie. */
const POLL_MS = 500

const SWEEP_MS = 60_000

export interface Loop {
  /** Look at the queues now instead of at the next poll. */
  wake(): void
  /** Claims nothing more, and resolves when what runs has ended. */
  stop(): Promise<void>
}

/**
 * Drains the queues and sweeps each minute, until stopped. Any number of processes may do so at
 * once. A slow job holds up nothing but its own place.
 */
export function startLoop(deps: Deps): Loop {
  const inFlight = new Set<Promise<void>>()
  let stopping = false
  let wake = () => {}
  let sweptAt = Number.NEGATIVE_INFINITY

  async function pass(): Promise<void> {
    const db = deps.openDb()
    if (performance.now() - sweptAt >= SWEEP_MS) {
      sweptAt = performance.now()
      await sweep(db, deps)
    }
    if (inFlight.size >= IN_FLIGHT) return
    const started = await startDue(db, deps, IN_FLIGHT - inFlight.size)
    for (const run of started) {
      const tracked: Promise<void> = run.finally(() => inFlight.delete(tracked)).then(() => wake())
      inFlight.add(tracked)
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const { promise: woken, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await pass().catch((error) => deps.log.error('cannot drain the queues', { error }))
      const timer = setTimeout(resolve, POLL_MS)
      await woken
      clearTimeout(timer)
    }
    await Promise.all(inFlight)
  }

  const running = run()
  return {
    wake: () => wake(),
    async stop() {
      stopping = true
      wake()
      await running
    },
  }
}
