import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { deviceOf } from '../api/accounts/device.ts'
import { startSession } from '../api/accounts/sessions.ts'
import { purgeSessions } from '../api/accounts/store.ts'
import type { ProblemBody } from '../api/problem.ts'
import {
  type Account,
  type AccountsApp,
  cookiesOf,
  NO_LIMITS,
  PASSWORD,
  startAccountsApp,
} from './support/accounts_app.ts'

const NEW_PASSWORD = 'staple of another colour'
const DAY_MS = 24 * 3_600_000
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0'

let app: AccountsApp

beforeAll(async () => {
  app = await startAccountsApp({ rateLimits: NO_LIMITS })
})

beforeEach(async () => {
  await app.db.run('DELETE FROM login_delays')
})

afterAll(() => app.stop())

const routes: [string, string, unknown?][] = [
  ['PATCH', '/api/account', { name: 'Ada' }],
  ['PUT', '/api/account/password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }],
  ['PUT', '/api/account/email', { email: 'new@example.com', currentPassword: PASSWORD }],
  ['DELETE', '/api/account/email'],
  ['GET', '/api/account/sessions'],
  ['DELETE', '/api/account/sessions'],
  ['DELETE', `/api/account/sessions/ses_${'0'.repeat(26)}`],
  ['POST', '/api/account/panel-login', { currentPassword: PASSWORD }],
  ['POST', '/api/auth/verification', {}],
]

test.each(routes)('%s %s is for who is signed in', async (method, path, body) => {
  const response = await app.send(method, path, body)
  expect([response.status, (await problemOf(response)).type])
    .toEqual([401, '/problems/login-required'])
})

test.each(routes)('%s %s is refused when another site sends it', async (method, path, body) => {
  const { cookie } = await app.account()
  const response = await app.send(method, path, body, { ...cookie, origin: 'https://evil.test' })
  expect(response.status).toBe(method === 'GET' ? 200 : 403)
  expect(response.headers.get('access-control-allow-origin')).toBe(null)
})

test.each(routes)('%s %s is closed once the session has ended', async (method, path, body) => {
  const account = await app.account()
  await app.db.run('UPDATE sessions SET revoked_at = {now} WHERE id = ?', [account.sessionId])
  const response = await app.send(method, path, body, account.cookie)
  expect(response.status).toBe(method === 'GET' ? 200 : 401)
})

const withBodies = routes.filter(([, , body]) => body && Object.keys(body).length > 0)
const smuggled = ['role', 'id', 'user_id', 'userId', 'email_verified', 'emailVerified', 'keep']

test.each(withBodies)('%s %s refuses fields that are not its own', async (method, path, body) => {
  const account = await app.account()
  for (const field of smuggled) {
    const sent = { ...Object(body), [field]: 'operator' }
    const response = await app.send(method, path, sent, account.cookie)
    expect(response.status).toBe(422)
    expect((await problemOf(response)).errors?.map(({ pointer }) => pointer)).toEqual([
      `#/${field}`,
    ])
  }
  expect(await app.auditOf(account.id)).toEqual([])
})

test.each(withBodies)('%s %s takes nothing but text', async (method, path, body) => {
  const account = await app.account()
  for (const field of Object.keys(Object(body))) {
    for (const value of [0, true, [0], ['a'], {}, { $ne: '' }, '', undefined]) {
      const response = await app.send(
        method,
        path,
        { ...Object(body), [field]: value },
        account.cookie,
      )
      expect([field, value, response.status]).toEqual([field, value, 422])
      await response.body?.cancel()
    }
  }
  expect(await app.auditOf(account.id)).toEqual([])
})

test('PATCH /account sets the name and takes it away', async () => {
  const account = await app.account()
  const names = [['  Ada Lovelace ', 'Ada Lovelace'], ['Zoë 🚀', 'Zoë 🚀'], ['Zoe\u0308', 'Zoë'], [
    null,
    null,
  ]]
  for (const [given, kept] of names) {
    const response = await app.send('PATCH', '/api/account', { name: given }, account.cookie)
    expect([response.status, (await response.json()).user.name]).toEqual([200, kept])
    const { user } = await (await app.get('/api/auth/me', account.cookie)).json()
    expect(user.name).toBe(kept)
  }
  expect(await app.auditOf(account.id)).toEqual(Array(4).fill('user.rename'))
})

const badNames = [
  '',
  ' ',
  'x'.repeat(61),
  'a\r\nBcc: b@evil.test',
  'a\u0000',
  'a\u2028b',
  'a\u202eb',
  '\ud800',
]

test.each(badNames)('PATCH /account refuses the name %j', async (name) => {
  const account = await app.account()
  const response = await app.send('PATCH', '/api/account', { name }, account.cookie)
  expect([response.status, (await problemOf(response)).errors?.[0]?.pointer])
    .toEqual([422, '#/name'])
})

test('PUT /password gives this browser a new session and ends all others', async () => {
  const account = await app.account()
  const other = await anotherSession(account, 'other')
  const response = await changePassword(account)
  expect(response.status).toBe(200)
  expect((await response.clone().json()).user.id).toBe(account.id)
  const fresh = { cookie: cookiesOf(response) }
  for (const old of [account.cookie, other.cookie]) {
    expect((await app.post('/api/probe', {}, old)).status).toBe(401)
    expect((await app.post('/api/auth/refresh', {}, old)).status).toBe(401)
  }
  expect((await app.post('/api/probe', {}, fresh)).status).toBe(200)
  const { sessions } = await sessionsOf(fresh)
  expect(sessions).toHaveLength(1)
  expect(sessions[0]?.id).not.toBe(account.sessionId)
  expect(await app.mailsTo(account.email)).toEqual([
    { template: 'password_changed', facts: { at: expect.any(String) } },
  ])
  expect(await app.auditOf(account.id)).toEqual(['password.change'])
  expect([await logInStatus(account, PASSWORD), await logInStatus(account, NEW_PASSWORD)])
    .toEqual([401, 200])
})

test('PUT /password lets a program keep its session, sets it no cookie, and ends all others', async () => {
  const account = await app.account()
  const other = await anotherSession(account, 'other')
  const response = await changePassword(account, { headers: account.bearer })
  expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
  expect((await app.post('/api/probe', {}, account.bearer)).status).toBe(200)
  expect((await app.post('/api/probe', {}, other.cookie)).status).toBe(401)
})

test('PUT /password refuses the wrong password, and changes nothing', async () => {
  const account = await app.account()
  const response = await changePassword(account, { currentPassword: 'wrong horse battery' })
  const problem = await problemOf(response)
  expect([response.status, problem.type, problem.errors?.[0]?.pointer])
    .toEqual([403, '/problems/wrong-password', '#/currentPassword'])
  expect((await app.post('/api/probe', {}, account.cookie)).status).toBe(200)
  expect(await logInStatus(account, PASSWORD)).toBe(200)
  expect(await app.mailsTo(account.email)).toEqual([])
})

test('PUT /password refuses a new password that is easily guessed', async () => {
  const account = await app.account()
  const response = await changePassword(account, { newPassword: 'password123' })
  expect([response.status, (await problemOf(response)).errors?.[0]?.pointer])
    .toEqual([422, '#/newPassword'])
})

test('a password cannot be guessed through a stolen session: attempts count as log-ins', async () => {
  const account = await app.account()
  const guesses = [
    () => changePassword(account, { currentPassword: 'a wrong guess' }),
    () => post(account, 'PUT', '/api/account/email', { email: 'thief@evil.test' }),
    () => post(account, 'POST', '/api/account/panel-login', {}),
    () => changePassword(account, { currentPassword: 'another guess', headers: account.bearer }),
    () => changePassword(account, { currentPassword: 'one more guess' }),
  ]
  for (const [before, guess] of guesses.entries()) {
    expect((await guess()).status).toBe(403)
    const [row] = await app.db.query<{ failures: number }>('SELECT failures FROM login_delays')
    expect(row?.failures).toBe(before + 1)
  }
  // as if there had been five more: a minute's wait outlasts a slow machine
  await app.db.run('UPDATE login_delays SET failures = 10, blocked_until = {now}')
  expect((await changePassword(account, { currentPassword: 'a last guess' })).status).toBe(403)
  const right = await changePassword(account)
  expect([right.status, Number(right.headers.get('retry-after')) > 1]).toEqual([429, true])
  expect(await logInStatus(account, PASSWORD)).toBe(429)
  app.passMs(64_000)
  expect((await changePassword(account)).status).toBe(200)
})

test('two changes of a password at once: one of them counts', async () => {
  const account = await app.account()
  const both = await Promise.all([
    changePassword(account, { newPassword: 'the first new password' }),
    changePassword(account, { newPassword: 'the other new password' }),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 403])
})

test('a change of password ends links that were mailed before', async () => {
  const account = await app.account()
  await app.post('/api/auth/password/forgot', { email: account.email })
  await app.drain()
  const token = await app.tokenMailedTo(account.email, 'reset_password')
  const email = `${crypto.randomUUID()}@evil.test`
  await post(account, 'PUT', '/api/account/email', { email, currentPassword: PASSWORD })
  await changePassword(account)
  const reset = await app.post('/api/auth/password/reset', { token, password: NEW_PASSWORD })
  const confirm = await app.post('/api/auth/verification/confirm', {
    token: await app.tokenMailedTo(email, 'confirm_new_email'),
  })
  expect([reset.status, confirm.status]).toEqual([410, 410])
})

test('GET /sessions lists the devices of the user, the one used last first', async () => {
  const account = await app.account()
  app.passMs(60_000)
  const firefox = await anotherSession(account, FIREFOX)
  await app.account()
  const { sessions } = await sessionsOf(account.cookie)
  expect(sessions).toEqual([
    {
      id: firefox.sessionId,
      device: 'Firefox on Windows',
      userAgent: FIREFOX,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      lastUsedAt: expect.any(String),
      current: false,
    },
    expect.objectContaining({ id: account.sessionId, device: 'Program', current: true }),
  ])
  app.passMs(60_000)
  await app.post('/api/auth/refresh', {}, account.cookie)
  const [first] = (await sessionsOf(account.cookie)).sessions
  expect(first?.id).toBe(account.sessionId)
  expect(Date.parse(String(first?.lastUsedAt)) - Date.parse(String(first?.createdAt)))
    .toBeGreaterThan(100_000)
})

test('DELETE /sessions/:id ends that session at once and says so in the audit log', async () => {
  const account = await app.account()
  const other = await anotherSession(account, 'other')
  expect((await endSession(account, other.sessionId)).status).toBe(204)
  expect((await app.post('/api/probe', {}, other.cookie)).status).toBe(401)
  expect((await app.post('/api/auth/refresh', {}, other.cookie)).status).toBe(401)
  expect((await sessionsOf(account.cookie)).sessions.map(({ id }) => id))
    .toEqual([account.sessionId])
  expect(await app.auditOf(other.sessionId)).toEqual(['session.end'])
  expect((await endSession(account, other.sessionId)).status).toBe(404)
})

test('DELETE /sessions/:id knows no session of another user', async () => {
  const [ann, bob] = [await app.account(), await app.account()]
  for (const id of [bob.sessionId, `ses_${'0'.repeat(26)}`, 'ses_1', "ses_' OR 1=1", bob.id]) {
    const response = await endSession(ann, id)
    expect([id, response.status]).toEqual([id, 404])
    await response.body?.cancel()
  }
  expect((await app.post('/api/probe', {}, bob.cookie)).status).toBe(200)
  expect(await app.auditOf(bob.sessionId)).toEqual([])
})

test('DELETE /sessions/:id of this session logs out', async () => {
  const account = await app.account()
  const response = await endSession(account, account.sessionId)
  expect(response.status).toBe(204)
  expect(response.headers.getSetCookie().join()).toMatch(/at=; Max-Age=0.*rt=; Max-Age=0/)
  expect((await app.post('/api/probe', {}, account.cookie)).status).toBe(401)
})

test('DELETE /sessions ends all others and keeps this one', async () => {
  const account = await app.account()
  const others = [await anotherSession(account, 'one'), await anotherSession(account, 'two')]
  const stranger = await app.account()
  const response = await app.send('DELETE', '/api/account/sessions', undefined, account.cookie)
  expect(response.status).toBe(204)
  for (const { cookie } of others) {
    expect((await app.post('/api/probe', {}, cookie)).status).toBe(401)
  }
  for (const { cookie } of [account, stranger]) {
    expect((await app.post('/api/probe', {}, cookie)).status).toBe(200)
  }
  expect(await app.auditOf(account.id)).toEqual(['session.end-others'])
})

test('every entry of the audit log names its request, and no address or secret', async () => {
  const entries = await app.db.query<{ requestId: string | null; detail: string }>(
    'SELECT request_id AS requestId, detail FROM audit_log',
  )
  expect(entries.length).toBeGreaterThan(20)
  for (const { requestId, detail } of entries) {
    expect(requestId).toMatch(/^req_[0-9a-z]{26}$/)
    expect(detail).not.toMatch(/@|horse|staple/)
  }
})

test('purgeSessions() deletes what ended a month ago, and only that', async () => {
  await app.account()
  await app.account()
  await app.db.run('DELETE FROM sessions WHERE created_at < {now} - INTERVAL 5 SECOND')
  await app.db.run('DELETE FROM refresh_tokens WHERE created_at < {now} - INTERVAL 5 SECOND')
  app.passMs(43 * DAY_MS)
  expect(await purgeSessions(app.db)).toBe(0)
  app.passMs(2 * DAY_MS)
  await purgeSessions(app.db)
  expect(await app.db.query('SELECT 1 FROM refresh_tokens')).toEqual([])
  expect((await app.db.query('SELECT 1 FROM sessions')).length).toBeGreaterThan(0)
  app.passMs(16 * DAY_MS)
  await purgeSessions(app.db)
  expect(await app.db.query('SELECT 1 FROM sessions')).toEqual([])
})

const APPLE = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const devices: [string, string][] = [
  [FIREFOX, 'Firefox on Windows'],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${APPLE} Chrome/140.0.0.0 Safari/537.36`,
    'Chrome on Windows',
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0) ${APPLE} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
    'Edge on Windows',
  ],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${APPLE} Chrome/139.0 Safari/537.36 OPR/124.0.0.0`,
    'Opera on Linux',
  ],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${APPLE} Chrome/140.0 Safari/537.36`,
    'Chrome on ChromeOS',
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${APPLE} Chrome/140.0 Mobile Safari/537.36`,
    'Chrome on Android',
  ],
  [
    `Mozilla/5.0 (Linux; Android 13; SM-S901B) ${APPLE} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36`,
    'Samsung Internet on Android',
  ],
  ['Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0', 'Firefox on Android'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
    'Safari on Mac',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1',
    'Chrome on iPhone',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15',
    'Firefox on iPad',
  ],
  ['Mozilla/5.0 (Unknown) Gecko Firefox/143.0', 'Firefox'],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Program'],
  ['curl/8.14.1', 'Program'],
  ['Firefox/143.0', 'Program'],
  ['Deno/2.9.6', 'Program'],
  ['', 'Program'],
]

