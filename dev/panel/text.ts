/** Equality as the panel's collation sees it: case and trailing spaces do not count. */
export function same(left: string | null, right: unknown): boolean {
  return left !== null && typeof right === 'string' && fold(left) === fold(right)
}

/**
 * The `filter[…]` of a list: SQL LIKE '%…%' with live wildcards, where commas mean OR and nothing
 * means everything.
 */
export function matchesFilter(value: string | null, filter: string): boolean {
  if (filter === '') return true
  if (value === null) return false
  return filter.split(',').some((part) => likePattern(part).test(value))
}

function fold(text: string): string {
  return text.trimEnd().toLowerCase()
}

function likePattern(part: string): RegExp {
  const escaped = part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(escaped.replaceAll('%', '.*').replaceAll('_', '.'), 'is')
}
