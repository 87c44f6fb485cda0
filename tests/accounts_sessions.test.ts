import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_SESSIONS, rotateSession, startSession } from '../api/accounts/sessions.ts'
import { isSessionLive } from '../api/accounts/store.ts'
import { type AccountsApp, cookiesOf, NO_LIMITS, startAccountsApp } from './support/accounts_app.ts'

const DAY_MS = 24 * 60 * 60_000

let app: AccountsApp

beforeAll(async () => {
  app = await startAccountsApp({ rateLimits: NO_LIMITS })
})

afterAll(() => app.stop())

test('POST /refresh gives 50 tokens 50 successors when 12 at once ask with each', async () => {
  const sessions = await Promise.all(Array.from({ length: 50 }, () => start()))
  const responses: Response[] = []
  // ten tokens at a time: the pool sends away more than 200 that wait
  for (let i = 0; i < 50; i += 10) {
    const some = sessions.slice(i, i + 10)
      .flatMap(({ cookie }) => Array.from({ length: 12 }, () => refresh(cookie)))
    responses.push(...await Promise.all(some))
  }
  const withStatus = (status: number) => responses.filter((response) => response.status === status)
  expect([withStatus(200).length, withStatus(409).length]).toEqual([50, 550])
  expect(withStatus(409).map(cookiesOf).filter(Boolean)).toEqual([])

  const tokens = await Promise.all(sessions.map(({ sessionId }) => countTokens(sessionId)))
  expect(tokens).toEqual(sessions.map(() => 2))
  const successors = await Promise.all(withStatus(200).map((r) => refresh(cookiesOf(r))))
  expect(successors.map(({ status }) => status)).toEqual(successors.map(() => 200))
})

test('rotateSession() issues and revokes nothing when a token comes again within 20 s', async () => {
  const { cookie, sessionId } = await start()
  const successor = cookiesOf(await refresh(cookie))
  app.passMs(19_000)
  const again = await refresh(cookie)
  expect(again.status).toBe(409)
  expect((await again.json()).type).toBe('/problems/refresh-raced')
  expect(await countTokens(sessionId)).toBe(2)
  expect((await refresh(successor)).status).toBe(200)
})

test('rotateSession() ends the session when a token comes again after 21 s, and tells the owner once', async () => {
  const { cookie, sessionId, userId } = await start()
  const successor = cookiesOf(await refresh(cookie))
  app.passMs(21_000)
  const again = await refresh(cookie)
  expect(again.status).toBe(401)
  expect(again.headers.getSetCookie().join()).toMatch(/at=; Max-Age=0.*rt=; Max-Age=0/)
  expect((await refresh(successor)).status).toBe(401)
  expect((await app.post('/api/probe', {}, { cookie: successor })).status).toBe(401)
  expect(await revokedReasonOf(sessionId)).toBe('refresh-reused')
  const audited = await app.db.query(
    `SELECT actor, action FROM audit_log WHERE subject = ?`,
    [sessionId],
  )
  expect(audited).toEqual([{ actor: userId, action: 'session.reuse' }])
  const mails = await app.db.query('SELECT template FROM outbox WHERE user_id = ?', [userId])
  expect(mails).toEqual([{ template: 'session_stolen' }])
  await refresh(cookie)
  expect(await app.db.query('SELECT 1 FROM outbox WHERE user_id = ?', [userId])).toHaveLength(1)
})

test('rotateSession() leaves the other sessions of a robbed user alone', async () => {
  const robbed = await start()
  const other = await start(robbed.userId)
  await refresh(robbed.cookie)
  app.passMs(21_000)
  await refresh(robbed.cookie)
  expect((await refresh(other.cookie)).status).toBe(200)
})

test('rotateSession() ends a session that was idle for 14 days', async () => {
  const [slow, quick] = [await start(), await start()]
  app.passMs(14 * DAY_MS - 60_000)
  expect((await refresh(quick.cookie)).status).toBe(200)
  app.passMs(120_000)
  expect((await refresh(slow.cookie)).status).toBe(401)
})

test('rotateSession() ends every session after 30 days, used or not', async () => {
  let { cookie } = await start()
  for (let day = 10; day <= 20; day += 10) {
    app.passMs(10 * DAY_MS)
    const response = await refresh(cookie)
    expect(response.status).toBe(200)
    cookie = cookiesOf(response)
  }
  app.passMs(10 * DAY_MS)
  expect((await refresh(cookie)).status).toBe(401)
})

test('rotateSession() gives nothing to a revoked session, not even the hint of a race', async () => {
  const { cookie, sessionId } = await start()
  const successor = cookiesOf(await refresh(cookie))
  await app.db.run('UPDATE sessions SET revoked_at = {now} WHERE id = ?', [sessionId])
  expect((await refresh(cookie)).status).toBe(401)
  expect((await refresh(successor)).status).toBe(401)
  expect(await countTokens(sessionId)).toBe(2)
})

test('rotateSession() takes a token for what it is whatever its text', async () => {
  for (const refreshToken of ['', '0', "' OR 1=1 -- ", '\u0000', 'A'.repeat(43), 'ä'.repeat(43)]) {
    const rotation = await rotateSession(app.db, app.deps, { refreshToken, requestId: 'req_1' })
    expect(rotation).toEqual({ outcome: 'rejected' })
  }
})

test('startSession() keeps the 20 sessions of a user that were used last', async () => {
  const first = await start()
  const second = await start(first.userId)
  app.passMs(1000)
  const used = cookiesOf(await refresh(first.cookie))
  for (let i = 2; i < MAX_SESSIONS; i++) await start(first.userId)
  expect(await isSessionLive(app.db, second)).toBe(true)
  await start(first.userId)
  expect(await isSessionLive(app.db, second)).toBe(false)
  expect((await refresh(used)).status).toBe(200)
  const live = await app.db.query(
    'SELECT 1 FROM sessions WHERE user_id = ? AND revoked_at IS NULL',
    [first.userId],
  )
  expect(live).toHaveLength(MAX_SESSIONS)
})

test('isSessionLive() knows a session only together with its user', async () => {
  const [mine, other] = [await start(), await start()]
  expect(await isSessionLive(app.db, mine)).toBe(true)
  expect(await isSessionLive(app.db, { ...mine, userId: other.userId })).toBe(false)
})

/** A session of a new user, or of `ofUser`, without the work of a password. */
async function start(ofUser?: string) {
  const userId = ofUser ?? await insertUser()
  const session = await app.db.transaction((tx) =>
    startSession(tx, app.deps, { userId, userAgent: 'test' })
  )
  return { ...session, cookie: `rt=${session.refreshToken}` }
}

async function insertUser(): Promise<string> {
  const id = app.deps.newId('user')
  await app.db.run(
    `INSERT INTO users (id, email, password_hash, role, created_at)
     VALUES (?, ?, 'none', 'customer', {now})`,
    [id, `${randomBytes(6).toString('hex')}@example.com`],
  )
  return id
}

function refresh(cookie: string): Promise<Response> {
  return app.post('/api/auth/refresh', {}, { cookie })
}

async function countTokens(sessionId: string): Promise<number> {
  const rows = await app.db.query('SELECT 1 FROM refresh_tokens WHERE session_id = ?', [sessionId])
  return rows.length
}

async function revokedReasonOf(sessionId: string): Promise<string | null | undefined> {
  const [row] = await app.db.query<{ reason: string | null }>(
    'SELECT revoked_reason AS reason FROM sessions WHERE id = ?',
    [sessionId],
  )
  return row?.reason
}
