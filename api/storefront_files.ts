import type { Hono } from 'hono'
import { serveStatic } from 'hono/deno'
import { etag } from 'hono/etag'
import type { AppEnv } from './deps.ts'

/** Hashed names never change their content. */
const FOREVER = 'public, max-age=31536000, immutable'

/**
 * Serves the built storefront beside the API: files by their names, and index.html for every path
 * that only the browser knows. Paths below /api stay the API's, but for
 * what describes it.
 */
export function serveStorefront<A extends Hono<AppEnv>>(app: A, folder: string): A {
  const files = serveStatic<AppEnv>({
    root: folder,
    precompressed: true,
    onFound: (path, c) => {
      const cached = /\/assets\//.test(path) ? FOREVER : 'no-cache'
      c.header('cache-control', cached)
    },
  })
  const reference = serveStatic<AppEnv>({
    root: folder,
    path: 'api/reference.html',
    onFound: (_path, c) => c.header('cache-control', 'no-cache'),
  })
  const page = serveStatic<AppEnv>({
    root: folder,
    path: 'index.html',
    onFound: (_path, c) => c.header('cache-control', 'no-cache'),
  })
  app.get('/api/openapi.json', etag(), files)
  app.get('/api/reference', etag(), reference)
  app.get('*', (c, next) => c.req.path.startsWith('/api/') ? next() : files(c, next))
  app.get('*', (c, next) => isPage(c.req.path) ? page(c, next) : next())
  return app
}

/** A script that a release removed is missing, not a page: an old tab then knows to load anew. */
function isPage(path: string): boolean {
  return !path.startsWith('/api/') && !path.startsWith('/assets/')
}
