import { describe, expect, test } from 'vitest'
import { createStripeEmulator } from '../dev/stripe/emulator.ts'
import { operations } from '../dev/stripe/openapi/operation.ts'
import { operationNames, type Schema } from '../dev/stripe/openapi/structure.ts'
import { createClock } from './support/clock.ts'
import { start } from './support/stripe.ts'
import { CALLS, REFUSALS, STATES } from './support/stripe_calls.ts'

const FEATURES =
  'features are made with /v1/entitlements/features, which the structure does not have'

/** What Stripe has and the emulator has not, and why. */
const NOT_HERE: Record<string, string> = {
  'POST /v1/charges': 'payment intents took its place; it cannot ask for 3-D Secure',
  'GET /v1/products/{id}/features': FEATURES,
  'POST /v1/products/{id}/features': FEATURES,
  'DELETE /v1/products/{productId}/features/{id}': FEATURES,
  'GET /v1/products/{productId}/features/{id}': FEATURES,
}

// the emulator names its operations when its API is made
createStripeEmulator({ url: 'http://stripe.test', secretKey: 'sk', now: createClock().now }).close()
const HERE = operations()

describe('every operation of Stripe', () => {
  test.each(operationNames())('%s is here, or said not to be', async (name) => {
    const call = CALLS[name]
    const refusal = REFUSALS[name]
    const known = [call, refusal, NOT_HERE[name]].filter((entry) => entry !== undefined)
    expect(known, 'is in one of the lists').toHaveLength(1)
    expect(HERE.some((operation) => operation.name === name)).toBe(NOT_HERE[name] === undefined)
    const answered: string[] = []
    const setup = start({ state: STATES[name], onAnswer: (operation) => answered.push(operation) })
    if (call) {
      await call(setup)
      expect(answered).toContain(name)
      return
    }
    if (refusal) {
      await expect(refusal.call(setup)).rejects.toThrow(refusal.message)
      return
    }
    const { status, body } = await setup.call(pathOf(name), { method: methodOf(name) })
    expect([status, body.error.message])
      .toEqual([404, `Stripe has ${name}, but this emulator does not.`])
  })

  test('no other is called or listed', () => {
    expect(Object.keys({ ...CALLS, ...REFUSALS, ...NOT_HERE }).toSorted()).toEqual(
      operationNames().toSorted(),
    )
  })
})

describe('every operation of the emulator', () => {
  test.each(HERE)('$name refuses a parameter that Stripe does not know', async ({ name }) => {
    const { status, body } = await ask(name, [['dragon', 'green']])
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ code: 'parameter_unknown', param: 'dragon' })
  })

  const unfollowed = HERE.flatMap((operation) =>
    unfollowedOf(operation.schema, operation.follows).map((path) => ({ operation, path }))
  )

  test.each(unfollowed)(
    '$operation.name refuses $path, which it does not follow',
    async ({ operation: { name, schema }, path }) => {
      const { status, body } = await ask(name, fieldsFor(schema, path, ''))
      const [head = '', ...rest] = path.split('.')
      const param = head + rest.map((key) => `[${key}]`).join('')
      expect([status, body.error]).toEqual([400, {
        type: 'invalid_request_error',
        message: `Stripe takes ${param}, but this emulator does not follow it.`,
        param,
      }])
    },
  )
})

type Field = [name: string, value: string]

async function ask(name: string, fields: Field[]) {
  const { call } = start()
  const form = new URLSearchParams(fields)
  const method = methodOf(name)
  return method === 'POST'
    ? await call(pathOf(name), { method, body: form.toString() })
    : await call(`${pathOf(name)}?${form}`, { method })
}

function methodOf(name: string): string {
  return name.split(' ')[0] ?? ''
}

function pathOf(name: string): string {
  return (name.split(' ')[1] ?? '').replaceAll(/\{\w+\}/g, 'id_1')
}

/** The parameters that are not followed, as `items.price_data`; what is within them goes with them. */
function unfollowedOf(
  schema: Schema,
  follows: (path: string) => boolean,
  path = '',
): string[] {
  return Object.entries(partsOf(schema).properties ?? {}).flatMap(([key, part]) => {
    const inner = path === '' ? key : `${path}.${key}`
    if (follows(inner)) return unfollowedOf(part, follows, inner)
    return isAskable(part) ? [inner] : []
  })
}

/** A form cannot carry an object in which nothing can be said. */
function isAskable(schema: Schema): boolean {
  const { type, properties = {}, additionalProperties } = schema
  return type !== 'object' || additionalProperties === true ||
    typeof additionalProperties === 'object' || Object.keys(properties).length > 0
}

/** The object that a parameter is, or that its items are. */
function partsOf(schema: Schema): Schema {
  if (schema.anyOf) return partsOf(schema.anyOf.find(isComposite) ?? {})
  return schema.type === 'array' ? partsOf(schema.items ?? {}) : schema
}

function isComposite(schema: Schema): boolean {
  return schema.type === 'array' || schema.type === 'object'
}

/** The fields of a request that has the parameter at this path, and around it what is required. */
function fieldsFor(schema: Schema, path: string, at: string): Field[] {
  const [key = '', ...rest] = path.split('.')
  const { properties = {}, required = [] } = schema
  const wanted = key === '' ? required : [...new Set([...required, key])]
  return wanted.flatMap((name) => {
    const inner = at === '' ? name : `${at}[${name}]`
    return valueFields(properties[name] ?? {}, name === key ? rest.join('.') : '', inner)
  })
}

function valueFields(schema: Schema, path: string, at: string): Field[] {
  if (schema.anyOf) return valueFields(likeliest(schema.anyOf), path, at)
  if (schema.type === 'array') return valueFields(schema.items ?? {}, path, `${at}[0]`)
  if (schema.type !== 'object') return [[at, valueOf(schema, at)]]
  if (typeof schema.additionalProperties === 'object') {
    return valueFields(schema.additionalProperties, '', `${at}[key]`)
  }
  const fields = fieldsFor(schema, path, at)
  if (fields.length > 0) return fields
  return Object.entries(schema.properties ?? {}).slice(0, 1)
    .flatMap(([name, part]) => valueFields(part, '', `${at}[${name}]`))
}

function likeliest(choices: Schema[]): Schema {
  return choices.find(isComposite) ?? choices[0] ?? {}
}

function valueOf(schema: Schema, at: string): string {
  if (schema.enum) return schema.enum.find(Boolean) ?? ''
  if (schema.type === 'boolean') return 'true'
  if (schema.type === 'integer' || schema.type === 'number') return '1'
  if (schema.format === 'decimal' || at.includes('decimal')) return '1'
  if (/url/.test(at)) return 'https://shop.test/'
  if (/email/.test(at)) return 'ada@example.com'
  return at.endsWith('currency') || at.endsWith('currency]') ? 'eur' : 'text'
}
