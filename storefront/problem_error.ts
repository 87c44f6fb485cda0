import type { FieldError, ProblemBody } from '../api/problem.ts'
import { failures, type FailureText, tooManyRequests } from './words/problems.ts'

/** A problem as the browser meets it: a `ProblemBody` with members of the occasion, when it is ours. */
export interface KnownProblem extends Partial<ProblemBody> {
  /** The API's problem code, or `unreachable` when no answer came. */
  code: string
  status: number
  errors?: FieldError[]
  /** With `region-full`: where the plan can still be bought. */
  regionsWithRoom?: string[]
  /** Seconds, from the Retry-After header. */
  retryAfter?: number
}

/** Thrown by every call of the client that did not succeed. */
export class ProblemError extends Error {
  readonly problem: KnownProblem

  constructor(problem: KnownProblem, options?: ErrorOptions) {
    super(problem.detail ?? problem.title ?? problem.code, options)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

/** The problem in an answer; an answer that is not ours (a proxy's page, say) becomes `internal`. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const retryAfter = Number(response.headers.get('retry-after')) || undefined
  const body = await problemBody(response)
  const code = body?.type?.split('/').pop() ??
    (response.status === 503 ? 'unavailable' : 'internal')
  return new ProblemError({ ...body, code, status: response.status, retryAfter })
}

/** What went wrong, as a ProblemError; a thrown thing that is none of ours counts as `internal`. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  return new ProblemError({ code: 'internal', status: 500 }, { cause: error })
}

/** The words for a failure: ours where we have them, else the API's. */
export function failureText(problem: KnownProblem): FailureText {
  if (problem.code === 'rate-limited') return tooManyRequests(problem.retryAfter)
  const known: Partial<Record<string, FailureText>> = failures
  const ours = known[problem.code]
  if (ours) return ours
  return {
    title: problem.title ?? failures.internal?.title ?? problem.code,
    body: problem.detail ?? '',
  }
}

/** Field name → message. `#/options/EULA` is the field `options/EULA`, as the forms name it. */
export function fieldErrorsOf(problem: KnownProblem): Record<string, string> {
  const entries = (problem.errors ?? []).map(({ pointer, detail }) => [fieldOf(pointer), detail])
  return Object.fromEntries(entries)
}

function fieldOf(pointer: string): string {
  return pointer.replace(/^#?\//, '').replaceAll('~1', '/').replaceAll('~0', '~')
}

async function problemBody(response: Response): Promise<Partial<KnownProblem> | undefined> {
  if (!response.headers.get('content-type')?.includes('json')) return undefined
  try {
    return await response.json()
  } catch {
    return undefined
  }
}
