import { type Block, button, code, facts, note, paragraph } from '../blocks.ts'
import { formatInstant } from '../format.ts'
import type { Messages, Shop } from '../messages.ts'

/** When something happened, as ISO 8601. */
interface At {
  at: string
}

export interface AccountMailFacts {
  verify_email: { tokenId: string }
  reset_password: { tokenId: string }
  /** To the address that the account is to have. */
  confirm_new_email: { tokenId: string }
  /** To the address that the account has. */
  email_change_requested: { newEmail: string }
  /** To the address that the account had. */
  email_changed: { newEmail: string }
  password_changed: At
  session_stolen: At & { device: string }
  panel_login_set: At
  /** Somebody tried to sign up with the address of an account. */
  account_exists: Record<never, never>
}

export const accountMessages: Messages<AccountMailFacts> = {
  verify_email: ({ tokenId }, shop) => ({
    subject: `${shop.name}: confirm your e-mail address`,
    preview: 'One click, and we know that this address is yours.',
    heading: 'Confirm your e-mail address',
    blocks: [
      paragraph(
        'Welcome. Confirm that this address is yours, so that you can get into the game panel, ' +
          'and back into your account if you forget your password.',
      ),
      button('Confirm this address', linkOf('verify', tokenId, shop)),
      lifeOfLink(shop),
    ],
    why: `You get this mail because somebody signed up at ${shop.name} with this address. ` +
      'If it was not you, ignore it.',
  }),

  reset_password: ({ tokenId }, shop) => ({
    subject: `${shop.name}: choose a new password`,
    preview: 'Here is the link you asked for. It works once.',
    heading: 'Choose a new password',
    blocks: [
      paragraph(
        'You asked for a new password. When you have chosen one, every device that is logged in ' +
          'now is logged out.',
      ),
      button('Choose a new password', linkOf('reset', tokenId, shop)),
      lifeOfLink(shop),
      paragraph('If you did not ask for it, ignore this mail: your password stays as it is.'),
    ],
    why: `You get this mail because somebody asked for a new password for your account at ` +
      `${shop.name}.`,
  }),

  confirm_new_email: ({ tokenId }, shop) => ({
    subject: `${shop.name}: confirm your new e-mail address`,
    preview: 'Your account moves to this address once you confirm it.',
    heading: 'Confirm your new e-mail address',
    blocks: [
      paragraph('Confirm this address, and your account moves to it. Until then nothing changes.'),
      button('Use this address', linkOf('verify', tokenId, shop)),
      lifeOfLink(shop),
    ],
    why: `You get this mail because somebody entered this address as the new one of an account ` +
      `at ${shop.name}. If it was not you, ignore it.`,
  }),

  email_change_requested: ({ newEmail }, shop) => ({
    subject: `${shop.name}: your e-mail address is about to change`,
    preview: 'If it was not you, stop it now.',
    heading: 'Your e-mail address is about to change',
    blocks: [
      paragraph('Somebody who knows your password asked to move your account to this address:'),
      code(['New address', newEmail]),
      paragraph(
        'If it was you, confirm it with the link that we sent there. Until then everything stays.',
      ),
      ...notYou('If it was not you, choose a new password now. That stops the change.', shop),
    ],
    why: whyAccount(shop),
  }),

  email_changed: ({ newEmail }, shop) => ({
    subject: `${shop.name}: your e-mail address was changed`,
    preview: 'Your account has another address now.',
    heading: 'Your e-mail address was changed',
    blocks: [
      paragraph('Your account has this address now. This is the last mail to the old one.'),
      code(['New address', newEmail]),
      note('If it was not you, answer this mail at once: a person will look at it.'),
    ],
    why: `You get this mail because this was the address of your account at ${shop.name}.`,
  }),

  password_changed: ({ at }, shop) => ({
    subject: `${shop.name}: your password was changed`,
    preview: 'All other devices were logged out.',
    heading: 'Your password was changed',
    blocks: [
      paragraph(
        `The password of your account was changed on ${formatInstant(at)}. All other devices ` +
          'were logged out. If it was you, there is nothing to do.',
      ),
      ...notYou('If it was not you, choose a new password now.', shop),
    ],
    why: whyAccount(shop),
  }),

  session_stolen: ({ at, device }, shop) => ({
    subject: `${shop.name}: we logged out a device of yours`,
    preview: 'Its login was used twice, as if somebody had copied it.',
    heading: 'We logged out a device of yours',
    blocks: [
      paragraph(
        'A login of your account was used twice, as happens when somebody has copied it. So we ' +
          'ended it. Log in again on that device.',
      ),
      facts([['Device', device], ['When', formatInstant(at)]]),
      ...notYou('If you do not know why this happened, choose a new password.', shop),
    ],
    why: whyAccount(shop),
  }),

  panel_login_set: ({ at }, shop) => ({
    subject: `${shop.name}: your panel password was set`,
    preview: 'The game panel takes the new password only.',
    heading: 'Your panel password was set',
    blocks: [
      paragraph(
        `A new password for the game panel was set from your account on ${formatInstant(at)}. ` +
          'If it was you, there is nothing to do.',
      ),
      ...notYou(
        'If it was not you, choose a new password for the shop, then set the panel password again.',
        shop,
      ),
    ],
    why: whyAccount(shop),
  }),

  account_exists: (_facts, shop) => ({
    subject: `${shop.name}: you have an account already`,
    preview: 'Somebody tried to sign up with your address.',
    heading: 'You have an account already',
    blocks: [
      paragraph(
        'Somebody tried to sign up with this address. It has an account, so nothing was changed.',
      ),
      paragraph('If it was you, log in. If you forgot the password, choose a new one:'),
      button('Choose a new password', `${shop.url}/forgot`),
    ],
    why: whyAccount(shop),
  }),
}

/** The token stands in the fragment, which a browser keeps to itself: no log ever holds it. */
function linkOf(page: 'verify' | 'reset', tokenId: string, shop: Shop): string {
  return `${shop.url}/${page}#${shop.tokenOf(tokenId)}`
}

function lifeOfLink({ linkEndsAt }: Shop): Block {
  if (!linkEndsAt) return paragraph('The link works once.')
  return paragraph(`The link works once, until ${formatInstant(linkEndsAt)}.`)
}

function notYou(text: string, shop: Shop): Block[] {
  return [note(text), button('Choose a new password', `${shop.url}/forgot`)]
}

function whyAccount(shop: Shop): string {
  return `You get this mail because you have an account at ${shop.name}. It is about its safety, ` +
    'so it cannot be turned off.'
}
