/** A clock that runs on and can be moved forward; app, database and emulators share one. */
export interface Clock {
  now(): Date
  offsetMs(): number
  advance(ms: number): void
}

export function createClock(): Clock {
  let offset = 0
  return {
    now: () => new Date(Date.now() + offset),
    offsetMs: () => offset,
    advance: (ms) => {
      offset += ms
    },
  }
}

/**
 * A clock that stands still between its moves, so that every run shows the same times. The database's
 * runs on until the next move: its statements must not see a time before that of an earlier one.
 */
export function createStandingClock(at: Date): Clock {
  let time = at.getTime()
  let offset = time - Date.now()
  return {
    now: () => new Date(time),
    offsetMs: () => offset,
    advance: (ms) => {
      time += ms
      offset = Math.max(offset, time - Date.now())
    },
  }
}
