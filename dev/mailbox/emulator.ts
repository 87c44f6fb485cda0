import { Hono } from 'hono'
import { createFaults, type Faults } from '../faults/faults.ts'
import { withFaults } from '../faults/wire.ts'
import { apiRoutes } from './api.ts'
import { pageRoutes } from './pages.ts'
import { mailboxVoice } from './voice.ts'

export interface MailboxOptions {
  /** What the shop must show to have a mail taken. */
  apiKey: string
  now: () => Date
  /** What `snapshot()` gave in an earlier run. */
  state?: unknown
  /** Called whenever there is something new to keep. */
  onChange?: () => void
  /** Where faults are ordered, when several emulators share the orders. */
  faults?: Faults
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
  faults: Faults
  snapshot(): unknown
}

/** Older mails make room. */
const KEPT = 500

export function createMailbox(options: MailboxOptions): Mailbox {
  const mails = readState(options.state)
  const { faults = createFaults({ services: ['mailbox'], now: options.now }) } = options
  const keep = (mail: ReceivedMail) => {
    mails.push(mail)
    if (mails.length > KEPT) mails.shift()
    options.onChange?.()
  }
  const app = new Hono()
    .route('/emails', apiRoutes({ ...options, mails, keep }))
    .route('/', pageRoutes(mails))
  return {
    fetch: withFaults(async (request) => await app.fetch(request), {
      service: 'mailbox',
      faults,
      voice: mailboxVoice,
      now: options.now,
    }),
    mails,
    faults,
    snapshot: () => ({ mails }),
  }
}

function readState(state: unknown): ReceivedMail[] {
  if (typeof state !== 'object' || state === null || !('mails' in state)) return []
  // Safe because only `snapshot()` writes it.
  return state.mails as ReceivedMail[]
}
