import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  findMailToken,
  issueMailToken,
  mailTokenOf,
  purgeMailTokens,
} from '../api/accounts/mail_tokens.ts'
import type { ProblemBody } from '../api/problem.ts'
import { findUser } from '../api/accounts/store.ts'
import {
  type Account,
  type AccountsApp,
  composeLink,
  cookiesOf,
  NO_LIMITS,
  PASSWORD,
  startAccountsApp,
} from './support/accounts_app.ts'

const HOUR_MS = 3_600_000

let app: AccountsApp

beforeAll(async () => {
  app = await startAccountsApp({ rateLimits: NO_LIMITS })
})

afterAll(() => app.stop())

test('POST /signup mails the link that confirms the address', async () => {
  const email = 'new@example.com'
  const response = await app.post('/api/auth/signup', { email, password: PASSWORD })
  const cookie = { cookie: cookiesOf(response) }
  expect((await app.mailsTo(email)).map(({ template }) => template)).toEqual(['verify_email'])

  const confirmed = await confirm(await app.tokenMailedTo(email, 'verify_email'))
  expect([confirmed.status, await confirmed.json()]).toEqual([200, { email }])
  const { user } = await (await app.get('/api/auth/me', cookie)).json()
  expect(user.emailVerified).toBe(true)
  expect((await app.auditOf(user.id)).sort()).toEqual(['email.verify', 'user.create'])
})

test('POST /signup mails nobody when the account is not made', async () => {
  const before = await countTokens()
  await app.post('/api/auth/signup', { email: 'half@example.com', password: 'short' })
  expect(await app.mailsTo('half@example.com')).toEqual([])
  expect(await countTokens()).toBe(before)
})

test('the token of a link is nowhere in the database, and not without the secret', async () => {
  const { email } = await asked()
  const token = await app.tokenMailedTo(email, 'verify_email')
  expect(token).toMatch(/^[\w-]{43}$/)
  for (const table of ['outbox', 'mail_tokens', 'jobs', 'audit_log']) {
    const rows = await app.db.query(`SELECT * FROM ${table}`)
    expect(JSON.stringify(rows)).not.toContain(token)
  }
  const [row] = await app.db.query<{ id: string }>(
    'SELECT id FROM mail_tokens WHERE email = ?',
    [email],
  )
  expect(mailTokenOf(app.deps.config.AUTH_SECRET, row?.id ?? '')).toBe(token)
  expect(mailTokenOf(`${app.deps.config.AUTH_SECRET}x`, row?.id ?? '')).not.toBe(token)
})

test('composeMail() puts the token behind the # of our own address', () => {
  const tokenId = app.deps.newId('mailToken')
  const token = mailTokenOf(app.deps.config.AUTH_SECRET, tokenId)
  const { config } = app.deps
  expect(composeLink(config, 'verify_email', tokenId).text)
    .toContain(`http://shop.test/verify#${token}`)
  expect(composeLink(config, 'confirm_new_email', tokenId).text)
    .toContain(`http://shop.test/verify#${token}`)
  expect(composeLink(config, 'reset_password', tokenId).text)
    .toContain(`http://shop.test/reset#${token}`)
})

test('a link works once, also when it is opened twice at the same moment', async () => {
  const { email } = await asked()
  const token = await app.tokenMailedTo(email, 'verify_email')
  const both = await Promise.all(Array.from({ length: 8 }, () => confirm(token)))
  expect(both.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(410)])
  const again = await confirm(token)
  expect([again.status, (await problemOf(again)).type]).toEqual([410, '/problems/token-invalid'])
})

test('a link works for 24 hours', async () => {
  const [quick, slow] = [await asked(), await asked()]
  app.passMs(24 * HOUR_MS - 60_000)
  expect((await confirm(await app.tokenMailedTo(quick.email, 'verify_email'))).status).toBe(200)
  app.passMs(60_000)
  expect((await confirm(await app.tokenMailedTo(slow.email, 'verify_email'))).status).toBe(410)
})

test('a newer link replaces the older one of the same purpose', async () => {
  const account = await asked()
  const older = await app.tokenMailedTo(account.email, 'verify_email')
  expect((await app.post('/api/auth/verification', {}, account.cookie)).status).toBe(202)
  const newer = await app.tokenMailedTo(account.email, 'verify_email')
  expect(newer).not.toBe(older)
  expect((await confirm(older)).status).toBe(410)
  expect((await confirm(newer)).status).toBe(200)
})

test('a link is not used up by being looked at', async () => {
  const { email } = await asked()
  const token = await app.tokenMailedTo(email, 'verify_email')
  for (const path of [`?token=${token}`, `/${token}`, '']) {
    const response = await app.get(`/api/auth/verification/confirm${path}`)
    expect(response.status).toBe(404)
  }
  expect((await confirm(token)).status).toBe(200)
})

test('POST /verification says that the address is confirmed, and refuses strangers', async () => {
  const account = await app.account({ verified: true })
  const response = await app.post('/api/auth/verification', {}, account.cookie)
  expect([response.status, (await problemOf(response)).type])
    .toEqual([409, '/problems/already-verified'])
  expect((await app.post('/api/auth/verification')).status).toBe(401)
  expect(await app.mailsTo(account.email)).toEqual([])
})

