import { unexpected } from './failure.ts'
import { idOf } from './text.ts'

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

  /** Numeric texts count as numbers. */
  number(path: string): number | null {
    const value = this.value(path)
    return value === null ? null : Number(value)
  }

  /** As `number`, for a column: the database rounds fractions, and breaks at what it cannot hold. */
  integer(path: string): number | null {
    const number = this.number(path)
    if (number === null) return null
    if (Math.abs(number) > MOST_IN_COLUMN) {
      throw unexpected('QueryException', 'Numeric value out of range')
    }
    return Math.sign(number) * Math.round(Math.abs(number))
  }

  /** The id of a row, as MySQL finds it by a text. */
  id(path: string): number {
    return idOf(this.text(path) ?? '')
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
    return names.reduce<unknown>((value, name) => {
      return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined
    }, this.body)
  }
}

/** Of an unsigned column of 32 bits. */
const MOST_IN_COLUMN = 2 ** 32 - 1

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
