import { Hono } from 'hono'
import type Stripe from 'stripe'
import { ParameterFailure, refused } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { addressObject } from '../objects/address.ts'
import { type Given, operation, type ParamsOf } from '../openapi/operation.ts'
import { checkAmount } from '../payments/amounts.ts'
import {
  cancelIntent,
  captureIntent,
  confirmIntent,
  refuseInvoiceIntent,
  refuseOthersIntent,
  refuseState,
  UPDATABLE,
} from '../payments/intents.ts'
import { checkMethod, methodOfId } from '../payments/methods.ts'
import { allowedMethodTypes, createIntent, methodTypesFor } from '../payments/take.ts'
import { reading } from '../resource.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'
import type { PaymentIntent, PaymentMethod } from '../wire.ts'

export function paymentIntentRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreatePaymentIntent)
      checkConfirmation(params)
      const intent = openIntent(c.var.sandbox, params)
      return answer(c, params.confirm ? confirm(c.var.sandbox, intent, params) : intent)
    })
    .route(
      '/',
      reading({
        rows: (store) => store.paymentIntents,
        list: ListPaymentIntents,
        isListed: (intent, params) => matches(params.customer, intent.customer ?? undefined),
        retrieve: RetrievePaymentIntent,
        search: {
          operation: SearchPaymentIntents,
          fields: {
            amount: ({ amount }) => amount,
            created: ({ created }) => created,
            currency: ({ currency }) => currency,
            customer: ({ customer }) => customer,
            status: ({ status }) => status,
          },
        },
      }),
    )
    .post('/:id', async (c) => {
      const params = await read(c, UpdatePaymentIntent)
      const intent = c.var.sandbox.store.paymentIntents.get(c.req.param('id'))
      return answer(c, updateIntent(c.var.sandbox, intent, params))
    })
    .post('/:id/confirm', async (c) => {
      const params = await read(c, ConfirmPaymentIntent)
      const { sandbox } = c.var
      const { store } = sandbox
      const intent = store.paymentIntents.get(c.req.param('id'))
      refuseOthersIntent(store, intent, 'confirm')
      refuseState(intent, UPDATABLE, 'confirm')
      const { customer, payment_method_types: types } = intent
      const method = methodGiven(sandbox, params.payment_method, customer, types)
      const changed = store.paymentIntents.update(intent.id, changesOf(params))
      return answer(c, confirm(sandbox, changed, params, method))
    })
    .post('/:id/capture', async (c) => {
      const { amount_to_capture: amount, metadata, ...params } = await read(c, CapturePaymentIntent)
      const { sandbox } = c.var
      const { store } = sandbox
      if (params.final_capture === false) {
        throw refused('This PaymentIntent does not allow more than one capture.', {
          param: 'final_capture',
        })
      }
      const intent = store.paymentIntents.get(c.req.param('id'))
      captureIntent(sandbox, intent, amount)
      const captured = store.paymentIntents.update(intent.id, {
        metadata: mergeMetadata(intent.metadata, metadata),
      })
      return answer(c, captured)
    })
    .post('/:id/cancel', async (c) => {
      const { cancellation_reason: reason = null } = await read(c, CancelPaymentIntent)
      const { sandbox } = c.var
      const intent = sandbox.store.paymentIntents.get(c.req.param('id'))
      refuseOthersIntent(sandbox.store, intent, 'cancel')
      refuseInvoiceIntent(sandbox.store, intent, 'cancel')
      return answer(c, cancelIntent(sandbox, intent, reason))
    })
}

const CHANGES = [
  'capture_method',
  'receipt_email',
  'setup_future_usage',
  'shipping',
] as const
const DESCRIBING = [
  'description',
  'metadata',
  'statement_descriptor',
  'statement_descriptor_suffix',
] as const
const CONFIRMING = [
  'error_on_requires_action',
  'off_session',
  'payment_method',
  'return_url',
  'use_stripe_sdk',
] as const

const CreatePaymentIntent = operation<Stripe.PaymentIntentCreateParams>('POST /v1/payment_intents')
  .follows([
    ...CHANGES,
    ...DESCRIBING,
    ...CONFIRMING,
    'allowed_payment_method_types',
    'amount',
    'automatic_payment_methods',
    'confirm',
    'currency',
    'customer',
    'excluded_payment_method_types',
  ])
const UpdatePaymentIntent = operation<Stripe.PaymentIntentUpdateParams>(
  'POST /v1/payment_intents/{id}',
).follows([...CHANGES, ...DESCRIBING, 'amount', 'currency', 'customer', 'payment_method'])
const ConfirmPaymentIntent = operation<Stripe.PaymentIntentConfirmParams>(
  'POST /v1/payment_intents/{id}/confirm',
).follows([...CHANGES, ...CONFIRMING])
const CapturePaymentIntent = operation<Stripe.PaymentIntentCaptureParams>(
  'POST /v1/payment_intents/{id}/capture',
).follows(['amount_to_capture', 'final_capture', 'metadata'])
const CancelPaymentIntent = operation<Stripe.PaymentIntentCancelParams>(
  'POST /v1/payment_intents/{id}/cancel',
).follows('all')
const ListPaymentIntents = operation<Stripe.PaymentIntentListParams>('GET /v1/payment_intents')
  .follows(['created', 'customer', 'ending_before', 'limit', 'starting_after'])
const RetrievePaymentIntent = operation<Stripe.PaymentIntentRetrieveParams>(
  'GET /v1/payment_intents/{id}',
).follows([])
const SearchPaymentIntents = operation<Stripe.PaymentIntentSearchParams>(
  'GET /v1/payment_intents/search',
).follows('all')

