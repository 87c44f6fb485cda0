import type { Deps } from '../deps.ts'
import { startDue } from './run.ts'
import { sweep } from './sweep.ts'

/** More would only wait for each other at the panel, which takes some 4 creates at once. */
const IN_FLIGHT = 10

/** How long a job that nobody announced may lie. */
const POLL_MS = 500

const SWEEP_MS = 60_000

/** Where nobody says otherwise. */
const STOP_GRACE_MS = 7000

/**
 * Between two looks while the database is away: doubled up to the most, and up to a quarter more or
 * less, so that many processes do not come at once. Work goes on within 3 s of its return.
 */
const AWAY_MS = { least: POLL_MS, most: 2000 }

export interface Loop {
  /** Look at the queues now instead of at the next poll. */
  wake(): void
  /**
   * Claims nothing more, and resolves when what runs has ended. What still runs after `graceMs` is
   * given back for others to take at once.
   */
  stop(graceMs?: number): Promise<void>
}

/**
 * Drains the queues and sweeps each minute, until stopped. Any number of processes may do so at
 * once. A slow job holds up nothing but its own place.
 */
export function startLoop(deps: Deps): Loop {
  const inFlight = new Set<Promise<void>>()
  const handOver = new AbortController()
  let stopping = false
  let wake = () => {}
  let sweptAt = Number.NEGATIVE_INFINITY

  async function pass(): Promise<void> {
    const db = deps.openDb()
    if (performance.now() - sweptAt >= SWEEP_MS) {
      sweptAt = performance.now()
      await sweep(db, deps)
    }
    if (inFlight.size >= IN_FLIGHT || stopping) return
    const started = await startDue(db, deps, IN_FLIGHT - inFlight.size, handOver.signal)
    for (const run of started) {
      const tracked: Promise<void> = run.finally(() => inFlight.delete(tracked)).then(() => wake())
      inFlight.add(tracked)
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping;) {
      const { promise: woken, resolve } = Promise.withResolvers<void>()
      wake = resolve
      failures = await pass().then(() => 0, (error) => {
        deps.log.error('cannot drain the queues', { error })
        return failures + 1
      })
      const timer = setTimeout(resolve, failures ? awayMs(failures, deps.randomBytes) : POLL_MS)
      await woken
      clearTimeout(timer)
    }
    await Promise.all(inFlight)
  }

  const running = run()
  return {
    wake: () => wake(),
    async stop(graceMs = STOP_GRACE_MS) {
      stopping = true
      wake()
      const timer = setTimeout(() => handOver.abort(), graceMs)
      await running
      clearTimeout(timer)
    },
  }
}

function awayMs(failures: number, randomBytes: Deps['randomBytes']): number {
  const plain = Math.min(AWAY_MS.most, AWAY_MS.least * 2 ** Math.min(failures - 1, 10))
  return plain * (0.75 + (randomBytes(1)[0] ?? 0) / 512)
}
