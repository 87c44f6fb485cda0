import type { Exam } from './exam.ts'

export type Status = 'ok' | 'warn' | 'fail'

/** One line of the report. */
export interface Finding {
  id: string
  /** What was looked at. */
  what: string
  status: Status
  /** True when it could not be decided, or was not to be looked at; `seen` says why. */
  skipped: boolean
  seen: string
  wanted: string
  /** What to do about it; empty when nothing is to be done. */
  mend: string
}

export interface Check {
  /** `subject.aspect`, such as `webhook.endpoint`. */
  id: string
  what: string
  wanted: string
  /** What to do when it is not so, unless `look` knows better. */
  mend: string
  /** Asks somebody else than the database: left out with `--offline`. */
  network?: true
  look: (exam: Exam) => Promise<Seen> | Seen
}

export interface Seen {
  status: Status
  seen: string
  mend?: string | undefined
  skipped?: boolean
}

/** Thrown where something cannot be decided because of what another check names. */
export class Undecided extends Error {
  override name = 'Undecided'
}

export function ok(seen: string): Seen {
  return { status: 'ok', seen }
}

export function warn(seen: string, mend?: string): Seen {
  return { status: 'warn', seen, mend }
}

export function fail(seen: string, mend?: string): Seen {
  return { status: 'fail', seen, mend }
}

/** There is nothing to look at, or nobody could tell: no reason to warn. */
export function skip(reason: string): Seen {
  return { status: 'ok', seen: reason, skipped: true }
}

/** The first few of a list, and how many more there are. */
export function some(items: readonly string[], most = 5): string {
  const more = items.length - most
  return items.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/** `1 order`, `3 orders`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** A length of time as people say it, to two digits or so. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}
