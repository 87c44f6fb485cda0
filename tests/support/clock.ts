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

/** A clock that stands still between its moves, so that every run shows the same times. */
export function createStandingClock(at: Date): Clock {
  let time = at.getTime()
  return {
    now: () => new Date(time),
    offsetMs: () => time - Date.now(),
    advance: (ms) => {
      time += ms
    },
  }
}