const noTokens = [0, true, [0], {}, null, '', undefined, 'x'.repeat(201)]

test.each(noTokens)('a token that is %j is refused before the database is asked', async (token) => {
  const reset = { token, password: 'a good new password' }
  for (
    const response of [await confirm(token), await app.post('/api/auth/password/reset', reset)]
  ) {
    expect(response.status).toBe(422)
    expect((await problemOf(response)).errors?.[0]?.pointer).toBe('#/token')
  }
})

test.each(['A'.repeat(43), "' OR 1=1 -- ", '\u0000', 'ä', '0'])(
  'the text %j is no token of ours',
  async (token) => {
    await asked()
    expect((await confirm(token)).status).toBe(410)
    expect(
      (await app.post('/api/auth/password/reset', { token, password: 'a good new password' }))
        .status,
    ).toBe(410)
  },
)

test('a token of one purpose does nothing for another', async () => {
  const account = await asked()
  const verify = await app.tokenMailedTo(account.email, 'verify_email')
  const reset = await issue(account, 'reset')
  const wrong = await app.post('/api/auth/password/reset', {
    token: verify,
    password: 'a good new password',
  })
  expect([wrong.status, (await confirm(reset)).status]).toEqual([410, 410])
  expect((await confirm(verify)).status).toBe(200)
})

test('PUT /email changes nothing until the new address is confirmed, and tells the old one', async () => {
  const account = await app.account()
  const email = freshEmail()
  const response = await changeEmail(account, email)
  expect(response.status).toBe(202)
  const { user } = await response.json()
  expect(user).toMatchObject({ email: account.email, pendingEmail: email, emailVerified: true })
  expect((await app.mailsTo(account.email)).at(-1)).toEqual({
    template: 'email_change_requested',
    facts: { newEmail: email },
  })
  expect(await canLogIn(account.email)).toBe(true)
  expect(await canLogIn(email)).toBe(false)

  const confirmed = await confirm(await app.tokenMailedTo(email, 'confirm_new_email'))
  expect([confirmed.status, await confirmed.json()]).toEqual([200, { email }])
  expect(await findUser(app.db, account.id))
    .toMatchObject({ email, pendingEmail: null, emailVerifiedAt: expect.any(Date) })
  expect((await app.mailsTo(account.email)).at(-1)?.template).toBe('email_changed')
  expect(await canLogIn(account.email)).toBe(false)
  expect(await canLogIn(email)).toBe(true)
  expect(await app.auditOf(account.id)).toEqual(
    expect.arrayContaining(['email.request', 'email.change']),
  )
})

test('a change of address leaves the sessions alone', async () => {
  const account = await app.account()
  const email = freshEmail()
  await changeEmail(account, email)
  await confirm(await app.tokenMailedTo(email, 'confirm_new_email'))
  expect((await app.post('/api/probe', {}, account.cookie)).status).toBe(200)
})

test('a change of address by someone unverified verifies the new one alone', async () => {
  const account = await app.account({ verified: false })
  const email = freshEmail()
  await changeEmail(account, email)
  expect((await findUser(app.db, account.id))?.emailVerifiedAt).toBe(null)
  const old = await issue(account, 'verify')
  await confirm(await app.tokenMailedTo(email, 'confirm_new_email'))
  expect((await confirm(old)).status).toBe(410)
})

test('a token for the address A cannot confirm the address B', async () => {
  const account = await app.account()
  const [first, second] = [freshEmail(), freshEmail()]
  await changeEmail(account, first)
  const forFirst = await app.tokenMailedTo(first, 'confirm_new_email')
  await changeEmail(account, second)
  expect((await confirm(forFirst)).status).toBe(410)
  // even one that was never revoked, and one that was mailed to an address that is not waiting
  for (const purpose of ['change_email', 'verify'] as const) {
    const stray = await issue({ ...account, email: freshEmail() }, purpose)
    expect((await confirm(stray)).status).toBe(410)
  }
  expect(await findUser(app.db, account.id))
    .toMatchObject({ email: account.email, pendingEmail: second })
})

test('links that open the account by its old address die with the change', async () => {
  const account = await app.account()
  const email = freshEmail()
  const reset = await issue(account, 'reset')
  await changeEmail(account, email)
  await confirm(await app.tokenMailedTo(email, 'confirm_new_email'))
  const response = await app.post('/api/auth/password/reset', {
    token: reset,
    password: 'a good new password',
  })
  expect(response.status).toBe(410)
  // and one that a job issued in that very moment
  const late = await issue(account, 'reset')
  expect(
    (await app.post('/api/auth/password/reset', { token: late, password: 'a good new password' }))
      .status,
  ).toBe(410)
})

