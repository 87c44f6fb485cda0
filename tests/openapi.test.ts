import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import openapiTS, { astToString } from 'openapi-typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../api/app.ts'
import { describeApi, entriesOf, operations } from '../api/openapi/document.ts'
import { problems } from '../api/problem.ts'
import { serveStorefront } from '../api/storefront_files.ts'
import { buildWorker } from '../dev/build/worker.ts'
import { createContract } from './support/contract.ts'
import { type Shop, startShop } from './support/shop.ts'

const document = JSON.parse(JSON.stringify(describeApi()))

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

test('every route of the app is described, and every description has a route', () => {
  const routes = serveStorefront(createApp(shop.deps), '.').routes
    .filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/\{.*?\}\]?\}?/g, '')}`)
    .map((route) => route.replace(/\/$/, ''))
  const described = entriesOf(operations).map(([route]) => route.replace(/\/$/, ''))
  expect([...new Set(routes)].sort()).toEqual(described.sort())
})

test('the document is OpenAPI 3.1, says a validator that is not ours', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(document.openapi).toBe('3.1.0')
})

test('a generator that is not ours makes types of it, with our names', async () => {
  const types = astToString(await openapiTS(structuredClone(document)))
  for (
    const name of ['createTokens', 'createCheckoutSession', 'listenToOrder', 'Order', 'Problem']
  ) {
    expect(types).toMatch(new RegExp(`\\b${name}\\b`))
  }
  const folder = await Deno.makeTempDir({ prefix: 'spawnpoint-types-' })
  try {
    const path = `${folder}/api.ts`
    await Deno.writeTextFile(path, `${types}\nexport type Made = operations['getOrder']\n`)
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ['check', '--no-config', path],
    }).output()
    expect(new TextDecoder().decode(stderr)).not.toContain('ERROR')
    expect(success).toBe(true)
  } finally {
    await Deno.remove(folder, { recursive: true })
  }
})

test('every operation has a name of its own, a summary, a chapter and at least one success', () => {
  const all = entriesOf(operations).map(([, operation]) => operation)
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  for (const { id, summary, answers } of all) {
    expect(id).toMatch(/^[a-z][A-Za-z]+$/)
    expect(summary).not.toMatch(/\.$/)
    expect(Object.keys(answers).some((status) => status.startsWith('2'))).toBe(true)
  }
})

test('every example is what its schema says', () => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'openapi.json')
  const wrong: string[] = []
  let checked = 0
  visit(document, '', (media, pointer) => {
    const examples = 'example' in media
      ? [media.example]
      : Object.values<{ value: unknown }>(media.examples ?? {}).map(({ value }) => value)
    const validate = ajv.compile({ $ref: `openapi.json#${pointer}/schema` })
    for (const example of examples) {
      checked++
      if (!validate(example)) wrong.push(`${pointer}: ${ajv.errorsText(validate.errors)}`)
    }
  })
  expect(wrong).toEqual([])
  expect(checked).toBeGreaterThan(200)
})

test('every code of a problem is told by some route, and each with its own status', () => {
  const told = new Set<string>()
  visit(document, '', (media) => {
    for (
      const [code, { value }] of Object.entries<{ value: { status: number } }>(media.examples ?? {})
    ) {
      if (!(code in problems)) continue
      told.add(code)
      expect(value.status).toBe(problems[code as keyof typeof problems][0])
    }
  })
  // No route answers the first yet; the second is for operators.
  const untold = new Set([...told, 'method-not-allowed', 'not-possible'])
  expect([...untold].sort()).toEqual(Object.keys(problems).sort())
})

test('an answer that is not as described is noticed', async () => {
  const contract = createContract()
  const request = new Request('http://shop.test/api/auth/me')
  await contract.check(request, Response.json({ user: { id: 'usr_1' } }))
  await contract.check(request, Response.json({}, { status: 418 }))
  await contract.check(request, new Response('hello'))
  const healthz = new Request('http://shop.test/healthz')
  await contract.check(healthz, Response.json({ status: 'ok', more: 'than is described' }))
  expect(contract.violations).toHaveLength(4)
})

test('none of it is in the Worker', async () => {
  const bundle = await buildWorker()
  const strays = ['Get tokens for a program', 'operationId', 'The account’s own address']
    .filter((text) => bundle.includes(text))
  expect(strays).toEqual([])
})

interface Media {
  schema: unknown
  example?: unknown
  examples?: Record<string, never>
}

/** Every media type of the document, with its JSON pointer. */
function visit(node: unknown, pointer: string, found: (media: Media, pointer: string) => void) {
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node)) {
    const at = `${pointer}/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`
    if (/^(application|text)\/[\w+-]+$/.test(key)) found(value, at)
    else visit(value, at, found)
  }
}
