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
    accountLabel: 'Your account',
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
    label: 'More',
    promise: 'Every payment ends in a running server or in a refund.',
    payments: 'Payments are taken by Stripe. Your card number never reaches us.',
    plans: 'All plans',
    account: 'Your account',
    orders: 'Your orders',
    api: 'API reference',
  },
  notFound: {
    title: 'Nothing spawned here',
    body: 'The address may be mistyped, or what was here is gone.',
    home: 'See the plans',
    servers: 'Go to my servers',
  },
  failed: {
    title: 'This page did not load',
    broken: 'Your order and your servers are not affected. Loading the page again usually helps.',
    home: 'Go to the plans',
  },
  slow: {
    title: 'Still loading…',
    body: 'This takes longer than it should. You can wait, or try again now.',
  },
}
