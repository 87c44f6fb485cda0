import { mailTokenOf } from '../accounts/mail_tokens.ts'
import type { Config } from '../config.ts'
import { cleanFacts, cleanLine, isSafeAddress } from './clean.ts'
import { MailError, type OutgoingMail } from './mailer.ts'
import { type Shop, writeMail } from './messages.ts'
import type { WaitingMail } from './store.ts'

/** What of a row of the outbox its mail is made of. */
export type Composable = Pick<WaitingMail, 'id' | 'to' | 'template' | 'facts' | 'expiresAt'>

/**
 * A mail of the outbox as it leaves; the same each time it is tried, so that a provider knows it
 * again. The one place that everything in a mail passes: names lose what could end a header line,
 * and an address that holds such a thing is a MailError for good.
 */
export function composeMail(mail: Composable, config: Config): OutgoingMail {
  const { MAIL_FROM, SHOP_NAME, PUBLIC_URL, PANEL_URL, AUTH_SECRET } = config
  if (!MAIL_FROM) throw new Error('Cannot write a mail as MAIL_FROM is not set')
  if (!isSafeAddress(mail.to)) {
    throw new MailError('Cannot write to the address as it is none', { retryable: false })
  }
  const shop: Shop = {
    name: cleanLine(SHOP_NAME),
    url: PUBLIC_URL,
    panelUrl: PANEL_URL,
    linkEndsAt: mail.expiresAt?.toISOString() ?? null,
    tokenOf: (tokenId) => mailTokenOf(AUTH_SECRET, tokenId),
  }
  return {
    ...writeMail(mail.template, cleanFacts(JSON.parse(mail.facts)), shop),
    id: mail.id,
    messageId: `<${mail.id}@${new URL(PUBLIC_URL).hostname}>`,
    template: mail.template,
    from: { name: shop.name, address: MAIL_FROM },
    to: mail.to,
  }
}
