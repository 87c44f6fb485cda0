import { randomBytes } from 'node:crypto'
import {
  CompactSign,
  decodeProtectedHeader,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { type AccessTokens, createAccessTokens } from '../api/accounts/tokens.ts'
import { type Config, parseConfig } from '../api/config.ts'
import { testEnvironment } from './support/environment.ts'

const ISSUER = 'https://shop.test'
const NOW = Date.parse('2026-03-01T12:00:00Z')
const SECONDS = NOW / 1000
const session = { userId: `usr_${'0'.repeat(26)}`, sessionId: `ses_${'1'.repeat(26)}` }

let privateJwk: Config['JWT_PRIVATE_KEY']
let tokens: AccessTokens
let good: string
let kid: string
let nowMs = NOW

beforeAll(async () => {
  privateJwk = await newPrivateJwk()
  tokens = tokensOf(privateJwk)
  good = await tokens.sign(session)
  kid = String(decodeProtectedHeader(good).kid)
})

test('sign() gives what verify() reads', async () => {
  expect(decodeProtectedHeader(good)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid })
  expect(await tokens.verify(good)).toEqual(session)
})

test('sign() puts nothing personal and no role into the token', () => {
  const payload: JWTPayload = JSON.parse(atob(good.split('.')[1] ?? ''))
  expect(Object.keys(payload).sort()).toEqual(
    ['amr', 'aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub'],
  )
  expect(Number(payload.exp) - Number(payload.iat)).toBe(600)
})

test('verify() ends a token after ten minutes', async () => {
  nowMs = NOW + 600_000
  expect(await tokens.verify(good)).toEqual(session)
  nowMs = NOW + 606_000
  expect(await tokens.verify(good)).toBeUndefined()
  nowMs = NOW
})

test('verify() takes the previous key and not an unknown one', async () => {
  const next = await newPrivateJwk()
  expect(await tokensOf(next, [privateJwk]).verify(good)).toEqual(session)
  expect(await tokensOf(next).verify(good)).toBeUndefined()
  expect(await tokens.verify(await tokensOf(next, [privateJwk]).sign(session))).toBeUndefined()
})

/** S1: one thing wrong with each, everything else as in a good token. */
const forged: [string, () => Promise<string>][] = [
  ['alg none', () => unsigned('none')],
  ['alg None', () => unsigned('None')],
  ['HS256 with the public key as PEM', () => {
    const der = `MCowBQYDK2VwAyEA${btoa(rawPublicKey())}`
    const pem = `-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`
    return jwt().setProtectedHeader(header({ alg: 'HS256' })).sign(new TextEncoder().encode(pem))
  }],
  ['HS256 with the x of the public key', () => {
    const secret = new TextEncoder().encode(privateJwk.x)
    return jwt().setProtectedHeader(header({ alg: 'HS256' })).sign(secret)
  }],
  ['ES256', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    return await jwt().setProtectedHeader(header({ alg: 'ES256' })).sign(privateKey)
  }],
  ['another Ed25519 key under our kid', () => signedByStranger({})],
  ['a stranger key in the jwk header', async () => {
    const stranger = await newPrivateJwk()
    const { kty, crv, x } = stranger
    return await signedByStranger({ jwk: { kty, crv, x } }, stranger)
  }],
  [
    'a stranger key behind jku and x5u',
    () => signedByStranger({ jku: 'https://evil.test/keys', x5u: 'https://evil.test/cert' }),
  ],
  ['no exp', () => signed({ exp: undefined })],
  ['no iat', () => signed({ iat: undefined })],
  ['no sub', () => signed({ sub: undefined })],
  ['no sid', () => signed({ sid: undefined })],
  ['no jti', () => signed({ jti: undefined })],
  ['no aud', () => signed({ aud: undefined })],
  ['another aud', () => signed({ aud: 'admin' })],
  ['no iss', () => signed({ iss: undefined })],
  ['another iss', () => signed({ iss: 'https://evil.test' })],
  ['typ of a plain JWT', () => signed({}, { typ: 'JWT' })],
  ['typ of a refresh token', () => signed({}, { typ: 'rt+jwt' })],
  ['no typ', () => signed({}, { typ: undefined })],
  ['iat and exp in a year', () => signed({ iat: SECONDS + 31e6, exp: SECONDS + 32e6 })],
  ['issued an hour ago with exp in a year', () => signed({ iat: SECONDS - 3600, exp: 4e9 })],
  ['exp as text', () => signed({ exp: String(SECONDS + 600) })],
  ['sub that is no user', () => signed({ sub: 'srv_1' })],
  ['sid that is no session', () => signed({ sid: 'x' })],
  ['a token in a token', async () => {
    const key = await importJWK(privateJwk, 'EdDSA')
    return await new CompactSign(new TextEncoder().encode(good))
      .setProtectedHeader(header({ cty: 'JWT' })).sign(key)
  }],
  ['a changed signature', () => Promise.resolve(`${good.slice(0, -4)}AAAA`)],
  ['another payload', async () => {
    const [head, , signature] = good.split('.')
    const [, payload] = (await signed({ jti: 'other' })).split('.')
    return [head, payload, signature].join('.')
  }],
  ['nothing', () => Promise.resolve('')],
  ['dots', () => Promise.resolve('..')],
  ['letters outside ASCII', () => Promise.resolve('é.é.é')],
]

