import { nested, ParameterFailure } from '../errors.ts'
import type { FormFields, FormValue } from '../form.ts'
import { formatOf } from './formats.ts'
import type { Schema } from './structure.ts'

/** A parameter that is not what the schema says; `param` is its name, as `items[0][price]`. */
interface Complaint {
  message: string
  code?: string
  param: string
}

/**
 * Turns form fields, where everything is text, into what the schema says: numbers, booleans, lists,
 * and `null` for an empty value that unsets a parameter. Throws the first complaint in Stripe's
 * words and codes; a name that the schema does not know comes before all others.
 */
export function coerceParams(schema: Schema, fields: FormFields): Record<string, unknown> {
  const complaints: Complaint[] = []
  const unknown: string[] = []
  const params = toObject(schema, fields, '', { complaints, unknown })
  if (unknown.length > 0) throw unknownParameters(unknown)
  const [first] = complaints
  if (first) {
    const { message, ...detail } = first
    throw new ParameterFailure(message, detail)
  }
  return params
}

const BAD_INTEGER = 'parameter_invalid_integer'

const EMPTY = {
  message:
    'You passed an empty string. We assume empty values are an attempt to unset a parameter; ' +
    'however this one cannot be unset. You should remove it from your request or supply a ' +
    'non-empty value.',
  code: 'parameter_invalid_empty',
}

interface Findings {
  complaints: Complaint[]
  /** names that the schema does not know */
  unknown: string[]
}

function toObject(
  schema: Schema,
  fields: FormFields,
  param: string,
  findings: Findings,
): Record<string, unknown> {
  const { properties = {}, additionalProperties, required = [] } = schema
  const entries = Object.entries(fields).flatMap(([key, value]) => {
    const name = nested(param, key)
    const own = Object.hasOwn(properties, key) ? properties[key] : undefined
    const other = typeof additionalProperties === 'object' ? additionalProperties : undefined
    if (own) return [[key, toValue(own, value, name, findings)] as const]
    if (other?.type === 'object') return [[key, toValue(other, value, name, findings)] as const]
    if (other) return [[key, toFree(value, name, findings)] as const]
    findings.unknown.push(name)
    return []
  })
  if (Object.keys(properties).length === 0 && entries.length > MOST_KEYS) {
    complain(findings, { message: `You can have up to ${MOST_KEYS} keys in ${param}.`, param })
  }
  for (const key of required) {
    if (Object.hasOwn(fields, key)) continue
    const name = nested(param, key)
    findings.complaints.push({
      message: `Missing required param: ${name}.`,
      code: 'parameter_missing',
      param: name,
    })
  }
  return Object.fromEntries(entries)
}

/** A value under a key of the caller's own, as in metadata: an empty one removes the key. */
function toFree(value: FormValue, param: string, findings: Findings): unknown {
  const key = param.slice(param.lastIndexOf('[') + 1, -1)
  if (key.length > LONGEST_KEY) {
    return complain(findings, {
      message: `Metadata keys can be up to ${LONGEST_KEY} characters: ${key}`,
      param,
    })
  }
  return value === '' ? value : toValue({ type: 'string', maxLength: 500 }, value, param, findings)
}

/** Of metadata, see https://docs.stripe.com/api/metadata */
const MOST_KEYS = 50
const LONGEST_KEY = 40

function toValue(schema: Schema, value: FormValue, param: string, findings: Findings): unknown {
  if (schema.anyOf) return toOneOf(schema.anyOf, value, param, findings)
  if (schema.type === 'array') return toArray(schema, value, param, findings)
  if (schema.type === 'object') {
    if (typeof value === 'object') return toObject(schema, value, param, findings)
    return complain(findings, { message: 'Invalid object', param })
  }
  if (typeof value === 'object') {
    return complain(findings, { message: `Invalid ${schema.type ?? 'string'}`, param })
  }
  return toScalar(schema, value, param, findings)
}

