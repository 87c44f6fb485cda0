import { createTransport, type NodemailerError } from 'nodemailer'
import {
  MAIL_HEADERS,
  MAIL_TIMEOUT_MS,
  type Mailer,
  MailError,
  type OutgoingMail,
} from './mailer.ts'
import type { SmtpAddress } from './smtp_url.ts'

export interface SmtpMailerOptions {
  /** How long the server may be silent at any point. */
  timeoutMs?: number
  /** A PEM certificate that signs the server's, where the system's do not. */
  ca?: string
}

/**
 * Sends through an SMTP server, one connection a mail. SMTP has no idempotency: a mail whose last
 * answer was lost may be delivered twice, under the same Message-ID.
 */
export function createSmtpMailer(
  address: SmtpAddress,
  { timeoutMs = MAIL_TIMEOUT_MS, ca }: SmtpMailerOptions = {},
): Mailer {
  const transport = createTransport({
    host: address.host,
    port: address.port,
    secure: address.tls === 'from the start',
    requireTLS: address.tls === 'by STARTTLS',
    ignoreTLS: address.tls === 'none',
    auth: address.login && { user: address.login.user, pass: address.login.password },
    tls: ca ? { ca } : undefined,
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(mail) {
      try {
        const { response } = await transport.sendMail(toMessage(mail))
        return { providerId: response.replace(/[^\x20-\x7e]/g, ' ').slice(0, 200) }
      } catch (error) {
        throw toMailError(error)
      }
    },
  }
}

function toMessage({ messageId, from, to, subject, text, html }: OutgoingMail) {
  return {
    messageId,
    from,
    to: { name: '', address: to },
    envelope: { from: from.address, to: [to] },
    subject,
    text,
    html,
    headers: MAIL_HEADERS,
  }
}

function toMailError(error: unknown): MailError {
  const reason = error instanceof Error ? error.message : String(error)
  return new MailError(`Cannot send by SMTP: ${reason}`, {
    retryable: !(isFault(error) && isAboutTheMail(error)),
    cause: error,
  })
}

function isFault(error: unknown): error is NodemailerError {
  return error instanceof Error && 'responseCode' in error
}

/** The server wants a login, or takes no mails at all: ours or its to mend. */
const CONFIGURATION = new Set([521, 530, 534, 535, 538])

/** A refusal for good (5xx) of the recipient or of the content. */
function isAboutTheMail({ responseCode = 0, command = '' }: NodemailerError): boolean {
  if (responseCode < 500 || CONFIGURATION.has(responseCode)) return false
  return command === 'RCPT TO' || command === 'DATA'
}
