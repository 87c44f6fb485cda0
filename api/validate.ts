import type { Context } from 'hono'
import { validator } from 'hono/validator'
import * as z from 'zod'
import { type FieldError, Problem } from './problem.ts'

/**
 * A validator for JSON bodies: what passes is the schema's output, never the raw input. Failures
 * are 422 with one JSON pointer a field; unknown keys are refused by strict schemas.
 */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return validator('json', (value: unknown, _c: Context): z.output<S> => {
    const result = schema.safeParse(value)
    const errors = [...prototypesIn(value), ...result.error?.issues.flatMap(toFieldErrors) ?? []]
    if (result.success && errors.length === 0) return result.data
    throw new Problem('validation-failed', {
      detail: 'Check the fields named and send the request again.',
      errors: errors.slice(0, MAX_ERRORS),
    })
  })
}

/** No form of ours has so many fields; thousands of unknown keys need no answer each. */
const MAX_ERRORS = 50

/** Records pass over a key called `__proto__` without a word: it is refused like any unknown key. */
function prototypesIn(value: unknown, path: string[] = []): FieldError[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '__proto__' ? [unknownField([...path, key])] : prototypesIn(inner, [...path, key])
  )
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.filter((key) => key !== '__proto__')
      .map((key) => unknownField([...issue.path, key]))
  }
  return [{ pointer: pointerOf(issue.path), detail: issue.message }]
}

function unknownField(path: PropertyKey[]): FieldError {
  return { pointer: pointerOf(path), detail: 'This field is not known here; leave it out' }
}

function pointerOf(path: PropertyKey[]): string {
  const escaped = path.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'))
  return ['#', ...escaped].join('/')
}
