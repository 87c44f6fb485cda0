import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { runDue } from '../api/jobs/run.ts'
import { createHttpMailer } from '../api/mail/http_mailer.ts'
import type { MailTemplate } from '../api/mail/messages.ts'
import { type NewMail, queueMail } from '../api/mail/outbox.ts'
import { sendMail } from '../api/mail/send.ts'
import type { Client } from './support/client.ts'
import { MAIL_KEY } from './support/environment.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let shop: Shop
let buyer: Client
let userId: string

beforeAll(async () => {
  shop = await startShop()
  buyer = await shop.customer('buyer@example.com')
  userId = (await buyer.get('/api/auth/me')).body.user.id
  await shop.drain()
})

afterEach(() => {
  shop.intercept.mail = undefined
  shop.faults.clear()
})

afterAll(() => shop.stop())

let causes = 0

/** A mail that nothing else in the shop has caused, to an address of its own. */
function newMail(changes: Partial<NewMail<'password_changed'>> = {}): NewMail<'password_changed'> {
  causes++
  return {
    template: 'password_changed',
    to: { userId, email: `reader-${causes}@example.com` },
    causeId: `test:${causes}`,
    facts: { at: '2026-11-24T18:04:00.000Z' },
    ...changes,
  }
}

async function queue<T extends MailTemplate>(mail: NewMail<T>): Promise<boolean> {
  return await shop.db.transaction((tx) => queueMail(tx, shop.deps, mail))
}

interface Row {
  id: string
  sentAt: Date | null
  givenUpAt: Date | null
  lastError: string | null
  providerId: string | null
  runAt: Date | null
  jobStatus: string | null
}

async function rowOf(causeId: string): Promise<Row> {
  const rows = await shop.db.query<Row>(
    `SELECT o.id, o.sent_at AS sentAt, o.given_up_at AS givenUpAt, o.last_error AS lastError,
       o.provider_id AS providerId, j.run_at AS runAt, j.status AS jobStatus
      FROM outbox o LEFT JOIN jobs j ON j.topic = CONCAT('mail.send:', o.id) WHERE o.cause_id = ?`,
    [causeId],
  )
  expect(rows).toHaveLength(1)
  // Safe because of the line above.
  return rows[0] as Row
}

function received(email: string) {
  return shop.mails.filter((mail) => mail.to.includes(email))
}

function providerAway() {
  return shop.faults.order({ on: { service: 'mailbox' }, fault: { name: 'status', status: 503 } })
}

/** The provider answers so and no other way; gives the idempotency keys of what it is asked. */
function answers(status: number, body: unknown) {
  const keys: (string | null)[] = []
  shop.intercept.mail = (request) => {
    keys.push(request.headers.get('idempotency-key'))
    return Promise.resolve(Response.json(body, { status }))
  }
  return keys
}

test('a buyer gets one mail for the payment and one for the server, each once', async () => {
  const { orderId } = await placeOrder(buyer)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(MINUTE_MS)
  const mails = received('buyer@example.com').filter((mail) =>
    mail.text.includes(orderId) ||
    mail.tags.template === 'server_ready'
  )
  expect(mails.map((mail) => mail.tags.template)).toEqual(['order_received', 'server_ready'])
  expect(mails[0]?.text).toContain(PURCHASE.serverName)
  expect(await shop.db.query('SELECT id FROM outbox WHERE sent_at IS NULL')).toEqual([])
})

test('a mail and its job are written with their cause, or not at all', async () => {
  const mail = newMail()
  const failing = shop.db.transaction(async (tx) => {
    expect(await queueMail(tx, shop.deps, mail)).toBe(true)
    throw new Error('the cause fails')
  })
  await expect(failing).rejects.toThrow('the cause fails')
  await shop.drain()
  expect(received(mail.to.email)).toEqual([])
  expect(await shop.db.query('SELECT id FROM outbox WHERE cause_id = ?', [mail.causeId]))
    .toEqual([])
  await queue(mail)
  await shop.drain()
  expect(received(mail.to.email)).toHaveLength(1)
})

