import { refused, unexpected } from './failure.ts'
import type { Item, List } from './objects.ts'
import type { Call } from './panel.ts'
import { matchesFilter } from './text.ts'

export interface ListOptions<Row> {
  /** Whether a row passes `filter[name]=value`; text means "contains". Absent: filters are ignored. */
  filters?: Record<string, (row: Row) => string | null | ((value: string) => boolean)>
  sorts?: Record<string, (row: Row) => string | number>
  item: (row: Row) => Item
}

/** Answers one page of rows, filtered and sorted as the query asks. */
export function pageOf<Row>(c: Call, rows: Row[], options: ListOptions<Row>): List {
  const query = new URL(c.req.url).searchParams
  const found = sortRows(filterRows(rows, query, options.filters), query.get('sort'), options.sorts)
  const perPage = parsePerPage(query.get('per_page'))
  const asked = query.get('page') ?? ''
  const page = /^[1-9]\d*$/.test(asked) ? Number(asked) : 1
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
        links: linksOf(c.env.url + c.req.path, page, totalPages),
      },
    },
  }
}

function filterRows<Row>(
  rows: Row[],
  query: URLSearchParams,
  filters: ListOptions<Row>['filters'],
): Row[] {
  if (!filters) return rows
  const asked = [...query].flatMap(([name, value]) => {
    const inner = /^filter\[(.+)\]$/.exec(name)?.[1]
    return inner === undefined ? [] : [{ name: inner, value }]
  })
  const unknown = asked.filter(({ name }) => !filters[name]).map(({ name }) => name)
  if (unknown.length > 0) throw badQuery('filter', 'are', unknown, Object.keys(filters))
  return rows.filter((row) =>
    asked.every(({ name, value }) => {
      const field = filters[name]?.(row) ?? null
      return typeof field === 'function' ? field(value) : matchesFilter(field, value)
    })
  )
}

function sortRows<Row>(rows: Row[], sort: string | null, sorts: ListOptions<Row>['sorts']): Row[] {
  if (sort === null || !sorts) return rows
  const descending = sort.startsWith('-')
  const name = descending ? sort.slice(1) : sort
  const field = sorts[name]
  if (!field) throw badQuery('sort', 'is', [name], Object.keys(sorts))
  const sorted = rows.toSorted((left, right) => field(left) < field(right) ? -1 : 1)
  return descending ? sorted.reverse() : sorted
}

function badQuery(what: 'filter' | 'sort', verb: string, asked: string[], allowed: string[]) {
  const detail = `Requested ${what}(s) \`${asked.join(', ')}\` ${verb} not allowed. ` +
    `Allowed ${what}(s) are \`${allowed.join(', ')}\`.`
  return refused(detail, what === 'filter' ? 'InvalidFilterQuery' : 'InvalidSortQuery')
}

function parsePerPage(text: string | null): number {
  if (text === null || text === '') return 50
  if (!/^\d+$/.test(text)) throw unexpected('TypeError')
  return Number(text) || 15
}

/** They lose per_page and filters, as on the real panel: a client has to count pages by itself. */
function linksOf(url: string, page: number, totalPages: number): Record<string, string> {
  return {
    ...(page > 1 && { previous: `${url}?page=${page - 1}` }),
    ...(page < totalPages && { next: `${url}?page=${page + 1}` }),
  }
}
