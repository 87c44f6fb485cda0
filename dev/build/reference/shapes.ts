import type { Schema } from './chapters.ts'

export interface Field {
  name: string
  type: string
  required: boolean
  description: string
}

/** What an object has, in its own order. */
export function propertiesOf({ properties = {}, required = [] }: Schema): Field[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    type: typeOf(schema),
    required: required.includes(name),
    description: schema.description ?? '',
  }))
}

/** A schema in a few words: `string`, `Term`, `list of Price`, `string or null`, `"text" or "number"`. */
export function typeOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? ''
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  const several = schema.anyOf ?? schema.oneOf
  if (several) return [...new Set(several.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}`
  if (Array.isArray(schema.type)) return schema.type.join(' or ')
  if (schema.format === 'date-time') return 'time'
  if (schema.type === 'object' && schema.additionalProperties) return 'object, any keys'
  return schema.type ?? 'anything'
}
