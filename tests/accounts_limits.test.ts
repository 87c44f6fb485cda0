import { beforeAll, beforeEach, expect, test } from 'vitest'
import {
  clearLoginDelay,
  MAX_DELAY_SECONDS,
  purgeLoginDelays,
  takeLoginAttempt,
} from '../api/accounts/login_delays.ts'
import {
  giveBack,
  isWithinLimit,
  limit,
  purgeRateLimits,
  RATE_LIMITS,
} from '../api/accounts/rate_limits.ts'
import type { Queryable } from '../api/db.ts'
import { createUser } from '../api/accounts/users.ts'
import { Problem } from '../api/problem.ts'
import { type AccountsApp, cookiesOf, startAccountsApp } from './support/accounts_app.ts'

const PASSWORD = 'correct horse battery'
const HOUR_MS = 60 * 60_000

let app: AccountsApp

beforeAll(async () => {
  app = await startAccountsApp()
  await createUser(app.db, app.deps, {
    email: 'ann@example.com',
    password: PASSWORD,
    role: 'customer',
  })
  return () => app.stop()
})

beforeEach(async () => {
  // a minute into a day: no window of the table ends while a test runs
  const dayMs = 24 * HOUR_MS
  app.passMs(dayMs - app.deps.now().getTime() % dayMs + 60_000)
  await app.db.run('DELETE FROM rate_limits')
  await app.db.run('DELETE FROM login_delays')
})

test('POST /signup counts the socket, whatever 1000 X-Forwarded-For headers say', async () => {
  const statuses: number[] = []
  for (let i = 0; i < 1000; i += 50) {
    const some = Array.from({ length: 50 }, async (_, j) => {
      const address = `203.0.${(i + j) >> 8}.${(i + j) & 255}`
      const response = await app.post('/api/auth/signup', {
        email: 'ann@example.com',
        password: PASSWORD,
      }, { 'x-forwarded-for': address, 'cf-connecting-ip': address, 'x-real-ip': address })
      await response.body?.cancel()
      return response.status
    })
    statuses.push(...await Promise.all(some))
  }
  expect(statuses.filter((status) => status !== 429)).toEqual(Array(5).fill(409))
})

test('every request below /api is counted by address, whatever it asks and however it ends', async () => {
  const ask = [
    () => app.get('/api/plans'),
    () => app.get('/api/nothing-here'),
    () => app.get('/api/account/sessions'),
    () => app.post('/api/auth/verification/confirm', { token: 0 }),
    () => app.post('/api/auth/tokens', {}),
    () => app.post('/api/auth/logout', {}, { origin: 'https://evil.test' }),
  ]
  const statuses = new Set<number>()
  for (let i = 0; i < 300; i += 30) {
    const some = Array.from({ length: 30 }, (_, j) => ask[j % ask.length]?.() ?? app.get('/'))
    for (const { status } of await Promise.all(some)) statuses.add(status)
  }
  expect([...statuses].sort()).toEqual([200, 401, 403, 404, 422])
  for (const again of ask) {
    const response = await again()
    expect([response.status, response.headers.get('cache-control')]).toEqual([429, 'no-store'])
  }
  expect((await app.get('/healthz')).status).toBe(200)
  app.passMs(60_000)
  expect((await app.get('/api/plans')).status).toBe(200)
})

test('an account reads 120 times a minute and writes 30 times, wherever it asks from', async () => {
  const [account, other] = [await app.account(), await app.account()]
  await app.db.run('DELETE FROM rate_limits')
  const read = () => app.get('/api/auth/me', account.cookie)
  const write = () => app.post('/api/probe', {}, account.bearer)
  const reads = await Promise.all(Array.from({ length: 125 }, read))
  const writes = await Promise.all(Array.from({ length: 35 }, write))
  const count = (all: Response[]) => all.filter(({ status }) => status === 200).length
  expect([count(reads), count(writes)]).toEqual([120, 30])
  expect((await app.get('/api/auth/me', other.cookie)).status).toBe(200)
})

test('POST /signup takes sixty a minute from all addresses together', async () => {
  const everybody = ''
  for (let i = 0; i < 60; i++) await limit(app.db, app.deps, 'everySignup', { everybody })
  const response = await app.post('/api/auth/signup', {
    email: 'sixty-first@example.com',
    password: PASSWORD,
  })
  expect(response.status).toBe(429)
})

