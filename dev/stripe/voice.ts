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
    error: ({ status, code, message = messageOf(status), field }) =>
      answer(status, {
        type: typeOf(status),
        message,
        ...(code && { code }),
        ...(field && { param: field }),
      }),
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

function messageOf(status: number): string {
  if (status < 500) return 'The request was refused.'
  return 'Sorry! There was an error while talking to one of our backends. Support has been notified.'
}
