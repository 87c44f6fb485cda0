/** Equality as the panel's collation sees it: case, accents and trailing spaces do not count. */
export function same(left: string | null, right: unknown): boolean {
  return left !== null && typeof right === 'string' && fold(left) === fold(right)
}

/** SQL LIKE '%…%' of one part of a filter: `%` and `_` are alive, and a backslash takes them off. */
export function isLike(value: string | null, part: string): boolean {
  return value !== null && likePattern(part).test(withoutAccents(value))
}

/** A text as MySQL compares it with a number: by the number that it begins with. `4abc` → 4 */
export function idOf(text: string): number {
  return parseFloat(text) || 0
}

/** The path as Laravel routes it: decoded, so that `%2F` is a slash, and without one at the end. */
export function decodedPath(request: Request): string {
  const { pathname } = new URL(request.url)
  const path = pathname.replace(/(?:%[\da-f]{2})+/gi, (escaped) => decode(escaped))
  return path.length > 1 ? path.replace(/\/+$/, '') : path
}

function fold(text: string): string {
  return withoutAccents(text).replace(/ +$/, '').toLowerCase()
}

function withoutAccents(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '')
}

function likePattern(part: string): RegExp {
  const pattern = withoutAccents(part).replace(/\\?[^]/gu, (found) => {
    if (found === '%') return '.*'
    if (found === '_') return '.'
    return found.replace(/^\\(?=.)/su, '').replace(/[.*+?^${}()|[\]\\/]/, '\\$&')
  })
  return new RegExp(pattern, 'isu')
}

function decode(escaped: string): string {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return escaped
  }
}