/** The first alternative that has nothing to complain of, else what the likeliest complains of. */
function toOneOf(choices: Schema[], value: FormValue, param: string, findings: Findings): unknown {
  if (value === '' && choices.some((choice) => choice.enum?.includes(''))) return null
  const fillable = choices.filter((choice) => !isOnlyEmpty(choice))
  const likely = fillable.filter((choice) => isComposite(choice) === (typeof value === 'object'))
  const tries = (likely.length > 0 ? likely : fillable).map((choice) => {
    const own: Findings = { complaints: [], unknown: [] }
    return { value: toValue(choice, value, param, own), own }
  })
  const fitting = tries.find(({ own }) => own.complaints.length + own.unknown.length === 0)
  if (fitting) return fitting.value
  const closest = tries[0]
  findings.complaints.push(...closest?.own.complaints ?? [])
  findings.unknown.push(...closest?.own.unknown ?? [])
}

/** Stands for "or nothing"; no other value fits it. */
function isOnlyEmpty({ enum: values }: Schema): boolean {
  return values?.every((value) => value === '') ?? false
}

function toArray(schema: Schema, value: FormValue, param: string, findings: Findings): unknown {
  const { items = {} } = schema
  if (typeof value !== 'object') return complain(findings, { message: 'Invalid array', param })
  const entries = Object.entries(value).sort(([a], [b]) => Number(a) - Number(b))
  if (!entries.every(([key]) => /^\d+$/.test(key))) {
    return complain(findings, { message: 'Invalid array', param })
  }
  return entries.map(([key, item]) => toValue(items, item, nested(param, key), findings))
}

function toScalar(schema: Schema, value: string, param: string, findings: Findings): unknown {
  if (value === '' && !schema.enum?.includes('')) return complain(findings, { ...EMPTY, param })
  switch (schema.type) {
    case 'integer':
      if (/^-?\d{1,15}$/.test(value)) return ofFormat(Number(value), param, findings)
      return complain(findings, { message: `Invalid integer: ${value}`, code: BAD_INTEGER, param })
    case 'number':
      if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value)
      return complain(findings, { message: `Invalid decimal: ${value}`, param })
    case 'boolean':
      if (value === 'true' || value === 'false') return value === 'true'
      return complain(findings, { message: `Invalid boolean: ${value}`, param })
    default:
      return toText(schema, value, param, findings)
  }
}

function toText(schema: Schema, value: string, param: string, findings: Findings): unknown {
  const { enum: values, format, maxLength = 5000 } = schema
  if (values) {
    if (values.includes(value)) return value === '' ? null : value
    const message = `Invalid ${param}: must be one of ${anyOf(values.filter(Boolean))}`
    return complain(findings, { message, param })
  }
  if (format === 'decimal' && !/^-?\d+(\.\d{1,12})?$/.test(value)) {
    return complain(findings, { message: `Invalid decimal: ${value}`, param })
  }
  if (value.length <= maxLength) return ofFormat(value, param, findings)
  const message = `Invalid string: ${
    value.slice(0, 20)
  }...; must be at most ${maxLength} characters`
  return complain(findings, { message, param })
}

/** The value, when it has the format that its name says. */
function ofFormat(value: string | number, param: string, findings: Findings): unknown {
  const format = formatOf(nameOf(param))
  const complaint = format?.complaint(value)
  if (complaint) return complain(findings, { ...complaint, param })
  return typeof value === 'string' && format?.normalized ? format.normalized(value) : value
}

/** `currency` of `items[0][price_data][currency]`. */
function nameOf(param: string): string {
  return param.slice(param.lastIndexOf('[') + 1).replace(']', '')
}

function complain({ complaints }: Findings, complaint: Complaint): undefined {
  complaints.push(complaint)
}

function isComposite({ type }: Schema): boolean {
  return type === 'object' || type === 'array'
}

function unknownParameters(names: string[]): ParameterFailure {
  const word = names.length > 1 ? 'parameters' : 'parameter'
  return new ParameterFailure(`Received unknown ${word}: ${names.join(', ')}`, {
    code: 'parameter_unknown',
    param: names[0],
  })
}

function anyOf(values: string[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(values)
}
