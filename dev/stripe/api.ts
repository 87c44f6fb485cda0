import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { StripeFailure } from './errors.ts'
import { idempotency } from './idempotency.ts'
import { accountRoutes } from './routes/account.ts'
import { chargeRoutes } from './routes/charges.ts'
import { portalConfigurationRoutes, portalSessionRoutes } from './routes/portal.ts'
import { checkoutSessionRoutes } from './routes/checkout_sessions.ts'
import { couponRoutes } from './routes/coupons.ts'
import { creditNoteRoutes } from './routes/credit_notes.ts'
import { customerRoutes } from './routes/customers.ts'
import { eventRoutes } from './routes/events.ts'
import { invoiceItemRoutes } from './routes/invoice_items.ts'
import { invoicePaymentRoutes, invoiceRoutes } from './routes/invoices.ts'
import { paymentIntentRoutes } from './routes/payment_intents.ts'
import { paymentMethodRoutes } from './routes/payment_methods.ts'
import { priceRoutes } from './routes/prices.ts'
import { productRoutes } from './routes/products.ts'
import { promotionCodeRoutes } from './routes/promotion_codes.ts'
import { refundRoutes } from './routes/refunds.ts'
import { subscriptionItemRoutes } from './routes/subscription_items.ts'
import { subscriptionRoutes } from './routes/subscriptions.ts'
import { testClockRoutes } from './routes/test_clocks.ts'
import { webhookEndpointRoutes } from './routes/webhook_endpoints.ts'
import { API_VERSION, type Sandbox, type StripeEnv } from './sandbox.ts'

/** The API of https://docs.stripe.com/api for one account, below `/v1`. */
export function createApi(sandbox: Sandbox, { secretKey, onAnswer }: {
  secretKey: string
  /** Told each answer of success: of which operation, and what. */
  onAnswer?: ((operation: string, body: unknown) => void) | undefined
}) {
  return new Hono<StripeEnv>()
    .use(identify(sandbox))
    .use(authenticate(secretKey))
    .use(idempotency())
    .use(report(onAnswer))
    .route('/account', accountRoutes())
    .route('/billing_portal/configurations', portalConfigurationRoutes())
    .route('/billing_portal/sessions', portalSessionRoutes())
    .route('/charges', chargeRoutes())
    .route('/checkout/sessions', checkoutSessionRoutes())
    .route('/coupons', couponRoutes())
    .route('/credit_notes', creditNoteRoutes())
    .route('/customers', customerRoutes())
    .route('/events', eventRoutes())
    .route('/invoice_payments', invoicePaymentRoutes())
    .route('/invoiceitems', invoiceItemRoutes())
    .route('/invoices', invoiceRoutes())
    .route('/payment_intents', paymentIntentRoutes())
    .route('/payment_methods', paymentMethodRoutes())
    .route('/prices', priceRoutes())
    .route('/products', productRoutes())
    .route('/promotion_codes', promotionCodeRoutes())
    .route('/refunds', refundRoutes())
    .route('/subscription_items', subscriptionItemRoutes())
    .route('/subscriptions', subscriptionRoutes())
    .route('/test_helpers/test_clocks', testClockRoutes())
    .route('/webhook_endpoints', webhookEndpointRoutes())
    .all('/*', (c) => {
      throw new StripeFailure(404, {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${c.req.method}: ${c.req.path}).`,
      })
    })
    .onError((error, c) => {
      if (error instanceof StripeFailure) return c.json({ error: error.body }, error.status)
      throw error
    })
}

/** Gives the request its id, which every answer and every event it causes carries. */
function identify(sandbox: Sandbox) {
  return createMiddleware<StripeEnv>(async (c, next) => {
    const id = sandbox.newId('request')
    const key = c.req.header('Idempotency-Key') ?? null
    c.set('sandbox', { ...sandbox, request: { id, idempotency_key: key } })
    await next()
    c.header('Request-Id', id)
    c.header('Stripe-Version', c.req.header('Stripe-Version') ?? API_VERSION)
  })
}

function report(onAnswer: ((operation: string, body: unknown) => void) | undefined) {
  return createMiddleware<StripeEnv>(async (c, next) => {
    await next()
    if (onAnswer && c.res.ok && c.var.operation) {
      onAnswer(c.var.operation, await c.res.clone().json())
    }
  })
}

function authenticate(secretKey: string) {
  return createMiddleware<StripeEnv>(async (c, next) => {
    const [, key] = /^Bearer (\S+)$/.exec(c.req.header('Authorization') ?? '') ?? []
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

function unauthorized(key: string | undefined) {
  const message = key === undefined
    ? 'You did not provide an API key. You need to provide your API key in the Authorization ' +
      "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
    : `Invalid API Key provided: ${key.slice(0, 8)}${'*'.repeat(8)}${key.slice(-4)}`
  return new StripeFailure(401, { type: 'invalid_request_error', message })
}
