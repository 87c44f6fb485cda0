import { expect } from 'vitest'
import type { Context } from 'hono'
import { getConnInfo } from 'hono/deno'
import { mailTokenOf } from '../../api/accounts/mail_tokens.ts'
import type { Passwords } from '../../api/accounts/password.ts'
import type { RateLimits } from '../../api/accounts/rate_limits.ts'
import { startSession } from '../../api/accounts/sessions.ts'
import { requireSignedIn } from '../../api/accounts/signed_in.ts'
import { createApp } from '../../api/app.ts'
import { type Config, parseConfig } from '../../api/config.ts'
import type { Db, Queryable } from '../../api/db.ts'
import { buildDeps, type Deps } from '../../api/deps.ts'
import { clientAddressOf } from '../../api/http/client_address.ts'
import { runDue } from '../../api/jobs/run.ts'
import { createLog } from '../../api/log.ts'
import { composeMail } from '../../api/mail/compose.ts'
import type { OutgoingMail } from '../../api/mail/mailer.ts'
import type { MailTemplate } from '../../api/mail/messages.ts'
import { createClock } from './clock.ts'
import { createContract } from './contract.ts'
import { freshDatabase } from './database.ts'
import { testEnvironment } from './environment.ts'
import { storedPassword } from './passwords.ts'

export interface AccountsApp {
  db: Db
  deps: Deps
  url: string
  /** Moves the clock of the API and of the database. */
  passMs(ms: number): void
  /** Every SQL text so far; set it to [] to start over. */
  statements: string[]
  /** Passwords hashed and checked so far. */
  hashes: number
  /** A new account with PASSWORD, stored so weakly that checking it takes no time, and a session. */
  account(changes?: { email?: string; verified?: boolean }): Promise<Account>
  /** Runs the jobs that are due. */
  drain(): Promise<void>
  /** The mails to an address, oldest first. */
  mailsTo(email: string): Promise<OutboxMail[]>
  /** The token in the link of the newest such mail. */
  tokenMailedTo(email: string, template: MailTemplate): Promise<string>
  auditOf(subject: string): Promise<string[]>
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>
  /** A POST as the shop's own page sends it; `headers` may say otherwise. Keeps no cookies. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

export { NO_LIMITS } from './limits.ts'

export interface Account {
  id: string
  email: string
  sessionId: string
  cookie: { cookie: string }
  bearer: { authorization: string }
  refreshToken: string
}

export interface OutboxMail {
  template: MailTemplate
  facts: Record<string, unknown>
}

export const PASSWORD = 'correct horse battery'

/**
 * The API over real HTTP on a database of its own, without anything to sell. POST /api/probe is a
 * write that needs no more than to be signed in.
 */
export async function startAccountsApp(
  { rateLimits, publicUrl = 'http://shop.test' }: {
    rateLimits?: RateLimits
    publicUrl?: string
  } = {},
): Promise<AccountsApp> {
  const clock = createClock()
  const database = await freshDatabase(clock.offsetMs)
  const nowhere = 'http://127.0.0.1:9'
  const urls = { publicUrl, stripeUrl: nowhere, panelUrl: nowhere }
  const config = parseConfig(await testEnvironment(urls))
  const counts: Pick<AccountsApp, 'statements' | 'hashes'> = { statements: [], hashes: 0 }
  const openDb = () => recording(database.openDb(), (sql) => counts.statements.push(sql))
  const built = buildDeps(config, {
    openDb,
    log: createLog(() => {}, clock.now),
    clientAddress: socketAddress(config),
    wake: () => {},
    now: clock.now,
    ...(rateLimits ? { rateLimits } : {}),
  })
  const deps = { ...built, passwords: counting(built.passwords, () => counts.hashes++) }
  const app = createApp(deps)
    .post('/api/probe', requireSignedIn, (c) => c.json({ userId: c.var.signedIn.userId }))
  const contract = createContract()
  const server = Deno.serve(
    { port: 0, hostname: '127.0.0.1', onListen() {} },
    async (request, info) => await contract.check(request, await app.fetch(request, info)),
  )
  const url = `http://127.0.0.1:${server.addr.port}`
  const db = database.openDb()
  const send: AccountsApp['send'] = (method, path, body, headers = {}) =>
    fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', origin: publicUrl, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  return Object.assign(counts, {
    db,
    deps,
    url,
    passMs: clock.advance,
    account: (changes: Parameters<AccountsApp['account']>[0]) => newAccount(db, deps, changes),
    async drain() {
      while (await runDue(db, deps) > 0);
    },
    mailsTo: (email: string) => mailsTo(db, email),
    async tokenMailedTo(email: string, template: MailTemplate) {
      const mail = (await mailsTo(db, email)).findLast((mail) => mail.template === template)
      return mailTokenOf(config.AUTH_SECRET, String(mail?.facts.tokenId))
    },
    auditOf: (subject: string) => auditOf(db, subject),
    send,
    post: (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
      send('POST', path, body, headers),
    get: (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers }),
    async stop() {
      await server.shutdown()
      await database.drop()
      expect(contract.violations).toEqual([])
    },
  })
}

