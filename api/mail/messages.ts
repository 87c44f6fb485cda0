import type { Message } from './blocks.ts'
import { toHtml } from './html.ts'
import { type AlertMailFacts, alertMessages } from './messages/alerts.ts'
import { type AccountMailFacts, accountMessages } from './messages/accounts.ts'
import { type OrderMailFacts, orderMessages } from './messages/orders.ts'
import { toText } from './text.ts'

/**
 * What each template has to be told: JSON, and never a secret. A link that opens an account is made
 * of its token's id when the mail is written out.
 */
export type MailFacts = OrderMailFacts & AccountMailFacts & AlertMailFacts

export type MailTemplate = keyof MailFacts

/** A mail written out. */
export interface WrittenMail {
  subject: string
  text: string
  html: string
}

/** What the words of a mail know besides its facts. */
export interface Shop {
  name: string
  url: string
  panelUrl: string
  /** ISO 8601: when the link in this mail ends; null for a mail without such a link. */
  linkEndsAt: string | null
  /** The secret of a link, of the id of its token. */
  tokenOf: (tokenId: string) => string
}

/** The words of a group of templates. */
export type Messages<Facts> = { [T in keyof Facts]: (facts: Facts[T], shop: Shop) => Message }

const messages: Messages<MailFacts> = { ...orderMessages, ...accountMessages, ...alertMessages }

/** A mail as text and as HTML, both of the same words. */
export function writeMail<T extends MailTemplate>(
  template: T,
  facts: MailFacts[T],
  shop: Shop,
): WrittenMail {
  const message = messages[template](facts, shop)
  return {
    subject: message.subject,
    text: toText(message, shop),
    html: toHtml(message, shop),
  }
}
