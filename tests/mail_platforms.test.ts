import { build } from 'esbuild'
import { afterEach, expect, test, vi } from 'vitest'
import { ConfigError, parseConfig } from '../api/config.ts'
import { buildDeps } from '../api/deps.ts'
import { createIdFactory } from '../api/ids.ts'
import { createLog } from '../api/log.ts'
import { queueMail } from '../api/mail/outbox.ts'
import { buildWorker } from '../dev/build/worker.ts'
import { freePort } from '../dev/ports.ts'
import { startApiProcess, stopApiProcess } from './support/api_process.ts'
import { randomBytes } from './support/catalogue.ts'
import { freshDatabase } from './support/database.ts'
import { MAIL_FROM, MAIL_KEY, testEnvironment } from './support/environment.ts'
import { startSmtpSink } from './support/smtp.ts'

const NOWHERE = 'http://127.0.0.1:9'
const environment = await testEnvironment({
  publicUrl: 'https://shop.example.com',
  stripeUrl: NOWHERE,
  panelUrl: NOWHERE,
})

const cleanUps: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

function deps(changes: Record<string, string>, platform: { smtp?: boolean } = {}) {
  const lines: string[] = []
  const smtpMailer = { send: () => Promise.reject(new Error('not sent')) }
  const built = buildDeps(parseConfig({ ...environment, ...changes }), {
    openDb: () => {
      throw new Error('not opened')
    },
    log: createLog((line) => lines.push(line), () => new Date()),
    clientAddress: () => 'unknown',
    wake: () => {},
    ...(platform.smtp ? { createSmtpMailer: () => smtpMailer } : {}),
  })
  return { mailer: built.mailer, lines, isSmtp: built.mailer === smtpMailer }
}

test('a platform without SMTP refuses to start on SMTP_URL alone, and says what to set', () => {
  const smtp = { SMTP_URL: 'smtps://u:p@mail.example.com', MAIL_FROM }
  expect(() => deps(smtp)).toThrow(ConfigError)
  expect(() => deps(smtp)).toThrow('set MAIL_API_KEY instead of SMTP_URL')
  expect(deps(smtp, { smtp: true }).isSmtp).toBe(true)
  const both = deps({ ...smtp, MAIL_API_KEY: MAIL_KEY }, { smtp: true })
  expect({ mailer: Boolean(both.mailer), isSmtp: both.isSmtp })
    .toEqual({ mailer: true, isSmtp: false })
})

test('a shop without a way to send starts, and warns once', () => {
  const { mailer, lines } = deps({}, { smtp: true })
  expect(mailer).toBeUndefined()
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn'])
})

test.each([
  [{ SMTP_URL: 'smtps://u:p@mail.example.com' }, 'MAIL_FROM is missing'],
  [{ MAIL_API_KEY: MAIL_KEY }, 'MAIL_FROM is missing'],
  [{ MAIL_API_URL: 'https://mail.example.com', MAIL_FROM }, 'MAIL_API_KEY is missing'],
  [{ MAIL_API_KEY: MAIL_KEY, MAIL_FROM, MAIL_API_URL: 'http://mail.example.com' }, 'MAIL_API_URL'],
  [{ MAIL_API_KEY: 're_change_me_please', MAIL_FROM }, 'MAIL_API_KEY is a placeholder'],
  [{ MAIL_FROM: 'shop@your-shop.example' }, 'MAIL_FROM is a placeholder'],
  [{ MAIL_FROM: 'Shop <shop@example.com>' }, 'MAIL_FROM must be a bare address'],
  [{ MAIL_FROM: 'shop@example.com\r\nBcc: eve@example.com' }, 'MAIL_FROM must be'],
  [{ SMTP_URL: 'mail.example.com:25', MAIL_FROM }, 'SMTP_URL must look like'],
  [{ SMTP_URL: 'smtp://u:%zz@mail.example.com', MAIL_FROM }, 'SMTP_URL must look like'],
])('%j stops the start: %s', (changes, sentence) => {
  expect(() => parseConfig({ ...environment, ...changes })).toThrow(sentence)
})

/** Words of nodemailer's that no bundle with it lacks, and none without it has. */
const NODEMAILER = /EREQUIRETLS|STARTTLS command|nodemailer\.com/

test('the Worker’s bundle holds nothing of nodemailer', async () => {
  expect(await buildWorker()).not.toMatch(NODEMAILER)
  const { outputFiles: [withIt] } = await build({
    entryPoints: ['api/mail/smtp_mailer.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  })
  expect(withIt?.text).toMatch(NODEMAILER)
})

test('a Deno process given SMTP_URL sends what waits in the outbox', async () => {
  const database = await freshDatabase()
  cleanUps.push(() => database.drop())
  const sink = await startSmtpSink()
  cleanUps.push(() => sink.stop())
  const port = freePort()
  const newId = createIdFactory(() => new Date(), randomBytes)
  await database.openDb().transaction((tx) =>
    queueMail(tx, { newId }, {
      template: 'account_exists',
      to: { userId: newId('user'), email: 'ada@example.com' },
      causeId: 'test',
      facts: {},
    })
  )
  const process = await startApiProcess({
    environment: {
      ...environment,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
      MAIL_FROM,
    },
    databaseUrl: database.url,
    port,
  })
  cleanUps.push(() => stopApiProcess(process))
  await vi.waitFor(() => expect(sink.mails).toHaveLength(1), { timeout: 15_000 })
  expect(sink.mails[0]?.envelope).toEqual({ from: MAIL_FROM, to: ['ada@example.com'] })
}, 30_000)
