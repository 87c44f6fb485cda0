import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { authenticate, limitRate, ownAccount } from './access.ts'
import { StripeFailure } from './errors.ts'
import { idempotency } from './idempotency.ts'
import { inOrder } from './objects/order.ts'
import { operationAt } from './openapi/structure.ts'
import { accountRoutes } from './routes/account.ts'
import { chargeRoutes } from './routes/charges.ts'
import { portalConfigurationRoutes, portalSessionRoutes } from './routes/portal.ts'
import { checkoutSessionRoutes } from './routes/checkout_sessions.ts'
import { couponRoutes } from './routes/coupons.ts'
import { creditNoteRoutes } from './routes/credit_notes.ts'
import { customerRoutes } from './routes/customers.ts'
import { disputeRoutes } from './routes/disputes.ts'
import { eventRoutes } from './routes/events.ts'
import { invoiceItemRoutes } from './routes/invoice_items.ts'
import { invoicePaymentRoutes, invoiceRoutes } from './routes/invoices.ts'
import { paymentIntentRoutes } from './routes/payment_intents.ts'
import { paymentMethodRoutes } from './routes/payment_methods.ts'
import { paymentPageRoutes } from './routes/payment_pages.ts'
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
export function createApi(sandbox: Sandbox, { secretKey, requestsPerSecond, log, onAnswer }: {
  secretKey: string
  /** More are answered 429. */
  requestsPerSecond?: number | undefined
  log: (line: string) => void
  /** Told each answer of success: of which operation, and what. */
  onAnswer?: ((operation: string, body: unknown) => void) | undefined
}) {
  return new Hono<StripeEnv>()
    .use(identify(sandbox))
    .use(authenticate(secretKey))
    .use(ownAccount())
    .use(limitRate(requestsPerSecond))
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
    .route('/disputes', disputeRoutes())
    .route('/events', eventRoutes())
    .route('/invoice_payments', invoicePaymentRoutes())
    .route('/invoiceitems', invoiceItemRoutes())
    .route('/invoices', invoiceRoutes())
    .route('/payment_intents', paymentIntentRoutes())
    .route('/payment_methods', paymentMethodRoutes())
    .route('/payment_pages', paymentPageRoutes())
    .route('/prices', priceRoutes())
    .route('/products', productRoutes())
    .route('/promotion_codes', promotionCodeRoutes())
    .route('/refunds', refundRoutes())
    .route('/subscription_items', subscriptionItemRoutes())
    .route('/subscriptions', subscriptionRoutes())
    .route('/test_helpers/test_clocks', testClockRoutes())
    .route('/webhook_endpoints', webhookEndpointRoutes())
    .all('/*', (c) => {
      throw unrecognized(c.req.method, c.req.path)
    })
    .onError((error, c) => {
      const failure = error instanceof StripeFailure ? error : internal(error, log)
      return c.json({ error: inOrder(failure.body) }, failure.status, failure.headers)
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

/** What Stripe does not have, or has and this emulator does not. */
function unrecognized(method: string, path: string) {
  const name = operationAt(method, path)
  return new StripeFailure(404, {
    type: 'invalid_request_error',
    message: name
      ? `Stripe has ${name}, but this emulator does not.`
      : `Unrecognized request URL (${method}: ${path}). If you are trying to list objects, remove ` +
        'the trailing slash. If you are trying to retrieve an object, make sure you passed a valid ' +
        '(non-empty) identifier in your code. Please see https://stripe.com/docs or we can help at ' +
        'https://support.stripe.com/.',
  })
}

/** A bug of the emulator: the caller learns no more than from a failure of Stripe's. */
function internal(error: Error, log: (line: string) => void) {
  log(`The Stripe emulator failed: ${error.stack ?? error.message}`)
  return new StripeFailure(500, {
    type: 'api_error',
    message: 'Sorry! There was an error while talking to Stripe. Please try again.',
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
