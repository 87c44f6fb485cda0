/**
 * Every word the storefront says, and the formats of money, terms, sizes and dates. Components hold
 * no text of their own, so that a translation is a second file of this shape.
 */
import type { OrderStatus } from '../api/orders/status.ts'
import type { Term } from '../api/plans/bodies.ts'
import type { ProblemCode } from '../api/problem.ts'
import type { ServerStatus } from '../api/servers/status.ts'

const LOCALE = 'en'
/** The day before the month and 24 hours, which no reader of English takes for something else. */
const DATE_LOCALE = 'en-GB'

export const brand = 'Spawnpoint'

export const text = {
  skip: 'Skip to the content',
  loading: 'Loading…',
  retry: 'Try again',
  reload: 'Load the page again',
  copy: 'Copy',
  copied: 'Copied',
  copyFailed: 'Select it and copy it by hand',
  working: 'One moment…',
  optional: 'optional',
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
  home: {
    title: 'Game servers with nothing left open',
    headingLines: ['Pay.', 'Watch it spawn.', 'Play.'],
    lead:
      'Pick a plan and pay. You see every step your server takes until its address is there, and if we cannot deliver it, your money goes back by itself.',
    choose: 'See the plans',
    stepsHeading: 'How it goes',
    steps: [
      {
        title: 'We hold your place first',
        body: 'Memory, disk and a port are set aside before you pay. What is sold out says so.',
      },
      {
        title: 'You pay at Stripe',
        body: 'The price you saw is the price of the order. Nothing is added here.',
      },
      {
        title: 'You watch it being set up',
        body: 'Each step is on your order with its time, and what comes next.',
      },
    ],
    plansHeading: 'Plans',
    termLabel: 'Prices for paying',
    currencyLabel: 'Currency',
    noPlans: 'No plans are sold at the moment. Please come back later.',
  },
  plan: {
    choose: 'Choose',
    chooseNamed: (name: string) => `Choose ${name}`,
    soldOut: 'Sold out',
    soldOutEverywhere: 'Sold out in every region. Look at the other plans, or come back later.',
    notInCurrency: 'Not sold in this currency',
    memory: 'Memory',
    disk: 'Disk',
    cpu: 'CPU',
    databases: 'Databases',
    backups: 'Backups',
    ports: 'Extra ports',
    back: 'All plans',
    regionHeading: 'Where it runs',
    regionHelp: 'The closer to the players, the lower their ping.',
    regionFull: 'sold out',
    regionJustFilled: (name: string) => `The last room in ${name} went a moment ago.`,
    regionOthers: (names: string) => `There is still room in ${names}.`,
    regionNone: 'No other region has room for this plan now. You have not paid anything.',
    termHeading: 'How you pay',
    nameHeading: 'Your server',
    nameLabel: 'Server name',
    nameHelp:
      'How it appears in your list and on the panel. Up to 40 letters, digits, spaces, dots, underscores and hyphens.',
    optionsHeading: 'Settings',
    optionsHelp: 'These are set when the server is installed. Keep them if you are not sure.',
    summaryHeading: 'Your order',
    total: 'To pay today',
    pay: 'Pay with Stripe',
    continue: 'Continue',
    continueHelp: 'Next you log in or sign up. What you filled in here is kept.',
    payHelp: 'You go to Stripe to pay. Your place is held for half an hour.',
    paying: 'Holding your place…',
    canceledHeading: 'You have not paid yet',
    canceledBody: (until: string | null) =>
      until
        ? `Your order is open and your place is held until ${until}.`
        : 'Your order is still open and your place is held.',
    canceledDropped: 'The order is canceled. Nothing was paid.',
  },
  order: {
    confirmingHeadline: 'Confirming your payment',
    confirming: 'Stripe tells us within seconds whether the money arrived.',
    title: (name: string) => `Order: ${name}`,
    returnTitle: 'Your order',
    heading: 'What happened so far',
    next: 'Next',
    pay: 'Go on to payment',
    cancel: 'Cancel this order',
    canceling: 'Canceling…',
    server: 'Go to the server',
    again: 'Choose a plan again',
    details: 'What you ordered',
    number: 'Order number',
    plan: 'Plan',
    region: 'Region',
    price: 'Price',
    placed: 'Ordered',
    paid: 'Paid',
    payUntil: 'Held until',
    unheard:
      'No payment has arrived for this order. If you closed the payment page, you can go on there. If you did pay, this page changes by itself.',
    refundAt: (at: string) =>
      `If no server is running by ${at}, all of your money goes back by itself.`,
    offline: 'We cannot reach the shop at the moment. Your order is safe; this page keeps trying.',
    timelineEmpty: 'The first step appears here in a moment.',
  },
  orders: {
    title: 'Orders',
    emptyHeading: 'No orders yet',
    empty: 'When you order a server, you find the order and its whole story here.',
  },
  servers: {
    title: 'My servers',
    emptyHeading: 'No servers yet',
    empty: 'A server appears here as soon as it is paid.',
    choose: 'See the plans',
  },
  server: {
    address: 'Address',
    addressHelp: 'Enter it in the game, or the voice client, to join.',
    noAddress: 'The address appears here once the server is installed.',
    panel: 'Open the panel',
    panelHelp: 'Console, files and start and stop are on the panel. It opens in a new tab.',
    limits: 'What it has',
    order: 'See its order',
    story: 'What happened so far',
    created: 'Ordered',
    active: 'Running since',
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
  field: {
    missing: 'Please fill this in.',
    choose: 'Please choose one.',
    email: 'This is not an e-mail address. It looks like name@example.com.',
    tooShort: (min: number) => `Please use at least ${min} characters.`,
    tooLong: (max: number) => `Please use at most ${max} characters.`,
    tooSmall: (min: string) => `The smallest value is ${min}.`,
    tooLarge: (max: string) => `The largest value is ${max}.`,
    notNumber: 'Please type a number.',
    pattern: 'This is not in the form it needs. Please look at the note below.',
    between: (min: string, max: string) => `From ${min} to ${max}.`,
    upTo: (max: number) => `Up to ${max} characters.`,
    length: (min: number, max: number) => `${min} to ${max} characters.`,
  },
}

/** A failure in words: `title` says what happened, `body` what to do about it. */
export interface FailureText {
  title: string
  body: string
}

/** The failures a customer can meet. Those not named are told with the API's own words. */
export const failures: Partial<Record<ProblemCode | 'unreachable', FailureText>> = {
  'unreachable': {
    title: 'We cannot reach the shop',
    body: 'Check your connection and try again. Nothing you filled in is lost.',
  },
  'timeout': {
    title: 'That took too long',
    body: 'Please try again. Nothing was done twice.',
  },
  'internal': {
    title: 'Something went wrong on our side',
    body: 'It is not your fault. Please try again in a moment.',
  },
  'unavailable': {
    title: 'The shop is busy for a moment',
    body: 'Nothing was lost. Please try again shortly.',
  },
  'payments-unavailable': {
    title: 'Stripe does not answer right now',
    body: 'You have not paid anything. Please try again in a minute.',
  },
  'wrong-credentials': {
    title: 'The e-mail address or the password is wrong',
    body: 'Please check both. Passwords tell capital letters from small ones.',
  },
  'email-taken': {
    title: 'There is an account with this e-mail address',
    body: 'Please log in instead.',
  },
  'login-required': { title: 'Please log in first', body: 'Your session has ended.' },
  'validation-failed': {
    title: 'Something in the form needs a change',
    body: 'It is marked below.',
  },
  'region-full': {
    title: 'This region filled up a moment ago',
    body: 'You have not paid anything. Please choose another region.',
  },
  'plan-not-sold': {
    title: 'This plan is not sold any more',
    body: 'You have not paid anything. Please choose another plan.',
  },
  'order-not-open': {
    title: 'This order is not open any more',
    body: 'Its state below is the latest one.',
  },
  'idempotency-mismatch': {
    title: 'The form changed while it was being sent',
    body: 'Please look it over and send it again.',
  },
}

/** Said for a 429; `seconds` is what the API asks us to wait, when it says so. */
export function tooManyRequests(seconds: number | undefined): FailureText {
  return {
    title: 'That was too often',
    body: seconds
      ? `Please try again in ${formatWait(seconds)}.`
      : 'Please wait a minute and try again.',
  }
}

/** Headlines of an order; the sentence below them is the API's `statusText`. */
export const orderHeadlines: Record<OrderStatus, string> = {
  pending: 'Ready to be paid',
  payment_processing: 'Payment under way',
  paid: 'Payment received',
  provisioning: 'Setting up your server',
  provisioned: 'Your server is running',
  provision_failed: 'A hitch with your server',
  needs_review: 'We are checking this by hand',
  refunded: 'Refunded',
  expired: 'Not paid in time',
  canceled: 'Canceled',
}
/** Instead of a state's headline while the order waits for something (`waitingFor`). */
export const waitingHeadlines: Partial<Record<string, string>> = {
  room: 'Paid. Waiting for room',
  panel: 'Paid. Waiting for the game panel',
  account: 'Paid. A person has to help',
}

/** One or two words for lists. */
export const orderLabels: Record<OrderStatus, string> = {
  pending: 'To be paid',
  payment_processing: 'Payment running',
  paid: 'Paid',
  provisioning: 'Being set up',
  provisioned: 'Delivered',
  provision_failed: 'Trying again',
  needs_review: 'Being looked at',
  refunded: 'Refunded',
  expired: 'Not paid',
  canceled: 'Canceled',
}

export const serverLabels: Record<ServerStatus, string> = {
  pending: 'Waiting',
  installing: 'Installing',
  install_failed: 'Install failed',
  active: 'Running',
  suspended: 'Suspended',
  deleting: 'Being deleted',
  deleted: 'Deleted',
}

const terms: Record<Term, { choice: string; per: string; every: string }> = {
  monthly: { choice: 'Every month', per: 'per month', every: 'every month' },
  quarterly: { choice: 'Every 3 months', per: 'per 3 months', every: 'every 3 months' },
  yearly: { choice: 'Once a year', per: 'per year', every: 'every year' },
}

/** "Every 3 months", for a choice among terms. */
export function termChoice(term: Term): string {
  return terms[term].choice
}

/** "per 3 months", after a price. */
export function perTerm(term: Term): string {
  return terms[term].per
}

/** "€7.20 a month". */
export function aMonth(amount: string): string {
  return `${amount} a month`
}

/** "saves 10 %". */
export function saves(percent: number): string {
  return `saves ${percent} %`
}

/** "then €21.60 every 3 months, until you cancel". */
export function renewsAt(amount: string, term: Term): string {
  return `Then ${amount} ${terms[term].every}, until you cancel.`
}

/** Currencies whose smallest unit at Stripe is not a hundredth. Source: Stripe, "Supported currencies". */
const zeroDecimal = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ')
const threeDecimal = 'bhd jod kwd omr tnd'.split(' ')

/** `unitAmount` in Stripe's minor units as money in words, e.g. (1250, 'eur') → "€12.50". */
export function formatMoney(unitAmount: number, currency: string): string {
  const code = currency.toLowerCase()
  const format = new Intl.NumberFormat(LOCALE, { style: 'currency', currency: code.toUpperCase() })
  return format.format(unitAmount / 10 ** decimalsOf(code))
}

/** 1536 → "1.5 GB". Sizes on the panel count 1024 MiB to a GB, as hosts and games do. */
export function formatMib(mib: number): string {
  return mib < 1024 ? `${mib} MB` : `${formatNumber(mib / 1024)} GB`
}

/** The panel's CPU limit, where 100 is one whole core: 250 → "2.5 cores". */
export function formatCpu(percent: number): string {
  return percent === 100 ? '1 core' : `${formatNumber(percent / 100)} cores`
}

/** "23 Nov 2026, 18:04" in the reader's time zone. */
export function formatDateTime(iso: string): string {
  return new Intl.DateTimeFormat(DATE_LOCALE, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso))
}

