import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cleanLine } from '../api/mail/clean.ts'
import { composeMail } from '../api/mail/compose.ts'
import { type Config, parseConfig } from '../api/config.ts'
import { createHttpMailer } from '../api/mail/http_mailer.ts'
import { type Mailer, MailError } from '../api/mail/mailer.ts'
import type { MailTemplate } from '../api/mail/messages.ts'
import { createSmtpMailer } from '../api/mail/smtp_mailer.ts'
import { parseSmtpUrl } from '../api/mail/smtp_url.ts'
import { createMailbox, type Mailbox } from '../dev/mailbox/emulator.ts'
import { MAIL_KEY, testEnvironment } from './support/environment.ts'
import { SAMPLES } from './support/mail_samples.ts'
import { serve, type Served } from './support/serve.ts'
import { headerLines, type SmtpSink, startSmtpSink } from './support/smtp.ts'

/** What turns a line of a mail into two, or its reading around. */
const POISONS = [
  '\r\nBcc: eve@example.com',
  '\nBcc: eve@example.com',
  '\rBcc: eve@example.com',
  '\u2028Bcc: eve@example.com',
  '\u0000Bcc: eve@example.com',
  '\u202eBcc: eve@example.com',
]

let smtp: SmtpSink
let http: Served
let mailbox: Mailbox
let config: Config

beforeAll(async () => {
  smtp = await startSmtpSink()
  http = serve()
  const nowhere = 'http://127.0.0.1:9'
  config = parseConfig(
    await testEnvironment({
      publicUrl: 'https://shop.example.com',
      stripeUrl: nowhere,
      panelUrl: nowhere,
      mailUrl: http.url,
    }),
  )
})

beforeEach(() => {
  smtp.mails.length = 0
  mailbox = createMailbox({ apiKey: MAIL_KEY, now: () => new Date() })
  http.handler = mailbox.fetch
})

afterAll(async () => {
  await smtp.stop()
  await http.stop()
})

function mailers(): Mailer[] {
  return [
    createSmtpMailer(parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}`)),
    createHttpMailer({ apiUrl: http.url, apiKey: MAIL_KEY }),
  ]
}

/** A row of the outbox whose every fact ends in the poison. */
function poisoned(template: MailTemplate, facts: object, poison: string) {
  return {
    id: `mal_${crypto.randomUUID().replaceAll('-', '').slice(0, 26)}`,
    to: 'ada@example.com',
    template,
    facts: JSON.stringify(
      facts,
      (name, value) => typeof value === 'string' && !FORMAL.has(name) ? value + poison : value,
    ),
    expiresAt: null,
    expired: false,
    lastError: null,
    ageMs: 0,
  }
}

/** Facts that no one can choose the text of: they are enumerated, or dates. */
const FORMAL = new Set(['problem', 'term', 'currency', 'refundAt', 'at', 'tokenId'])

const templates = Object.keys(SAMPLES) as MailTemplate[]

test.each(templates)(
  'no fact of %s reaches a header as a line of its own, by either mailer',
  async (template) => {
    for (const poison of POISONS) {
      const [facts = {}] = Object.values(SAMPLES[template])
      const hostile = { ...config, SHOP_NAME: `Shop${poison}` }
      const mail = composeMail(poisoned(template, facts, poison), hostile)
      for (const mailer of mailers()) await mailer.send(mail)
    }
    expect(smtp.mails).toHaveLength(POISONS.length)
    expect(mailbox.mails).toHaveLength(POISONS.length)
    for (const { raw, envelope } of smtp.mails) {
      expect(envelope.to).toEqual(['ada@example.com'])
      const names = headerLines(raw).map((line) => line.split(':')[0])
      expect(names.filter((name) => /^bcc$/i.test(name ?? ''))).toEqual([])
      expect(names.toSorted()).toEqual(HEADERS)
      expect(decodedHead(raw)).not.toMatch(UNSAFE)
    }
    for (const { from, to, subject, headers } of mailbox.mails) {
      expect(to).toEqual(['ada@example.com'])
      expect(JSON.stringify([from, subject, headers])).not.toMatch(/\\[rnu]/)
      expect(from + subject).not.toMatch(UNSAFE)
    }
  },
)

const HEADERS = [
  'Auto-Submitted',
  'Content-Type',
  'Date',
  'From',
  'MIME-Version',
  'Message-ID',
  'Subject',
  'To',
]

const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

/** The header with its encoded words read. */
function decodedHead(raw: string): string {
  return headerLines(raw).map((line) =>
    line.replace(
      /=\?UTF-8\?Q\?([^?]*)\?=/gi,
      (_all, text: string) => decodeURIComponent(text.replaceAll('_', '%20').replaceAll('=', '%')),
    )
  ).join('')
}

test.each(POISONS)('an address that ends in %j is not written to', (poison) => {
  const mail = { ...poisoned('account_exists', {}, ''), to: `ada@example.com${poison}` }
  expect(() => composeMail(mail, config)).toThrow(MailError)
})

test.each([
  'ada@example.com, eve@example.com',
  'Ada <ada@example.com>',
  'ada',
  '"a b"@example.com',
  'ada@exämple.com',
])(
  'what is no bare address is not written to: %j',
  (to) => {
    expect(() => composeMail({ ...poisoned('account_exists', {}, ''), to }, config))
      .toThrow('as it is none')
  },
)

test('cleanLine() keeps names of every language, and takes what could mislead', () => {
  expect(cleanLine('  Größe 漢字 🏔️ مرحبا  ')).toBe('Größe 漢字 🏔️ مرحبا')
  expect(cleanLine('a\r\n\tb\u202ec\u0085d\ufeffe\ud800f')).toBe('a b c d e f')
})

test('a name with quotes and backslashes stays one name', async () => {
  const named = { ...config, SHOP_NAME: 'The "Best" \\ <eve@example.com>' }
  const mail = composeMail(poisoned('account_exists', {}, ''), named)
  for (const mailer of mailers()) await mailer.send(mail)
  expect(mailbox.mails[0]?.from)
    .toBe('"The \\"Best\\" \\\\ <eve@example.com>" <shop@spawnpoint.test>')
  const from = headerLines(smtp.mails[0]?.raw ?? '').find((line) => line.startsWith('From:'))
  expect(from).toBe('From: "The \\"Best\\" \\\\ <eve@example.com>" <shop@spawnpoint.test>')
})
