import { request } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { takeLoginAttempt } from '../api/accounts/login_delays.ts'
import { findMailToken } from '../api/accounts/mail_tokens.ts'
import { RATE_LIMITS } from '../api/accounts/rate_limits.ts'
import { mailResetLink } from '../api/accounts/recovery.ts'
import { findUser } from '../api/accounts/store.ts'
import { createUser } from '../api/accounts/users.ts'
import type { ProblemBody } from '../api/problem.ts'
import {
  type Account,
  type AccountsApp,
  composeLink,
  PASSWORD,
  startAccountsApp,
} from './support/accounts_app.ts'
import { NO_LIMITS } from './support/limits.ts'

const NEW_PASSWORD = 'staple of another colour'
const HOUR_MS = 3_600_000

let app: AccountsApp

beforeAll(async () => {
  const { resetMail } = RATE_LIMITS
  app = await startAccountsApp({ rateLimits: { ...NO_LIMITS, resetMail } })
})

beforeEach(async () => {
  // a minute into a day: no window ends while a test runs
  app.passMs(24 * HOUR_MS - app.deps.now().getTime() % (24 * HOUR_MS) + 60_000)
  await app.db.run('DELETE FROM rate_limits')
  await app.db.run('DELETE FROM login_delays')
})

afterAll(() => app.stop())

test('a forgotten password is reset by the link in the mail, and nobody is logged in', async () => {
  const account = await app.account()
  const token = await mailedToken(account)
  const response = await reset(token)
  expect(response.status).toBe(204)
  expect(response.headers.getSetCookie()).toEqual([])
  expect([await logInStatus(account, PASSWORD), await logInStatus(account, NEW_PASSWORD)])
    .toEqual([401, 200])
  expect(await app.auditOf(account.id)).toEqual(
    expect.arrayContaining(['password.send-reset', 'password.reset']),
  )
  expect((await app.mailsTo(account.email)).map(({ template }) => template))
    .toEqual(['reset_password', 'password_changed'])
})

test('a reset ends every session of the user at once, and nobody else’s', async () => {
  const [account, other] = [await app.account(), await app.account()]
  await reset(await mailedToken(account))
  expect((await app.post('/api/probe', {}, account.cookie)).status).toBe(401)
  expect((await app.post('/api/auth/refresh', {}, account.cookie)).status).toBe(401)
  expect((await app.post('/api/probe', {}, other.cookie)).status).toBe(200)
})

test('a reset shows that the address is theirs, and ends the wait after wrong passwords', async () => {
  const account = await app.account({ verified: false })
  const token = await mailedToken(account)
  await takeLoginAttempt(app.db, app.deps, account.email)
  // as if there had been nine more: a minute's wait outlasts a slow machine
  await app.db.run('UPDATE login_delays SET failures = 10')
  await takeLoginAttempt(app.db, app.deps, account.email)
  expect(await logInStatus(account, PASSWORD)).toBe(429)
  await reset(token)
  expect((await findUser(app.db, account.id))?.emailVerifiedAt).toBeInstanceOf(Date)
  expect(await logInStatus(account, NEW_PASSWORD)).toBe(200)
})

test('a reset stops a change of address that a thief asked for', async () => {
  const account = await app.account()
  const email = `${crypto.randomUUID()}@evil.test`
  await app.send('PUT', '/api/account/email', { email, currentPassword: PASSWORD }, account.cookie)
  await reset(await mailedToken(account))
  const token = await app.tokenMailedTo(email, 'confirm_new_email')
  expect(await findMailToken(app.db, token, ['change_email'])).toBe(undefined)
  expect((await app.post('/api/auth/verification/confirm', { token })).status).toBe(410)
  expect((await findUser(app.db, account.id))?.pendingEmail).toBe(null)
})

test('a reset link works once, for half an hour, and only the newest', async () => {
  const account = await app.account()
  const older = await mailedToken(account)
  app.passMs(61_000)
  const newer = await mailedToken(account)
  expect((await reset(older)).status).toBe(410)
  const all = await Promise.all([reset(newer), reset(newer), reset(newer)])
  expect(all.map(({ status }) => status).sort()).toEqual([204, 410, 410])
  app.passMs(61_000)
  const late = await mailedToken(account)
  app.passMs(30 * 60_000)
  const response = await reset(late)
  expect([response.status, (await problemOf(response)).type])
    .toEqual([410, '/problems/token-invalid'])
})

test('a reset with a bad password leaves the link good', async () => {
  const token = await mailedToken(await app.account())
  expect((await reset(token, 'short')).status).toBe(422)
  expect((await reset(token)).status).toBe(204)
})

test('POST /forgot answers and works the same for an address without an account', async () => {
  const account = await app.account()
  const known = await watched(() => forgot(account.email))
  const unknown = await watched(() => forgot('nobody@example.com'))
  expect(known.status).toBe(202)
  expect(unknown).toEqual(known)
  expect(known.hashes).toBe(0)
  await app.drain()
  expect(await app.mailsTo('nobody@example.com')).toEqual([])
  expect(await app.mailsTo(account.email)).toHaveLength(1)
})