test.each(forged)('verify() refuses a token with %s', async (_, forge) => {
  expect(await tokens.verify(await forge())).toBeUndefined()
})

test('verify() takes the token all the forgeries start from', async () => {
  expect(await tokens.verify(await signed({}))).toEqual(session)
})

test('verify() refuses 3 MB, though we signed them', async () => {
  expect(await tokens.verify(await signed({ pad: 'x'.repeat(3_000_000) }))).toBeUndefined()
})

const kids: [string, string | undefined][] = [
  ['a path', '../../x'],
  ['SQL', "' OR 1=1"],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['nothing', ''],
  ['10 kB', 'k'.repeat(10_000)],
  ['no kid', undefined],
]

test.each(kids)('verify() refuses %s as kid', async (_, wrong) => {
  expect(await tokens.verify(await signed({}, { kid: wrong }))).toBeUndefined()
})

function tokensOf(jwk: typeof privateJwk, previousJwks: typeof privateJwk[] = []): AccessTokens {
  const now = () => new Date(nowMs)
  return createAccessTokens({ privateJwk: jwk, previousJwks, issuer: ISSUER, now, randomBytes })
}

async function newPrivateJwk(): Promise<Config['JWT_PRIVATE_KEY']> {
  const urls = { publicUrl: ISSUER, stripeUrl: ISSUER, panelUrl: ISSUER }
  return parseConfig(await testEnvironment(urls)).JWT_PRIVATE_KEY
}

function rawPublicKey(): string {
  return atob(privateJwk.x.replaceAll('-', '+').replaceAll('_', '/'))
}

/** A header like ours with changes; what is undefined is left out when it is written as JSON. */
function header(changes: Record<string, unknown> = {}) {
  return { alg: 'EdDSA', typ: 'at+jwt', kid, ...changes }
}

function jwt(changes: Record<string, unknown> = {}): SignJWT {
  return new SignJWT({
    iss: ISSUER,
    aud: 'store',
    sub: session.userId,
    sid: session.sessionId,
    jti: 'one',
    iat: SECONDS,
    exp: SECONDS + 600,
    ...changes,
  })
}

async function signed(
  claims: Record<string, unknown>,
  headers: Record<string, unknown> = {},
): Promise<string> {
  const key = await importJWK(privateJwk, 'EdDSA')
  return await jwt(claims).setProtectedHeader(header(headers)).sign(key)
}

async function signedByStranger(headers: Record<string, unknown>, jwk?: JWK): Promise<string> {
  const key = await importJWK(jwk ?? await newPrivateJwk(), 'EdDSA')
  return await jwt().setProtectedHeader(header(headers)).sign(key)
}

function unsigned(alg: string): Promise<string> {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('=', '')
  const payload = good.split('.')[1] ?? ''
  return Promise.resolve(`${part(header({ alg }))}.${payload}.`)
}
