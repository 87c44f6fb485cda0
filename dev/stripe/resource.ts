import { Hono } from 'hono'
import { answer, answerList, inRange, type Range, read } from './http.ts'
import type { Operation } from './openapi/operation.ts'
import type { Sandbox, StripeEnv } from './sandbox.ts'
import { search, type SearchFields } from './search.ts'
import type { Collection, Store } from './store.ts'

/** How the objects of one kind are read. */
interface Resource<Row, Params> {
  rows(store: Store): Collection<Row & { id: string }>
  list: Operation<Params>
  /** Whether a list with these parameters has the row; `created` is seen to. */
  isListed?(row: Row, params: Params, sandbox: Sandbox): boolean
  retrieve: Operation<unknown>
  /** What a retrieval answers of those that were deleted, where it still answers. */
  deleted?(store: Store): Collection<{ id: string; object: string; deleted: true }>
  /** Which fields a search query can name. */
  search?: { operation: Operation<{ query: string }>; fields: SearchFields<Row> }
  /** The row as it is shown, where that is not how it is kept. */
  shown?(row: Row, sandbox: Sandbox): Row
}

/** `GET /`, `GET /search` and `GET /:id` of a resource. */
export function reading<
  Row extends { id: string; object: string; created?: number },
  Params extends object,
>(resource: Resource<Row, Params>) {
  const { rows, deleted, list, retrieve, isListed = () => true, shown = (row) => row } = resource
  const routes = new Hono<StripeEnv>().get('/', async (c) => {
    const params = await read(c, list)
    const { sandbox } = c.var
    const found = rows(sandbox.store).newestFirst().filter((row) =>
      inRange(row.created ?? 0, createdOf(params)) && isListed(row, params, sandbox)
    )
    return answerList(c, found.map((row) => shown(row, sandbox)))
  })
  const { search: searching } = resource
  if (searching) {
    routes.get('/search', async (c) => {
      const { query } = await read(c, searching.operation)
      return search(c, rows(c.var.sandbox.store).newestFirst(), query, searching.fields)
    })
  }
  return routes.get('/:id', async (c) => {
    await read(c, retrieve)
    const { sandbox } = c.var
    const gone = deleted?.(sandbox.store).find(c.req.param('id'))
    if (gone) return answer(c, gone)
    return answer(c, shown(rows(sandbox.store).get(c.req.param('id')), sandbox))
  })
}

function createdOf(params: object): Range | undefined {
  // Safe because wherever the structure has this parameter, it is a range.
  return 'created' in params ? params.created as Range | undefined : undefined
}
