export interface MailFacts {
  shopName: string
  orderUrl: string
  serverName: string
  planName: string
  /** Only once the server runs. */
  address: string | undefined
}

export type MailTemplate = keyof typeof templates

export interface Mail {
  subject: string
  text: string
  html: string
}

/** Subject and paragraphs of each mail; text and HTML are made of the same words. */
const templates = {
  order_received: (facts: MailFacts) => ({
    subject: `${facts.shopName}: we have your payment for ${facts.serverName}`,
    paragraphs: [
      `Thank you. Your payment for ${facts.planName} arrived, and we are creating “${facts.serverName}” now.`,
      'You will get another message with the address as soon as it runs.',
    ],
  }),
  server_ready: (facts: MailFacts) => ({
    subject: `${facts.shopName}: ${facts.serverName} is running`,
    paragraphs: [
      `Your server “${facts.serverName}” is installed and running.`,
      facts.address ? `Connect to ${facts.address}` : 'Its address is on the page below.',
    ],
  }),
  order_refunded: (facts: MailFacts) => ({
    subject: `${facts.shopName}: your money for ${facts.serverName} is on its way back`,
    paragraphs: [
      `We are sorry: we could not deliver “${facts.serverName}” in the time we promised.`,
      'The subscription has ended and the whole payment goes back the way it came. Banks take up to ten days to show it.',
    ],
  }),
} as const

/** A mail as text and as HTML, with a link to the order. */
export function writeMail(template: MailTemplate, facts: MailFacts): Mail {
  const { subject, paragraphs } = templates[template](facts)
  const html = paragraphs.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')
  const link = escapeHtml(facts.orderUrl)
  return {
    subject,
    text: `${paragraphs.join('\n\n')}\n\n${facts.orderUrl}\n`,
    html:
      `<!doctype html>\n<html lang="en"><body>\n${html}\n<p><a href="${link}">${link}</a></p>\n</body></html>\n`,
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
