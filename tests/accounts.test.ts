import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UserBody } from '../api/accounts/bodies.ts'
import { readAccessCookie, readRefreshCookie, setSessionCookies } from '../api/accounts/cookies.ts'
import { startSession } from '../api/accounts/sessions.ts'
import { createUser } from '../api/accounts/users.ts'
import type { ProblemBody } from '../api/problem.ts'
import { storedPassword } from './support/passwords.ts'
import { type AccountsApp, cookiesOf, NO_LIMITS, startAccountsApp } from './support/accounts_app.ts'

const PASSWORD = 'correct horse battery'

let app: AccountsApp
/** An account of ours that each test may log in to. */
let ann: UserBody

beforeAll(async () => {
  app = await startAccountsApp({ rateLimits: NO_LIMITS })
  ann = await createUser(app.db, app.deps, {
    email: 'ann@example.com',
    password: PASSWORD,
    role: 'customer',
  })
})

afterAll(() => app.stop())

test('POST /signup makes an account and logs in', async () => {
  const response = await app.post('/api/auth/signup', {
    email: ' Bob@Example.COM ',
    password: PASSWORD,
  })
  expect(response.status).toBe(201)
  const { user } = await userOf(response)
  expect(user).toMatchObject({ email: 'bob@example.com', emailVerified: false, role: 'customer' })
  expect(user.id).toMatch(/^usr_[0-9a-z]{26}$/)
  const me = await app.get('/api/auth/me', { cookie: cookiesOf(response) })
  expect(await userOf(me)).toEqual({ user })
  expect(await auditOf(user.id)).toEqual(['user.create'])
})

test('POST /signup stores neither the password nor the refresh token', async () => {
  const response = await app.post('/api/auth/signup', {
    email: 'carl@example.com',
    password: PASSWORD,
  })
  const refreshToken = /rt=([^;]+)/.exec(cookiesOf(response))?.[1] ?? ''
  expect(refreshToken).toMatch(/^[\w-]{43}$/)
  const { user } = await userOf(response)
  const [row] = await app.db.query<{ hash: string }>(
    'SELECT password_hash AS hash FROM users WHERE id = ?',
    [user.id],
  )
  expect(row?.hash).toMatch(/^\$scrypt\$ln=14,r=8,p=5,keyid=[0-9a-f]{8}\$/)
  const plain = await app.db.query(
    'SELECT 1 FROM refresh_tokens WHERE CONVERT(token_hash USING ascii) LIKE ?',
    [`%${refreshToken.slice(0, 8)}%`],
  )
  expect(plain).toEqual([])
})

