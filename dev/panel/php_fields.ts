/** Fields by name, nested as PHP nests them. */
export interface Fields {
  [name: string]: string | Fields
}

/** `filter[name]=a`, `ids[]=1` and `ids[3]=2` → maps; the last of two equal names wins. */
export function readFields(pairs: Iterable<[string, string]>): Fields {
  const fields: Fields = {}
  for (const [name, value] of pairs) {
    const [first = '', ...rest] = namesOf(name)
    put(fields, [first, ...rest], value)
  }
  return fields
}

function namesOf(name: string): string[] {
  const open = name.indexOf('[')
  if (open < 1) return [name]
  const inner = [...name.slice(open).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? '')
  return [name.slice(0, open), ...inner]
}

function put(fields: Fields, [name = '', ...rest]: string[], value: string): void {
  const key = name === '' ? nextIndex(fields) : name
  if (rest.length === 0) return setOwn(fields, key, value)
  const inner = Object.hasOwn(fields, key) ? fields[key] : undefined
  const map: Fields = typeof inner === 'object' ? inner : {}
  setOwn(fields, key, map)
  put(map, rest, value)
}

/** A field may be called `__proto__`. */
function setOwn(fields: Fields, key: string, value: string | Fields): void {
  Object.defineProperty(fields, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

function nextIndex(fields: Fields): string {
  const indexes = Object.keys(fields).filter((key) => /^\d+$/.test(key)).map(Number)
  return String(Math.max(-1, ...indexes) + 1)
}
