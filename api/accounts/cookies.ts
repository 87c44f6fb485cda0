import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import type { Config } from '../config.ts'
import { ACCESS_TOKEN_SECONDS } from './tokens.ts'

type PublicUrl = Pick<Config, 'PUBLIC_URL'>

export function readAccessCookie(c: Context, config: PublicUrl): string | undefined {
  return getCookie(c, names(config).access)
}

export function readRefreshCookie(c: Context, config: PublicUrl): string | undefined {
  return getCookie(c, names(config).refresh)
}

/**
 * Hands the browser both tokens, out of reach of scripts. Strict keeps the refresh token off every
 * request that another site starts; the access token is Lax, so that a link to an order works.
 */
export function setSessionCookies(
  c: Context,
  config: PublicUrl,
  tokens: { access: string; refresh: string; refreshMaxAgeSeconds: number },
): void {
  const { access, refresh } = names(config)
  const common = attributes(config)
  setCookie(c, access, tokens.access, {
    ...common,
    sameSite: 'Lax',
    maxAge: ACCESS_TOKEN_SECONDS,
  })
  setCookie(c, refresh, tokens.refresh, {
    ...common,
    sameSite: 'Strict',
    maxAge: tokens.refreshMaxAgeSeconds,
  })
}

export function clearSessionCookies(c: Context, config: PublicUrl): void {
  const { access, refresh } = names(config)
  deleteCookie(c, access, attributes(config))
  deleteCookie(c, refresh, attributes(config))
}

/** Browsers take `__Host-` cookies over https only; without it (local work) the names are plain. */
function names(config: PublicUrl): { access: string; refresh: string } {
  return isHttps(config)
    ? { access: '__Host-at', refresh: '__Host-rt' }
    : { access: 'at', refresh: 'rt' }
}

function attributes(config: PublicUrl): CookieOptions {
  return { path: '/', httpOnly: true, secure: isHttps(config) }
}

function isHttps(config: PublicUrl): boolean {
  return config.PUBLIC_URL.startsWith('https:')
}
