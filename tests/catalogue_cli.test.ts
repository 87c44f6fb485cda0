import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listPlans } from '../api/plans/store.ts'
import { createStripeEmulator } from '../dev/stripe/emulator.ts'
import { type CatalogueFixture, startCatalogueFixture } from './support/catalogue.ts'
import { STRIPE_KEY, testEnvironment } from './support/environment.ts'
import { serve } from './support/serve.ts'

let it: CatalogueFixture
beforeAll(async () => void (it = await startCatalogueFixture()))
beforeEach(() => it.reset())
afterAll(() => it.stop())

async function runCatalog(args: string[], environment: Record<string, string> = {}) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', 'api/plans/catalog_cli.ts', ...args],
    env: {
      ...await testEnvironment(it.urls),
      DATABASE_URL: it.databaseUrl,
      ...environment,
    },
    stdin: 'null',
  })
  const { code, stdout, stderr } = await command.output()
  const text = new TextDecoder()
  return { code, out: text.decode(stdout), error: text.decode(stderr) }
}

test('deno task catalog checks, applies, and then agrees', async () => {
  expect(await runCatalog(['check'])).toMatchObject({
    code: 1,
    out: expect.stringContaining('+ plan teamspeak-512mb: is new'),
  })
  expect(await runCatalog(['apply'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('Applied: 12 of 12 plans are sold.'),
  })
  expect(await runCatalog(['check'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^The catalogue.*agree\.\n$/),
  })
})

test('deno task catalog asks before it changes a live account', async () => {
  const live = { STRIPE_SECRET_KEY: STRIPE_KEY.replace('test', 'live') }
  const stripe = createStripeEmulator({
    url: it.urls.stripeUrl,
    secretKey: live.STRIPE_SECRET_KEY,
    now: () => new Date(),
  })
  const server = serve()
  server.handler = stripe.fetch
  const environment = { ...live, STRIPE_API_URL: server.url }
  try {
    expect(await runCatalog(['apply'], environment)).toMatchObject({
      code: 1,
      out: expect.stringContaining('Nothing was changed.'),
    })
    expect(await listPlans(it.db)).toEqual([])
    expect((await runCatalog(['apply', '--yes'], environment)).code).toBe(0)
    expect(await listPlans(it.db)).not.toEqual([])
  } finally {
    stripe.close()
    await server.stop()
  }
})

test.each<[string, string[], Record<string, string>, RegExp]>([
  ['a missing file', ['check', '--file', 'nope.json'], {}, /no file nope\.json/],
  ['a file that is no catalogue', ['check', '--file', 'deno.json'], {}, /regions: is missing/],
  ['an unknown verb', ['frob'], {}, /say check, apply or schema/],
  ['an unknown option', ['check', '--frob'], {}, /--frob/],
  ['a missing variable', ['check'], { DATABASE_URL: '' }, /DATABASE_URL is missing/],
  ['a bad variable', ['check'], { PANEL_URL: 'panel' }, /PANEL_URL must be/],
  [
    'a database that is not there',
    ['check'],
    { DATABASE_URL: 'mysql://root@127.0.0.1:9/none' },
    /Cannot reach the database/,
  ],
  ['a panel that is not there', ['check'], { PANEL_URL: 'http://127.0.0.1:9' }, /panel/i],
])('deno task catalog says in one breath what is wrong: %s', async (_name, args, env, message) => {
  const { code, error } = await runCatalog(args, env)
  expect({ code, error }).toEqual({ code: 2, error: expect.stringMatching(message) })
  expect(error).not.toMatch(/^\s+at /m)
})
