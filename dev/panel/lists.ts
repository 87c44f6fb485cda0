import { refused, unexpected } from './failure.ts'
import { isMap } from './input.ts'
import type { Item, List } from './objects.ts'
import type { Call } from './panel.ts'
import { readFields } from './php_fields.ts'
import { isLike } from './text.ts'

/** Whether a row passes one part of a filter; for a text: "contains". */
export type Filter<Row> = (row: Row) => string | null | ((part: string) => boolean)

export interface ListOptions<Row> {
  /** By the name in `filter[name]=value`. Absent: filters are ignored. */
  filters?: Record<string, Filter<Row>>
  sorts?: Record<string, (row: Row) => string | number>
  item: (row: Row) => Item
  maxPerPage?: number
  /** Whether the links to other pages carry the query on; by default they lose it. */
  linksKeepQuery?: boolean
}

/** Answers one page of rows, filtered and sorted as the query asks. */
export function pageOf<Row>(c: Call, rows: Row[], options: ListOptions<Row>): List {
  const query = readFields(new URL(c.req.url).searchParams)
  const found = sortRows(filterRows(rows, query.filter, options.filters), query.sort, options.sorts)
  const perPage = Math.min(parsePerPage(query.per_page), options.maxPerPage ?? Infinity)
  const page = Number(/^[1-9]\d*$/.exec(String(query.page))?.[0] ?? 1)
  const data = found.slice((page - 1) * perPage, page * perPage).map(options.item)
  const totalPages = Math.max(1, Math.ceil(found.length / perPage))
  return {
    object: 'list',
    data,
    meta: {
      pagination: {
        total: found.length,
        count: data.length,
        per_page: perPage,
        current_page: page,
        total_pages: totalPages,
        links: linksOf(c, options, { page, totalPages }),
      },
    },
  }
}

/** A filter of equality, not of likeness. */
export function exactly<Row>(field: (row: Row) => string): Filter<Row> {
  return (row) => (part) => field(row) === part
}

/** Every filter has to hold; of the parts between its commas one is enough, and nothing is anything. */
function filterRows<Row>(
  rows: Row[],
  asked: unknown,
  filters: ListOptions<Row>['filters'],
): Row[] {
  if (!filters || !isMap(asked)) return rows
  const unknown = Object.keys(asked).filter((name) => !Object.hasOwn(filters, name))
  if (unknown.length > 0) throw badQuery('filter', 'are', unknown, Object.keys(filters))
  return Object.entries(asked).reduce((found, [name, value]) => {
    const parts = partsOf(value)
    const filter = filters[name]
    if (!filter || parts.length === 0) return found
    return found.filter((row) => parts.some((part) => passes(filter(row), part)))
  }, rows)
}

/** `true` and `false` are read as PHP's own, which are `1` and nothing as texts. */
function partsOf(value: unknown): string[] {
  const texts = isMap(value) ? Object.values(value).map(String) : String(value).split(',')
  if (texts.length === 1 && (texts[0] === 'true' || texts[0] === 'false')) {
    return texts[0] === 'true' ? ['1'] : []
  }
  return texts.map((text) => text.trim()).filter((text) => text !== '')
}

function passes(field: ReturnType<Filter<never>>, part: string): boolean {
  return typeof field === 'function' ? field(part) : isLike(field, part)
}

/** `-memory,id`: by the first, and among equals by the next. */
function sortRows<Row>(rows: Row[], asked: unknown, sorts: ListOptions<Row>['sorts']): Row[] {
  if (typeof asked !== 'string' || asked === '' || !sorts) return rows
  const orders = asked.split(',').map((name) => ({
    name: name.replace(/^-/, ''),
    sign: name.startsWith('-') ? -1 : 1,
  }))
  const unknown = orders.map(({ name }) => name).filter((name) => !Object.hasOwn(sorts, name))
  if (unknown.length > 0) throw badQuery('sort', 'is', unknown, Object.keys(sorts))
  return orders.reduceRight((sorted, { name, sign }) => {
    const field = sorts[name]
    if (!field) return sorted
    return sorted.toSorted((left, right) => sign * compare(field(left), field(right)))
  }, rows)
}

function compare(left: string | number, right: string | number): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function badQuery(what: 'filter' | 'sort', verb: string, asked: string[], allowed: string[]) {
  const detail = `Requested ${what}(s) \`${asked.join(', ')}\` ${verb} not allowed. ` +
    `Allowed ${what}(s) are \`${allowed.join(', ')}\`.`
  return refused(detail, what === 'filter' ? 'InvalidFilterQuery' : 'InvalidSortQuery')
}

/** Neither text nor a negative number is caught: PHP breaks at the one, the database at the other. */
function parsePerPage(asked: unknown): number {
  if (asked === undefined || asked === '') return 50
  if (/^-\d+$/.test(String(asked))) throw unexpected('QueryException')
  if (!/^\d+$/.test(String(asked))) throw unexpected('TypeError')
  return Number(asked) || 15
}

/** Most lose per_page and filters, as on the real panel: a client has to count pages by itself. */
function linksOf<Row>(
  c: Call,
  { linksKeepQuery }: ListOptions<Row>,
  { page, totalPages }: { page: number; totalPages: number },
): Record<string, string> {
  const linkTo = (wanted: number) => {
    const query = new URLSearchParams(linksKeepQuery ? new URL(c.req.url).searchParams : {})
    query.set('page', String(wanted))
    return `${c.env.url}${c.req.path}?${query}`
  }
  return {
    ...(page > 1 && { previous: linkTo(page - 1) }),
    ...(page < totalPages && { next: linkTo(page + 1) }),
  }
}
