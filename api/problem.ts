import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { DbUnavailable } from './db.ts'

/** The whole public vocabulary of errors: code → status and fixed title. */
export const problems = {
  'malformed-json': [400, 'The request body is not JSON'],
  'bad-signature': [400, 'The signature does not match'],
  'login-required': [401, 'Log in first'],
  'wrong-credentials': [401, 'The e-mail address or the password is wrong'],
  'refresh-rejected': [401, 'This session has ended'],
  'wrong-password': [403, 'The current password is wrong'],
  'cross-site': [403, 'The request came from another site'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'This path does not take that method'],
  'timeout': [408, 'The request took too long to arrive'],
  'email-taken': [409, 'There is an account with this e-mail address'],
  'already-verified': [409, 'The e-mail address is confirmed already'],
  'email-not-verified': [409, 'Confirm your e-mail address first'],
  'no-panel-account': [409, 'There is no account at the panel yet'],
  'refresh-raced': [409, 'The session was refreshed at the same moment'],
  'region-full': [409, 'No room is left in this region'],
  'plan-not-sold': [409, 'This plan is not sold now'],
  'idempotency-mismatch': [409, 'The Idempotency-Key was used for another request'],
  'too-many-open-orders': [409, 'You have several unpaid orders'],
  'not-possible': [409, 'That is not possible now'],
  'order-not-open': [409, 'The order is not open any more'],
  'token-invalid': [410, 'This link does not work any more'],
  'body-too-large': [413, 'The request body is too large'],
  'json-required': [415, 'Send the request as application/json'],
  'validation-failed': [422, 'The request is not valid'],
  'rate-limited': [429, 'Too many requests'],
  'internal': [500, 'Something went wrong on our side'],
  'panel-unavailable': [503, 'The panel does not answer now'],
  'payments-unavailable': [503, 'The payment service does not answer now'],
  'unavailable': [503, 'The shop cannot do this right now'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>

export type ProblemCode = keyof typeof problems

export interface FieldError {
  /** JSON pointer into the request body, e.g. `#/options/MINECRAFT_VERSION`. */
  pointer: string
  detail: string
}

interface ProblemOptions {
  /** What was wrong this time and what to do about it, for a person. */
  detail?: string
  errors?: FieldError[]
  /** Further members of the answer, e.g. `regionsWithRoom`. */
  extra?: Record<string, unknown>
  /** Seconds for a Retry-After header. */
  retryAfter?: number
  cause?: unknown
}

/** A failure the client can act on. Anything else that is thrown is a bug and becomes a 500. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly options: ProblemOptions

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.detail ?? problems[code][1], { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.options = options
  }
}

/** A problem on the wire (RFC 9457), with our `requestId`. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  detail?: string
  instance: string
  requestId: string
  errors?: FieldError[]
}

/** The answer for anything thrown. `report` is told of bugs, never of a client's mistakes. */
export function problemResponse(
  error: unknown,
  c: Context,
  requestId: string,
  report: (error: unknown) => void,
): Response {
  const problem = toProblem(error)
  if (problem.code === 'internal' || error instanceof DbUnavailable) report(error)
  const [status, title] = problems[problem.code]
  const { detail, errors, extra, retryAfter } = problem.options
  const body: ProblemBody = {
    ...extra,
    type: `/problems/${problem.code}`,
    title,
    status,
    instance: c.req.path,
    requestId,
    ...(detail ? { detail } : {}),
    ...(errors ? { errors } : {}),
  }
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  }
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.ceil(retryAfter))
  return c.body(JSON.stringify(body), status, headers)
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof DbUnavailable) {
    const detail = error.outcome === 'nothing'
      ? 'Nothing was lost. Try again in a moment.'
      : 'It is not known whether this was done. Look first, then try again.'
    return new Problem('unavailable', { detail, retryAfter: 5 })
  }
  if (error instanceof HTTPException) return fromHttpException(error)
  return new Problem('internal', { cause: error })
}

function fromHttpException(error: HTTPException): Problem {
  switch (error.status) {
    case 400:
      return new Problem('malformed-json', { detail: error.message || undefined })
    case 413:
      return new Problem('body-too-large')
    default:
      return new Problem('internal', { cause: error })
  }
}