test('a link to the old address stays dead when the account comes back to it', async () => {
  const account = await app.account()
  const reset = await issue(account, 'reset')
  const away = freshEmail()
  await changeEmail(account, away)
  await confirm(await app.tokenMailedTo(away, 'confirm_new_email'))
  await changeEmail(account, account.email)
  await confirm(await app.tokenMailedTo(account.email, 'confirm_new_email'))
  expect((await findUser(app.db, account.id))?.email).toBe(account.email)
  const response = await app.post('/api/auth/password/reset', {
    token: reset,
    password: 'a good new password',
  })
  expect(response.status).toBe(410)
})

test('two accounts that wait for one address: the first to confirm it gets it', async () => {
  const [ann, bob] = [await app.account(), await app.account()]
  const email = freshEmail()
  for (const account of [ann, bob]) await changeEmail(account, email)
  const [forAnn, forBob] = [await tokenOf(ann), await tokenOf(bob)]
  expect((await confirm(forBob)).status).toBe(200)
  const late = await confirm(forAnn)
  expect([late.status, (await problemOf(late)).type]).toEqual([409, '/problems/email-taken'])
  expect(await findUser(app.db, ann.id)).toMatchObject({ email: ann.email })
  expect(await findUser(app.db, bob.id)).toMatchObject({ email })
})

test('PUT /email refuses an address that has an account, and the one it has', async () => {
  const [ann, bob] = [await app.account(), await app.account()]
  const taken = await changeEmail(ann, bob.email.toUpperCase())
  expect([taken.status, (await problemOf(taken)).type]).toEqual([409, '/problems/email-taken'])
  const same = await changeEmail(ann, ann.email)
  expect([same.status, (await problemOf(same)).errors?.[0]?.pointer]).toEqual([422, '#/email'])
  expect(await app.mailsTo(bob.email)).toEqual([])
})

test('PUT /email demands the password', async () => {
  const account = await app.account()
  const response = await changeEmail(account, freshEmail(), 'wrong horse battery')
  const problem = await problemOf(response)
  expect([response.status, problem.type]).toEqual([403, '/problems/wrong-password'])
  expect(problem.errors?.[0]?.pointer).toBe('#/currentPassword')
  expect((await findUser(app.db, account.id))?.pendingEmail).toBe(null)
  expect(await app.auditOf(account.id)).toEqual(['user.password-refused'])
})

test('DELETE /email drops the change, and its link with it', async () => {
  const account = await app.account()
  const email = freshEmail()
  await changeEmail(account, email)
  const token = await app.tokenMailedTo(email, 'confirm_new_email')
  for (let i = 0; i < 2; i++) {
    const response = await app.send('DELETE', '/api/account/email', undefined, account.cookie)
    expect(response.status).toBe(200)
    expect((await response.json()).user.pendingEmail).toBe(null)
  }
  expect(await findMailToken(app.db, token, ['change_email'])).toBe(undefined)
  expect((await confirm(token)).status).toBe(410)
  expect((await app.auditOf(account.id)).sort()).toEqual(['email.drop', 'email.request'])
})

test('purgeMailTokens() deletes what ended a month ago, and only that', async () => {
  await purgeMailTokens(app.db)
  await asked()
  app.passMs(24 * HOUR_MS + 29 * 24 * HOUR_MS)
  const before = await countTokens()
  expect(await purgeMailTokens(app.db)).toBeLessThan(before)
  app.passMs(25 * HOUR_MS)
  await purgeMailTokens(app.db)
  expect(await countTokens()).toBe(0)
})

/** An account that asked for a link to verify its address. */
async function asked(): Promise<Account> {
  const account = await app.account({ verified: false })
  await app.post('/api/auth/verification', {}, account.cookie)
  return account
}

function confirm(token: unknown): Promise<Response> {
  return app.post('/api/auth/verification/confirm', { token })
}

function changeEmail(account: Account, email: string, currentPassword = PASSWORD) {
  return app.send('PUT', '/api/account/email', { email, currentPassword }, account.cookie)
}

/** A link of the account that works, without what else happens when one is asked for. */
async function issue(
  { id: userId, email }: Pick<Account, 'id' | 'email'>,
  purpose: 'verify' | 'reset' | 'change_email',
): Promise<string> {
  const id = await app.db.transaction((tx) =>
    issueMailToken(tx, app.deps, { userId, purpose, email })
  )
  return mailTokenOf(app.deps.config.AUTH_SECRET, id)
}

/** The token of the change of address that the account waits for. */
async function tokenOf({ id }: Account): Promise<string> {
  const [row] = await app.db.query<{ id: string }>(
    `SELECT id FROM mail_tokens WHERE user_id = ? AND purpose = 'change_email'`,
    [id],
  )
  return mailTokenOf(app.deps.config.AUTH_SECRET, row?.id ?? '')
}

async function canLogIn(email: string): Promise<boolean> {
  return (await app.post('/api/auth/login', { email, password: PASSWORD })).status === 200
}

function freshEmail(): string {
  return `${crypto.randomUUID()}@example.com`
}

async function countTokens(): Promise<number> {
  return (await app.db.query('SELECT 1 FROM mail_tokens')).length
}

function problemOf(response: Response): Promise<ProblemBody> {
  return response.json()
}