test('queueMail() takes a template once per cause, however many try at once', async () => {
  const mail = newMail()
  const tries = await Promise.all(Array.from({ length: 12 }, () => queue(mail)))
  expect(tries.filter(Boolean)).toHaveLength(1)
  expect(await queue({ ...mail, template: 'panel_login_set' })).toBe(true)
  expect(await queue(newMail({ to: mail.to }))).toBe(true)
  await shop.drain()
  expect(received(mail.to.email)).toHaveLength(3)
  const jobs = await shop.db.query(
    "SELECT j.id FROM jobs j JOIN outbox o ON j.topic = CONCAT('mail.send:', o.id) WHERE o.cause_id = ?",
    [mail.causeId],
  )
  expect(jobs).toHaveLength(2)
})

test('a mail leaves under its own id, which the provider and mail programs know again', async () => {
  const mail = newMail()
  await queue(mail)
  await shop.drain()
  const row = await rowOf(mail.causeId)
  const [sent] = received(mail.to.email)
  expect(row).toMatchObject({ providerId: sent?.id, lastError: null, jobStatus: 'done' })
  expect(sent).toMatchObject({
    idempotencyKey: row.id,
    from: '"Spawnpoint" <shop@spawnpoint.test>',
    headers: { 'Message-ID': `<${row.id}@127.0.0.1>`, 'Auto-Submitted': 'auto-generated' },
    tags: { template: 'password_changed' },
  })
})

test('a process that dies before it notes the sending hands the same mail over again, and it comes once', async () => {
  const mail = newMail()
  await queue(mail)
  await shop.drain()
  const { id } = await rowOf(mail.causeId)
  await shop.db.run('UPDATE outbox SET sent_at = NULL, provider_id = NULL WHERE id = ?', [id])
  await sendMail(shop.db, shop.deps, { mailId: id }, 2)
  expect(received(mail.to.email)).toHaveLength(1)
  expect(await rowOf(mail.causeId))
    .toMatchObject({ sentAt: expect.any(Date), providerId: received(mail.to.email)[0]?.id })
})

test('a mail that was taken and is written differently since counts as sent', async () => {
  const mail = newMail()
  await queue(mail)
  await shop.drain()
  const { id } = await rowOf(mail.causeId)
  await shop.db.run('UPDATE outbox SET sent_at = NULL, provider_id = NULL WHERE id = ?', [id])
  const renamed = { ...shop.deps, config: { ...shop.deps.config, SHOP_NAME: 'Other' } }
  await sendMail(shop.db, renamed, { mailId: id }, 2)
  expect((await rowOf(mail.causeId)).sentAt).toEqual(expect.any(Date))
  expect(received(mail.to.email)).toHaveLength(1)
})

test('a job that runs twice, or late, sends nothing more', async () => {
  const mail = newMail()
  await queue(mail)
  await shop.drain()
  const keys = answers(200, { id: 'again' })
  await sendMail(shop.db, shop.deps, { mailId: (await rowOf(mail.causeId)).id }, 2)
  await sendMail(shop.db, shop.deps, { mailId: `mal_${'0'.repeat(26)}` }, 1)
  expect(keys).toEqual([])
})

