import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ProblemBody } from '../api/problem.ts'
import {
  type Account,
  type AccountsApp,
  NO_LIMITS,
  PASSWORD,
  startAccountsApp,
} from './support/accounts_app.ts'

let app: AccountsApp
let ann: Account

beforeAll(async () => {
  app = await startAccountsApp({ rateLimits: NO_LIMITS })
  ann = await app.account()
})

beforeEach(async () => {
  await app.db.run('DELETE FROM login_delays')
})

afterAll(() => app.stop())

test('POST /tokens gives a program with nothing but a password what it needs', async () => {
  const response = await askTokens({ grantType: 'password', email: ann.email, password: PASSWORD })
  expect(response.status).toBe(200)
  const tokens = await response.json()
  expect(tokens).toEqual({
    tokenType: 'Bearer',
    accessToken: expect.stringMatching(/^eyJ/),
    expiresIn: 600,
    refreshToken: expect.stringMatching(/^[\w-]{43}$/),
    refreshExpiresIn: 14 * 24 * 3600,
  })
  expect(response.headers.getSetCookie()).toEqual([])
  expect(response.headers.get('cache-control')).toBe('no-store')
  const bearer = { authorization: `Bearer ${tokens.accessToken}` }
  expect((await (await app.get('/api/auth/me', bearer)).json()).user.id).toBe(ann.id)
  expect((await send('/api/probe', {}, bearer)).status).toBe(200)
  expect(await app.auditOf(ann.id)).toContain('user.login')
})

test('POST /tokens exchanges a refresh token once, and knows a stolen one', async () => {
  const { refreshToken } = await tokensOf(ann)
  const first = await refresh(refreshToken)
  expect(first.status).toBe(200)
  const next = await first.json()
  expect(next.refreshToken).not.toBe(refreshToken)
  const raced = await refresh(refreshToken)
  expect([raced.status, (await problemOf(raced)).type]).toEqual([409, '/problems/refresh-raced'])

  app.passMs(21_000)
  const reused = await refresh(refreshToken)
  expect([reused.status, (await problemOf(reused)).type])
    .toEqual([401, '/problems/refresh-rejected'])
  expect((await refresh(next.refreshToken)).status).toBe(401)
  expect((await app.mailsTo(ann.email)).at(-1)).toMatchObject({
    template: 'session_stolen',
    facts: { device: 'Program' },
  })
})

test('POST /tokens exchanges one refresh token once when twenty ask at the same moment', async () => {
  const { refreshToken } = await tokensOf(ann)
  const all = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)))
  expect(all.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)])
})

test('POST /tokens neither reads nor sets a cookie', async () => {
  const bob = await app.account()
  const response = await askTokens(
    { grantType: 'password', email: ann.email, password: PASSWORD },
    bob.cookie,
  )
  expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
  const rotated = await askTokens({ grantType: 'refresh_token', refreshToken: '' }, bob.cookie)
  expect(rotated.status).toBe(422)
  expect((await app.post('/api/probe', {}, bob.cookie)).status).toBe(200)
  expect((await app.post('/api/auth/refresh', {}, bob.cookie)).status).toBe(200)
})

const origins: Record<string, string>[] = [
  {},
  { origin: 'https://somewhere.test' },
  { origin: 'null', 'sec-fetch-site': 'cross-site' },
  { authorization: 'Basic YTpi' },
  { authorization: 'Bearer x' },
]

test.each(origins)('POST /tokens asks no program where it comes from: %j', async (headers) => {
  const body = { grantType: 'password', email: ann.email, password: PASSWORD }
  const response = await askTokens(body, headers)
  expect(response.status).toBe(200)
  expect(response.headers.get('access-control-allow-origin')).toBe(null)
})

test.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
  'POST /tokens takes nothing from a form of another site: %j',
  async (type) => {
    const response = await fetch(`${app.url}/api/auth/tokens`, {
      method: 'POST',
      headers: type ? { 'content-type': type } : {},
      body: new TextEncoder().encode(
        JSON.stringify({ grantType: 'password', email: ann.email, password: PASSWORD }),
      ),
    })
    expect(response.status).toBe(415)
  },
)

test('POST /tokens refuses a wrong password as a log-in does, and counts it', async () => {
  const guess = { grantType: 'password', email: ann.email, password: 'a wrong guess' }
  for (let i = 0; i < 2; i++) {
    const response = await askTokens(guess)
    expect([response.status, (await problemOf(response)).type])
      .toEqual([401, '/problems/wrong-credentials'])
    // as if there had been nine more: a minute's wait outlasts a slow machine
    await app.db.run('UPDATE login_delays SET failures = 10 WHERE failures < 10')
  }
  expect((await askTokens({ ...guess, password: PASSWORD })).status).toBe(429)
})

const password = { grantType: 'password', email: 'a@b.co', password: PASSWORD }
const noGrants: [unknown, string][] = [
  [{}, '#/grantType'],
  [null, '#'],
  [{ ...password, grantType: 'client_credentials' }, '#/grantType'],
  [{ ...password, grantType: ['password'] }, '#/grantType'],
  [{ ...password, refreshToken: 'x' }, '#/refreshToken'],
  [{ ...password, role: 'operator' }, '#/role'],
  [{ grantType: 'refresh_token', refreshToken: 0 }, '#/refreshToken'],
  [{ grantType: 'refresh_token', refreshToken: ['x'] }, '#/refreshToken'],
  [{ grantType: 'refresh_token', refreshToken: 'x'.repeat(201) }, '#/refreshToken'],
]

test.each(noGrants)('POST /tokens refuses %j at %s', async (body, pointer) => {
  const response = await askTokens(body)
  expect([response.status, (await problemOf(response)).errors?.[0]?.pointer])
    .toEqual([422, pointer])
})

test('POST /tokens reads no more than 16 KiB', async () => {
  const response = await askTokens({ ...password, password: 'x'.repeat(20_000) })
  expect(response.status).toBe(413)
})

test('a program writes without a body and so without a content type', async () => {
  const { accessToken } = await tokensOf(ann)
  const response = await fetch(`${app.url}/api/account/sessions`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${accessToken}` },
  })
  expect(response.status).toBe(204)
})

function askTokens(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return send('/api/auth/tokens', body, headers)
}

/** A request as curl would send it: no origin, no cookies. */
function send(path: string, body: unknown, headers: Record<string, string>): Promise<Response> {
  return fetch(app.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

function refresh(refreshToken: string): Promise<Response> {
  return askTokens({ grantType: 'refresh_token', refreshToken })
}

async function tokensOf(
  { email }: Account,
): Promise<{ accessToken: string; refreshToken: string }> {
  const response = await askTokens({ grantType: 'password', email, password: PASSWORD })
  return await response.json()
}

function problemOf(response: Response): Promise<ProblemBody> {
  return response.json()
}
