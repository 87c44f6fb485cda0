import type { FailureText } from './problems.ts'

/** What the account page says, section by section. */
export const accountWords = {
  title: 'Your account',
  since: (date: string) => `A customer since ${date}.`,
  saving: 'Saving…',
}

export const profileWords = {
  heading: 'Name',
  about: 'How we greet you in our mail. Leave it empty if you like.',
  name: 'Your name',
  save: 'Save the name',
  saved: 'Saved.',
}

export const emailWords = {
  heading: 'E-mail address',
  about: 'You log in with it, and our mail goes there.',
  verified: 'Confirmed',
  unverified: 'Not confirmed yet',
  change: 'Change the address',
  another: 'Send the link again, or change to another address',
  sent: (email: string) => `A link is on its way to ${email}.`,
  newEmail: 'New e-mail address',
  password: 'Your password',
  send: 'Send the link',
  keep: 'Keep the address',
  pendingHeading: (email: string) => `Waiting for you at ${email}`,
  pending: (before: string) =>
    `Open the link in the mail we sent there. Until then ${before} stays your address.`,
  drop: 'Do not change it',
}

export const passwordCardWords = {
  heading: 'Password',
  about: 'Changing it logs out every other device.',
  change: 'Change the password',
  current: 'Current password',
  fresh: 'New password',
  save: 'Save the new password',
  keep: 'Keep the password',
  saved: 'Your new password counts from now on. Every other device was logged out.',
  forgot: 'Forgot the current one?',
}

export const sessionsWords = {
  /** A program says what it is in its own words. */
  program: (device: string, userAgent: string) => `${device} (${userAgent})`,
  heading: 'Where you are logged in',
  about: 'Browsers and programs with access to your account. End what you do not know.',
  thisDevice: 'This device',
  used: (at: string) => `Last used ${at}`,
  since: (at: string) => `Logged in ${at}`,
  end: 'End',
  endOne: (device: string) => `End the session of ${device}`,
  endOneConfirm: (device: string) => `Log ${device} out?`,
  endOthers: 'End all others',
  endOthersConfirm: 'Log out everywhere but here?',
  yes: 'Yes, log out',
  no: 'No, keep it',
  ended: (device: string) => `${device} is logged out.`,
  endedOthers: 'Every other device is logged out.',
  onlyThis: 'You are logged in here and nowhere else.',
}

export const programsWords = {
  heading: 'For programs',
  about: 'Everything these pages do, your own program can do too.',
  steps: [
    'A program logs in with your address and password and gets two tokens.',
    'It sends the access token along with each request. That token lasts 10 minutes.',
    'The refresh token gets the next pair. It works once; each answer brings a new one.',
  ],
  example: 'A first request',
  listed: 'Each program is in the list above, and you can end it there.',
  reference: 'Read the API reference',
}

export const logOutWords = {
  heading: 'Log out',
  about: 'Ends the session on this device. Your servers go on running.',
  action: 'Log out',
}

/** Sending a mail once more, wherever that is offered. */
export const resendWords = {
  send: 'Send the mail again',
  wait: (seconds: number) => `Send it again in ${seconds} s`,
  sent: 'Sent. It may take a minute; look in the spam folder too.',
}

export const verifyBannerWords = {
  label: 'Confirm your address',
  title: 'Please confirm your e-mail address',
  body: (email: string) =>
    `We sent a link to ${email}. Open it once, and you can have your login for the game panel.`,
}

export const panelLoginWords = {
  heading: 'Your login for the panel',
  about: 'The panel has its own user name and password. All your servers share them.',
  address: 'Panel',
  password: 'Your password here',
  passwordHelp: 'So that nobody at an open screen takes your servers.',
  create: 'Show me a new panel login',
  replaces: 'This makes a new panel password. The one before stops working.',
  unverifiedHeading: 'First confirm your e-mail address',
  unverified: (email: string) =>
    `Whoever has the panel login has the servers. Open the link we sent to ${email}.`,
  notYet: 'It is ready as soon as your first server is set up. Nothing is needed from you.',
  shownHeading: 'Save it now',
  shown: 'The password is shown this once. If it gets lost, make a new one here.',
  username: 'User name',
  panelPassword: 'Password',
  copyUsername: 'the user name',
  copyPassword: 'the password',
  open: 'Open the panel',
  done: 'I have saved it',
}

/** Failures that only the account's pages can meet. */
export const accountFailures: Partial<Record<string, FailureText>> = {
  'wrong-password': {
    title: 'This is not your password',
    body: 'Passwords tell capital letters from small ones.',
  },
  'panel-unavailable': {
    title: 'The panel does not answer right now',
    body: 'Please try again in a minute. You get a new panel password then.',
  },
  'already-verified': { title: 'Your address is confirmed already', body: '' },
}
