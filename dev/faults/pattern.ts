/**
 * Whether a call fits `POST /v1/customers/:id`: `:name` stands for one part of the path, a `*` at
 * the end for any rest, and `*` or nothing in place of the method for every method.
 */
export function fitsCall(pattern: string, { method, path }: { method: string; path: string }) {
  const { method: wanted, path: wantedPath } = parseCall(pattern)
  return (wanted === '*' || wanted === method) && pathPattern(wantedPath).test(path)
}

/** Whether an event's type fits `checkout.session.*`. */
export function fitsEvent(pattern: string, type: string): boolean {
  return new RegExp(`^${quote(pattern).replaceAll('\\*', '.*')}$`).test(type)
}

/** Whether a pattern fits any path that begins so. */
export function canBegin(pattern: string, beginning: string): boolean {
  const [certain = '', ...open] = parseCall(pattern).path.split(/[:*]/)
  return certain.startsWith(beginning) || (open.length > 0 && beginning.startsWith(certain))
}

export const CALL_PATTERN = /^(?:(?:GET|POST|PUT|PATCH|DELETE|\*) )?\/\S*$/

export const EVENT_PATTERN = /^[a-z0-9_*]+(?:\.[a-z0-9_*]+)*$/

function parseCall(pattern: string): { method: string; path: string } {
  const [first = '', second] = pattern.split(' ')
  return second === undefined ? { method: '*', path: first } : { method: first, path: second }
}

function pathPattern(path: string): RegExp {
  const source = quote(path).replaceAll('\\*', '.*').replaceAll(/:\w+/g, '[^/]+')
  return new RegExp(`^${source}$`)
}

function quote(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
