import type Stripe from 'stripe'
import { ParameterFailure } from '../errors.ts'
import type { FormFields } from '../form.ts'
import { coerceParams } from './coerce.ts'
import { paramsOf, type Schema } from './structure.ts'

/**
 * `P`, one of the package's `…Params`, as a form carries it and `coerceParams` reads it: an emptied
 * parameter is `null`, a decimal is text, and what metadata holds is text.
 */
export type Given<P> = P extends string ? GivenText<P>
  : P extends Stripe.Decimal ? string
  : P extends (infer Item)[] ? Given<Item>[]
  : P extends object ? (string extends keyof P ? GivenRecord<P> : GivenObject<P>)
  : P

type GivenRecord<P extends object> = P[keyof P] extends object ? Record<string, Given<P[keyof P]>>
  : Record<string, string>

/** The package leaves its enums open for values of other versions; the structure closes them. */
type GivenText<P extends string> = P extends '' ? null
  : Same<P, OtherString> extends true ? never
  : P

type OtherString = string & Record<never, never>

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false

type GivenObject<P> = { [Key in keyof P]: Given<P[Key]> }

/** An operation of the API, and which of its parameters the emulator follows. */
export interface Operation<Params> {
  /** as in the structure: `POST /v1/customers/{id}` */
  name: string
  schema: Schema
  /** Whether the emulator follows this parameter, as `items.price`. */
  follows(path: string): boolean
  /** only a type: what reading a request of this operation gives */
  params?: Params
}

/** What reading a request of the operation gives. */
export type ParamsOf<O> = O extends Operation<infer Params> ? Params : never

const known = new Map<string, Operation<unknown>>()

/** Every operation that the emulator has; complete once the API was made. */
export function operations(): Operation<unknown>[] {
  return [...known.values()]
}

/**
 * Describes an operation: `P` is the package's type of its parameters, `follows` those that the
 * emulator follows, and `except` what it does not follow within them, as `items.price_data`. What
 * Stripe takes and the emulator does not follow is refused, never ignored. `expand` always works.
 * A name that the structure does not have throws.
 */
export function operation<P extends object>(name: string) {
  return {
    follows<Key extends keyof P & string>(
      follows: readonly Key[] | 'all',
      except: readonly string[] = [],
    ): Operation<Given<Pick<P, Key>>> {
      const names: ReadonlySet<string> | undefined = follows === 'all'
        ? undefined
        : new Set([...follows, 'expand'])
      const schema = paramsOf(name)
      const unknown = [...names ?? []].find((key) => !Object.hasOwn(schema.properties ?? {}, key))
      if (unknown !== undefined && unknown !== 'expand') {
        throw new Error(`${name} has no parameter ${unknown}`)
      }
      const described: Operation<Given<Pick<P, Key>>> = {
        name,
        schema,
        follows: (path) =>
          (names === undefined || names.has(path.split('.')[0] ?? '')) && !except.includes(path),
      }
      known.set(name, described)
      return described
    },
  }
}

/** Reads the parameters of a request. Throws a ParameterFailure in Stripe's words. */
export function parseParams<Params>(operation: Operation<Params>, fields: FormFields): Params {
  const params = coerceParams(operation.schema, fields)
  refuseUnfollowed(operation, params, '')
  // Safe because the schema was derived from the very type that `Params` was.
  return params as Params
}

function refuseUnfollowed(operation: Operation<unknown>, value: unknown, path: string): void {
  if (path !== '' && !operation.follows(path)) throw notFollowed(path)
  if (Array.isArray(value)) {
    for (const item of value) {
      for (const [key, inner] of entriesOf(item)) {
        refuseUnfollowed(operation, inner, `${path}.${key}`)
      }
    }
    return
  }
  for (const [key, inner] of entriesOf(value)) {
    refuseUnfollowed(operation, inner, path === '' ? key : `${path}.${key}`)
  }
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** Refuses a parameter, as `items.price_data`, or a value of it that the emulator does not follow. */
export function notFollowed(path: string): ParameterFailure {
  const [head = '', ...rest] = path.split('.')
  const param = head + rest.map((key) => `[${key}]`).join('')
  return new ParameterFailure(`Stripe takes ${param}, but this emulator does not follow it.`, {
    param,
  })
}
