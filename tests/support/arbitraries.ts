import * as fc from 'fast-check'

/** The part of JSON Schema that zod writes for our requests. */
export interface JsonSchema {
  type?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  propertyNames?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  pattern?: string
  enum?: unknown[]
  const?: unknown
}

/** A body as it goes over the wire. */
export type RawBody = string | Uint8Array<ArrayBuffer>

interface BodyOptions {
  /** What the route asks for; undefined when it reads no body. */
  schema: JsonSchema | undefined
  /** Bodies that the route would take. */
  examples: Record<string, unknown>[]
  /** Leave out whatever could be accepted, because accepting is slow. */
  refusedOnly?: boolean
}

/**
 * Bodies around what a route takes: right ones, right ones with something wrong about them, ones that
 * only follow the schema, any JSON at all, and bytes that are no JSON.
 */
export function bodies({ schema, examples, refusedOnly = false }: BodyOptions) {
  if (!schema) return fc.oneof(anyJson().map(stringify), noJson(['{"x":1}']))
  const known = [...new Set(examples.flatMap((one) => Object.keys(one)))]
  const example = fc.constantFrom(...examples)
  const changes = fc.array(change(known), { minLength: refusedOnly ? 0 : 1, maxLength: 3 })
  const flaw = refusedOnly ? certainFlaw(schema) : fc.constant<Change>((body) => body)
  const nearly = fc.tuple(example, changes, flaw).map(([body, some, last]) =>
    stringify([...some, last].reduce((changed, apply) => apply(changed), body))
  )
  const shaped = fc.tuple(ofSchema(schema), flaw).map(([body, last]) =>
    stringify(isRecord(body) ? last(body) : body)
  )
  const whole = refusedOnly ? examples.map((one) => ({ ...one, role: 'operator' })) : examples
  const odd = fc.oneof(anyJson().map(stringify), noJson(whole.map(stringify)))
  return fc.oneof(
    { weight: 6, arbitrary: nearly },
    { weight: 2, arbitrary: shaped },
    { weight: 1, arbitrary: odd },
  )
}

/** Keys that the schema does not name, anywhere in the body; `options.__proto__` as much as `role`. */
export function unknownKeys(schema: JsonSchema, value: unknown): string[] {
  const variants = schema.anyOf ?? schema.oneOf
  if (variants) {
    const found = variants.map((one) => unknownKeys(one, value))
    return found.reduce((least, keys) => keys.length < least.length ? keys : least)
  }
  if (!isRecord(value)) return []
  const { properties = {}, additionalProperties, propertyNames } = schema
  return Object.entries(value).flatMap(([key, inner]) => {
    if (Object.hasOwn(properties, key)) return unknownKeys(properties[key] ?? {}, inner)
    if (typeof additionalProperties !== 'object') return [key]
    const isNamed = new RegExp(propertyNames?.pattern ?? '', 'u').test(key)
    return isNamed ? unknownKeys(additionalProperties, inner) : [key]
  })
}

type Change = (body: Record<string, unknown>) => Record<string, unknown>

/** What others smuggled into bodies, and what JavaScript has of its own. */
const SMUGGLED = [
  'role',
  'is_admin',
  'isAdmin',
  'user_id',
  'userId',
  'state',
  'status',
  'price',
  'amount',
  'unitAmount',
  'email_verified',
  'emailVerified',
  'emailVerifiedAt',
  'id',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  '',
  'a/b~c',
  '\ud800',
]

const POLLUTION = [{ polluted: true }, { prototype: { polluted: true } }, { role: 'operator' }]

function change(known: string[]): fc.Arbitrary<Change> {
  const key = fc.constantFrom(...known, 'options')
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(key, leaf()).map(([name, value]) => having(name, value)) },
    { weight: 1, arbitrary: key.map((name): Change => ({ [name]: _, ...rest }) => rest) },
    { weight: 2, arbitrary: smuggling() },
    {
      weight: 1,
      arbitrary: fc.tuple(key, fc.constantFrom(...SMUGGLED), leaf()).map(([name, inner, value]) =>
        having(name, put({}, inner, value))
      ),
    },
    { weight: 1, arbitrary: key.map((name): Change => (body) => put(body, name, [body[name]])) },
  )
}

function smuggling(): fc.Arbitrary<Change> {
  const value = fc.oneof(leaf(), fc.constantFrom(...POLLUTION))
  return fc.tuple(fc.constantFrom(...SMUGGLED), value).map(([name, what]) => having(name, what))
}

