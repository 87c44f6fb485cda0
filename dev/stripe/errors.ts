import type { PaymentIntent, PaymentMethod } from './wire.ts'

/** The `error` of an answer, see https://docs.stripe.com/api/errors */
export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  code?: string
  decline_code?: string
  doc_url?: string
  param?: string
  /** what became of the payment that was refused */
  charge?: string
  payment_intent?: PaymentIntent
  payment_method?: PaymentMethod
}

/** A request that the API answers with `{ error: … }` and this HTTP status. */
export class StripeFailure extends Error {
  readonly status: 400 | 401 | 402 | 403 | 404 | 409 | 429 | 500
  readonly body: ErrorBody
  readonly headers: Record<string, string>

  constructor(
    status: StripeFailure['status'],
    body: ErrorBody,
    headers: Record<string, string> = {},
  ) {
    super(body.message)
    this.status = status
    this.headers = headers
    this.body = withDocs(body)
  }
}

/** An error with a code says where the code is explained. */
export function withDocs(body: ErrorBody): ErrorBody {
  if (body.code === undefined) return body
  const page = body.code.replaceAll('_', '-')
  return { ...body, doc_url: `https://stripe.com/docs/error-codes/${page}` }
}

/** The account asks too much, see https://docs.stripe.com/rate-limits. No `Retry-After` is sent. */
export function rateLimited() {
  return new StripeFailure(429, {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message: 'Request rate limit exceeded. You can learn more about rate limits here ' +
      'https://stripe.com/docs/rate-limits.',
  }, { 'Stripe-Rate-Limited-Reason': 'global-rate' })
}

/** Parameters that are refused before the request began: an idempotency key does not store it. */
export class ParameterFailure extends StripeFailure {
  constructor(message: string, detail: { code?: string; param?: string } = {}) {
    super(400, { type: 'invalid_request_error', message, ...detail })
  }
}

/** A parameter that is needed here, and is not there. */
export function missing(param: string) {
  return new ParameterFailure(`Missing required param: ${param}.`, {
    code: 'parameter_missing',
    param,
  })
}

/** The name of a parameter within another: `items[0][price]` of `items[0]`, `price` of nothing. */
export function nested(param: string, key: string): string {
  return param === '' ? key : `${param}[${key}]`
}

/** Refuses a request that gives none, or several, of the parameters of which it must give one. */
export function requireOne(given: Record<string, unknown>, param: string) {
  const names = Object.keys(given)
  if (Object.values(given).filter((value) => value !== undefined).length === 1) return
  throw new ParameterFailure(`You must specify one of: ${names.join(', ')}`, {
    param: nested(param, names[0] ?? ''),
  })
}

/** A request that is well formed, and not possible now. */
export function refused(
  message: string,
  detail: Omit<Partial<ErrorBody>, 'type' | 'message'> = {},
) {
  return new StripeFailure(400, { type: 'invalid_request_error', message, ...detail })
}

/** A payment that its owner must approve first; the code says what it is that was to be paid. */
export function actionRequired(paid: 'invoice' | 'subscription') {
  const where = paid === 'invoice'
    ? ' Payment can be completed using the PaymentIntent associated with the invoice.'
    : ''
  return new StripeFailure(402, {
    type: 'card_error',
    message:
      `This payment requires additional user action before it can be completed successfully.${where}`,
    code: `${paid}_payment_intent_requires_action`,
  })
}

/**
 * An id that names nothing: 404 where it is the path's (`param` is `id`), 400 where it is the
 * value of another parameter.
 */
export function noSuch(kind: string, id: string, param = 'id') {
  return new StripeFailure(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    message: `No such ${kind}: '${id}'`,
    code: 'resource_missing',
    param,
  })
}
