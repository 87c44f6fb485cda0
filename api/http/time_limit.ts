import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'

/**
 * Answers 503 `unavailable` when a request is not answered within `maxMs`. What it started may
 * still come to its end, so the answer does not promise that nothing happened.
 */
export function limitTime(maxMs: number): MiddlewareHandler {
  return createMiddleware(async (_c, next) => {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(tooSlow()), maxMs)
    try {
      await Promise.race([next(), late])
    } finally {
      clearTimeout(timer)
    }
  })
}

function tooSlow(): Problem {
  return new Problem('unavailable', {
    detail: 'This took too long. Look whether it was done before you try again.',
    retryAfter: 5,
  })
}
