import { type Field, propertiesOf, typeOf } from './shapes.ts'

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** What of JSON Schema our document uses. */
export interface Schema {
  $ref?: string
  const?: Json
  enum?: Json[]
  type?: string | string[]
  format?: string
  description?: string
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
}

interface Media {
  schema: Schema
  example?: Json
  examples?: Record<string, { value: { title: string } }>
}

interface Operation {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  security: unknown[]
  parameters?: {
    name: string
    in: string
    required?: boolean
    description?: string
    schema: Schema
  }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}

/** The document as it is read here. */
export interface Described {
  info: { summary: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

export interface Chapter {
  name: string
  slug: string
  description: string
  operations: {
    id: string
    method: string
    path: string
    summary: string
    description: string | undefined
    needsSession: boolean
    parameters: Field[]
    body: { fields: Field[]; example: Json } | undefined
    answers: {
      status: string
      description: string
      example: Json | undefined
      shape: string | undefined
    }[]
    problems: { status: string; code: string; title: string }[]
  }[]
}

/** The document's operations, by tag, in its order. */
export function chapters(document: Described): Chapter[] {
  const all = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation }))
  )
  return document.tags.map(({ name, description }) => ({
    name,
    slug: name.toLowerCase(),
    description,
    operations: all.filter(({ operation }) => operation.tags.includes(name))
      .map(({ path, method, operation }) => ({
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        summary: operation.summary,
        description: operation.description,
        needsSession: operation.security.length > 0,
        parameters: parametersOf(operation),
        body: bodyOf(document, operation),
        ...answersOf(operation),
      })),
  }))
}

function parametersOf({ parameters = [] }: Operation): Field[] {
  return parameters.map(({ name, in: place, required, description, schema }) => ({
    name,
    type: `${typeOf(schema)} in the ${place}`,
    required: required ?? false,
    description: description ?? schema.description ?? '',
  }))
}

function bodyOf(document: Described, { requestBody }: Operation) {
  const media = requestBody?.content['application/json']
  if (!media) return undefined
  const kinds = resolve(document, media.schema)
  const fields = kinds.flatMap((schema) => propertiesOf(schema))
  // Of several kinds of body a field that all have is told once.
  const named = [...new Map(fields.map((field) => [field.name, field])).values()]
  return { fields: named, example: media.example ?? null }
}

function resolve({ components }: Described, schema: Schema): Schema[] {
  const found = schema.$ref ? components.schemas[schema.$ref.split('/').at(-1) ?? ''] : schema
  return found?.oneOf ?? found?.anyOf ?? (found ? [found] : [])
}

function answersOf(
  { responses }: Operation,
): Pick<Chapter['operations'][number], 'answers' | 'problems'> {
  const entries = Object.entries(responses)
  return {
    answers: entries.filter(([, { content }]) => !content?.['application/problem+json'])
      .map(([status, { description, content = {} }]) => {
        const media = Object.values(content)[0]
        const shape = media?.schema.$ref?.split('/').at(-1)
        return { status, description, example: media?.example, shape }
      }),
    problems: entries.flatMap(([status, { content }]) =>
      Object.entries(content?.['application/problem+json']?.examples ?? {})
        .map(([code, { value }]) => ({ status, code, title: value.title }))
    ),
  }
}
