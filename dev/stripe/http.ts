import type { Context } from 'hono'
import { noSuch, ParameterFailure } from './errors.ts'
import { checkExpansions, expanded } from './expand.ts'
import { decodeForm } from './form.ts'
import { type Operation, parseParams } from './openapi/operation.ts'
import type { StripeEnv, View } from './sandbox.ts'

/** Reads what an operation takes, from the query and the form body alike. */
export async function read<Params>(
  c: Context<StripeEnv>,
  operation: Operation<Params>,
): Promise<Params> {
  const body = await c.req.text()
  if (body && !c.req.header('Content-Type')?.startsWith('application/x-www-form-urlencoded')) {
    throw new ParameterFailure(
      'Invalid request (check that your POST content type is application/x-www-form-urlencoded).',
    )
  }
  const query = new URL(c.req.url).search.slice(1)
  const fields = decodeForm([query, body].filter(Boolean).join('&'))
  const params = parseParams(operation, fields)
  c.set('operation', operation.name)
  const view = { ...viewOf(params) }
  checkExpansions(operation.name, view.expand)
  c.set('view', view)
  // only the answer has to do with it: nothing may keep it
  Reflect.deleteProperty(Object(params), 'expand')
  return params
}

/** Answers with the object, and in place of ids the objects that the request expands. */
export function answer(c: Context<StripeEnv>, object: object) {
  return c.json(expanded(c.var.sandbox, object, c.var.view.expand))
}

/** Answers the page of rows that the request asks for. The rows come newest first. */
export function answerList<Row extends { id: string; object: string }>(
  c: Context<StripeEnv>,
  rows: Row[],
) {
  const { limit = 10, starting_after: after, ending_before: before } = c.var.view
  if (after !== undefined && before !== undefined) {
    throw new ParameterFailure('You may only pass one of: starting_after, ending_before.', {
      param: 'starting_after',
    })
  }
  const older = after === undefined
    ? rows
    : rows.slice(positionOf(rows, after, 'starting_after') + 1)
  const newer = before === undefined
    ? older
    : rows.slice(0, positionOf(rows, before, 'ending_before'))
  const data = before === undefined ? newer.slice(0, limit) : newer.slice(-limit)
  return answer(c, { object: 'list', data, has_more: newer.length > data.length, url: c.req.path })
}

/** `created=1` as well as `created[gte]=1`. */
export type Range = number | {
  gt?: number | undefined
  gte?: number | undefined
  lt?: number | undefined
  lte?: number | undefined
}

/** Whether a time, in seconds, lies in the range that a list asks for; without one all do. */
export function inRange(value: number, range: Range = {}): boolean {
  if (typeof range === 'number') return value === range
  const { gt, gte, lt, lte } = range
  return (gt === undefined || value > gt) && (gte === undefined || value >= gte) &&
    (lt === undefined || value < lt) && (lte === undefined || value <= lte)
}

/** Whether a row has the value that a list asks for; a filter that is not set lets all through. */
export function matches<T>(wanted: T | undefined, actual: T): boolean {
  return wanted === undefined || wanted === actual
}

function positionOf(rows: { id: string; object: string }[], id: string, param: string): number {
  const position = rows.findIndex((row) => row.id === id)
  if (position < 0) throw noSuch(rows[0]?.object ?? 'object', id, param)
  return position
}

// Safe because every operation that takes one of these takes it as the view has it.
function viewOf(params: unknown): View {
  return params as View
}