test('POST /signup tells the owner of a known address, once an hour', async () => {
  const owner = await app.account()
  const signUp = () =>
    app.post('/api/auth/signup', { email: owner.email.toUpperCase(), password: PASSWORD })
  for (let i = 0; i < 3; i++) expect((await signUp()).status).toBe(409)
  expect(await app.mailsTo(owner.email)).toEqual([{ template: 'account_exists', facts: {} }])
  app.passMs(59 * 60_000)
  expect((await signUp()).status).toBe(409)
  expect(await app.mailsTo(owner.email)).toHaveLength(1)
  app.passMs(61_000)
  expect((await signUp()).status).toBe(409)
  expect(await app.mailsTo(owner.email)).toHaveLength(2)
  expect(await app.auditOf(owner.id)).toEqual(Array(2).fill('user.create-refused'))
})

test('a link to confirm an address is mailed at most once a minute, from the sign-up on', async () => {
  const email = 'eager@example.com'
  const signedUp = await app.post('/api/auth/signup', { email, password: PASSWORD })
  const cookie = { cookie: cookiesOf(signedUp) }
  const again = () => app.post('/api/auth/verification', {}, cookie)
  const early = await again()
  expect([early.status, Number(early.headers.get('retry-after')) > 50]).toEqual([429, true])
  app.passMs(60_000)
  expect((await again()).status).toBe(202)
  app.passMs(60_000)
  expect((await again()).status).toBe(202)
  app.passMs(60_000)
  const fourth = await again()
  expect([fourth.status, Number(fourth.headers.get('retry-after')) > 600]).toEqual([429, true])
  expect(await app.mailsTo(email)).toHaveLength(3)
})

test('links are asked for ten times an hour from one address, whoever they are for', async () => {
  for (let i = 0; i < 10; i++) {
    const email = `nobody${i}@example.com`
    expect((await app.post('/api/auth/password/forgot', { email })).status).toBe(202)
  }
  const response = await app.post('/api/auth/password/forgot', { email: 'nobody@example.com' })
  expect(response.status).toBe(429)
  for (let i = 0; i < 10; i++) await app.post('/api/auth/verification')
  for (const action of ['verification', 'forgot'] as const) {
    for (let i = 0; i < 10; i++) await limit(app.db, app.deps, action, { address: '192.0.2.1' })
    await limited(() => limit(app.db, app.deps, action, { address: '192.0.2.1' }))
  }
})

test('tokens of links are tried twenty times in ten minutes, whatever they are for', async () => {
  const tries = [
    () => app.post('/api/auth/verification/confirm', { token: 'a guess' }),
    () => app.post('/api/auth/password/reset', { token: 'a guess', password: PASSWORD }),
  ]
  for (let i = 0; i < 10; i++) {
    for (const guess of tries) expect((await guess()).status).toBe(410)
  }
  for (const guess of tries) expect((await guess()).status).toBe(429)
})

test('a change of address mails three times an hour, so that nobody is pestered', async () => {
  const account = await app.account()
  const ask = () =>
    app.send('PUT', '/api/account/email', {
      email: 'victim@example.com',
      currentPassword: PASSWORD,
    }, account.cookie)
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) {
    statuses.push((await ask()).status)
    app.passMs(61_000)
  }
  expect(statuses).toEqual([202, 202, 202, 429, 429])
  expect(await app.mailsTo('victim@example.com')).toHaveLength(3)
})

test('limit() lets one through when many ask at once for what is set apart', async () => {
  const account = 'apart@example.com'
  const all = await Promise.all(
    Array.from({ length: 20 }, () => isWithinLimit(app.db, app.deps, 'signupKnown', { account })),
  )
  expect(all.filter(Boolean)).toHaveLength(1)
})

test('the webhook refuses the 61st wrong signature of a minute with 429', async () => {
  const deliver = () =>
    fetch(`${app.url}/api/stripe/webhook`, {
      method: 'POST',
      headers: { 'stripe-signature': `t=1,v1=${'0'.repeat(64)}` },
      body: '{}',
    })
  for (let i = 0; i < 60; i++) expect((await deliver()).status).toBe(400)
  const response = await deliver()
  expect([response.status, Number(response.headers.get('retry-after')) > 0]).toEqual([429, true])
  expect(await app.db.query('SELECT 1 FROM stripe_events')).toEqual([])
})

