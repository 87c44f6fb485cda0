import { expect, test } from 'vitest'
import { isLive, parseConfig } from '../api/config.ts'
import { scrub } from '../api/log.ts'
import { testEnvironment } from './support/environment.ts'

const good = await testEnvironment({
  publicUrl: 'https://shop.example.com',
  stripeUrl: 'http://127.0.0.1:1',
  panelUrl: 'https://panel.example.com',
})

test.each([
  ['sk_test_51ForTestsOnlyAbCdEfGhIj', false],
  ['rk_test_51ForTestsOnlyAbCdEfGhIj', false],
  ['sk_live_51ForTestsOnlyAbCdEfGhIj', true],
  ['rk_live_51ForTestsOnlyAbCdEfGhIj', true],
])('the key %s makes a live shop: %s', (key, live) => {
  expect(isLive(parseConfig({ ...good, STRIPE_SECRET_KEY: key }))).toBe(live)
})

test('a public JWK is no private key', () => {
  const { d: _, ...open } = JSON.parse(good.JWT_PRIVATE_KEY ?? '{}')
  expect(() => parseConfig({ ...good, JWT_PRIVATE_KEY: JSON.stringify(open) }))
    .toThrow(/JWT_PRIVATE_KEY/)
})

test.each(['0h', '0.5h', '31d', '721h', '-1h', '24', '1w', 'NaN'])(
  'a refund after %s stops the start, and the message says what is wanted',
  (after) => {
    expect(() => parseConfig({ ...good, REFUND_AFTER: after }))
      .toThrow(/REFUND_AFTER must be a duration such as 90m, 24h or 2d/)
  },
)

test.each([['1m', 60_000], ['90m', 5_400_000], ['24h', 86_400_000], ['30d', 2_592_000_000]])(
  'a refund after %s is one after %i ms',
  (after, ms) => expect(parseConfig({ ...good, REFUND_AFTER: after }).REFUND_AFTER).toBe(ms),
)

test('without a word the money goes back after a day', () => {
  expect(parseConfig(good).REFUND_AFTER).toBe(86_400_000)
})

test('addresses lose the slash at their end, so that paths can be put behind them', () => {
  const config = parseConfig({
    ...good,
    PUBLIC_URL: 'https://a.example/',
    PANEL_URL: 'https://b.example//',
  })
  expect([config.PUBLIC_URL, config.PANEL_URL]).toEqual(['https://a.example', 'https://b.example'])
})

test.each([
  'sk_live_51ForTestsOnly',
  'rk_live_51ForTestsOnly',
  'whsec_Zm9yVGVzdHNPbmx5',
  'ptla_ForTestsOnly',
  'ptlc_ForTestsOnly',
  'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1c3IifQ.c2lnbmF0dXJl',
  'Bearer abc.def',
  'Basic dXNlcjpwYXNz',
  'mysql://shop:hunter2@db:3306/shop',
  'mariadb://shop:hunter2@db:3306/shop',
  '4242424242424242',
  '5555 5555 5555 4444',
  '3782-822463-10005',
])('scrub() leaves nothing of %s', (value) => {
  expect(scrub(`before ${value} after`)).toBe('before [secret] after')
})

test('scrub() leaves a cookie out to its end, and numbers that are no card alone', () => {
  expect(scrub('{"message":"sent Cookie: sp_refresh=abc; theme=dark"}'))
    .toBe('{"message":"sent [secret]"}')
  const harmless = 'at 1764083767000, id 4242424242424241, cs_4242424242424242, 8.8.8.8:25565'
  expect(scrub(harmless)).toBe(harmless)
})
