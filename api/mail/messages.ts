import { mailTokenOf } from '../accounts/mail_tokens.ts'
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
  /** `tokenId` becomes the link when the mail is written out: see accounts/mail_tokens.ts. */
  verify_email: { tokenId: string }
  reset_password: { tokenId: string }
  /** To the address that the account is to have. */
  confirm_new_email: { tokenId: string }
  /** To the address that the account has. */
  email_change_requested: { newEmail: string }
  /** To the address that the account had. */
  email_changed: { newEmail: string }
  /** `at` of these: an ISO instant. */
  password_changed: { at: string }
  session_stolen: { device: string; at: string }
  panel_login_set: { at: string }
  /** Somebody tried to sign up with the address of an account. */
  account_exists: Record<never, never>
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
  verify_email: ({ tokenId }, shop) => ({
    subject: `${shop.SHOP_NAME}: confirm your e-mail address`,
    paragraphs: [
      'Open this link within 24 hours to confirm that this address is yours.',
      'If you did not sign up, ignore this message.',
    ],
    link: tokenUrl('verify', tokenId, shop),
  }),
  reset_password: ({ tokenId }, shop) => ({
    subject: `${shop.SHOP_NAME}: choose a new password`,
    paragraphs: [
      'Open this link within 30 minutes to choose a new password. You will be logged out everywhere.',
      'If you did not ask for it, ignore this message: your password stays as it is.',
    ],
    link: tokenUrl('reset', tokenId, shop),
  }),
  confirm_new_email: ({ tokenId }, shop) => ({
    subject: `${shop.SHOP_NAME}: confirm your new e-mail address`,
    paragraphs: [
      'Open this link within 24 hours and your account gets this address. Until then nothing changes.',
      'If you do not know why you got this, ignore it.',
    ],
    link: tokenUrl('verify', tokenId, shop),
  }),
  email_change_requested: ({ newEmail }, shop) => ({
    subject: `${shop.SHOP_NAME}: your e-mail address is about to change`,
    paragraphs: [
      `Somebody who knows your password asked to change the address of your account to ${newEmail}.`,
      'If it was not you, choose a new password now: that also stops the change.',
    ],
    link: `${shop.PUBLIC_URL}/forgot`,
  }),
  email_changed: ({ newEmail }, shop) => ({
    subject: `${shop.SHOP_NAME}: your e-mail address was changed`,
    paragraphs: [
      `Your account has the address ${newEmail} now, and this one no longer works.`,
      'If it was not you, write to us at once.',
    ],
    link: shop.PUBLIC_URL,
  }),
  password_changed: ({ at }, shop) => ({
    subject: `${shop.SHOP_NAME}: your password was changed`,
    paragraphs: [
      `The password of your account was changed on ${
        timeOf(at)
      }, and other devices were logged out.`,
      'If it was not you, choose a new one now.',
    ],
    link: `${shop.PUBLIC_URL}/forgot`,
  }),
  session_stolen: ({ device, at }, shop) => ({
    subject: `${shop.SHOP_NAME}: we ended one of your sessions`,
    paragraphs: [
      `On ${
        timeOf(at)
      } the login of “${device}” was used from two places, as if it had been copied. We ended it.`,
      'Log in again. If you did not do this yourself, choose a new password.',
    ],
    link: `${shop.PUBLIC_URL}/forgot`,
  }),
  panel_login_set: ({ at }, shop) => ({
    subject: `${shop.SHOP_NAME}: your panel password was set`,
    paragraphs: [
      `A new password for the game panel was set from your account on ${timeOf(at)}.`,
      'If it was not you, choose a new password for the shop and set the panel password again.',
    ],
    link: `${shop.PUBLIC_URL}/account`,
  }),
  account_exists: (_facts, shop) => ({
    subject: `${shop.SHOP_NAME}: you have an account already`,
    paragraphs: [
      'Somebody tried to sign up with this address, which has an account.',
      'If it was you and you forgot your password, choose a new one here.',
    ],
    link: `${shop.PUBLIC_URL}/forgot`,
  }),
}

type Shop = Pick<Config, 'SHOP_NAME' | 'PUBLIC_URL' | 'AUTH_SECRET'>

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

/** In the fragment, so that the token reaches no log. */
function tokenUrl(page: 'verify' | 'reset', tokenId: string, shop: Shop): string {
  return `${shop.PUBLIC_URL}/${page}#${mailTokenOf(shop.AUTH_SECRET, tokenId)}`
}

function timeOf(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