/** A change after which no route of this schema may take the body. */
function certainFlaw(schema: JsonSchema): fc.Arbitrary<Change> {
  const required = schema.required ?? []
  if (required.length === 0) return smuggling()
  const name = fc.constantFrom(...required)
  const notText = fc.constantFrom<unknown>(0, 1.5, true, [], ['a'], {}, { length: 9 })
  return fc.oneof(
    smuggling(),
    fc.tuple(name, notText).map(([key, value]) => having(key, value)),
    name.map((key): Change => ({ [key]: _, ...rest }) => rest),
  )
}

function having(name: string, value: unknown): Change {
  return (body) => put(body, name, value)
}

/** A copy with one more property of its own, also when that is called `__proto__`. */
function put(body: Record<string, unknown>, name: string, value: unknown) {
  const copy = { ...body }
  const property = { value, enumerable: true, configurable: true, writable: true }
  return Object.defineProperty(copy, name, property)
}

const TEXTS = [
  '',
  ' ',
  '0',
  '\u0000',
  'a\u0000b',
  '\r\nBcc: eve@evil.example',
  '\ud800',
  '\udc00x',
  '\u202egpj.exe',
  '\ufeff',
  'e\u0301'.repeat(60),
  '\u{1f3ae}'.repeat(64),
  'ﬀ ß İ ı K',
  "' OR 1=1 -- ",
  '"; DROP TABLE users; --',
  '%',
  '_',
  '\\',
  '{{SERVER_PORT}}',
  '$(id)',
  '../../../etc/passwd',
  'http://169.254.169.254/',
  '<img src=x onerror=alert(1)>',
  '__proto__',
  'a'.repeat(256),
  'a'.repeat(4000),
]

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.5,
  2 ** 31,
  2 ** 32,
  2 ** 53 + 2,
  2 ** 63,
  1e21,
  1e308,
  -1e308,
  5e-324,
]

function leaf(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom(...TEXTS),
    fc.constantFrom(...NUMBERS),
    fc.constantFrom<unknown>(null, true, false, [], [0], ['a'], {}, { $ne: null }, { length: 9 }),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom(...POLLUTION),
    fc.integer({ min: 2, max: 30 }).map(nested),
  )
}

function ofSchema(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const variants = schema.anyOf ?? schema.oneOf
  if (variants) return fc.oneof(...variants.map(ofSchema))
  switch (schema.type) {
    case 'string':
      return textOf(schema.pattern)
    case 'integer':
    case 'number':
      return fc.constantFrom(...NUMBERS)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'object':
      return objectOf(schema)
    default:
      return leaf()
  }
}

function objectOf({ properties, additionalProperties, propertyNames }: JsonSchema) {
  if (typeof additionalProperties === 'object') {
    return fc.dictionary(textOf(propertyNames?.pattern), ofSchema(additionalProperties), {
      maxKeys: 20,
    })
  }
  const fields = Object.entries(properties ?? {}).map(([name, inner]) => [name, ofSchema(inner)])
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] })
}

function textOf(pattern: string | undefined): fc.Arbitrary<string> {
  const any = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...TEXTS))
  // \p{…} is beyond the generator.
  if (pattern === undefined || pattern.includes('\\p')) return any
  return fc.oneof({ weight: 3, arbitrary: fc.stringMatching(new RegExp(pattern)) }, any)
}

function anyJson(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    leaf(),
    fc.constantFrom(...SMUGGLED).map(stringify),
  )
}

/** Bytes that are no JSON, or no JSON that anybody honest sends. */
function noJson(texts: string[]): fc.Arbitrary<RawBody> {
  const text = fc.constantFrom(...texts)
  return fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)),
    fc.tuple(text, fc.nat(200)).map(([whole, cut]) => whole.slice(0, cut)),
    text.map((whole) => whole + whole),
    text.map((whole) => `\ufeff${whole}`),
    text.map((whole) => whole.replaceAll('"', "'")),
    text.map((whole) => whole.replace(/}$/, ',"__proto__":{"polluted":1}}')),
    text.map((whole) => whole.replace(/^{/, '{"role":1e999,')),
    text.map((whole) => whole + ' '.repeat(20_000)),
    fc.constantFrom('', '{', '[', 'null', 'NaN', '[]', '"x"', '1e999', '-', '{"a":1,}', '{}{}'),
    fc.constantFrom(20, 21, 400, 8000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
    fc.constantFrom(20, 21, 1500).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
  )
}

function nested(depth: number): unknown {
  return depth === 0 ? 'x' : depth % 2 ? { a: nested(depth - 1) } : [nested(depth - 1)]
}

function stringify(value: unknown): string {
  return JSON.stringify(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
