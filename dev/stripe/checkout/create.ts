import { refuseSecondCurrency } from '../billing/subscriptions.ts'
import { ParameterFailure, refused } from '../errors.ts'
import { lineItemObject, sessionObject } from '../objects/session.ts'
import { mergeMetadata } from '../metadata.ts'
import { methodTypesFor } from '../payments/take.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Customer, LineItem, Session } from '../wire.ts'
import type { CreateSession } from './params.ts'

/** Opens a Checkout Session in subscription mode. */
export function createSession(sandbox: Sandbox, params: CreateSession): Session {
  const { store, now, newId } = sandbox
  checkTogether(params)
  const expiresAt = expiryOf(params.expires_at, now())
  const customer = params.customer === undefined
    ? undefined
    : store.customers.get(params.customer, 'customer')
  checkCollection(params, customer)
  const lineItems = lineItemsOf(sandbox, params)
  const currency = currencyOf(lineItems, params.currency)
  if (customer) refuseSecondCurrency(store, customer.id, currency)
  const id = newId('checkout.session')
  store.checkouts.insert({
    id,
    lineItems,
    subscription: {
      metadata: mergeMetadata({}, params.subscription_data?.metadata),
      description: params.subscription_data?.description ?? null,
    },
    customer: customer?.id ?? null,
    paymentIntent: null,
  })
  return store.sessions.insert(sessionObject({
    ...echoOf(params),
    id,
    created: now(),
    expires_at: expiresAt,
    success_url: params.success_url,
    url: `${sandbox.url}/c/pay/${id}`,
    currency,
    amount_subtotal: sum(lineItems.map(({ amount_subtotal: amount }) => amount)),
    amount_total: sum(lineItems.map(({ amount_total: amount }) => amount)),
    payment_method_types: methodTypesOf(params, currency),
    customer: customer?.id ?? null,
    customer_details: detailsOf(customer?.email ?? params.customer_email ?? null, customer),
  }))
}

/** Who pays, as far as it is known: from the start with a customer or an address, else at the end. */
export function detailsOf(
  email: string | null,
  customer: Customer | undefined,
): Session['customer_details'] {
  if (email === null) return null
  return {
    address: customer?.address ?? null,
    business_name: null,
    email,
    individual_name: null,
    name: customer?.name ?? null,
    phone: customer?.phone ?? null,
    tax_exempt: customer?.tax_exempt ?? 'none',
    tax_ids: [],
  }
}

const MINUTE = 60
const HOUR = 60 * MINUTE
/** A request may take a moment from the caller's clock to ours. */
const SLACK = 60

function checkTogether(params: CreateSession) {
  if (params.mode !== 'subscription') {
    throw new ParameterFailure('Stripe knows more modes, but this emulator only subscription.', {
      param: 'mode',
    })
  }
  if (params.customer !== undefined && params.customer_email !== undefined) {
    throw new ParameterFailure(
      'You may only specify one of these parameters: customer, customer_email.',
      { param: 'customer' },
    )
  }
  if (params.customer_update && params.customer === undefined) {
    throw new ParameterFailure('`customer_update` can only be used with `customer`.', {
      param: 'customer_update',
    })
  }
  if (params.allowed_payment_method_types && params.excluded_payment_method_types) {
    throw new ParameterFailure(
      'You may only specify one of these parameters: allowed_payment_method_types, ' +
        'excluded_payment_method_types.',
    )
  }
}

function expiryOf(asked: number | undefined, now: number): number {
  if (asked === undefined) return now + 24 * HOUR
  if (asked < now + 30 * MINUTE) {
    throw refused(
      'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.',
      { param: 'expires_at' },
    )
  }
  if (asked > now + 24 * HOUR + SLACK) {
    throw refused(
      'The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.',
      { param: 'expires_at' },
    )
  }
  return asked
}

/** What is collected from a customer that exists must be allowed to change it. */
function checkCollection(params: CreateSession, customer: Customer | undefined) {
  if (!customer) return
  const { automatic_tax: tax, customer_update: update, tax_id_collection: taxIds } = params
  if (tax?.enabled && !customer.address && update?.address !== 'auto') {
    throw refused(
      'Automatic tax calculation in Checkout requires a valid address on the Customer. Add a ' +
        "valid address to the Customer or set `customer_update[address]` to 'auto'.",
      { code: 'customer_tax_location_invalid' },
    )
  }
  if (taxIds?.enabled && update?.name !== 'auto') {
    throw refused(
      'Tax ID collection requires updating business name on the customer. To enable tax ID ' +
        'collection for an existing customer, please set `customer_update[name]` to `auto`.',
    )
  }
}

