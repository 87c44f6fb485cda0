import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail as an SMTP server got it. */
export interface SmtpMail {
  envelope: { from: string; to: string[] }
  /** Header and body as they came over the line. */
  raw: string
}

export interface SmtpSink {
  port: number
  mails: SmtpMail[]
  /** Where the server has to say something else than yes: an error with `responseCode`. */
  refuse: { rcpt?: Error; data?: Error }
  stop(): Promise<void>
}

/** A real SMTP server on a free port of the loopback that keeps what it is given. */
export async function startSmtpSink(options: SMTPServerOptions = {}): Promise<SmtpSink> {
  const mails: SmtpMail[] = []
  const refuse: SmtpSink['refuse'] = {}
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    ...options,
    onRcptTo: (_address, _session, callback) => callback(refuse.rcpt),
    onData(stream, session, callback) {
      const chunks: Uint8Array[] = []
      stream.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      stream.on('end', async () => {
        const { mailFrom, rcptTo } = session.envelope
        const envelope = {
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
        }
        if (!refuse.data) {
          mails.push({
            envelope,
            raw: await new Blob(chunks.map((chunk) => new Uint8Array(chunk))).text(),
          })
        }
        callback(refuse.data)
      })
    },
  })
  // A client that hangs up in the middle is what some tests are about.
  server.on('error', () => {})
  const { promise, resolve } = Promise.withResolvers<void>()
  const listening = server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = listening.address()
  return {
    port: typeof address === 'object' ? address?.port ?? 0 : 0,
    mails,
    refuse,
    stop: () => new Promise((done) => server.close(() => done())),
  }
}

/** An answer of an SMTP server that is not yes. */
export function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}

/** The header fields of a mail, unfolded, one per line as it came. */
export function headerLines(raw: string): string[] {
  const [head = ''] = raw.split('\r\n\r\n')
  return head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
}
