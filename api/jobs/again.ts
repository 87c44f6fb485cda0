/** Thrown by a job that waits for the world rather than for a repair; it uses up no attempt. */
export class TryAgain extends Error {
  readonly delayMs: number

  constructor(reason: string, delayMs: number, cause?: unknown) {
    super(reason, { cause })
    this.name = 'TryAgain'
    this.delayMs = delayMs
  }
}

const LONGEST_BACKOFF_MS = 3_600_000

/** 4 s, 8 s, 16 s … up to an hour, with up to a quarter added so that retries spread out. */
export function backoffMs(attempts: number, randomBytes: (count: number) => Uint8Array): number {
  const plain = Math.min(LONGEST_BACKOFF_MS, 2000 * 2 ** Math.min(attempts, 20))
  return Math.round(plain * (1 + (randomBytes(1)[0] ?? 0) / 1024))
}
