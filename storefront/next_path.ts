/** Any origin does: it only shows whether a path would leave it. */
const HERE = 'https://here.invalid'

/** `next` if it is a path of this site, else `/servers`: a link may not send people elsewhere. */
export function safeNext(next: string | undefined): string {
  if (!next?.startsWith('/')) return '/servers'
  const url = URL.canParse(next, HERE) ? new URL(next, HERE) : undefined
  // A path of two slashes would name a host again: '/.//host' becomes one by being resolved.
  if (url?.origin !== HERE || url.pathname.startsWith('//')) return '/servers'
  return url.pathname + url.search
}

/** The log-in (or sign-up) page that leads back to `path`. */
export function withNext(page: '/login' | '/signup', path: string | undefined): string {
  return path ? `${page}?next=${encodeURIComponent(path)}` : page
}
