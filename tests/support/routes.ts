import type { Hono } from 'hono'
import { inspectRoutes } from 'hono/dev'
import type { AppEnv } from '../../api/deps.ts'

export interface Route {
  /** `ALL` for a handler that answers every method. */
  method: string
  /** As Hono has it, with `:id{…}` for a parameter. */
  path: string
  /** `POST /api/orders/:id/cancel`: method and path, without the patterns of parameters. */
  name: string
}

/** Everything the app answers, as the running app knows it, so that no new route can be missed. */
export function routesOf(app: Hono<AppEnv>): Route[] {
  const byName = new Map<string, Route>()
  for (const { method, path, isMiddleware } of inspectRoutes(app)) {
    // What stands before a route of one method, as its validator, is registered under its name too.
    if (isMiddleware && method === 'ALL') continue
    const name = `${method} ${withoutPatterns(path)}`
    byName.set(name, { method, path, name })
  }
  return [...byName.values()]
}

export function isWrite({ method }: Pick<Route, 'method'>): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** A path as `:id{[a-z]{2,3}}` names it, which may have braces inside braces. */
function withoutPatterns(path: string): string {
  let depth = 0
  let plain = ''
  for (const char of path) {
    if (char === '}') depth--
    else if (char === '{') depth++
    else if (depth === 0) plain += char
  }
  return plain
}
