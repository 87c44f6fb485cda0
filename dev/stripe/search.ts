import type { Context } from 'hono'
import { fromBase64 } from './base64.ts'
import { ParameterFailure } from './errors.ts'
import { answer } from './http.ts'
import type { StripeEnv } from './sandbox.ts'

/** What a search query can name, and the value of a row under that name. */
export type SearchFields<Row> = Record<string, (row: Row) => string | number | null | undefined>

/** Answers what `query` finds in the rows, see https://docs.stripe.com/search#search-query-language */
export function search<Row extends { id: string; metadata?: Record<string, string> | null }>(
  c: Context<StripeEnv>,
  rows: Row[],
  query: string,
  fields: SearchFields<Row>,
) {
  const { limit = 10, page } = c.var.view
  const found = rows.filter(matcher(query, fields))
  const from = page === undefined ? 0 : positionOf(page)
  const data = found.slice(from, from + limit)
  const more = found.length > from + limit
  return answer(c, {
    object: 'search_result',
    data,
    has_more: more,
    next_page: more ? pageAt(from + limit) : null,
    ...(c.var.view.expand?.includes('total_count') && { total_count: found.length }),
    url: c.req.path,
  })
}

interface Clause {
  negated: boolean
  field: string
  metadataKey: string | undefined
  operator: ':' | '~' | '>' | '<' | '>=' | '<='
  value: string | null
}

const CLAUSE =
  /^(-)?(\w+)(?:\[(?:"([^"]*)"|'([^']*)')\])?(:|~|>=|<=|>|<)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(null|-?\d+))/

function matcher<Row extends { metadata?: Record<string, string> | null }>(
  query: string,
  fields: SearchFields<Row>,
): (row: Row) => boolean {
  const { clauses, any } = parse(query)
  for (const { field } of clauses) {
    if (field === 'metadata' || Object.hasOwn(fields, field)) continue
    throw unreadable(`Field \`${field}\` is an unsupported search field for this resource.`)
  }
  const holds = (row: Row) => (clause: Clause) => {
    const value = clause.field === 'metadata'
      ? row.metadata?.[clause.metadataKey ?? '']
      : fields[clause.field]?.(row)
    return isMatch(value, clause) !== clause.negated
  }
  return (row) => any ? clauses.some(holds(row)) : clauses.every(holds(row))
}

function parse(query: string): { clauses: Clause[]; any: boolean } {
  const clauses: Clause[] = []
  const joins = new Set<string>()
  let rest = query.trim()
  while (rest !== '') {
    const match = CLAUSE.exec(rest)
    if (!match) throw unreadable(`We were unable to parse your search query: ${query}`)
    clauses.push(clauseOf(match))
    rest = rest.slice(match[0].length).trimStart()
    const [word = '', join = 'AND'] = /^(?:(AND|OR)\s+)?/i.exec(rest) ?? []
    if (rest !== '') joins.add(join.toUpperCase())
    rest = rest.slice(word.length)
  }
  if (clauses.length === 0) throw unreadable('The search query is empty.')
  if (joins.size > 1) throw unreadable('A search query cannot combine AND and OR.')
  return { clauses, any: joins.has('OR') }
}

function clauseOf(match: RegExpExecArray): Clause {
  const [, minus, field = '', key, otherKey, operator = ':', text, otherText, bare] = match
  const quoted = (text ?? otherText)?.replaceAll(/\\(.)/g, '$1')
  return {
    negated: minus !== undefined,
    field,
    metadataKey: key ?? otherKey,
    // Safe because the pattern lets no other through.
    operator: operator as Clause['operator'],
    value: bare === 'null' ? null : quoted ?? bare ?? '',
  }
}

function isMatch(value: string | number | null | undefined, { operator, value: wanted }: Clause) {
  if (wanted === null) return value === null || value === undefined
  if (value === null || value === undefined) return false
  const [mine, theirs] = [String(value).toLowerCase(), wanted.toLowerCase()]
  switch (operator) {
    case ':':
      return mine === theirs
    case '~':
      return mine.includes(theirs)
    case '>':
      return Number(value) > Number(wanted)
    case '<':
      return Number(value) < Number(wanted)
    case '>=':
      return Number(value) >= Number(wanted)
    case '<=':
      return Number(value) <= Number(wanted)
  }
}

/** Stripe's pages are opaque, so nobody should count on a number. */
function pageAt(position: number): string {
  return btoa(`position:${position}`)
}

function positionOf(page: string): number {
  const [, position] = /^position:(\d+)$/.exec(fromBase64(page)) ?? []
  if (position !== undefined) return Number(position)
  throw new ParameterFailure('Invalid page: it is not the next_page of a search.', {
    param: 'page',
  })
}

function unreadable(message: string) {
  return new ParameterFailure(message, { param: 'query' })
}
