import { draftDiscounts } from '../billing/discounts.ts'
import { refuseSecondCurrency } from '../billing/subscriptions.ts'
import { mergeMetadata } from '../metadata.ts'
import { addressObject } from '../objects/address.ts'
import { sessionObject } from '../objects/session.ts'
import { checkAmount } from '../payments/amounts.ts'
import { allowedMethodTypes } from '../payments/take.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Checkout } from '../store.ts'
import type { Customer, Discount, LineItem, Session } from '../wire.ts'
import { checkCollection, checkExpiry, checkTogether, checkTrial } from './check.ts'
import { echoOf } from './echo.ts'
import { currencyOf, lineItemsOf } from './line_items.ts'
import type { CreateSession } from './params.ts'
import { reckon } from './totals.ts'

/** Opens a Checkout Session in subscription or payment mode. */
export function createSession(sandbox: Sandbox, params: CreateSession): Session {
  const { store, now, newId } = sandbox
  checkTogether(params)
  checkTrial(params, now())
  const expiresAt = checkExpiry(params.expires_at, now())
  const customer = params.customer === undefined
    ? undefined
    : store.customers.get(params.customer, 'customer')
  checkCollection(params, customer)
  const asked = lineItemsOf(sandbox, params)
  const currency = currencyOf(asked, params.currency)
  if (customer && params.mode === 'subscription') {
    refuseSecondCurrency(store, customer.id, currency)
  }
  const id = newId('checkout.session')
  const discounts = discountsOf(sandbox, params, { id, customer, currency, lineItems: asked })
  const { lineItems, totals } = reckon(sandbox, {
    lineItems: asked,
    discounts,
    currency,
    trial: trialOf(params) !== null,
  })
  checkTotal(totals.amount_total ?? 0, currency)
  store.checkouts.insert(checkoutOf(params, { id, customer, lineItems, discounts }))
  return store.sessions.insert(sessionObject({
    ...echoOf(params),
    ...totals,
    id,
    created: now(),
    currency,
    customer: customer?.id ?? null,
    customer_details: detailsOf(customer?.email ?? params.customer_email ?? null, customer),
    expires_at: expiresAt,
    payment_method_types: allowedMethodTypes(currency, params, 'Checkout Session'),
    success_url: params.success_url ?? null,
    url: `${sandbox.url}/c/pay/${id}`,
  }))
}

/** Who pays, as far as it is known: from the start with a customer or an address, else at the end. */
export function detailsOf(
  email: string | null,
  customer: Partial<Pick<Customer, 'address' | 'name' | 'phone' | 'tax_exempt'>> | undefined,
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

/** Refuses a total that Stripe does not charge; nothing at all can be due. */
export function checkTotal(total: number, currency: string) {
  if (total === 0) return
  checkAmount(total, currency, {
    what: "The Checkout Session's total amount due",
    param: 'line_items',
  })
}

function discountsOf(
  sandbox: Sandbox,
  { discounts: asked = [] }: CreateSession,
  { id, customer, currency, lineItems }: {
    id: string
    customer: Customer | undefined
    currency: string
    lineItems: LineItem[]
  },
): Discount[] {
  const entries = asked.map(({ coupon, promotion_code: code }) => ({
    ...(coupon !== undefined && { coupon }),
    ...(code !== undefined && { promotion_code: code }),
  }))
  return draftDiscounts(sandbox, entries, {
    owner: { checkout_session: id, customer: customer?.id ?? null },
    currency,
    subtotal: lineItems.reduce((sum, { amount_subtotal: amount }) => sum + amount, 0),
  })
}

/** What the session's answer does not tell, and its completion needs. */
function checkoutOf(
  params: CreateSession,
  { id, customer, lineItems, discounts }: {
    id: string
    customer: Customer | undefined
    lineItems: LineItem[]
    discounts: Discount[]
  },
): Checkout {
  const { subscription_data: subscription, payment_intent_data: intent } = params
  return {
    id,
    lineItems,
    discounts,
    subscription: {
      description: subscription?.description ?? null,
      metadata: mergeMetadata({}, subscription?.metadata),
      trial: trialOf(params),
      trialSettings: trialSettingsOf(subscription),
      billingMode: subscription?.billing_mode?.type ?? 'flexible',
    },
    intent: {
      description: intent?.description ?? null,
      metadata: mergeMetadata({}, intent?.metadata),
      receipt_email: intent?.receipt_email ?? null,
      setup_future_usage: intent?.setup_future_usage ?? null,
      shipping: intent?.shipping
        ? { ...intent.shipping, address: addressObject(intent.shipping.address) }
        : null,
      statement_descriptor: intent?.statement_descriptor ?? null,
      statement_descriptor_suffix: intent?.statement_descriptor_suffix ?? null,
    },
    customer: customer?.id ?? null,
    buyer: null,
    customerUpdate: {
      address: params.customer_update?.address === 'auto',
      name: params.customer_update?.name === 'auto',
    },
    paymentIntent: null,
  }
}

function trialOf({ subscription_data: data }: CreateSession): Checkout['subscription']['trial'] {
  if (data?.trial_period_days !== undefined) return { days: data.trial_period_days }
  return data?.trial_end === undefined ? null : { end: data.trial_end }
}

function trialSettingsOf(
  data: CreateSession['subscription_data'],
): Checkout['subscription']['trialSettings'] {
  if (!data?.trial_settings) return null
  const { missing_payment_method: missing } = data.trial_settings.end_behavior
  return { end_behavior: { billing_cycle_anchor: null, missing_payment_method: missing } }
}