test('POST /login answers and works the same for an address without an account', async () => {
  const options = { email: 'real@example.com', password: PASSWORD, role: 'customer' } as const
  await createUser(app.db, app.deps, options)
  const guess = (email: string) => () => app.post('/api/auth/login', { email, password: 'a guess' })
  const known = await watched(guess(options.email))
  expect(await watched(guess('nobody@example.com'))).toEqual(known)
  expect([known.status, known.hashes]).toEqual([401, 1])
})

test('POST /forgot mails one address at most once a minute, and says nothing of it', async () => {
  const account = await app.account()
  for (let i = 0; i < 4; i++) {
    expect((await forgot(account.email)).status).toBe(202)
    app.passMs(14_000)
  }
  await app.drain()
  expect(await app.mailsTo(account.email)).toHaveLength(1)
  app.passMs(5000)
  await forgot(account.email)
  await app.drain()
  expect(await app.mailsTo(account.email)).toHaveLength(2)
})

test('POST /forgot mails one address three times an hour and ten times a day', async () => {
  const account = await app.account()
  for (let hour = 0; hour < 6; hour++) {
    for (let i = 0; i < 5; i++) {
      expect((await forgot(account.email)).status).toBe(202)
      app.passMs(61_000)
    }
    await app.drain()
    expect(await app.mailsTo(account.email)).toHaveLength(Math.min(10, 3 * (hour + 1)))
    app.passMs(HOUR_MS - 5 * 61_000)
  }
})

test('POST /forgot counts an unknown address as it counts a known one', async () => {
  const account = await app.account()
  for (const email of [account.email, 'nobody@example.com']) await forgot(email)
  const [known, unknown] = [
    await watched(() => forgot(account.email)),
    await watched(() => forgot('nobody@example.com')),
  ]
  expect(unknown).toEqual(known)
})

test('mailResetLink() run twice makes and mails one link', async () => {
  const account = await app.account()
  const job = { userId: account.id, tokenId: app.deps.newId('mailToken'), requestId: 'req_1' }
  await mailResetLink(app.db, app.deps, job)
  const token = await app.tokenMailedTo(account.email, 'reset_password')
  await mailResetLink(app.db, app.deps, job)
  expect(await app.mailsTo(account.email)).toHaveLength(1)
  expect((await reset(token)).status).toBe(204)
  await mailResetLink(app.db, app.deps, job)
  expect((await reset(token)).status).toBe(410)
})

test('the link is ours whatever Host a request names', async () => {
  const account = await app.account()
  const status = await forgotAtHost(account.email, 'evil.test')
  expect(status).toBe(202)
  await app.drain()
  const [mail] = await app.mailsTo(account.email)
  const tokenId = String(mail?.facts.tokenId)
  const { text, html } = composeLink(app.deps.config, 'reset_password', tokenId)
  expect(text).toContain('http://shop.test/reset#')
  expect(text + html).not.toContain('evil')
})

test.each(['victim@example.com\r\nBcc: all@evil.test', 'victim@example.com\nx', 'a\u0000@b.co'])(
  'POST /forgot and POST /signup refuse %j: control characters reach no mail',
  async (email) => {
    const responses = [
      await forgot(email),
      await app.post('/api/auth/signup', { email, password: PASSWORD }),
    ]
    for (const response of responses) {
      expect(response.status).toBe(422)
      await response.body?.cancel()
    }
  },
)

function forgot(email: string): Promise<Response> {
  return app.post('/api/auth/password/forgot', { email })
}

function reset(token: string, password = NEW_PASSWORD): Promise<Response> {
  return app.post('/api/auth/password/reset', { token, password })
}

async function mailedToken(account: Account): Promise<string> {
  await forgot(account.email)
  await app.drain()
  return await app.tokenMailedTo(account.email, 'reset_password')
}

async function logInStatus({ email }: Account, password: string): Promise<number> {
  return (await app.post('/api/auth/login', { email, password })).status
}

/** What a client sees of an answer, and what it cost: statements and hashes. */
async function watched(ask: () => Promise<Response>) {
  app.statements = []
  app.hashes = 0
  const response = await ask()
  const body = await response.text()
  return {
    status: response.status,
    body: body.replace(/req_[0-9a-z]{26}/, 'req_'),
    headers: [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
    statements: app.statements,
    hashes: app.hashes,
  }
}

/** fetch() sets Host itself; this says what it likes. */
function forgotAtHost(email: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      host,
      'x-forwarded-host': host,
      forwarded: `host=${host}`,
      origin: 'http://shop.test',
      'content-type': 'application/json',
    }
    const url = `${app.url}/api/auth/password/forgot`
    const sent = request(url, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end(JSON.stringify({ email }))
  })
}

function problemOf(response: Response): Promise<ProblemBody> {
  return response.json()
}
