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
    if (result.success) return result.data
    throw new Problem('validation-failed', {
      detail: 'Check the fields named and send the request again.',
      errors: result.error.issues.flatMap(toFieldErrors),
    })
  })
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      detail: 'This field is not known here; leave it out',
    }))
  }
  return [{ pointer: pointerOf(issue.path), detail: issue.message }]
}

function pointerOf(path: PropertyKey[]): string {
  const escaped = path.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'))
  return ['#', ...escaped].join('/')
}
