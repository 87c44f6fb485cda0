/** What the pages for logging in, signing up, and links from mails say. */
export const authWords = {
  logInTitle: 'Log in',
  signUpTitle: 'Sign up',
  keptPlan: 'Your plan and everything you filled in are kept.',
  email: 'E-mail address',
  password: 'Password',
  newPassword: 'New password',
  logIn: 'Log in',
  signUp: 'Create my account',
  noAccount: 'No account yet?',
  haveAccount: 'Already have an account?',
  forgot: 'Forgot your password?',
  takenHeading: 'You already have an account here',
  taken: 'This address is known to us. Log in with its password, or set a new one.',
  takenLogIn: 'Log in with this address',
}

/** The field for a password, wherever it is. */
export const passwordWords = {
  show: 'Show',
  hide: 'Hide',
  showPassword: 'Show the password',
  hidePassword: 'Hide the password',
  /** Said below a new password of so many characters, honestly: length is all a page can judge. */
  length(count: number): string {
    if (count === 0) return 'At least 8 characters. A few words in a row are easy to remember.'
    if (count < 8) return count === 7 ? '1 character to go.' : `${8 - count} characters to go.`
    if (count < 15) return 'Long enough. A few more characters make it much harder to guess.'
    return 'Good and long. Use it only here.'
  },
}

export const forgotWords = {
  title: 'Forgot your password?',
  lead: 'Type the address of your account. We send you a link to choose a new password.',
  send: 'Send me the link',
  sentTitle: 'Look in your inbox',
  sent: (email: string) => `If ${email} has an account here, a mail with a link is on its way.`,
  lasts: 'The link works once, for 30 minutes. Only the newest one counts.',
  missingHeading: 'No mail?',
  missing: [
    'Give it a minute or two, and look in the spam folder.',
    'Check the address above for a typing mistake.',
    'You may have signed up with another address.',
  ],
  other: 'Use another address',
  logIn: 'Back to log in',
}

export const resetWords = {
  title: 'Choose a new password',
  lead: 'Every device that is logged in will be logged out, so nobody else stays in.',
  save: 'Save the new password',
  doneTitle: 'Your new password is saved',
  done: 'All devices were logged out. Log in with the new password.',
  logIn: 'Log in',
  invalidTitle: 'This link does not work any more',
  invalid: 'It was used already, is older than 30 minutes, or a newer one was sent to you.',
  again: 'Send me a new link',
}

export const verifyWords = {
  title: 'Confirm your address',
  lead: 'One press, and we know that your mail reaches you.',
  confirm: 'Confirm my address',
  doneTitle: 'Your address is confirmed',
  done: (email: string) =>
    `${email} is the address of your account: you log in with it, and our mail goes there.`,
  changedTitle: 'Your new address counts from now on',
  account: 'Go to your account',
  servers: 'Go to my servers',
  logIn: 'Log in',
  invalidTitle: 'This link does not work any more',
  invalid: 'It was used already, is older than a day, or a newer one was sent to you.',
  invalidSignedIn: 'You can have a new one sent from your account.',
  invalidSignedOut: 'Log in to have a new one sent.',
  alreadyTitle: 'Your address is confirmed already',
  already: 'There is nothing left to do.',
}