test('limit() counts all spellings of one client together', async () => {
  const same = [
    ['1.2.3.4', '::ffff:1.2.3.4', '::FFFF:102:304', '0:0:0:0:0:ffff:1.2.3.4', '[::ffff:1.2.3.4]'],
    [
      '2001:db8:1:2::1',
      '2001:DB8:1:2:ffff::',
      '2001:0db8:0001:0002:0:0:0:9',
      '2001:db8:1:2::1%eth0',
      '2001:db8:1:2:a:b:1.2.3.4',
    ],
  ]
  for (const addresses of same) {
    for (const address of addresses) await limit(app.db, app.deps, 'signup', { address })
    const [first = ''] = addresses
    await limited(() => limit(app.db, app.deps, 'signup', { address: first }))
  }
  await limit(app.db, app.deps, 'signup', { address: '1.2.3.5' })
  await limit(app.db, app.deps, 'signup', { address: '2001:db8:1:3::1' })
})

test('limit() lets exactly as many through as the table says when all come at once', async () => {
  const address = '198.51.100.7'
  const user = app.deps.newId('user')
  const all = await Promise.allSettled(
    Array.from({ length: 40 }, () => limit(app.db, app.deps, 'order', { user, address })),
  )
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  expect(RATE_LIMITS.order.user).toEqual([{ hits: 10, seconds: 3600 }])
})

test('limit() counts an address over all its users', async () => {
  const address = '198.51.100.8'
  for (let i = 0; i < 30; i++) {
    await limit(app.db, app.deps, 'order', { user: app.deps.newId('user'), address })
  }
  await limited(() => limit(app.db, app.deps, 'order', { user: app.deps.newId('user'), address }))
})

test('limit() starts over with the next window, and says when that is', async () => {
  const address = '198.51.100.9'
  for (let i = 0; i < 5; i++) await limit(app.db, app.deps, 'signup', { address })
  const waitSeconds = await limited(() => limit(app.db, app.deps, 'signup', { address }))
  expect(waitSeconds).toBeLessThanOrEqual(3600)
  app.passMs((waitSeconds - 2) * 1000)
  await limited(() => limit(app.db, app.deps, 'signup', { address }))
  app.passMs(3000)
  await limit(app.db, app.deps, 'signup', { address })
})

test('limit() keeps no address in the table', async () => {
  await limit(app.db, app.deps, 'signup', { address: '198.51.100.10' })
  const [row] = await app.db.query<{ key: Uint8Array }>('SELECT rate_key AS `key` FROM rate_limits')
  expect(row?.key).toHaveLength(16)
})

test('giveBack() makes hits not count', async () => {
  for (let i = 0; i < 8; i++) {
    await giveBack(app.db, await limit(app.db, app.deps, 'signup', { address: '198.51.100.11' }))
  }
})

test('POST /login says 429 and when to come back', async () => {
  for (let i = 0; i < 20; i++) await limit(app.db, app.deps, 'login', { address: '127.0.0.1' })
  const response = await logIn('someone@example.com', 'whatever it is')
  expect(response.status).toBe(429)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await response.json()).detail).toMatch(/^Try again in \d+ (seconds|minutes)\.$/)
})

test('POST /login refuses an address for a day after 100 failures, ten minutes after 20', async () => {
  const address = '198.51.100.12'
  const attempt = () => limit(app.db, app.deps, 'login', { address })
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 20; i++) await attempt()
    expect(await limited(attempt)).toBeLessThanOrEqual(600)
    app.passMs(10 * 60_000)
  }
  expect(await limited(attempt)).toBeGreaterThan(20 * 3600)
})

test('POST /login does not count successes', async () => {
  for (let i = 0; i < 7; i++) {
    expect((await logIn('ann@example.com', PASSWORD)).status).toBe(200)
  }
  const rows = await app.db.query<{ hits: number }>('SELECT hits FROM rate_limits ORDER BY hits')
  // both windows of the log-ins, and the one of all requests
  expect(rows.map(({ hits }) => hits)).toEqual([0, 0, 7])
})

