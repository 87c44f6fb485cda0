import type { AlertKind } from './kinds.ts'

/** What a person is told at once of all alerts of a kind. JSON, and never a secret. */
export interface Notification {
  kind: AlertKind
  opened: Told
  /** Told before, and still so. */
  reminded: Told
  resolved: Told
}

export interface Told {
  count: number
  /** The oldest of them. */
  some: ToldAlert[]
}

export interface ToldAlert {
  subject: string
  /** ISO 8601. */
  since: string
  /** Facts for the operator, as one line; empty for an alert that is over. */
  detail: string
}

/** `orders need a review: 12 new, 3 still open`. */
export function headlineOf({ kind, opened, reminded, resolved }: Notification): string {
  const parts = [
    opened.count && `${opened.count} new`,
    reminded.count && `${reminded.count} still open`,
    resolved.count && `${resolved.count} over`,
  ].filter(Boolean)
  return `${kind.replaceAll('_', ' ')}: ${parts.join(', ')}`
}

/** The alerts as lines, those that are over at the end. */
export function linesOf({ opened, reminded, resolved }: Notification): [string, string][] {
  return [
    ...lines(opened, 'since'),
    ...lines(reminded, 'still, since'),
    ...lines(resolved, 'over, was since'),
  ]
}

function lines({ count, some }: Told, how: string): [string, string][] {
  const all = some.map(({ subject, since, detail }): [string, string] => [
    subject,
    `${how} ${since}${detail && `: ${detail}`}`,
  ])
  if (count > some.length) all.push(['and', `${count - some.length} more`])
  return all
}
