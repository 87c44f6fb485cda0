/**
 * The words of every page: what surrounds a page and what stands in its place. Each file of words/
 * holds those of one group of pages, and arrives with them. Components hold no text of their own, so
 * that a translation is a second folder of this shape.
 */
export const brand = 'Spawnpoint'

export const commonWords = {
  skip: 'Skip to the content',
  loading: 'Loading…',
  retry: 'Try again',
  reload: 'Load the page again',
  copy: 'Copy',
  copied: 'Copied',
  copyFailed: 'Select it and copy it by hand',
  working: 'One moment…',
  reference: (requestId: string) => `If you write to us about this, quote ${requestId}.`,
  nav: {
    label: 'Main',
    home: `${brand}, all plans`,
    plans: 'Plans',
    servers: 'My servers',
    orders: 'Orders',
    account: 'Account',
    logIn: 'Log in',
    signUp: 'Sign up',
    logOut: 'Log out',
    signedInAs: (email: string) => `Signed in as ${email}`,
  },
  footer: {
    promise: 'Every payment ends in a running server or in a refund.',
    payments: 'Payments are taken by Stripe. Your card number never reaches us.',
  },
  notFound: {
    title: 'There is nothing here',
    body: 'The address may be mistyped, or what was here is gone.',
    home: 'See the plans',
  },
  failed: {
    title: 'This did not work',
    broken: 'The page could not be shown. Loading it again often helps.',
  },
}
