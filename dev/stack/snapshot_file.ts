import { StartError } from '../start_error.ts'
import type { Log } from '../log.ts'

/** An emulator's state between runs. */
export interface SnapshotFile {
  /** What was saved last; undefined at first. */
  state: unknown
  /** Saves soon; many calls in a row save once. */
  changed(): void
  /** Saves now if something changed. Synchronous, for the last moments of the process. */
  flush(): void
}

const SAVE_AFTER_MS = 300

/** `take` gives the state to save; it is called no more often than a save happens. */
export function openSnapshotFile(path: string, take: () => unknown, log: Log): SnapshotFile {
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    try {
      // written beside and moved into place, for a process may end at any moment
      Deno.writeTextFileSync(`${path}.new`, JSON.stringify(take()), { mode: 0o600 })
      Deno.renameSync(`${path}.new`, path)
    } catch (error) {
      log(`Cannot save ${path}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return {
    state: readState(path),
    changed: () => timer ??= setTimeout(flush, SAVE_AFTER_MS),
    flush,
  }
}

function readState(path: string): unknown {
  try {
    return JSON.parse(Deno.readTextFileSync(path))
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined
    throw new StartError(`${path} is damaged: start over with deno task dev --reset`)
  }
}
