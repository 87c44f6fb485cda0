import { isMailTokenUsable } from '../accounts/mail_tokens.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { backoffMs, TryAgain } from '../jobs/again.ts'
import { scrub } from '../log.ts'
import { composeMail } from './compose.ts'
import { MailError, UNCONFIGURED } from './mailer.ts'
import {
  findWaitingMail,
  recordGivenUp,
  recordMailWaits,
  recordSent,
  type WaitingMail,
} from './store.ts'

/** After an outage the mails leave within minutes of its end. */
const LONGEST_RETRY_MS = 5 * 60_000

/** A provider that asks for more is asked again all the same. */
const LONGEST_ASKED_MS = 60 * 60_000

/** No provider is away for so long, and after it what a mail says is no news. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000

const MINUTE_MS = 60_000

const EXPIRED = 'its link ended before it could be sent'
/** No fault of anybody's: who asks for three links gets one mail, with the one that works. */
const REPLACED = 'its link was used, or another took its place, before it could be sent'

/**
 * Sends one mail of the outbox. At least once: between the provider's yes and our note of it the
 * process may die, and then it is handed over again under the same id, which the provider of the
 * HTTP API knows for a day, and a reader's mail program by its Message-ID.
 */
export async function sendMail(
  db: Db,
  deps: Deps,
  { mailId }: { mailId: string },
  attempts: number,
): Promise<void> {
  const mail = await findWaitingMail(db, mailId)
  if (!mail) return
  if (mail.expired) return await giveUp(db, deps, mail, EXPIRED)
  if (!await linkWorks(db, mail)) return void await recordGivenUp(db, mail.id, REPLACED)
  if (!deps.mailer) throw await waits(db, mail, { reason: UNCONFIGURED, delayMs: MINUTE_MS })
  try {
    const { providerId } = await deps.mailer.send(composeMail(mail, deps.config))
    await recordSent(db, mail.id, providerId)
  } catch (error) {
    if (!(error instanceof MailError)) throw error
    if (!error.retryable || mail.ageMs > GIVE_UP_AFTER_MS) {
      return await giveUp(db, deps, mail, error.message)
    }
    if (!mail.lastError) {
      deps.log.warn('a mail waits', { mailId, error: withoutAddresses(error.message) })
    }
    const delayMs = delayAfter(error, attempts, deps)
    throw await waits(db, mail, { reason: error.message, delayMs })
  }
}

async function linkWorks(db: Db, { facts }: WaitingMail): Promise<boolean> {
  const { tokenId } = JSON.parse(facts)
  return tokenId === undefined || await isMailTokenUsable(db, tokenId)
}

function delayAfter({ retryAfterMs = 0 }: MailError, attempts: number, deps: Deps): number {
  const ownMs = Math.min(LONGEST_RETRY_MS, backoffMs(attempts, deps.randomBytes))
  return Math.max(ownMs, Math.min(retryAfterMs, LONGEST_ASKED_MS))
}

async function waits(
  db: Db,
  mail: WaitingMail,
  { reason, delayMs }: { reason: string; delayMs: number },
): Promise<TryAgain> {
  const kept = withoutAddresses(reason)
  await recordMailWaits(db, mail.id, kept)
  return new TryAgain(kept, delayMs)
}

async function giveUp(db: Db, deps: Deps, mail: WaitingMail, reason: string): Promise<void> {
  const kept = withoutAddresses(reason)
  if (!await recordGivenUp(db, mail.id, kept)) return
  deps.log.error('a mail is given up', { mailId: mail.id, code: mail.template, error: kept })
}

/** Servers like to repeat whom they refuse; logs name nobody. */
function withoutAddresses(reason: string): string {
  return scrub(reason).replace(/[^\s<>"']+@[^\s<>"',;]+/g, '[address]')
}
