import type { Log } from '../log.ts'
import { commandLineOf } from '../processes.ts'

/** Everything that must be stopped in the end, in the reverse order of its start. */
export interface Closing {
  add(stop: () => Promise<void> | void): void
  /** Stops everything; one failure does not keep the rest from stopping. */
  close(): Promise<void>
}

export function createClosing(log: Log): Closing {
  const stops: (() => Promise<void> | void)[] = []
  return {
    add: (stop) => void stops.push(stop),
    async close() {
      for (let stop = stops.pop(); stop; stop = stops.pop()) {
        try {
          await stop()
        } catch (error) {
          log(`Cannot stop cleanly: ${error instanceof Error ? error.message : error}`)
        }
      }
    },
  }
}

/** How often we look whether the process that started us is still there. */
const LOOK_MS = 1_000

/** `deno task` passes on a Ctrl-C that we got from the terminal as well: both are the same one. */
const SAME_PRESS_MS = 500

/**
 * Closes at the first Ctrl-C, at kill, when the terminal closes, and when the `deno task` that
 * started us is gone; then ends the process. A second Ctrl-C ends it at once: the guards of the
 * child processes see to the rest.
 */
export function closeOnSignals(closing: Closing, log: Log): void {
  let since: number | undefined
  const end = async () => {
    if (since !== undefined) {
      if (performance.now() - since > SAME_PRESS_MS) Deno.exit(130)
      return
    }
    since = performance.now()
    log('Stopping …')
    await closing.close()
    Deno.exit(0)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) Deno.addSignalListener(name, end)
  whenParentGoes(end)
}

/** `deno task`, and npx above it, may be killed without passing that on. */
async function whenParentGoes(end: () => void): Promise<void> {
  const parent = Deno.ppid
  const command = await commandLineOf(parent).catch(() => undefined)
  if (!command?.includes('deno') || !/ task( |$)/.test(command)) return
  const timer = setInterval(() => {
    if (Deno.ppid === parent) return
    clearInterval(timer)
    end()
  }, LOOK_MS)
}
