import type { MailTemplate } from './messages.ts'

/** A mail as it leaves: every field is clean of control characters. */
export interface OutgoingMail {
  /** Ours; the same each time the mail is tried, so that a provider may know it again. */
  id: string
  /** With its angle brackets. */
  messageId: string
  template: MailTemplate
  from: { name: string; address: string }
  to: string
  subject: string
  text: string
  html: string
}

/**
 * Hands mails to whoever delivers them. Accepting one twice is possible: the connection may break
 * between the provider's yes and our hearing it.
 */
export interface Mailer {
  /** Resolves once the provider took the mail, with its own id of it if it has one. Throws MailError. */
  send(mail: OutgoingMail): Promise<{ providerId?: string }>
}

/** The provider did not take the mail. */
export class MailError extends Error {
  /** False when the provider refuses this very mail for good. */
  readonly retryable: boolean
  /** How long the provider asks us to wait. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    { retryable, retryAfterMs, cause }: {
      retryable: boolean
      retryAfterMs?: number
      cause?: unknown
    },
  ) {
    super(message, { cause })
    this.name = 'MailError'
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}

/** Nothing may take longer to answer. */
export const MAIL_TIMEOUT_MS = 15_000

/** What every mail says of itself, so that no holiday reply and no mailing list answers it. */
export const MAIL_HEADERS = { 'Auto-Submitted': 'auto-generated' }

/** Why mails wait in a shop that was given no way to send them. */
export const UNCONFIGURED = 'neither MAIL_API_KEY nor SMTP_URL is set'