test('POST /signup keeps the tokens away from scripts and other sites', async () => {
  const response = await app.post('/api/auth/signup', {
    email: 'dora@example.com',
    password: PASSWORD,
  })
  expect(response.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^at=[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/),
    expect.stringMatching(/^rt=[^;]+; Max-Age=1209600; Path=\/; HttpOnly; SameSite=Strict$/),
  ])
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test('setSessionCookies() ties the cookies to our host on https', async () => {
  const config = { PUBLIC_URL: 'https://shop.test' }
  const tokens = { access: 'a', refresh: 'r', refreshMaxAgeSeconds: 60 }
  const https = new Hono().get('/', (c) => {
    const seen = [readAccessCookie(c, config), readRefreshCookie(c, config)]
    setSessionCookies(c, config, tokens)
    return c.json(seen)
  })
  const response = await https.request('/', {
    headers: { cookie: 'at=planted; rt=planted; __Host-at=A; __Host-rt=R' },
  })
  expect(await response.json()).toEqual(['A', 'R'])
  expect(response.headers.getSetCookie()).toEqual([
    '__Host-at=a; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax',
    '__Host-rt=r; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict',
  ])
})

test('POST /signup refuses an address that has an account, in any spelling', async () => {
  for (const email of ['ann@example.com', ' ANN@Example.com', 'ann@EXAMPLE.com']) {
    const response = await app.post('/api/auth/signup', { email, password: PASSWORD })
    expect(response.status).toBe(409)
    expect((await problemOf(response)).type).toBe('/problems/email-taken')
    expect(cookiesOf(response)).toBe('')
  }
})

test('POST /signup makes one account when two ask for the address at once', async () => {
  const body = { email: 'twins@example.com', password: PASSWORD }
  const both = await Promise.all([
    app.post('/api/auth/signup', body),
    app.post('/api/auth/signup', body),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
})

const refusedPasswords = [
  'short',
  '1234567',
  'ä'.repeat(129),
  'password',
  'PassWord123',
  'minecraft',
]

test.each(refusedPasswords)('POST /signup refuses the password %s', async (password) => {
  const response = await app.post('/api/auth/signup', { email: 'eve@example.com', password })
  expect(response.status).toBe(422)
  expect((await problemOf(response)).errors?.map(({ pointer }) => pointer)).toEqual(['#/password'])
})

test('POST /login logs in', async () => {
  const response = await logIn()
  expect(response.status).toBe(200)
  expect(await userOf(response)).toEqual({ user: ann })
  const me = await app.get('/api/auth/me', { cookie: cookiesOf(response) })
  expect(await userOf(me)).toEqual({ user: ann })
})

test('POST /login finds the account by any spelling of its address', async () => {
  expect((await logIn({ email: '  aNN@Example.Com' })).status).toBe(200)
})

test('POST /login says the same of a wrong password and an unknown address', async () => {
  const wrong = await logIn({ password: 'wrong horse battery' })
  const unknown = await logIn({ email: 'nobody@example.com' })
  expect([wrong.status, unknown.status]).toEqual([401, 401])
  const bodies = [await problemOf(wrong), await problemOf(unknown)]
  expect(bodies.map((body) => ({ ...body, requestId: '' }))).toEqual(
    Array(2).fill(expect.objectContaining({ type: '/problems/wrong-credentials' })),
  )
  expect(Object.keys(bodies[0] ?? {})).toEqual(Object.keys(bodies[1] ?? {}))
  expect([cookiesOf(wrong), cookiesOf(unknown)]).toEqual(['', ''])
})

test('POST /login works as long for an unknown address', async () => {
  const times = { unknown: [0], wrong: [0] }
  for (let i = 0; i < 3; i++) {
    await app.db.run('DELETE FROM login_delays')
    times.unknown.push(await msOf(() => logIn({ email: 'nobody@example.com' })))
    times.wrong.push(await msOf(() => logIn({ password: 'wrong horse battery' })))
  }
  // without the work it would be a tenth; the rest is room for a busy machine
  expect(Math.max(...times.unknown) / Math.max(...times.wrong)).toBeGreaterThan(0.3)
  expect(Math.max(...times.unknown) / Math.max(...times.wrong)).toBeLessThan(3)
})

test('POST /login ends the session that the browser had before', async () => {
  const before = await openSession()
  const after = cookiesOf(await logInWith(before))
  expect((await app.post('/api/probe', {}, { cookie: before })).status).toBe(401)
  expect((await app.post('/api/auth/refresh', {}, { cookie: before })).status).toBe(401)
  expect((await app.post('/api/probe', {}, { cookie: after })).status).toBe(200)
})

test('POST /login never takes over a token that the browser brought', async () => {
  const planted = await openSession()
  const own = cookiesOf(await logInWith(planted))
  const names = (cookies: string) => cookies.split('; ').sort()
  expect(names(own)).toHaveLength(2)
  for (const cookie of names(own)) expect(names(planted)).not.toContain(cookie)
})

test('POST /login replaces a hash made with weaker parameters', async () => {
  const user = await createUser(app.db, app.deps, {
    email: 'old@example.com',
    password: PASSWORD,
    role: 'customer',
  })
  const secret = app.deps.config.AUTH_SECRET
  const weak = storedPassword(PASSWORD, { secret, ln: 4, r: 8, p: 1 })
  await app.db.run('UPDATE users SET password_hash = ? WHERE id = ?', [weak, user.id])

  expect((await logIn({ email: 'old@example.com' })).status).toBe(200)
  expect(await hashOf(user.id)).toMatch(/^\$scrypt\$ln=14,r=8,p=5,/)
  expect((await logIn({ email: 'old@example.com' })).status).toBe(200)
})

test('POST /refresh gives new tokens for old', async () => {
  const before = await openSession()
  const response = await app.post('/api/auth/refresh', {}, { cookie: before })
  expect(response.status).toBe(200)
  expect(await userOf(response)).toEqual({ user: ann })
  const after = cookiesOf(response)
  expect(after).not.toBe(before)
  expect((await app.post('/api/probe', {}, { cookie: after })).status).toBe(200)
})

test('POST /refresh refuses who has no token, and one that is not ours', async () => {
  for (const cookie of ['', 'rt=', `rt=${'A'.repeat(43)}`, 'rt=%00', `rt=${'x'.repeat(4000)}`]) {
    const response = await app.post('/api/auth/refresh', {}, { cookie })
    expect(response.status).toBe(401)
    expect((await problemOf(response)).type).toBe('/problems/refresh-rejected')
  }
})

test('POST /refresh takes no access token for a refresh token', async () => {
  const access = /at=([^;]+)/.exec(await openSession())?.[1]
  const response = await app.post('/api/auth/refresh', {}, { cookie: `rt=${access}` })
  expect(response.status).toBe(401)
})

test('POST /logout ends the session at once and clears the cookies', async () => {
  const cookie = await openSession()
  const response = await app.post('/api/auth/logout', {}, { cookie })
  expect(response.status).toBe(204)
  expect(response.headers.getSetCookie().map((line) => line.slice(0, 14))).toEqual(
    ['at=; Max-Age=0', 'rt=; Max-Age=0'],
  )
  expect((await app.post('/api/probe', {}, { cookie })).status).toBe(401)
  expect((await app.post('/api/auth/refresh', {}, { cookie })).status).toBe(401)
  const ends = await app.db.query(
    `SELECT 1 FROM audit_log WHERE actor = ? AND action = 'session.end' AND detail LIKE '%logout%'`,
    [ann.id],
  )
  expect(ends).toHaveLength(1)
})

test('POST /logout leaves other sessions alone and may be repeated', async () => {
  const other = await openSession()
  const mine = await openSession()
  for (const cookie of [mine, mine, '']) {
    expect((await app.post('/api/auth/logout', {}, { cookie })).status).toBe(204)
  }
  expect((await app.post('/api/probe', {}, { cookie: other })).status).toBe(200)
})

test('GET /me refuses who is signed out and every forged token', async () => {
  for (const cookie of ['', 'at=', 'at=a.b.c']) {
    const response = await app.get('/api/auth/me', { cookie })
    expect(response.status).toBe(401)
    expect((await problemOf(response)).type).toBe('/problems/login-required')
    expect(response.headers.get('cache-control')).toBe('no-store')
  }
})

test('GET /me says the role that the database has now', async () => {
  const user = await createUser(app.db, app.deps, {
    email: 'op@example.com',
    password: PASSWORD,
    role: 'operator',
  })
  const cookie = await openSession(user.id)
  expect((await userOf(await app.get('/api/auth/me', { cookie }))).user.role).toBe('operator')
  await app.db.run(`UPDATE users SET role = 'customer' WHERE id = ?`, [user.id])
  expect((await userOf(await app.get('/api/auth/me', { cookie }))).user.role).toBe('customer')
})

test('withSignedIn() takes the access token as bearer and then ignores cookies', async () => {
  const cookie = await openSession()
  const token = /at=([^;]+)/.exec(cookie)?.[1]
  const bearer = { authorization: `Bearer ${token}` }
  expect((await app.get('/api/auth/me', bearer)).status).toBe(200)
  expect((await app.post('/api/probe', {}, { ...bearer, origin: '' })).status).toBe(200)
  const wrong = { authorization: 'Bearer x', cookie }
  expect((await app.get('/api/auth/me', wrong)).status).toBe(401)
  expect((await app.post('/api/probe', {}, { ...wrong, origin: 'http://evil.test' })).status)
    .toBe(401)
})

test('requireSignedIn lets a revoked session read until its token ends, and never write', async () => {
  const cookie = await openSession()
  await app.db.run(`UPDATE sessions SET revoked_at = {now} WHERE user_id = ?`, [ann.id])
  expect((await app.get('/api/auth/me', { cookie })).status).toBe(200)
  expect((await app.post('/api/probe', {}, { cookie })).status).toBe(401)
})

const writes = ['/api/auth/signup', '/api/auth/login']
const smuggled = [
  'role',
  'is_admin',
  'user_id',
  'state',
  'price',
  'email_verified',
  'emailVerified',
]

test.each(writes)('POST %s refuses fields that are not its own', async (path) => {
  for (const field of smuggled) {
    const body = { email: 'mallory@example.com', password: PASSWORD, [field]: 'operator' }
    const response = await app.post(path, body)
    expect(response.status).toBe(422)
    expect((await problemOf(response)).errors?.[0]?.pointer).toBe(`#/${field}`)
  }
  expect(await countUsers('mallory@example.com')).toBe(0)
})

const notStrings = [0, true, [0], ['ann@example.com'], {}, { email: 1 }, null, '', undefined]

test.each(writes)('POST %s takes nothing but text as address and password', async (path) => {
  for (const value of notStrings) {
    const asPassword = await app.post(path, { email: 'type@example.com', password: value })
    const asEmail = await app.post(path, { email: value, password: PASSWORD })
    expect([value, asPassword.status, asEmail.status]).toEqual([value, 422, 422])
  }
  for (const body of [null, [], 'text', 7, [{ email: 'a@b.co', password: PASSWORD }]]) {
    expect((await app.post(path, body)).status).toBe(422)
  }
  expect(await countUsers('type@example.com')).toBe(0)
})

test('two addresses that a collation would call equal are two accounts', async () => {
  const twins = ['a@x.com', 'a-@x.com', 'a@xn--x-zfa.com']
  for (const email of twins) {
    await createUser(app.db, app.deps, { email, password: PASSWORD, role: 'customer' })
  }
  for (const email of ['A@x.com', 'a@x.com ', ' a@X.com']) {
    await expect(createUser(app.db, app.deps, { email, password: PASSWORD, role: 'customer' }))
      .rejects.toMatchObject({ code: 'email-taken' })
  }
  expect(await app.db.query('SELECT 1 FROM users WHERE email = ?', ['A@x.com'])).toEqual([])
})

test('createUser() refuses what is no address, and a known one', async () => {
  const user = { password: PASSWORD, role: 'operator' } as const
  await expect(createUser(app.db, app.deps, { ...user, email: 'nobody' })).rejects.toThrow(
    'Enter an address',
  )
  await expect(createUser(app.db, app.deps, { ...user, email: 'ANN@example.com' })).rejects
    .toMatchObject({ code: 'email-taken' })
})

/** The cookies of a new session, without the work of a password. */
async function openSession(userId = ann.id): Promise<string> {
  const session = await app.db.transaction((tx) =>
    startSession(tx, app.deps, { userId, userAgent: 'test' })
  )
  return `at=${await app.deps.tokens.sign(session)}; rt=${session.refreshToken}`
}

function logIn(changes: { email?: string; password?: string } = {}): Promise<Response> {
  return app.post('/api/auth/login', { email: 'ann@example.com', password: PASSWORD, ...changes })
}

function logInWith(cookie: string): Promise<Response> {
  return app.post('/api/auth/login', { email: 'ann@example.com', password: PASSWORD }, { cookie })
}

function userOf(response: Response): Promise<{ user: UserBody }> {
  return response.json()
}

function problemOf(response: Response): Promise<ProblemBody> {
  return response.json()
}

async function auditOf(subject: string): Promise<string[]> {
  const rows = await app.db.query<{ action: string }>(
    'SELECT action FROM audit_log WHERE subject = ? ORDER BY id',
    [subject],
  )
  return rows.map(({ action }) => action)
}

async function hashOf(userId: string): Promise<string> {
  const [row] = await app.db.query<{ hash: string }>(
    'SELECT password_hash AS hash FROM users WHERE id = ?',
    [userId],
  )
  return row?.hash ?? ''
}

async function countUsers(email: string): Promise<number> {
  return (await app.db.query('SELECT 1 FROM users WHERE email = ?', [email])).length
}

async function msOf(attempt: () => Promise<Response>): Promise<number> {
  const started = performance.now()
  await (await attempt()).body?.cancel()
  return performance.now() - started
}
