import type { Context } from 'hono'
import type * as z from 'zod'
import { noSuch, ParameterFailure } from './errors.ts'
import { expanded } from './expand.ts'
import { decodeForm } from './form.ts'
import { parseParams, type Range } from './params.ts'
import type { StripeEnv } from './sandbox.ts'

/** The request's parameters, from the query and the form body alike. */
export async function readParams<S extends z.ZodType>(c: Context<StripeEnv>, schema: S) {
  const body = await c.req.text()
  if (body && !c.req.header('Content-Type')?.startsWith('application/x-www-form-urlencoded')) {
    throw new ParameterFailure(
      'Invalid request (check that your POST content type is application/x-www-form-urlencoded).',
    )
  }
  const query = new URL(c.req.url).search.slice(1)
  return parseParams(schema, decodeForm([query, body].filter(Boolean).join('&')))
}

export function answer(c: Context<StripeEnv>, object: object, expand?: string[]) {
  return c.json(expanded(c.var.sandbox, object, expand))
}

/** Answers one page of rows, which come newest first. */
export function answerList<Row extends { id: string; object: string }>(
  c: Context<StripeEnv>,
  rows: Row[],
  { limit = 10, starting_after: after, ending_before: before, expand }: {
    limit?: number
    starting_after?: string
    ending_before?: string
    expand?: string[]
  },
) {
  const older = after === undefined
    ? rows
    : rows.slice(positionOf(rows, after, 'starting_after') + 1)
  const newer = before === undefined
    ? older
    : rows.slice(0, positionOf(rows, before, 'ending_before'))
  const data = before === undefined ? newer.slice(0, limit) : newer.slice(-limit)
  const list = { object: 'list', data, has_more: newer.length > data.length, url: c.req.path }
  return answer(c, list, expand)
}

export function inRange(value: number, { gt, gte, lt, lte }: Range = {}): boolean {
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
