import { createMiddleware } from 'hono/factory'

/** Puts the security headers on every answer. */
export function securityHeaders(publicUrl: string) {
  const headers = Object.entries(securityHeadersOf({ https: publicUrl.startsWith('https:') }))
  return createMiddleware(async (c, next) => {
    await next()
    for (const [name, value] of headers) c.res.headers.set(name, value)
  })
}

/**
 * What a browser is told that a page of ours may do: nothing but itself. HSTS only where the shop is
 * served over https. The buyer leaves for Stripe by navigation, so not even Stripe has a place here.
 */
export function securityHeadersOf({ https }: { https: boolean }): Record<string, string> {
  return {
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    ...(https ? { 'strict-transport-security': 'max-age=63072000; includeSubDomains' } : {}),
  }
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ')
