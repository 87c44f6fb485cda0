import { Hono } from 'hono'
import { apiRoutes } from './api.ts'
import { pageRoutes } from './pages.ts'

export interface MailboxOptions {
  /** What the shop must show to have a mail taken. */
  apiKey: string
  now: () => Date
  /** What `snapshot()` gave in an earlier run. */
  state?: unknown
  /** Called whenever there is something new to keep. */
  onChange?: () => void
}

/** A mail that the shop handed over, as the provider got it. */
export interface ReceivedMail {
  /** The provider's own id of it. */
  id: string
  /** ISO 8601, UTC. */
  at: string
  idempotencyKey: string | undefined
  from: string
  to: string[]
  subject: string
  html: string
  text: string
  headers: Record<string, string>
  /** What the shop says of the mail to its provider alone: `template`. */
  tags: Record<string, string>
}

/**
 * A mail provider with an HTTP API that answers as Resend's does, and a mailbox to read what it was
 * given: nothing leaves this machine.
 */
export interface Mailbox {
  fetch(request: Request): Promise<Response>
  /** Oldest first. */
  mails: readonly ReceivedMail[]
  snapshot(): unknown
}

/** Older mails make room. */
const KEPT = 500

export function createMailbox(options: MailboxOptions): Mailbox {
  const mails = readState(options.state)
  const keep = (mail: ReceivedMail) => {
    mails.push(mail)
    if (mails.length > KEPT) mails.shift()
    options.onChange?.()
  }
  const app = new Hono()
    .route('/emails', apiRoutes({ ...options, mails, keep }))
    .route('/', pageRoutes(mails))
  return {
    fetch: async (request) => await app.fetch(request),
    mails,
    snapshot: () => ({ mails }),
  }
}

function readState(state: unknown): ReceivedMail[] {
  if (typeof state !== 'object' || state === null || !('mails' in state)) return []
  // Safe because only `snapshot()` writes it.
  return state.mails as ReceivedMail[]
}
