import { createMiddleware } from 'hono/factory'
import { fromBase64 } from './base64.ts'
import { rateLimited, StripeFailure } from './errors.ts'
import { API_VERSION, type StripeEnv } from './sandbox.ts'

/** Lets in who has the secret key, as `Bearer` or as the user of HTTP Basic. */
export function authenticate(secretKey: string) {
  return createMiddleware<StripeEnv>(async (c, next) => {
    const key = keyOf(c.req.header('Authorization') ?? '')
    if (key !== secretKey) throw unauthorized(key)
    const version = c.req.header('Stripe-Version') ?? API_VERSION
    if (version !== API_VERSION) {
      throw new StripeFailure(400, {
        type: 'invalid_request_error',
        message: `Invalid Stripe API version: ${version}. This emulator knows ${API_VERSION} only.`,
      })
    }
    await next()
  })
}

/** Refuses to act for other accounts: there is one, and it is no platform. */
export function ownAccount() {
  return createMiddleware<StripeEnv>(async (c, next) => {
    const account = c.req.header('Stripe-Account') ?? c.req.header('Stripe-Context')
    if (account !== undefined && !c.var.sandbox.store.accounts.find(account)) {
      throw new StripeFailure(403, {
        type: 'invalid_request_error',
        code: 'account_invalid',
        message: `The provided key '${masked(keyOf(c.req.header('Authorization') ?? '') ?? '')}' ` +
          `does not have access to account '${account}' (or that account does not exist). ` +
          'Application access may have been revoked.',
      })
    }
    await next()
  })
}

/**
 * Answers no more requests in one second of the clock, see https://docs.stripe.com/rate-limits.
 * Without a number there is no limit.
 */
export function limitRate(perSecond: number | undefined) {
  let second = 0
  let count = 0
  return createMiddleware<StripeEnv>(async (c, next) => {
    if (perSecond === undefined) return await next()
    const now = c.var.sandbox.now()
    count = now === second ? count + 1 : 1
    second = now
    if (count > perSecond) {
      throw rateLimited()
    }
    await next()
  })
}

function keyOf(authorization: string): string | undefined {
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic) (\S+)$/i.exec(authorization) ?? []
  if (scheme.toLowerCase() !== 'basic') return credentials || undefined
  return fromBase64(credentials).split(':')[0] || undefined
}

function unauthorized(key: string | undefined) {
  const headers = { 'WWW-Authenticate': 'Basic realm="Stripe"' }
  if (key?.startsWith('pk_')) {
    return new StripeFailure(401, {
      type: 'invalid_request_error',
      code: 'secret_key_required',
      message: 'This API call cannot be made with a publishable API key. Please use a secret API ' +
        'key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.',
    }, headers)
  }
  const message = key === undefined
    ? 'You did not provide an API key. You need to provide your API key in the Authorization ' +
      "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See " +
      'https://stripe.com/docs/api#authentication for details, or we can help at ' +
      'https://support.stripe.com/.'
    : `Invalid API Key provided: ${masked(key)}`
  return new StripeFailure(401, { type: 'invalid_request_error', message }, headers)
}

/** A key as it may be shown: its kind and its end. */
function masked(key: string): string {
  return `${key.slice(0, 8)}${'*'.repeat(8)}${key.slice(-4)}`
}
