import type { Context } from 'hono'
import * as z from 'zod'
import { ParameterFailure } from './errors.ts'
import { decodeForm, type FormFields } from './form.ts'
import type { StripeEnv, View } from './sandbox.ts'

/**
 * The check of each parameter that Stripe takes in `P`, one of the package's `…Params`: none may
 * be forgotten, so that the API's next version shows here which are new.
 */
export type Shape<P> = Record<keyof Required<P>, z.ZodType>

export async function readParams<S extends z.ZodType>(c: Context<StripeEnv>, schema: S) {
  const body = await c.req.text()
  const query = new URL(c.req.url).search.slice(1)
  const params = parseParams(schema, decodeForm([query, body].filter(Boolean).join('&')))
  c.set('view', params as View)
  return params
}

/** Parses decoded form fields strictly; throws the first complaint in Stripe's words and codes. */
export function parseParams<S extends z.ZodType>(schema: S, fields: FormFields): z.output<S> {
  const { data, error } = schema.safeParse(fields, { reportInput: true })
  if (!error) return data
  const unknown = error.issues.find(({ code }) => code === 'unrecognized_keys')
  const issue = unknown ?? error.issues[0]
  throw issue ? complaint(issue) : new ParameterFailure('Invalid request')
}

/** A parameter that Stripe takes and the emulator does not know how to follow: it is refused. */
export const notEmulated = z.never().optional()

export function text(maxLength = 5000) {
  return z.string().superRefine((value, context) => {
    if (value === '') report(context, EMPTY, 'parameter_invalid_empty')
    if (value.length > maxLength) {
      report(context, `Invalid string: must be at most ${maxLength} characters`)
    }
  })
}

export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  return z.string().transform((value, context) => {
    if (!/^-?\d{1,15}$/.test(value)) {
      report(context, `Invalid integer: ${value}`, BAD_INTEGER)
    } else if (Number(value) < min) {
      report(context, `This value must be greater than or equal to ${min}.`, BAD_INTEGER)
    } else if (Number(value) > max) {
      report(context, `This value must be less than or equal to ${max}.`, BAD_INTEGER)
    }
    return Number(value)
  })
}

export const boolean = z.string().transform((value, context) => {
  if (value !== 'true' && value !== 'false') report(context, `Invalid boolean: ${value}`)
  return value === 'true'
})

export const url = text().superRefine((value, context) => {
  // the template of success_url is no character of a URL, and Stripe takes it as it is
  if (!/^https?:$/.test(URL.parse(value.replaceAll('{CHECKOUT_SESSION_ID}', ''))?.protocol ?? '')) {
    report(context, 'Not a valid URL', 'url_invalid')
  }
})

export const currency = text().toLowerCase().superRefine((value, context) => {
  if (!CURRENCIES.has(value)) report(context, `Invalid currency: ${value}`)
})

export const email = text(512).superRefine((value, context) => {
  if (!/^\S+@\S+\.\S+$/.test(value)) {
    report(context, `Invalid email address: ${value}`, 'email_invalid')
  }
})

export function oneOf<const Value extends string>(...values: Value[]) {
  return z.enum(values)
}

/** An empty value unsets the parameter: `null` in the result. */
export function clearable<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => value === '' ? null : value, schema.nullable())
}

export function list<S extends z.ZodType>(schema: S) {
  return z.preprocess(toArray, z.array(schema))
}

/** Changes to metadata: an empty value removes its key, and `null` removes all. */
export const metadata = clearable(
  z.record(z.string().max(40, 'Metadata keys can be up to 40 characters'), z.string().max(500))
    .refine((value) => Object.keys(value).length <= 50, 'Metadata can have up to 50 keys'),
)

export const expand = list(text()).optional()

/** What every retrieval takes. */
export const Retrieve = z.strictObject({ expand })

/** `created=1` as well as `created[gte]=1`. */
export const range = z.preprocess(
  (value) => typeof value === 'string' ? { gte: value, lte: value } : value,
  z.strictObject({
    gt: integer().optional(),
    gte: integer().optional(),
    lt: integer().optional(),
    lte: integer().optional(),
  }),
)

export type Range = z.output<typeof range>

/** What every list takes. */
export const paging = {
  limit: integer({ min: 1, max: 100 }).optional(),
  starting_after: text().optional(),
  ending_before: text().optional(),
  expand,
}

const EMPTY = 'You passed an empty string. We assume empty values are an attempt to unset a ' +
  'parameter; however this one cannot be unset. You should remove it from your request or supply ' +
  'a non-empty value.'
const BAD_INTEGER = 'parameter_invalid_integer'
const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()))

function report(context: z.RefinementCtx, message: string, code?: string) {
  context.addIssue({ code: 'custom', message, params: { code } })
}

function toArray(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => Number(a) - Number(b))
  return entries.every(([key]) => /^\d+$/.test(key)) ? entries.map(([, item]) => item) : value
}

function complaint(issue: z.core.$ZodIssue): ParameterFailure {
  const param = nameOf(issue.path)
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => nameOf([...issue.path, key]))
    const word = names.length > 1 ? 'parameters' : 'parameter'
    return new ParameterFailure(`Received unknown ${word}: ${names.join(', ')}`, {
      code: 'parameter_unknown',
      param: names[0],
    })
  }
  if (issue.code === 'custom') {
    return new ParameterFailure(issue.message, { code: codeOf(issue.params), param })
  }
  if (issue.input === undefined) {
    return new ParameterFailure(`Missing required param: ${param}.`, {
      code: 'parameter_missing',
      param,
    })
  }
  return new ParameterFailure(describe(issue, param), { param })
}

function describe(issue: z.core.$ZodIssue, param: string): string {
  if (issue.code === 'invalid_value') {
    return `Invalid ${param}: must be one of ${anyOf(issue.values)}`
  }
  if (issue.code !== 'invalid_type') return issue.message
  if (issue.expected === 'never') {
    return `Stripe takes ${param}, but this emulator does not know it.`
  }
  return `Invalid ${issue.expected === 'record' ? 'object' : issue.expected}`
}

function anyOf(values: readonly unknown[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(values.map(String))
}

function nameOf([head = '', ...rest]: readonly PropertyKey[]): string {
  return String(head) + rest.map((key) => `[${String(key)}]`).join('')
}

function codeOf(params: Record<string, unknown> | undefined): string | undefined {
  return typeof params?.code === 'string' ? params.code : undefined
}
