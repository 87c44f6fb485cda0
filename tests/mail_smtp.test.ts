import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { MailError, type OutgoingMail } from '../api/mail/mailer.ts'
import { createSmtpMailer } from '../api/mail/smtp_mailer.ts'
import { parseSmtpUrl } from '../api/mail/smtp_url.ts'
import { selfSigned } from './support/certificate.ts'
import { headerLines, refusal, type SmtpSink, startSmtpSink } from './support/smtp.ts'

const LOGIN = { user: 'shop@example.com', password: 'p@ss:w/rd' }
const MAIL: OutgoingMail = {
  id: 'mal_01kaw3v5h7r8e2m4n6p9q0s1t3',
  messageId: '<mal_01kaw3v5h7r8e2m4n6p9q0s1t3@shop.example.com>',
  template: 'order_received',
  from: { name: 'Spawn "Point", Größe', address: 'shop@example.com' },
  to: 'ada@example.com',
  subject: 'Spawnpoint: your order for Höhle',
  text: 'Grüße\n',
  html: '<p>Grüße</p>\n',
}

let sink: SmtpSink | undefined

afterEach(async () => {
  await sink?.stop()
  sink = undefined
})

/** A server that takes mails only from who knows the login. */
const withLogin: SMTPServerOptions = {
  authOptional: false,
  allowInsecureAuth: true,
  onAuth: ({ username, password }, _session, callback) =>
    username === LOGIN.user && password === LOGIN.password
      ? callback(null, { user: LOGIN.user })
      : callback(refusal(535, 'Invalid username or password')),
}

async function failure(sending: Promise<unknown>): Promise<MailError> {
  const error = await sending.then(() => undefined, (error) => error)
  expect(error).toBeInstanceOf(MailError)
  return error
}

test('createSmtpMailer() hands over one mail with both bodies, our Message-ID and the sender’s name', async () => {
  sink = await startSmtpSink()
  const mailer = createSmtpMailer(parseSmtpUrl(`smtp://localhost:${sink.port}`))
  expect(await mailer.send(MAIL)).toEqual({ providerId: expect.stringMatching(/^250 /) })
  const [mail] = sink.mails
  expect(mail?.envelope).toEqual({ from: 'shop@example.com', to: ['ada@example.com'] })
  const lines = headerLines(mail?.raw ?? '')
  expect(lines).toContain(`Message-ID: ${MAIL.messageId}`)
  expect(lines).toContain('Auto-Submitted: auto-generated')
  expect(lines).toContain('To: ada@example.com')
  expect(lines.find((line) => line.startsWith('From: '))).toMatch(/<shop@example\.com>$/)
  expect(lines.find((line) => line.startsWith('Content-Type: '))).toContain('multipart/alternative')
  expect(mail?.raw).toContain('Gr=C3=BC=C3=9Fe')
})

test('a login is shown to the server, and a wrong one is ours to mend, not the mail’s end', async () => {
  sink = await startSmtpSink(withLogin)
  const url = (password: string) =>
    `smtp://${encodeURIComponent(LOGIN.user)}:${
      encodeURIComponent(password)
    }@127.0.0.1:${sink?.port}`
  await createSmtpMailer(parseSmtpUrl(url(LOGIN.password))).send(MAIL)
  expect(sink.mails).toHaveLength(1)
  const error = await failure(createSmtpMailer(parseSmtpUrl(url('wrong'))).send(MAIL))
  expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('535') })
  const without = createSmtpMailer(parseSmtpUrl(`smtp://127.0.0.1:${sink.port}`))
  expect((await failure(without.send(MAIL))).retryable).toBe(true)
  expect(sink.mails).toHaveLength(1)
})

test.each(
  [
    ['rcpt', 550, false],
    ['rcpt', 553, false],
    ['data', 554, false],
    ['rcpt', 450, true],
    ['rcpt', 421, true],
    ['data', 452, true],
    ['rcpt', 530, true],
  ] as const,
)('a %s refused with %i may be tried again: %s', async (when, code, retryable) => {
  sink = await startSmtpSink()
  sink.refuse[when] = refusal(code, 'no')
  const error = await failure(
    createSmtpMailer(parseSmtpUrl(`smtp://127.0.0.1:${sink.port}`)).send(MAIL),
  )
  expect({ retryable: error.retryable, told: error.message.includes(String(code)) })
    .toEqual({ retryable, told: true })
})

test('a server that is away, or says nothing, is asked again later', async () => {
  const away = createSmtpMailer(parseSmtpUrl('smtp://127.0.0.1:9'))
  expect((await failure(away.send(MAIL))).retryable).toBe(true)
  using listener = Deno.listen({ hostname: '127.0.0.1', port: 0 })
  const address = parseSmtpUrl(`smtp://127.0.0.1:${listener.addr.port}`)
  const error = await failure(createSmtpMailer(address, { timeoutMs: 200 }).send(MAIL))
  expect(error.retryable).toBe(true)
})

test('neither mail nor login leaves for another machine without TLS', async () => {
  sink = await startSmtpSink(withLogin)
  // As an address of another machine is read; the server offers no STARTTLS.
  const address = { ...parseSmtpUrl('smtp://mail.example.com'), host: '127.0.0.1', port: sink.port }
  const error = await failure(createSmtpMailer({ ...address, login: LOGIN }).send(MAIL))
  expect(error.retryable).toBe(true)
  expect(sink.mails).toEqual([])
})

test.each(['by STARTTLS', 'from the start'] as const)(
  'a mail travels encrypted %s, and a certificate that nobody vouches for is refused',
  async (tls) => {
    const certificate = selfSigned()
    sink = await startSmtpSink({
      ...withLogin,
      ...certificate,
      allowInsecureAuth: false,
      disabledCommands: [],
      secure: tls === 'from the start',
    })
    const address = { host: 'localhost', port: sink.port, tls, login: LOGIN }
    const error = await failure(createSmtpMailer(address).send(MAIL))
    expect(error).toMatchObject({ retryable: true, message: expect.stringMatching(/certificate/i) })
    expect(sink.mails).toEqual([])
    await createSmtpMailer(address, { ca: certificate.cert }).send(MAIL)
    expect(sink.mails).toHaveLength(1)
  },
)

test.each([
  ['smtps://u:p@mail.example.com', 465, 'from the start'],
  ['smtp://mail.example.com', 587, 'by STARTTLS'],
  ['smtp://mail.example.com:25', 25, 'by STARTTLS'],
  ['smtp://[::1]:2525', 2525, 'none'],
  ['smtp://localhost:1025', 1025, 'none'],
  ['smtps://localhost', 465, 'from the start'],
])('parseSmtpUrl() reads %s', (url, port, tls) => {
  expect(parseSmtpUrl(url)).toMatchObject({ port, tls })
})

test.each(['mail.example.com:25', 'http://mail.example.com', 'smtp://', 'smtp://a:%zz@b'])(
  'parseSmtpUrl() refuses %s',
  (url) => {
    expect(() => parseSmtpUrl(url)).toThrow()
  },
)
