import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createStripeEmulator } from '../dev/stripe/emulator.ts'
import { faultsOf, faultsOfObject } from '../dev/stripe/openapi/answers.ts'
import { type Operation, operations } from '../dev/stripe/openapi/operation.ts'
import { operationAt, type Schema } from '../dev/stripe/openapi/structure.ts'
import { createStandingClock } from './support/clock.ts'
import { FORM, KEY, start } from './support/stripe.ts'
import { CALLS } from './support/stripe_calls.ts'

/** Set FUZZ_SEED to what a failure printed, to see it again; FUZZ_BODIES to look longer. */
const SEED = Number(Deno.env.get('FUZZ_SEED') ?? Date.now() % 2 ** 31)
const BODIES = Number(Deno.env.get('FUZZ_BODIES') ?? 100)

const NOW = new Date('2026-11-25T10:00:00Z')
const TWO_MONTHS_MS = 62 * 24 * 60 * 60 * 1000

// the emulator names its operations when its API is made
createStripeEmulator({ url: 'http://stripe.test', secretKey: 'sk', now: () => NOW }).close()
const OPERATIONS = operations()

/** A sandbox with some of everything; made once, by the first test. */
let state: unknown
/** The ids in it. */
let ids: string[] = []
/** What was asked for to make it, by the operation. */
const examples = new Map<string, Asked[]>()

type Field = [name: string, value: string]

interface Asked {
  path: string
  fields: Field[]
}

async function populate() {
  if (state !== undefined) return
  const setup = start({ clock: createStandingClock(NOW), random: dice(SEED) })
  for (const [name, call] of Object.entries(CALLS)) {
    if (name.startsWith('POST ')) await call(setup)
  }
  state = setup.emulator.snapshot()
  for (const { method, path, body } of setup.asked) {
    const name = operationAt(method, path) ?? ''
    examples.set(name, [...examples.get(name) ?? [], { path, fields: fieldsIn(await body) }])
  }
  ids = [...new Set(JSON.stringify(state).match(/"id":"[^"]+"/g))].map((id) => id.slice(6, -1))
}

test.each(OPERATIONS)('$name answers whatever it is sent', async (operation) => {
  await populate()
  const clock = createStandingClock(NOW)
  const lines: string[] = []
  const emulator = createStripeEmulator({
    url: 'http://stripe.test',
    secretKey: KEY,
    now: clock.now,
    random: dice(SEED),
    state,
    log: (line) => lines.push(line),
  })
  const [method = ''] = operation.name.split(' ')
  const numRuns = method === 'POST' ? BODIES : Math.ceil(BODIES / 4)
  const requests = fc.sample(askedArbitrary(operation), { seed: SEED, numRuns })
  for (const { path, fields } of requests) {
    const form = new URLSearchParams(fields).toString()
    const headers = { Authorization: `Bearer ${KEY}`, ...FORM }
    const request = method === 'POST'
      ? new Request(`http://stripe.test${path}`, { method, headers, body: form })
      : new Request(`http://stripe.test${path}?${form}`, { method, headers })
    const response = await emulator.fetch(request)
    const said = `FUZZ_SEED=${SEED} ${method} ${path} ${form}\n${lines.join('\n')}`
    expect(complaintsOf(operation.name, response.status, await response.json()), said).toEqual([])
  }
  // what was asked for must also stand the time that passes
  clock.advance(TWO_MONTHS_MS)
  emulator.tick()
  for (const { type, data } of emulator.events) {
    const object = type === 'invoice.upcoming' ? { id: '', ...data.object } : data.object
    expect(faultsOfObject(object), `FUZZ_SEED=${SEED} ${type}`).toEqual([])
  }
  emulator.close()
})

/** What is wrong with an answer: success must have its structure, and a refusal its envelope. */
function complaintsOf(name: string, status: number, body: unknown): string[] {
  if (status === 200) return faultsOf(name, body)
  const refused = typeof body === 'object' && body !== null && 'error' in body &&
    typeof body.error === 'object' && body.error !== null &&
    'message' in body.error && 'type' in body.error
  return refused && [400, 402, 404].includes(status)
    ? []
    : [`answered ${status}: ${JSON.stringify(body)}`]
}

/** Requests by the schema, and requests that were answered with something added or left out. */
function askedArbitrary(operation: Operation<unknown>): fc.Arbitrary<Asked> {
  const [, path = ''] = operation.name.split(' ')
  const { required = [] } = operation.schema
  const bySchema = fc.record({ path: pathArbitrary(path), fields: fieldsOf(operation, required) })
  const known = examples.get(operation.name) ?? []
  if (known.length === 0) return bySchema
  const changed = fc.tuple(fc.constantFrom(...known), fieldsOf(operation, []), fc.nat(20)).map(
    ([{ path, fields }, added, without]) => ({
      path,
      fields: [...fields.filter((_, index) => index !== without), ...added],
    }),
  )
  return fc.oneof(bySchema, changed)
}

/** Up to three parameters that the operation follows, besides those that it needs. */
function fieldsOf(operation: Operation<unknown>, required: string[]): fc.Arbitrary<Field[]> {
  const properties = Object.entries(operation.schema.properties ?? {})
    .filter(([name]) => operation.follows(name) && name !== 'expand')
  const optional = properties.filter(([name]) => !required.includes(name))
  return fc.subarray(optional, { maxLength: Math.min(3, optional.length) }).chain((chosen) => {
    const wanted = [...properties.filter(([name]) => required.includes(name)), ...chosen]
    return fc.record(
      Object.fromEntries(
        wanted.map(([name, schema]) => [name, valueArbitrary(schema, name, operation)]),
      ),
    )
  }).map((fields) => flat(fields, ''))
}

/** A value as the schema has it; an object with most of its parts. */
function valueArbitrary(
  schema: Schema,
  path: string,
  operation: Operation<unknown>,
): fc.Arbitrary<unknown> {
  if (schema.anyOf) {
    return fc.oneof(...schema.anyOf.map((one) => valueArbitrary(one, path, operation)))
  }
  if (schema.type === 'array') {
    const item = valueArbitrary(schema.items ?? {}, path, operation)
    return fc.array(item, { minLength: 1, maxLength: 2 })
  }
  if (schema.type !== 'object') return textArbitrary(schema, path)
  const { properties = {}, required = [] } = schema
  if (Object.keys(properties).length === 0) {
    return fc.dictionary(fc.constantFrom('a', 'eur', 'usd'), textArbitrary({}, path), {
      maxKeys: 2,
    })
  }
  const parts: [string, fc.Arbitrary<unknown>][] = Object.entries(properties)
    .filter(([name]) => operation.follows(`${path}.${name}`))
    .map(([name, part]) => [name, valueArbitrary(part, `${path}.${name}`, operation)])
  const record: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(parts)
  return fc.record(record, {
    requiredKeys: required.filter((name) => operation.follows(`${path}.${name}`)),
  })
}

const INTEGERS = fc.constantFrom('0', '1', '2', '30', '100', '900', '1800', '99999999', '-1')
const SECONDS = Math.floor(NOW.getTime() / 1000)
const TIMES = fc.integer({ min: -40 * 86_400, max: 400 * 86_400 }).map((off) => `${SECONDS + off}`)

function textArbitrary({ type, enum: values, format }: Schema, path: string): fc.Arbitrary<string> {
  if (values) return fc.constantFrom(...values)
  if (type === 'boolean') return fc.constantFrom('true', 'false')
  if (format === 'unix-time' || /(_at|_end|_date|anchor|time)$/.test(path)) return TIMES
  if (type === 'integer') return fc.oneof(INTEGERS, TIMES)
  if (type === 'number') return fc.constantFrom('0', '0.5', '10', '33.3', '100', '101')
  if (/currency/.test(path)) return fc.constantFrom('eur', 'usd', 'jpy', 'zzq')
  if (/url/.test(path)) return fc.constantFrom('https://shop.test/', 'nowhere')
  if (/email/.test(path)) return fc.constantFrom('ada@example.com', 'ada')
  return fc.oneof(
    { weight: 6, arbitrary: idArbitrary(path) },
    { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
    { weight: 1, arbitrary: fc.constantFrom('pm_card_visa', 'pm_card_chargeDeclined', 'tok_visa') },
  )
}

/** Ids of what a parameter of this name most likely holds, and sometimes any. */
function idArbitrary(path: string): fc.Arbitrary<string> {
  const name = path.split('.').at(-1) ?? ''
  const prefix = PREFIXES.find(([word]) => name.includes(word))?.[1]
  const likely = prefix === undefined ? [] : ids.filter((id) => id.startsWith(prefix))
  const any = fc.constantFrom(...ids)
  return likely.length === 0
    ? any
    : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...likely) }, { weight: 1, arbitrary: any })
}