/** What only means something together with `confirm`. */
function checkConfirmation(params: ParamsOf<typeof CreatePaymentIntent>) {
  if (params.confirm) return
  const names = CONFIRMING.filter((name) => name !== 'payment_method')
  const param = names.find((name) => params[name] !== undefined)
  if (param === undefined) return
  throw new ParameterFailure(
    `The parameter \`${param}\` cannot be passed when creating a PaymentIntent unless ` +
      '`confirm` is set to true.',
    { param },
  )
}

function openIntent(
  sandbox: Sandbox,
  params: ParamsOf<typeof CreatePaymentIntent>,
): PaymentIntent {
  const { amount, currency } = params
  checkAmount(amount, currency, { what: 'Amount', param: 'amount' })
  const customer = params.customer === undefined
    ? null
    : sandbox.store.customers.get(params.customer, 'customer')
  const types = allowedMethodTypes(currency, params, 'PaymentIntent')
  const method = methodGiven(sandbox, params.payment_method, customer?.id ?? null, types)
  return createIntent(sandbox, {
    amount,
    currency,
    customer,
    intent: {
      ...changesOf(params),
      ...descriptionOf(params),
      allowed_payment_method_types: params.allowed_payment_method_types ?? null,
      automatic_payment_methods: automaticMethods(params),
      excluded_payment_method_types: params.excluded_payment_method_types ?? null,
      metadata: mergeMetadata({}, params.metadata),
      payment_method_types: types,
      ...(method && { payment_method: method.id, status: 'requires_confirmation' }),
    },
  })
}

function updateIntent(
  sandbox: Sandbox,
  intent: PaymentIntent,
  params: ParamsOf<typeof UpdatePaymentIntent>,
): PaymentIntent {
  const { store } = sandbox
  const { amount = intent.amount, currency = intent.currency, customer, payment_method: id } =
    params
  const names = [...CHANGES, 'amount', 'currency', 'customer', 'payment_method'] as const
  if (names.some((name) => params[name] !== undefined)) {
    refuseOthersIntent(store, intent, 'update')
    refuseState(intent, UPDATABLE, 'update')
  }
  if (amount !== intent.amount || currency !== intent.currency || customer !== undefined) {
    refuseInvoiceIntent(store, intent, 'update')
  }
  checkAmount(amount, currency, { what: 'Amount', param: 'amount' })
  if (customer !== undefined) store.customers.get(customer, 'customer')
  const owner = customer ?? intent.customer
  const types = currency === intent.currency
    ? intent.payment_method_types
    : methodTypesFor(currency)
  const method = methodGiven(sandbox, id, owner, types)
  return store.paymentIntents.update(intent.id, {
    ...changesOf(params),
    ...descriptionOf(params),
    amount,
    currency,
    customer: owner,
    metadata: mergeMetadata(intent.metadata, params.metadata),
    payment_method_types: types,
    ...(method && { payment_method: method.id, status: 'requires_confirmation' }),
  })
}

function confirm(
  sandbox: Sandbox,
  intent: PaymentIntent,
  params: Pick<ParamsOf<typeof ConfirmPaymentIntent>, typeof CONFIRMING[number]>,
  method?: PaymentMethod,
): PaymentIntent {
  const { off_session: offSession = false } = params
  return confirmIntent(sandbox, intent, {
    method,
    offSession: offSession !== false,
    failsOnAction: params.error_on_requires_action ?? false,
    returnUrl: params.return_url,
    usesSdk: params.use_stripe_sdk ?? false,
  })
}

function methodGiven(
  sandbox: Sandbox,
  id: string | undefined,
  customer: string | null,
  types: string[],
) {
  if (id === undefined) return
  const method = methodOfId(sandbox, id, 'payment_method')
  checkMethod(sandbox.store, method, { customer, types })
  return method
}

/** What a request changes: a field that it leaves out stays. */
function changesOf(
  { capture_method: capture, receipt_email: email, setup_future_usage: usage, shipping }: Given<
    Pick<Stripe.PaymentIntentUpdateParams, typeof CHANGES[number]>
  >,
): Partial<PaymentIntent> {
  return {
    ...(capture !== undefined && { capture_method: capture }),
    ...(email !== undefined && { receipt_email: email }),
    ...(usage !== undefined && { setup_future_usage: usage }),
    ...(shipping !== undefined && {
      shipping: shipping && { ...shipping, address: addressObject(shipping.address) },
    }),
  }
}

function descriptionOf(
  { description, statement_descriptor: statement, statement_descriptor_suffix: suffix }: Given<
    Pick<Stripe.PaymentIntentUpdateParams, typeof DESCRIBING[number]>
  >,
): Partial<PaymentIntent> {
  return {
    ...(description !== undefined && { description }),
    ...(statement !== undefined && { statement_descriptor: statement }),
    ...(suffix !== undefined && { statement_descriptor_suffix: suffix }),
  }
}

/** Without a choice of methods an intent takes those of the account, redirects included. */
function automaticMethods(
  { automatic_payment_methods: asked, allowed_payment_method_types: allowed }: ParamsOf<
    typeof CreatePaymentIntent
  >,
): PaymentIntent['automatic_payment_methods'] {
  if (asked) return { enabled: asked.enabled, allow_redirects: asked.allow_redirects ?? 'always' }
  return allowed ? null : { enabled: true, allow_redirects: 'always' }
}
