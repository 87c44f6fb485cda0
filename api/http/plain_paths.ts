import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'

/**
 * Answers 404 for paths that another reader could take for a different one (`//x`, `%2f`, `;`, `\`,
 * a letter written as `%61`) or that no path of ours has (anything but ASCII), so that no guard and
 * no proxy before us can disagree about which route is meant.
 */
export function plainPaths() {
  return createMiddleware(async (c, next) => {
    if (AMBIGUOUS.test(new URL(c.req.url).pathname)) throw new Problem('not-found')
    await next()
  })
}

const AMBIGUOUS = /\/\/|%2f|%5c|%00|%[89a-f]|;|\\|%(2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])/i