/** The first word that a name holds decides. */
const PREFIXES: [word: string, prefix: string][] = [
  ['payment_method', 'pm_'],
  ['payment_intent', 'pi_'],
  ['promotion_code', 'promo_'],
  ['subscription_item', 'si_'],
  ['subscription', 'sub_'],
  ['invoice_line', 'il_'],
  ['invoice_item', 'ii_'],
  ['invoice', 'in_'],
  ['customer', 'cus_'],
  ['configuration', 'bpc_'],
  ['credit_note', 'cn_'],
  ['discount', 'di_'],
  ['product', 'prod_'],
  ['price', 'price_'],
  ['charge', 'ch_'],
  ['refund', 're_'],
  ['clock', 'clock_'],
]

/** What an id in the path of these resources begins with. */
const KINDS: Record<string, string> = {
  balance_transactions: 'cbtxn_',
  charges: 'ch_',
  configurations: 'bpc_',
  credit_notes: 'cn_',
  customers: 'cus_',
  disputes: 'd',
  invoiceitems: 'ii_',
  invoices: 'in_',
  lines: 'il_',
  payment_intents: 'pi_',
  payment_methods: 'pm_',
  prices: 'price_',
  products: 'prod_',
  promotion_codes: 'promo_',
  refunds: 're_',
  sessions: 'cs_',
  subscription_items: 'si_',
  subscriptions: 'sub_',
  test_clocks: 'clock_',
  webhook_endpoints: 'we_',
}

function pathArbitrary(path: string): fc.Arbitrary<string> {
  const steps = path.split('/').map((step, index, all) => {
    if (!step.startsWith('{')) return fc.constant(step)
    const prefix = KINDS[all[index - 1] ?? ''] ?? ''
    return fc.constantFrom(...ids.filter((id) => id.startsWith(prefix)), 'none')
  })
  return fc.tuple(...steps).map((steps) => steps.join('/'))
}

function flat(value: unknown, at: string): Field[] {
  if (typeof value !== 'object' || value === null) return [[at, String(value)]]
  return Object.entries(value).flatMap(([key, inner]) =>
    flat(inner, at === '' ? key : `${at}[${key}]`)
  )
}

function fieldsIn(body: string): Field[] {
  return [...new URLSearchParams(body)]
}

/** Numbers in [0, 1) that are the same for the same seed. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
