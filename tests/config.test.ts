import { expect, test } from 'vitest'
import { ConfigError, isLive, parseConfig, parseDenoConfig } from '../api/config.ts'
import { createLog } from '../api/log.ts'
import { testEnvironment } from './support/environment.ts'

const good = await testEnvironment({
  publicUrl: 'https://shop.example.com',
  stripeUrl: 'http://127.0.0.1:1',
  panelUrl: 'https://panel.example.com',
})

function errorOf(changes: Record<string, string | undefined>): string {
  try {
    parseConfig({ ...good, ...changes })
    return 'accepted'
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

test('a complete environment is accepted', () => {
  expect(errorOf({})).toBe('accepted')
  expect(isLive(parseConfig(good))).toBe(false)
})

test.each([
  undefined,
  '',
  ' ',
  'undefined',
  'null',
  'whsec_',
  'whsec_short',
  `whsec_${'x'.repeat(32)}`,
])(
  'a webhook secret of %j stops the start and is named',
  (value) => {
    expect(errorOf({ STRIPE_WEBHOOK_SECRETS: value })).toContain('STRIPE_WEBHOOK_SECRETS')
  },
)

test('one bad secret in a list of two stops the start', () => {
  expect(errorOf({ STRIPE_WEBHOOK_SECRETS: `${good.STRIPE_WEBHOOK_SECRETS},undefined` }))
    .toContain('STRIPE_WEBHOOK_SECRETS')
})

test.each([
  ['STRIPE_SECRET_KEY', 'pk_test_51abcdefghijklmnop'],
  ['STRIPE_SECRET_KEY', 'undefined'],
  ['PANEL_API_KEY', 'ptla_short'],
  ['JWT_PRIVATE_KEY', '{"kty":"oct","k":"c2VjcmV0"}'],
  ['JWT_PRIVATE_KEY', 'not json'],
  ['AUTH_SECRET', 'short'],
  ['AUTH_SECRET', 'change-me-change-me-change-me-change-me'],
  ['AUTH_SECRET', 'a'.repeat(40)],
  ['PUBLIC_URL', 'ftp://shop.example.com'],
  ['PUBLIC_URL', 'shop'],
  ['REFUND_AFTER', 'soon'],
  ['REFUND_AFTER_HOURS', '24'],
  ['STRIPE_TAX', 'yes'],
  ['TRUSTED_PROXIES', 'nonsense'],
  ['PUBLIC_URL', 'https://your-shop.example'],
  ['PANEL_URL', 'https://your-panel.example'],
])('%s=%j stops the start, and the value is not repeated', (name, value) => {
  const message = errorOf({ [name]: value })
  expect(message).toContain(name)
  if (value.length > 8) expect(message).not.toContain(value)
})

test.each([
  ['PORT', 'eight'],
  ['PORT', '70000'],
  ['RUN_JOBS', 'false'],
  ['DATABASE_URL', 'foo'],
  ['DATABASE_URL', undefined],
])('%s=%j stops a Deno process, and an empty value is as good as none', (name, value) => {
  const database = { DATABASE_URL: 'mysql://shop:pw@127.0.0.1:3306/shop' }
  expect(() => parseDenoConfig({ ...database, [name]: value })).toThrow(name)
  expect(parseDenoConfig({ ...database, PORT: '', RUN_JOBS: '' }))
    .toMatchObject({ PORT: 8000, RUN_JOBS: true, HOST: '127.0.0.1' })
})

test('every variable that is wrong is named at once', () => {
  const message = errorOf({ PANEL_URL: undefined, AUTH_SECRET: undefined, JWT_PRIVATE_KEY: '{}' })
  for (const name of ['PANEL_URL', 'AUTH_SECRET', 'JWT_PRIVATE_KEY']) {
    expect(message).toContain(name)
  }
})

test('the values of .env.example are refused as placeholders', async () => {
  const example = Object.fromEntries(
    (await Deno.readTextFile('.env.example')).split('\n')
      .map((line) => /^([A-Z_]+)=(.*)$/.exec(line)).filter((match) => match !== null)
      .map((match) => [match[1] ?? '', match[2] ?? '']),
  )
  expect(Object.keys(example)).toEqual(expect.arrayContaining(Object.keys(good)))
  for (const name of Object.keys(good).filter((key) => !/API_URL/.test(key))) {
    expect(errorOf({ [name]: example[name] }), name).toContain(name)
  }
})

test('the log keeps listed fields only, and nothing that looks like a secret', () => {
  const lines: string[] = []
  const log = createLog((line) => lines.push(line), () => new Date(0))
  const fields = { orderId: 'ord_1', password: 'hunter2', path: '/api' }
  log.error('failed', { ...fields, error: new Error(`refused ${good.PANEL_API_KEY} Bearer abc`) })
  log.info(`key ${good.STRIPE_SECRET_KEY} and ${good.STRIPE_WEBHOOK_SECRETS}`)
  const text = lines.join('\n')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    orderId: 'ord_1',
    msg: 'failed',
    path: '/api',
  })
  for (const secret of ['hunter2', good.PANEL_API_KEY, good.STRIPE_SECRET_KEY, 'Bearer abc']) {
    expect(text).not.toContain(secret)
  }
  expect(text).not.toContain(good.STRIPE_WEBHOOK_SECRETS)
})
