import type { Config } from '../config.ts'

interface OrderFacts {
  orderId: string
  serverName: string
  planName: string
}

/** What each template has to be told; JSON, and never a secret: links are made of ids when it is sent. */
export interface MailFacts {
  order_received: OrderFacts
  server_ready: OrderFacts & { address: string | null }
  order_refunded: OrderFacts
}

export type MailTemplate = keyof MailFacts

export interface Mail {
  subject: string
  text: string
  html: string
}

type Words = { subject: string; paragraphs: string[]; link: string }

/** Subject and paragraphs of each mail; text and HTML are made of the same words. */
const templates: { [T in MailTemplate]: (facts: MailFacts[T], config: Shop) => Words } = {
  order_received: (facts, shop) => ({
    subject: `${shop.SHOP_NAME}: we have your payment for ${facts.serverName}`,
    paragraphs: [
      `Thank you. Your payment for ${facts.planName} arrived, and we are creating “${facts.serverName}” now.`,
      'You will get another message with the address as soon as it runs.',
    ],
    link: orderUrl(facts, shop),
  }),
  server_ready: (facts, shop) => ({
    subject: `${shop.SHOP_NAME}: ${facts.serverName} is running`,
    paragraphs: [
      `Your server “${facts.serverName}” is installed and running.`,
      facts.address ? `Connect to ${facts.address}` : 'Its address is on the page below.',
    ],
    link: orderUrl(facts, shop),
  }),
  order_refunded: (facts, shop) => ({
    subject: `${shop.SHOP_NAME}: your money for ${facts.serverName} is on its way back`,
    paragraphs: [
      `We are sorry: we could not deliver “${facts.serverName}” in the time we promised.`,
      'The subscription has ended and the whole payment goes back the way it came. Banks take up to ten days to show it.',
    ],
    link: orderUrl(facts, shop),
  }),
}

type Shop = Pick<Config, 'SHOP_NAME' | 'PUBLIC_URL'>

/** A mail as text and as HTML. */
export function writeMail<T extends MailTemplate>(
  template: T,
  facts: MailFacts[T],
  shop: Shop,
): Mail {
  const { subject, paragraphs, link } = templates[template](facts, shop)
  const html = paragraphs.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')
  const href = escapeHtml(link)
  return {
    subject,
    text: `${paragraphs.join('\n\n')}\n\n${link}\n`,
    html:
      `<!doctype html>\n<html lang="en"><body>\n${html}\n<p><a href="${href}">${href}</a></p>\n</body></html>\n`,
  }
}

function orderUrl({ orderId }: OrderFacts, shop: Shop): string {
  return `${shop.PUBLIC_URL}/orders/${orderId}`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
