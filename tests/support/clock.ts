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

/** Longer than a statement takes, so that what happens later is written down as later. */
const STATEMENT_MS = 20

/** A clock that goes on by its moves and with each statement alone: every run shows the same times. */
export function createStandingClock(at: Date): Clock {
  let time = at.getTime()
  return {
    now: () => new Date(time),
    offsetMs: () => (time += STATEMENT_MS) - Date.now(),
    advance: (ms) => {
      time += ms
    },
  }
}
