import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'

/**
 * Refuses writes that another site made a browser send (CSRF): 403 `cross-site` unless the browser
 * says same-origin (Sec-Fetch-Site, or Origin where that is missing), then 415 `json-required`
 * unless the body is JSON. A request with an Authorization header passes the first check, and the
 * second if it has no body: browsers never add one by themselves. Routes that take no cookie, like
 * the webhook, are mounted before.
 */
export function sameOriginWrites(publicUrl: string): MiddlewareHandler {
  const ours = new URL(publicUrl).origin
  return createMiddleware(async (c, next) => {
    if (!isWrite(c.req.method)) return await next()
    const byProgram = Boolean(c.req.header('authorization'))
    if (!byProgram && !isSameOrigin(c.req.raw.headers, ours)) {
      throw new Problem('cross-site', { detail: `Send this from ${ours}.` })
    }
    if (!(byProgram && isEmpty(c.req.raw.headers)) && !isJson(c.req.header('content-type'))) {
      throw new Problem('json-required')
    }
    await next()
  })
}

/** Refuses what does not say that it is JSON: 415 `json-required`. */
export function requireJson(): MiddlewareHandler {
  return createMiddleware(async (c, next) => {
    if (!isJson(c.req.header('content-type'))) throw new Problem('json-required')
    await next()
  })
}

function isWrite(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'
}

function isSameOrigin(headers: Headers, ours: string): boolean {
  const site = headers.get('sec-fetch-site')
  return site === null ? headers.get('origin') === ours : site === 'same-origin'
}

/** By its headers, as a runtime may make a body of nothing. */
function isEmpty(headers: Headers): boolean {
  return !headers.has('transfer-encoding') && Number(headers.get('content-length') ?? 0) === 0
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json'
}
