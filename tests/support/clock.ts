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