/** "23 November 2026" in the reader's time zone. */
export function formatDate(iso: string): string {
  return new Intl.DateTimeFormat(DATE_LOCALE, { dateStyle: 'long' }).format(new Date(iso))
}

/** "18:04:07" in the reader's time zone. */
export function formatTime(iso: string): string {
  return new Intl.DateTimeFormat(DATE_LOCALE, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso))
}

/** "18:04" in the reader's time zone. */
export function formatClock(iso: string): string {
  return new Intl.DateTimeFormat(DATE_LOCALE, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso))
}

/** "Frankfurt, Berlin and Oslo". */
export function formatList(names: string[]): string {
  return new Intl.ListFormat(LOCALE, { type: 'conjunction' }).format(names)
}

/** "DE" → "Germany"; what is no country code is shown as it is. */
export function countryName(country: string): string {
  if (!/^[a-z]{2}$/i.test(country)) return country
  const names = new Intl.DisplayNames(LOCALE, { type: 'region', fallback: 'code' })
  return names.of(country.toUpperCase()) ?? country
}

function decimalsOf(code: string): number {
  if (zeroDecimal.includes(code)) return 0
  return threeDecimal.includes(code) ? 3 : 2
}

function formatNumber(value: number): string {
  return new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 }).format(value)
}

function formatWait(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