test.each([
  ['answers 503', 503, { name: 'internal_server_error', message: 'try later' }],
  ['answers 429', 429, { name: 'rate_limit_exceeded', message: 'slow down' }],
  ['refuses our key', 403, { name: 'invalid_api_key', message: 'API key is invalid.' }],
  ['refuses our address', 422, { name: 'invalid_from_address', message: 'Invalid `from` field.' }],
  ['answers nonsense', 200, { ok: 'yes' }],
  ['is not there', 404, '<h1>404</h1>'],
])(
  'while the provider %s a mail waits for a day and more, and leaves when that ends',
  async (_name, status, body) => {
    const mail = newMail()
    answers(status, body)
    await queue(mail)
    await shop.drain()
    expect((await rowOf(mail.causeId)).lastError).toContain(String(status))
    for (let hours = 0; hours < 30; hours++) {
      shop.clock.advance(HOUR_MS)
      await shop.drain()
    }
    const waiting = await rowOf(mail.causeId)
    expect(waiting).toMatchObject({ sentAt: null, givenUpAt: null, jobStatus: 'ready' })
    shop.intercept.mail = undefined
    shop.clock.advance(7 * MINUTE_MS)
    await shop.drain()
    expect(received(mail.to.email)).toHaveLength(1)
    expect(await rowOf(mail.causeId)).toMatchObject({ lastError: null, jobStatus: 'done' })
  },
)

test('a provider that cannot be reached loses no mail', async () => {
  const mail = newMail()
  const mailer = createHttpMailer({ apiUrl: 'http://127.0.0.1:9', apiKey: MAIL_KEY })
  await queue(mail)
  await runDue(shop.db, { ...shop.deps, mailer })
  expect(await rowOf(mail.causeId)).toMatchObject({
    sentAt: null,
    givenUpAt: null,
    jobStatus: 'ready',
    lastError: expect.stringContaining('Cannot reach the mail provider'),
  })
})

test('a provider that says how long to wait is left alone so long', async () => {
  const mail = newMail()
  shop.faults.order({ on: { service: 'mailbox' }, fault: { name: 'rate-limit', seconds: 900 } })
  await queue(mail)
  await shop.drain()
  const { runAt } = await rowOf(mail.causeId)
  const waitsMs = (runAt?.getTime() ?? 0) - shop.clock.now().getTime()
  expect(waitsMs).toBeGreaterThan(14 * MINUTE_MS)
  expect(waitsMs).toBeLessThan(16 * MINUTE_MS)
})

test.each([
  [422, { name: 'validation_error', message: 'No <ada@example.com> for re_live_abcdefgh' }],
  [400, { name: 'validation_error', message: 'no such mailbox' }],
])(
  'a mail that the provider refuses with %i is given up, and a person hears why',
  async (status, body) => {
    const mail = newMail()
    const keys = answers(status, body)
    await queue(mail)
    const before = shop.lines.length
    await shop.drain()
    shop.clock.advance(HOUR_MS)
    await shop.drain()
    const row = await rowOf(mail.causeId)
    expect(row).toMatchObject({
      sentAt: null,
      givenUpAt: expect.any(Date),
      jobStatus: 'done',
      lastError: expect.stringContaining(`${status} validation_error`),
    })
    expect(keys.filter((key) => key === row.id)).toHaveLength(1)
    const told = shop.lines.slice(before).map((line) => JSON.parse(line))
      .filter((line) => line.level === 'error' && line.mailId === row.id)
    expect(told).toMatchObject([{ msg: 'a mail is given up', code: 'password_changed' }])
    expect(JSON.stringify([row, told])).not.toMatch(/re_live_abcdefgh|ada@example/)
  },
)

test('a mail whose link has ended is given up, not sent', async () => {
  const late = newMail({ usefulForMs: 30 * MINUTE_MS })
  const inTime = newMail({ usefulForMs: 2 * HOUR_MS })
  const away = providerAway()
  await queue(late)
  await queue(inTime)
  await shop.drain()
  away.cancel()
  shop.clock.advance(HOUR_MS)
  await shop.drain()
  expect(received(late.to.email)).toEqual([])
  expect(await rowOf(late.causeId)).toMatchObject({
    givenUpAt: expect.any(Date),
    lastError: expect.stringContaining('link ended'),
  })
  expect(received(inTime.to.email)).toHaveLength(1)
})

