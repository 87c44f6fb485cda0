import type { Voice } from '../faults/wire.ts'
import { type ErrorBody, rateLimited, withDocs } from './errors.ts'
import { API_VERSION } from './sandbox.ts'

/** How Stripe words the faults that are ordered at it. */
export function stripeVoice(newRequestId: () => string): Voice {
  const answer = (status: number, error: ErrorBody, headers = {}) =>
    Response.json({ error: withDocs(error) }, {
      status,
      headers: { 'Request-Id': newRequestId(), 'Stripe-Version': API_VERSION, ...headers },
    })
  return {
    error: ({ status, code, message = messageOf(status, code), field }) =>
      answer(status, {
        type: typeOf(status),
        message,
        ...(code && { code }),
        ...(field && { param: field }),
      }, code === LOCKED ? { 'Stripe-Should-Retry': 'true' } : {}),
    tooMany() {
      const { status, body, headers } = rateLimited()
      return answer(status, body, headers)
    },
  }
}

function typeOf(status: number): ErrorBody['type'] {
  if (status === 402) return 'card_error'
  return status < 500 ? 'invalid_request_error' : 'api_error'
}

/** The code of a 429 that may be tried again at once: another request holds the object. */
const LOCKED = 'lock_timeout'

function messageOf(status: number, code: string | undefined): string {
  if (code === LOCKED) {
    return 'This object cannot be accessed right now because another API request or Stripe ' +
      'process is currently accessing it. If you see this error intermittently, retry the request.'
  }
  if (status < 500) return 'The request was refused.'
  return 'Sorry! There was an error while talking to one of our backends. Support has been notified.'
}