/** The cookies a response sets, as the Cookie header of the next request; deleted ones left out. */
export function cookiesOf(response: Response): string {
  return response.headers.getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ')
}

async function newAccount(
  db: Db,
  deps: Deps,
  { email = `${crypto.randomUUID()}@example.com`, verified = true }: {
    email?: string
    verified?: boolean
  } = {},
): Promise<Account> {
  const id = deps.newId('user')
  const secret = deps.config.AUTH_SECRET
  await db.run(
    `INSERT INTO users (id, email, password_hash, role, email_verified_at, created_at)
     VALUES (?, ?, ?, 'customer', IF(?, {now}, NULL), {now})`,
    [id, email, storedPassword(PASSWORD, { secret, ln: 1, r: 8, p: 1 }), verified],
  )
  const session = await db.transaction((tx) =>
    startSession(tx, deps, { userId: id, userAgent: 'test' })
  )
  const accessToken = await deps.tokens.sign(session)
  const { sessionId, refreshToken } = session
  return {
    id,
    email,
    sessionId,
    cookie: { cookie: `at=${accessToken}; rt=${refreshToken}` },
    bearer: { authorization: `Bearer ${accessToken}` },
    refreshToken,
  }
}

async function mailsTo(db: Db, email: string): Promise<OutboxMail[]> {
  const rows = await db.query<{ template: MailTemplate; facts: string }>(
    'SELECT template, facts FROM outbox WHERE to_email = ? ORDER BY created_at, id',
    [email],
  )
  return rows.map(({ template, facts }) => ({ template, facts: JSON.parse(facts) }))
}

async function auditOf(db: Db, subject: string): Promise<string[]> {
  const rows = await db.query<{ action: string }>(
    'SELECT action FROM audit_log WHERE subject = ? ORDER BY at, id',
    [subject],
  )
  return rows.map(({ action }) => action)
}

function recording(db: Db, record: (sql: string) => void): Db {
  const watch = <Q extends Queryable>(it: Q): Q => ({
    ...it,
    query: (sql, params) => (record(sql), it.query(sql, params)),
    run: (sql, params) => (record(sql), it.run(sql, params)),
  })
  return { ...watch(db), transaction: (work) => db.transaction((tx) => work(watch(tx))) }
}

function counting(passwords: Passwords, count: () => void): Passwords {
  return {
    hash: (password) => (count(), passwords.hash(password)),
    check: (password, stored) => (count(), passwords.check(password, stored)),
  }
}

function socketAddress(config: Config) {
  return (c: Context) =>
    clientAddressOf({
      peer: getConnInfo(c).remote.address ?? '',
      forwardedFor: c.req.header('x-forwarded-for'),
      trustedProxies: config.TRUSTED_PROXIES,
    })
}

/** A link's mail as it leaves the shop. */
export function composeLink(
  config: Config,
  template: 'verify_email' | 'confirm_new_email' | 'reset_password',
  tokenId: string,
): OutgoingMail {
  const facts = JSON.stringify({ tokenId })
  const row = { id: 'mal_1', to: 'a@example.com', template, facts, expiresAt: null }
  return composeMail(row, { ...config, MAIL_FROM: 'shop@example.com' })
}
