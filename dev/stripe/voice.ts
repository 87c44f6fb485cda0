import type { Voice } from '../faults/wire.ts'
import type { ErrorBody } from './errors.ts'
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
    // Stripe sends no Retry-After: callers are to wait longer each time.
    tooMany: () =>
      answer(429, {
        type: 'invalid_request_error',
        code: 'rate_limit',
        message: 'Request rate limit exceeded. Learn more about rate limits here ' +
          'https://stripe.com/docs/rate-limits.',
      }, { 'Stripe-Rate-Limited-Reason': 'global-rate' }),
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

function withDocs(error: ErrorBody): ErrorBody {
  if (!error.code) return error
  const page = error.code.replaceAll('_', '-')
  return { ...error, doc_url: `https://stripe.com/docs/error-codes/${page}` }
}
