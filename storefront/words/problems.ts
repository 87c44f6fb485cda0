import type { ProblemCode } from '../../api/problem.ts'

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

function formatWait(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
