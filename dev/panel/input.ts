/** The body of a request, read by paths such as `limits.memory`. */
export class Input {
  private readonly body: unknown

  constructor(body: unknown) {
    this.body = body
  }

  has(path: string): boolean {
    const names = path.split('.')
    const last = names.pop() ?? ''
    const parent = this.walk(names)
    return isMap(parent) && Object.hasOwn(parent, last)
  }

  /** Null when absent. */
  value(path: string): unknown {
    return this.walk(path.split('.')) ?? null
  }

  /** Null, and a list or object without elements. */
  isEmpty(path: string): boolean {
    const value = this.value(path)
    return value === null || (isMap(value) && Object.keys(value).length === 0)
  }

  text(path: string): string | null {
    const value = this.value(path)
    return value === null ? null : String(value)
  }

  /** The database rounds fractions; numeric texts count as numbers. */
  number(path: string): number | null {
    const value = this.value(path)
    if (value === null) return null
    const number = Number(value)
    return Math.sign(number) * Math.round(Math.abs(number))
  }

  flag(path: string, fallback: boolean): boolean {
    const value = this.value(path)
    return value === null ? fallback : Number(value) === 1
  }

  list(path: string): unknown[] {
    const value = this.value(path)
    return isMap(value) ? Object.values(value) : []
  }

  /** `ports.*` → `ports.0`, `ports.1`, …; any other path is itself. */
  expand(pattern: string): string[] {
    if (!pattern.endsWith('.*')) return [pattern]
    const list = pattern.slice(0, -2)
    return this.list(list).map((_, index) => `${list}.${index}`)
  }

  private walk(names: string[]): unknown {
    return names.reduce<unknown>((value, name) => isMap(value) ? value[name] : undefined, this.body)
  }
}

/** What the panel does to every body first: texts are trimmed, and empty ones become null. */
export function cleanInput(value: unknown): unknown {
  if (typeof value === 'string') return value.trim() || null
  if (Array.isArray(value)) return value.map(cleanInput)
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cleanInput(one)]))
}

/** PHP makes no difference between a list and a map, so neither do we. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
