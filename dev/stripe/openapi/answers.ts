import { Ajv, type ValidateFunction } from 'ajv'
import { answerOf, type Schema, structure } from './structure.ts'

/**
 * What is wrong with the body of a successful answer of an operation, by the structure: nothing, or
 * one line a fault. A field that the structure does not have is a fault, too. Unknown name: throws.
 */
export function faultsOf(operation: string, body: unknown): string[] {
  return faults(validatorOf(operation), body)
}

/** The same of an object, as an event carries it, which says of what kind it is. */
export function faultsOfObject(object: { object: string }): string[] {
  const validate = compiler().getSchema<unknown>(`stripe:${object.object}`)
  return validate ? faults(validate, object) : [`The structure does not have ${object.object}`]
}

function faults(validate: ValidateFunction, body: unknown): string[] {
  if (validate(body)) return []
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath || '/'} ${message} ${JSON.stringify(params)}`
  )
}

/** What an event is about can be of any kind; the structure tells some fields of one of them. */
const OF_ANY_KIND = new Set(['event.Data.Object', 'event.Data.PreviousAttributes'])

const validators = new Map<string, ValidateFunction>()
let ajv: Ajv | undefined

function validatorOf(operation: string): ValidateFunction {
  const found = validators.get(operation)
  if (found) return found
  const compiled = compiler().compile(rooted(answerOf(operation)))
  validators.set(operation, compiled)
  return compiled
}

function compiler(): Ajv {
  if (ajv) return ajv
  ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  for (const [name, schema] of Object.entries(structure.components.schemas)) {
    ajv.addSchema(OF_ANY_KIND.has(name) ? { type: 'object' } : rooted(schema), `stripe:${name}`)
  }
  return ajv
}

/** The schema with references that ajv resolves, with its objects closed and `null` where allowed. */
function rooted(schema: Schema): object {
  return JSON.parse(
    JSON.stringify(schema),
    (_, value: unknown) => isSchema(value) ? jsonSchema(value) : value,
  )
}

function jsonSchema(schema: Schema & { $ref?: string; nullable?: boolean }): object {
  const { nullable, $ref, ...rest } = schema
  const plain = {
    ...rest,
    ...($ref && { $ref: `stripe:${$ref.slice('#/components/schemas/'.length)}` }),
    ...(rest.type === 'object' && rest.properties && {
      additionalProperties: rest.additionalProperties ?? false,
    }),
  }
  return nullable ? { anyOf: [plain, { type: 'null' }] } : plain
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) &&
    ('type' in value || '$ref' in value || 'anyOf' in value)
}
