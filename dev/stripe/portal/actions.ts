import { inTimeOf } from '../billing/clocks.ts'
import { intentOf, payInvoiceNow } from '../billing/collect.ts'
import { askToResume, pauseSubscription } from '../billing/pauses.ts'
import { cancelSubscription, isEnded } from '../billing/subscriptions.ts'
import { NO_DETAILS } from '../billing/terms.ts'
import { updateSubscription } from '../billing/update.ts'
import { updateCustomer } from '../customers/change.ts'
import { noSuch, ParameterFailure, refused } from '../errors.ts'
import { formatOf } from '../openapi/formats.ts'
import { attachMethod, enterMethod } from '../payments/methods.ts'
import { testMethodOfNumber } from '../payments/test_methods.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Invoice, PortalConfiguration, PortalSession, Subscription } from '../wire.ts'

/** Whose portal it is, and what may be done in it. */
export interface Visit {
  session: PortalSession
  configuration: PortalConfiguration
  /** What the session was opened for is done. */
  flowDone: boolean
}

type Features = PortalConfiguration['features']

/** A form of the page: every field that was filled in. */
export type Form = Record<string, string>

/** Refuses what the configuration does not allow. */
export function needFeature({ configuration: { features } }: Visit, feature: keyof Features) {
  if (!features[feature].enabled) {
    throw refused('This portal does not allow that.', { code: 'feature_disabled', param: feature })
  }
}

/** The running subscription of the visit's customer with this id. */
export function subscriptionOf({ store }: Sandbox, { session }: Visit, id: string): Subscription {
  const subscription = store.subscriptions.get(id)
  if (subscription.customer !== session.customer) throw noSuch('subscription', id)
  if (isEnded(subscription)) throw refused('This subscription has ended.')
  return subscription
}

/** The invoice of the visit's customer with this id. */
export function invoiceOf({ store }: Sandbox, { session }: Visit, id: string): Invoice {
  const invoice = store.invoices.get(id)
  if (invoice.customer !== session.customer) throw noSuch('invoice', id)
  return invoice
}

/** Cancels a subscription as the configuration says: at once, or when its period ends. */
export function cancel(sandbox: Sandbox, visit: Visit, { id, form }: { id: string; form: Form }) {
  needFeature(visit, 'subscription_cancel')
  const subscription = subscriptionOf(sandbox, visit, id)
  const { mode, proration_behavior: proration } = visit.configuration.features.subscription_cancel
  const details = { feedback: feedbackOf(visit, form.feedback), comment: form.comment ?? null }
  if (mode === 'immediately') {
    cancelSubscription(inTimeOf(sandbox, subscription.customer), subscription, {
      details: { ...NO_DETAILS, ...details, reason: 'cancellation_requested' },
      prorate: proration !== 'none',
      invoiceNow: proration === 'always_invoice',
    })
    return
  }
  updateSubscription(sandbox, id, {
    cancel_at_period_end: true,
    cancellation_details: {
      ...(details.feedback && { feedback: details.feedback }),
      ...(details.comment !== null && { comment: details.comment }),
    },
  })
}

/** Takes the coupon that the flow offers to who stays. */
export function stay(sandbox: Sandbox, visit: Visit, { id }: { id: string }) {
  needFeature(visit, 'subscription_cancel')
  const { discounts } = subscriptionOf(sandbox, visit, id)
  const coupon = offerOf(visit, id)
  if (coupon === undefined) throw refused('There is no such offer.')
  updateSubscription(sandbox, id, {
    discounts: [...discounts.map((discount) => ({ discount })), { coupon }],
  })
}

/** The coupon that who is about to cancel this subscription is offered. */
export function offerOf({ session, flowDone }: Visit, id: string): string | undefined {
  if (flowDone) return
  const cancel = session.flow?.subscription_cancel
  return cancel?.subscription === id ? cancel.retention?.coupon_offer?.coupon : undefined
}

/** Takes back that a subscription ends with its period. */
export function renew(sandbox: Sandbox, visit: Visit, { id }: { id: string }) {
  needFeature(visit, 'subscription_cancel')
  updateSubscription(sandbox, subscriptionOf(sandbox, visit, id).id, {
    cancel_at_period_end: false,
  })
}

export function pause(sandbox: Sandbox, visit: Visit, { id }: { id: string }) {
  needFeature(visit, 'subscription_pause')
  const { customer } = subscriptionOf(sandbox, visit, id)
  pauseSubscription(inTimeOf(sandbox, customer), id, { type: 'subscription' })
}

export function resume(sandbox: Sandbox, visit: Visit, { id }: { id: string }) {
  needFeature(visit, 'subscription_pause')
  const { customer } = subscriptionOf(sandbox, visit, id)
  askToResume(inTimeOf(sandbox, customer), id, {})
}

