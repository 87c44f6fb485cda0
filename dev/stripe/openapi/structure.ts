/** A part of an OpenAPI 3.0 schema that Stripe's document uses. */
export interface Schema {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  required?: string[]
  items?: Schema
  enum?: string[]
  anyOf?: Schema[]
  format?: string
  maxLength?: number
  $ref?: string
  /** what `expand` can name, and the parts in which it can name something */
  'x-expandableFields'?: string[]
}

interface Parameter {
  in: 'path' | 'query'
  name: string
  required?: boolean
  schema: Schema
}

interface OperationSchema {
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content: Record<string, { schema: Schema }> }>
}

interface Structure {
  info: { version: string }
  paths: Record<string, Record<string, OperationSchema>>
  components: { schemas: Record<string, Schema> }
}

/**
 * The structure of the API's requests and answers, without its prose: derived from the public types
 * of npm stripe@23.1.0 (MIT, Copyright Stripe, Inc.).
 */
export const structure: Structure = JSON.parse(
  Deno.readTextFileSync(new URL('./structure.json', import.meta.url)),
)

/** Every operation of the structure, as `POST /v1/customers/{id}`. */
export function operationNames(): string[] {
  return Object.entries(structure.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  )
}

/** The operation that a request is of, as `GET /v1/customers/{id}`; absent where there is none. */
export function operationAt(method: string, path: string): string | undefined {
  return operationNames().find((name) => {
    const [itsMethod, itsPath = ''] = name.split(' ')
    const pattern = itsPath.replaceAll(/\{\w+\}/g, '[^/]+')
    return itsMethod === method && new RegExp(`^${pattern}$`).test(path)
  })
}

/** What an operation takes, query and body alike, as one closed object. Unknown name: throws. */
export function paramsOf(name: string): Schema {
  const { parameters = [], requestBody } = find(name)
  const query = parameters.filter((parameter) => parameter.in === 'query')
  const body = Object.values(requestBody?.content ?? {})[0]?.schema
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
      ...body?.properties,
    },
    required: [
      ...query.filter(({ required }) => required).map(({ name }) => name),
      ...body?.required ?? [],
    ],
  }
}

/** What an operation answers when it succeeds. Unknown name: throws. */
export function answerOf(name: string): Schema {
  const schema = Object.values(find(name).responses['200']?.content ?? {})[0]?.schema
  if (!schema) throw new Error(`The structure does not say what ${name} answers`)
  return schema
}

/** The schema itself, of the first object that it names: of a list what it holds. */
export function resolved(schema: Schema | undefined): Schema | undefined {
  const inner = schema?.items ?? schema
  const reference = inner?.$ref ?? inner?.anyOf?.find(({ $ref }) => $ref)?.$ref
  if (reference === undefined) return inner
  return structure.components.schemas[reference.slice('#/components/schemas/'.length)]
}

function find(name: string): OperationSchema {
  const [method = '', path = ''] = name.split(' ')
  const operation = structure.paths[path]?.[method.toLowerCase()]
  if (!operation) throw new Error(`The structure has no operation ${name}`)
  return operation
}