test('takeLoginAttempt() makes the wait after the fifth attempt twice as long each time', async () => {
  const email = 'target@example.com'
  for (let i = 0; i < 5; i++) await takeLoginAttempt(app.db, app.deps, email)
  const waits: number[] = []
  for (let i = 0; i < 12; i++) {
    const wait = await limited(() => takeLoginAttempt(app.db, app.deps, email))
    waits.push(wait)
    app.passMs(wait * 1000)
    await takeLoginAttempt(app.db, app.deps, email)
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
  expect(Math.max(...waits)).toBe(MAX_DELAY_SECONDS)
})

test('takeLoginAttempt() counts attempts made at once', async () => {
  const all = await Promise.allSettled(
    Array.from({ length: 30 }, () => takeLoginAttempt(app.db, app.deps, 'rush@example.com')),
  )
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
})

test('takeLoginAttempt() is not refused because somebody logged in at that very moment', async () => {
  const email = 'twice@example.com'
  let cleared = 0
  const db: Queryable = {
    ...app.db,
    async run(sql, params) {
      if (sql.startsWith('UPDATE login_delays') && cleared++ === 0) {
        await clearLoginDelay(app.db, app.deps, email)
      }
      return await app.db.run(sql, params)
    },
  }
  await takeLoginAttempt(db, app.deps, email)
  expect(cleared).toBe(2)
})

test('takeLoginAttempt() does not lengthen the wait of who asks during it', async () => {
  const email = 'patient@example.com'
  for (let i = 0; i < 8; i++) {
    await takeLoginAttempt(app.db, app.deps, email)
    app.passMs(20_000)
  }
  await takeLoginAttempt(app.db, app.deps, email)
  for (let i = 0; i < 20; i++) await limited(() => takeLoginAttempt(app.db, app.deps, email))
  expect(await limited(() => takeLoginAttempt(app.db, app.deps, email))).toBeLessThanOrEqual(16)
})

test('takeLoginAttempt() forgets after a success, and after a day', async () => {
  const email = 'forgiven@example.com'
  for (let i = 0; i < 5; i++) await takeLoginAttempt(app.db, app.deps, email)
  await clearLoginDelay(app.db, app.deps, email)
  for (let i = 0; i < 5; i++) await takeLoginAttempt(app.db, app.deps, email)
  await limited(() => takeLoginAttempt(app.db, app.deps, email))
  app.passMs(25 * HOUR_MS)
  for (let i = 0; i < 5; i++) await takeLoginAttempt(app.db, app.deps, email)
  await limited(() => takeLoginAttempt(app.db, app.deps, email))
})

test('POST /login refuses even the right password while the account is delayed', async () => {
  for (let i = 0; i < 5; i++) await takeLoginAttempt(app.db, app.deps, 'ann@example.com')
  expect((await logIn('ann@example.com', PASSWORD)).status).toBe(429)
  app.passMs(1000)
  expect((await logIn('ann@example.com', PASSWORD)).status).toBe(200)
  expect(await app.db.query('SELECT 1 FROM login_delays')).toEqual([])
})

test('purgeRateLimits() and purgeLoginDelays() delete what counts no more, and only that', async () => {
  await limit(app.db, app.deps, 'login', { address: '198.51.100.13' })
  await takeLoginAttempt(app.db, app.deps, 'purge@example.com')
  expect([await purgeRateLimits(app.db), await purgeLoginDelays(app.db)]).toEqual([0, 0])
  app.passMs(73 * HOUR_MS)
  expect([await purgeRateLimits(app.db), await purgeLoginDelays(app.db)]).toEqual([2, 1])
})

function logIn(email: string, password: string): Promise<Response> {
  return app.post('/api/auth/login', { email, password })
}

/** The Retry-After of the 429 that `attempt` must end in, in seconds. */
async function limited(attempt: () => Promise<unknown>): Promise<number> {
  const error = await attempt().then(() => undefined, (reason: unknown) => reason)
  if (!(error instanceof Problem)) throw new Error('Expected a refusal', { cause: error })
  expect(error.code).toBe('rate-limited')
  return error.options.retryAfter ?? 0
}