/** Changes the price or the quantity of a subscription's only item. */
export function update(sandbox: Sandbox, visit: Visit, { id, form }: { id: string; form: Form }) {
  needFeature(visit, 'subscription_update')
  const { features: { subscription_update: feature } } = visit.configuration
  const [item, ...others] = subscriptionOf(sandbox, visit, id).items.data
  if (!item || others.length > 0) throw refused('This subscription cannot be changed here.')
  const price = form.price ?? item.price.id
  const quantity = Number(form.quantity ?? item.quantity ?? 1)
  const product = feature.products?.find(({ prices }) => prices.includes(price))
  if (!product && price !== item.price.id) throw refused('This portal does not sell that price.')
  if (price !== item.price.id && !feature.default_allowed_updates.includes('price')) {
    throw refused('This portal does not allow another price.')
  }
  if (quantity !== item.quantity) checkQuantity(feature, product, quantity)
  updateSubscription(sandbox, id, {
    items: [{ id: item.id, price, quantity }],
    proration_behavior: feature.proration_behavior,
  })
}

/** Makes a card, by the number of a test card, what everything is paid with from now on. */
export function changeCard(sandbox: Sandbox, visit: Visit, { form }: { form: Form }) {
  needFeature(visit, 'payment_method_update')
  const { store } = sandbox
  const test = testMethodOfNumber('card', form.number ?? '')
  if (!test) {
    throw new ParameterFailure('Your card number is not that of a test card.', { param: 'number' })
  }
  const customer = store.customers.get(visit.session.customer)
  const method = attachMethod(sandbox, enterMethod(sandbox, test), customer)
  updateCustomer(sandbox, customer.id, { invoice_settings: { default_payment_method: method.id } })
  for (const subscription of store.subscriptions.toJSON()) {
    const { id, default_payment_method: own } = subscription
    if (subscription.customer !== customer.id || isEnded(subscription) || own === null) continue
    updateSubscription(sandbox, id, { default_payment_method: method.id })
  }
}

/** Changes of the customer what the configuration allows; a field left empty stays as it is. */
export function changeCustomer(sandbox: Sandbox, visit: Visit, { form }: { form: Form }) {
  needFeature(visit, 'customer_update')
  const { allowed_updates: allowed } = visit.configuration.features.customer_update
  const { name, email, phone, ...rest } = form
  const complaint = email === undefined ? undefined : formatOf('email')?.complaint(email)
  if (complaint) throw new ParameterFailure(complaint.message, { param: 'email' })
  const address = Object.fromEntries(ADDRESS.flatMap((key) => rest[key] ? [[key, rest[key]]] : []))
  updateCustomer(sandbox, visit.session.customer, {
    ...(name !== undefined && allowed.includes('name') && { name }),
    ...(email !== undefined && allowed.includes('email') && { email }),
    ...(phone !== undefined && allowed.includes('phone') && { phone }),
    ...(Object.keys(address).length > 0 && allowed.includes('address') && { address }),
  })
}

/** Pays an open invoice. Gives where its owner must approve that, when the bank asks. */
export function pay(sandbox: Sandbox, visit: Visit, { id }: { id: string }): string | undefined {
  needFeature(visit, 'invoice_history')
  const { status, customer } = invoiceOf(sandbox, visit, id)
  if (status !== 'open') throw refused(`This invoice is ${status}.`)
  payInvoiceNow(inTimeOf(sandbox, customer), id, { offSession: false })
  const intent = intentOf(sandbox, id)
  if (intent?.status === 'requires_action') return `/authenticate/${intent.id}`
  if (intent?.last_payment_error?.message) throw refused(intent.last_payment_error.message)
}

/** The fields of an address, as they stand in the form. */
export const ADDRESS = ['line1', 'line2', 'postal_code', 'city', 'state', 'country'] as const

function feedbackOf({ configuration: { features } }: Visit, given: string | undefined) {
  const { enabled, options } = features.subscription_cancel.cancellation_reason
  return enabled ? options.find((option) => option === given) ?? null : null
}

function checkQuantity(
  feature: Features['subscription_update'],
  product: NonNullable<Features['subscription_update']['products']>[number] | undefined,
  quantity: number,
) {
  const { enabled = false, minimum = 1, maximum = null } = product?.adjustable_quantity ?? {}
  if (!feature.default_allowed_updates.includes('quantity') || !enabled) {
    throw refused('This portal does not allow another quantity.')
  }
  if (Number.isInteger(quantity) && quantity >= minimum && quantity <= (maximum ?? Infinity)) return
  throw refused(`The quantity must be at least ${minimum}${maximum ? `, at most ${maximum}` : ''}.`)
}
