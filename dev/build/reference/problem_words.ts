import type { ProblemCode } from '../../../api/problem.ts'

/** When each code is answered and what a program does about it, for the reference's table. */
export const problemWords: Record<ProblemCode, string> = {
  'malformed-json': 'The body does not parse, or is nested too deep. Correct the program.',
  'bad-signature': 'Only Stripe meets it: the endpoint’s secret is not the one configured.',
  'login-required':
    'No access token, one that is older than 10 minutes, or its session has ended. ' +
    'Get a new one, then send the request again.',
  'wrong-credentials': 'Ask for them again; which of the two is wrong is not told.',
  'refresh-rejected':
    'The refresh token was used before or is too old, or its session has ended. ' +
    'Log in again.',
  'cross-site':
    'A write by cookie from a page that is not the shop’s. Send a bearer token instead.',
  'wrong-password': 'Ask for the current password again.',
  'not-found': 'There is no such thing, or it is somebody else’s.',
  'method-not-allowed': 'The path is right, the method is not.',
  'timeout': 'The body did not arrive within 10 seconds. Send it again.',
  'email-taken': 'Log in instead, or use another address.',
  'refresh-raced': 'Another request refreshed the session at this moment. Use the newer token.',
  'region-full': 'Choose one of `regionsWithRoom`, or a smaller plan.',
  'plan-not-sold': 'Read the plans again and choose another.',
  'idempotency-mismatch': 'The key came before with another body. Send a new key.',
  'too-many-open-orders': 'Pay for one of them, or cancel one.',
  'not-possible': 'The order is not where this could be done; the detail says what can.',
  'order-not-open': 'It was paid, or it has ended. Read the order.',
  'already-verified': 'There is nothing to do.',
  'email-not-verified': 'Confirm the address first; the mail can be sent again.',
  'no-panel-account': 'The panel knows a customer once a server was delivered.',
  'token-invalid': 'The link was used, is too old, or a newer one replaced it. Ask for another.',
  'body-too-large': 'No body of this API has more than 16 KiB.',
  'json-required': 'Send the body as `application/json`.',
  'validation-failed':
    'Correct the fields of `errors`; a key that is not described is one of them.',
  'rate-limited': 'Wait for as many seconds as `Retry-After` says.',
  'internal': 'A fault of ours. Quote `requestId`; repeat a purchase with the same key.',
  'payments-unavailable': 'Nothing was charged. Send the same request again after `Retry-After`.',
  'panel-unavailable': 'The game panel does not answer. Try again after `Retry-After`.',
  'unavailable': 'The shop is busy or its database is away. Try again after `Retry-After`.',
}
