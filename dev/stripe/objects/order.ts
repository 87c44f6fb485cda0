/**
 * A copy whose objects begin with `id` and `object` and go on by the alphabet, as the API writes
 * them. What metadata holds keeps its order, for its keys are the caller's.
 */
export function inOrder<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), ordered)
}

function ordered(key: string, value: unknown): unknown {
  if (!isPlain(value) || key === 'metadata') return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => byPlace(a, b)))
}

function byPlace(a: string, b: string): number {
  return placeOf(a) - placeOf(b) || (a < b ? -1 : 1)
}

function placeOf(key: string): number {
  const place = ['id', 'object'].indexOf(key)
  return place < 0 ? 2 : place
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