test.each(devices)('deviceOf(%j) is %s', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device)
})

function changePassword(
  account: Account,
  { headers = account.cookie, ...changes }: {
    headers?: Record<string, string>
    currentPassword?: string
    newPassword?: string
  } = {},
): Promise<Response> {
  const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD, ...changes }
  return app.send('PUT', '/api/account/password', body, headers)
}

function post(account: Account, method: string, path: string, body: Record<string, string>) {
  return app.send(method, path, { currentPassword: 'a wrong guess', ...body }, account.cookie)
}

function endSession(account: Account, id: string): Promise<Response> {
  const path = `/api/account/sessions/${encodeURIComponent(id)}`
  return app.send('DELETE', path, undefined, account.cookie)
}

async function sessionsOf(
  headers: Record<string, string>,
): Promise<{ sessions: Record<string, unknown>[] }> {
  return await (await app.get('/api/account/sessions', headers)).json()
}

async function anotherSession({ id: userId }: Account, userAgent: string) {
  const session = await app.db.transaction((tx) =>
    startSession(tx, app.deps, { userId, userAgent })
  )
  const access = await app.deps.tokens.sign(session)
  return { ...session, cookie: { cookie: `at=${access}; rt=${session.refreshToken}` } }
}

async function logInStatus({ email }: Account, password: string): Promise<number> {
  return (await app.post('/api/auth/login', { email, password })).status
}

function problemOf(response: Response): Promise<ProblemBody> {
  return response.json()
}
