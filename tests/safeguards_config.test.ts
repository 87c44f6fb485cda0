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

test.each(['0', '0.5', '721', '-1', 'NaN'])('a refund after %s hours stops the start', (hours) => {
  expect(() => parseConfig({ ...good, REFUND_AFTER_HOURS: hours })).toThrow(/REFUND_AFTER_HOURS/)
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
])('scrub() leaves nothing of %s', (value) => {
  expect(scrub(`before ${value} after`)).toBe('before [secret] after')
})