test('who asks for a link again during an outage gets one mail, with the link that works', async () => {
  const email = 'twice@example.com'
  const away = providerAway()
  const client = await shop.customer(email)
  await shop.drain()
  shop.clock.advance(5 * MINUTE_MS)
  expect((await client.post('/api/auth/verification')).status).toBe(202)
  await shop.drain()
  away.cancel()
  shop.clock.advance(10 * MINUTE_MS)
  await shop.drain()
  expect(received(email)).toHaveLength(1)
  const token = received(email)[0]?.text.match(/\/verify#(\S+)/)?.[1]
  expect((await client.post('/api/auth/verification/confirm', { token })).status).toBe(200)
  const given = await shop.db.query<{ reason: string }>(
    'SELECT last_error AS reason FROM outbox WHERE to_email = ? AND given_up_at IS NOT NULL',
    [email],
  )
  expect(given).toEqual([{ reason: expect.stringContaining('another took its place') }])
})

test('a mail that nobody took for a week is given up', async () => {
  const mail = newMail()
  providerAway()
  await queue(mail)
  await shop.drain()
  shop.clock.advance(7 * 24 * HOUR_MS)
  await shop.drain()
  expect((await rowOf(mail.causeId)).givenUpAt).toEqual(expect.any(Date))
})

test('a mail that lost its job gets one at the next sweep; one whose job died waits for a person', async () => {
  const [lost, died] = [newMail(), newMail()]
  await queue(lost)
  await queue(died)
  const { id } = await rowOf(lost.causeId)
  await shop.db.run('DELETE FROM jobs WHERE topic = ?', [`mail.send:${id}`])
  const dead = await rowOf(died.causeId)
  await shop.db.run("UPDATE jobs SET status = 'dead', dedupe_key = NULL WHERE topic = ?", [
    `mail.send:${dead.id}`,
  ])
  await shop.sweep()
  await shop.drain()
  expect(received(lost.to.email)).toHaveLength(1)
  expect(received(died.to.email)).toEqual([])
  await shop.db.run("DELETE FROM jobs WHERE status = 'dead'")
})

test('what was sent or given up is kept for 90 days, and what waits for longer', async () => {
  const [sent, waiting] = [newMail(), newMail()]
  await queue(sent)
  await shop.drain()
  shop.clock.advance(89 * 24 * HOUR_MS)
  await shop.sweep('purge')
  await rowOf(sent.causeId)
  await queue(waiting)
  await shop.db.run(
    'UPDATE outbox SET created_at = created_at - INTERVAL 100 DAY WHERE cause_id = ?',
    [
      waiting.causeId,
    ],
  )
  shop.clock.advance(2 * 24 * HOUR_MS)
  await shop.sweep('purge')
  expect(await shop.db.query('SELECT id FROM outbox WHERE cause_id = ?', [sent.causeId]))
    .toEqual([])
  await rowOf(waiting.causeId)
})

test('a shop without a way to send runs, says so at its start, and keeps its mails for the day it has one', async () => {
  const silent = await startShop({ environment: { MAIL_API_KEY: '', MAIL_API_URL: '' } })
  try {
    const warnings = silent.lines.filter((line) => line.includes('NO MAIL IS SENT'))
    expect(warnings).toHaveLength(1)
    const client = await silent.customer('patient@example.com')
    const { orderId } = await placeOrder(client)
    await silent.stripe.pay(await sessionOf(silent.db, orderId))
    await silent.pass(MINUTE_MS)
    const waiting = () =>
      silent.db.query(
        "SELECT id FROM outbox WHERE sent_at IS NULL AND given_up_at IS NULL AND last_error LIKE '%MAIL_API_KEY%'",
      )
    // The order's two, and the link that confirms the address, which is of no use after a day.
    expect(await waiting()).toHaveLength(3)
    silent.clock.advance(9 * 24 * HOUR_MS)
    await silent.drain()
    expect(await waiting()).toHaveLength(2)
    silent.clock.advance(2 * MINUTE_MS)
    await runDue(silent.db, { ...silent.deps, mailer: shop.deps.mailer })
    expect(received('patient@example.com')).toHaveLength(2)
  } finally {
    await silent.stop()
  }
})
