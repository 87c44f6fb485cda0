import type { Config } from '../config.ts'
import { cleanFacts, cleanLine, isSafeAddress } from './clean.ts'
import { MailError, type OutgoingMail } from './mailer.ts'
import { writeMail } from './messages.ts'
import type { WaitingMail } from './store.ts'

/**
 * A mail of the outbox as it leaves; the same each time it is tried, so that a provider knows it
 * again. The one place that everything in a mail passes: names lose what could end a header line,
 * and an address that holds such a thing is a MailError for good.
 */
export function composeMail(mail: WaitingMail, config: Config): OutgoingMail {
  const { MAIL_FROM, PUBLIC_URL } = config
  if (!MAIL_FROM) throw new Error('Cannot write a mail as MAIL_FROM is not set')
  if (!isSafeAddress(mail.to)) {
    throw new MailError('Cannot write to the address as it is none', { retryable: false })
  }
  const shop = { ...config, SHOP_NAME: cleanLine(config.SHOP_NAME) }
  const facts = cleanFacts(JSON.parse(mail.facts))
  return {
    ...writeMail(mail.template, facts, shop),
    id: mail.id,
    messageId: `<${mail.id}@${new URL(PUBLIC_URL).hostname}>`,
    template: mail.template,
    from: { name: shop.SHOP_NAME, address: MAIL_FROM },
    to: mail.to,
  }
}