function lineItemsOf({ store, newId }: Sandbox, { line_items: asked }: CreateSession): LineItem[] {
  const lineItems = asked.map(({ price: id, quantity }, index) => {
    const param = `line_items[${index}][price]`
    const price = store.prices.get(id, param)
    const product = store.products.get(price.product)
    if (!price.active || !product.active) {
      const what = price.active ? `product (\`${product.id}\`)` : `price (\`${id}\`)`
      throw refused(`The ${what} of line_items[${index}] is not active.`, { param })
    }
    return lineItemObject({ id: newId('line_item'), price, quantity, description: product.name })
  })
  checkIntervals(lineItems)
  return lineItems
}

function checkIntervals(lineItems: LineItem[]) {
  const recurring = lineItems.flatMap(({ price }) => price?.recurring ?? [])
  const [first, ...others] = recurring
  if (!first) {
    throw refused(
      'You must provide at least one recurring price in `subscription` mode when using prices.',
      { param: 'line_items' },
    )
  }
  const { interval, interval_count: count } = first
  if (others.some((other) => other.interval !== interval || other.interval_count !== count)) {
    throw refused('Checkout does not support multiple prices with different billing intervals.', {
      param: 'line_items',
    })
  }
  if (recurring.length > 20 || lineItems.length - recurring.length > 20) {
    throw refused('A session takes up to 20 recurring and 20 one-time line items.', {
      param: 'line_items',
    })
  }
}

function currencyOf(lineItems: LineItem[], asked: string | undefined): string {
  const currency = asked ?? lineItems[0]?.currency ?? ''
  const index = lineItems.findIndex((item) => item.currency !== currency)
  if (index < 0) return currency
  throw refused(
    `The price specified only supports \`${lineItems[index]?.currency}\`. This doesn't match the ` +
      `expected currency: \`${currency}\`.`,
    { param: `line_items[${index}][price]` },
  )
}

function methodTypesOf(params: CreateSession, currency: string): string[] {
  const { allowed_payment_method_types: allowed, excluded_payment_method_types: excluded } = params
  const types = methodTypesFor(currency)
    .filter((type) =>
      allowed?.some((one) => one === type) ??
        !excluded?.some((one) => one === type)
    )
  if (types.length > 0) return types
  throw refused(`No valid payment method types for this Checkout Session in \`${currency}\`.`)
}

/** What the session repeats of the request. */
function echoOf(params: CreateSession): Partial<Session> {
  const terms = params.consent_collection?.terms_of_service
  return {
    adaptive_pricing: params.adaptive_pricing ?? { enabled: false },
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    automatic_tax: {
      enabled: params.automatic_tax?.enabled ?? false,
      liability: params.automatic_tax?.enabled ? { type: 'self' } : null,
      provider: params.automatic_tax?.enabled ? 'stripe' : null,
      status: params.automatic_tax?.enabled ? 'requires_location_inputs' : null,
    },
    billing_address_collection: params.billing_address_collection ?? null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    consent_collection: terms === undefined ? null : {
      payment_method_reuse_agreement: null,
      promotions: 'none',
      terms_of_service: terms,
    },
    custom_text: {
      after_submit: params.custom_text?.after_submit ?? null,
      shipping_address: null,
      submit: params.custom_text?.submit ?? null,
      terms_of_service_acceptance: params.custom_text?.terms_of_service_acceptance ?? null,
    },
    customer_creation: params.customer === undefined ? 'always' : null,
    customer_email: params.customer_email ?? null,
    integration_identifier: params.integration_identifier ?? null,
    locale: params.locale ?? null,
    metadata: mergeMetadata({}, params.metadata),
    payment_method_collection: params.payment_method_collection ?? 'always',
    ...(params.excluded_payment_method_types && {
      excluded_payment_method_types: params.excluded_payment_method_types,
    }),
    ...(params.tax_id_collection && {
      tax_id_collection: { required: 'never', ...params.tax_id_collection },
    }),
  }
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
