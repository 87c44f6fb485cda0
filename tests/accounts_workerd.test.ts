import { randomBytes } from 'node:crypto'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPasswords } from '../api/accounts/password.ts'
import { type AccessTokenOptions, createAccessTokens } from '../api/accounts/tokens.ts'
import { parseConfig } from '../api/config.ts'
import { testEnvironment } from './support/environment.ts'

const PASSWORD = 'correct horse battery'
const SECRET = 'x'.repeat(32)
const ISSUER = 'https://shop.test'
const session = { userId: `usr_${'0'.repeat(26)}`, sessionId: `ses_${'1'.repeat(26)}` }

/** Does in workerd what the body asks: signs and verifies, hashes and checks. */
const WORKER = `
import { randomBytes } from 'node:crypto'
import { createPasswords } from './api/accounts/password.ts'
import { createAccessTokens } from './api/accounts/tokens.ts'
export default {
  async fetch(request) {
    const { privateJwk, issuer, session, token, secret, password, stored } = await request.json()
    const now = () => new Date()
    const tokens = createAccessTokens({ privateJwk, issuer, now, randomBytes })
    const passwords = createPasswords({ secret, randomBytes })
    return Response.json({
      token: await tokens.sign(session),
      verified: await tokens.verify(token),
      refused: await tokens.verify(token.slice(0, -4) + 'AAAA') ?? null,
      stored: await passwords.hash(password),
      checked: await passwords.check(password, stored),
    })
  },
}`

let workerd: Miniflare
let privateJwk: AccessTokenOptions['privateJwk']

beforeAll(async () => {
  const urls = { publicUrl: ISSUER, stripeUrl: ISSUER, panelUrl: ISSUER }
  privateJwk = parseConfig(await testEnvironment(urls)).JWT_PRIVATE_KEY
  const { outputFiles: [bundle] } = await build({
    stdin: { contents: WORKER, resolveDir: '.', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
  })
  workerd = new Miniflare({
    modules: true,
    script: bundle?.text ?? '',
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
  })
})

afterAll(() => workerd.dispose())

test('tokens and passwords of Deno are good in workerd, and the other way round', async () => {
  const now = () => new Date()
  const tokens = createAccessTokens({ privateJwk, issuer: ISSUER, now, randomBytes })
  const passwords = createPasswords({ secret: SECRET, randomBytes })
  const response = await workerd.dispatchFetch('http://workerd/', {
    method: 'POST',
    body: JSON.stringify({
      privateJwk,
      issuer: ISSUER,
      session,
      token: await tokens.sign(session),
      secret: SECRET,
      password: PASSWORD,
      stored: await passwords.hash(PASSWORD),
    }),
  })
  const there = JSON.parse(await response.text())
  expect(there).toMatchObject({
    verified: session,
    refused: null,
    checked: { matches: true, stale: false },
  })
  expect(await tokens.verify(there.token)).toEqual(session)
  expect(await passwords.check(PASSWORD, there.stored)).toEqual({ matches: true, stale: false })
})
