import type Stripe from 'stripe'
import { isEnded } from '../billing/subscriptions.ts'
import { missing, refused } from '../errors.ts'
import { isValid } from '../objects/discount.ts'
import { portalSessionObject } from '../objects/portal.ts'
import type { Given } from '../openapi/operation.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { HOUR } from '../time.ts'
import type { PortalConfiguration, PortalSession, Subscription } from '../wire.ts'
import type { Visit } from './actions.ts'

/** What a request can say of a session. */
type SessionRequest = Pick<
  Given<Stripe.BillingPortal.SessionCreateParams>,
  'configuration' | 'customer' | 'flow_data' | 'locale' | 'return_url'
>

type FlowData = NonNullable<SessionRequest['flow_data']>
type Flow = NonNullable<PortalSession['flow']>

/** Opens the portal for a customer; the address in the answer is good for a few minutes. */
export function createPortalSession(sandbox: Sandbox, request: SessionRequest): PortalSession {
  const { store, newId, now, url } = sandbox
  if (request.customer === undefined) throw missing('customer')
  const customer = store.customers.get(request.customer, 'customer')
  const configuration = configurationFor(sandbox, request.configuration)
  const flow = request.flow_data
    ? flowOf(sandbox, { data: request.flow_data, customer: customer.id, configuration })
    : null
  const secret = newId('portal_visit')
  const session = store.portalSessions.insert(portalSessionObject({
    id: newId('billing_portal.session'),
    created: now(),
    configuration: configuration.id,
    customer: customer.id,
    flow,
    locale: request.locale ?? null,
    return_url: request.return_url ?? configuration.default_return_url,
    url: `${url}/p/session/${secret}`,
  }))
  store.portalVisits.insert({
    id: secret,
    session: session.id,
    until: now() + UNOPENED_S,
    flowDone: false,
  })
  emit(sandbox, 'billing_portal.session.created', session)
  return session
}

/** The portal as who has its address sees it: not after the address has expired. */
export function openVisit(
  { store, now }: Sandbox,
  secret: string,
): Visit | undefined {
  const visit = store.portalVisits.find(secret)
  if (!visit || visit.until <= now()) return
  store.portalVisits.update(secret, { until: now() + IDLE_S })
  const session = store.portalSessions.get(visit.session)
  const configuration = store.portalConfigurations.get(session.configuration)
  return { session, configuration, flowDone: visit.flowDone }
}

/** Notes that the flow for which the session was opened is done. */
export function finishFlow({ store }: Sandbox, secret: string) {
  store.portalVisits.update(secret, { flowDone: true })
}

/** An address that nobody opens expires after five minutes, and an open portal an hour after use. */
const UNOPENED_S = 5 * 60
const IDLE_S = HOUR

function configurationFor({ store }: Sandbox, id: string | undefined): PortalConfiguration {
  const configuration = id === undefined
    ? store.portalConfigurations.toJSON().find(({ is_default: isDefault }) => isDefault)
    : store.portalConfigurations.get(id, 'configuration')
  if (configuration?.active) return configuration
  throw refused('This portal configuration is not active.', { param: 'configuration' })
}

interface FlowRequest {
  data: FlowData
  customer: string
  configuration: PortalConfiguration
}

function flowOf(sandbox: Sandbox, request: FlowRequest): Flow {
  const { data, configuration: { features } } = request
  const flow = { ...NO_FLOW, type: data.type, after_completion: completionOf(data) }
  switch (data.type) {
    case 'payment_method_update':
      needFeature(features.payment_method_update.enabled, 'payment method update')
      return flow
    case 'customer_update':
      needFeature(features.customer_update.enabled, 'customer update')
      return { ...flow, customer_update: {} }
    case 'subscription_cancel':
      needFeature(features.subscription_cancel.enabled, 'subscription cancel')
      return { ...flow, subscription_cancel: cancelFlow(sandbox, request) }
    case 'subscription_pause':
      needFeature(features.subscription_pause.enabled, 'subscription pause')
      return { ...flow, subscription_pause: { subscription: subscriptionOf(sandbox, request).id } }
    case 'subscription_update':
      needFeature(features.subscription_update.enabled, 'subscription update')
      return { ...flow, subscription_update: { subscription: updatable(sandbox, request).id } }
    case 'subscription_update_confirm':
      needFeature(features.subscription_update.enabled, 'subscription update')
      return { ...flow, subscription_update_confirm: confirmFlow(sandbox, request) }
    default:
      throw new Error(`Unknown flow ${data.type satisfies never}`)
  }
}

const NO_FLOW: Omit<Flow, 'type' | 'after_completion'> = {
  customer_update: null,
  subscription_cancel: null,
  subscription_pause: null,
  subscription_update: null,
  subscription_update_confirm: null,
}

function completionOf({ after_completion: after }: FlowData): Flow['after_completion'] {
  if (after?.type === 'redirect' && !after.redirect) {
    throw missing('flow_data[after_completion][redirect]')
  }
  return {
    hosted_confirmation: after?.type === 'hosted_confirmation'
      ? { custom_message: after.hosted_confirmation?.custom_message ?? null }
      : null,
    redirect: after?.type === 'redirect' ? after.redirect ?? null : null,
    type: after?.type ?? 'portal_homepage',
  }
}

function needFeature(enabled: boolean, feature: string) {
  if (enabled) return
  throw refused(
    `The flow is not possible because the ${feature} feature in the portal configuration is ` +
      'disabled.',
    { param: 'flow_data[type]' },
  )
}

/** The subscription that the part of the flow's own type names. */
function subscriptionOf(
  { store }: Sandbox,
  { data, customer }: FlowRequest,
): Subscription {
  const { type } = data
  if (type === 'payment_method_update' || type === 'customer_update') {
    throw new Error(`Cannot find a subscription as the flow has none: ${type}`)
  }
  const part = data[type]
  if (!part) throw missing(`flow_data[${type}]`)
  const param = `flow_data[${type}][subscription]`
  const subscription = store.subscriptions.get(part.subscription, param)
  if (subscription.customer !== customer) {
    throw refused(`The subscription ${subscription.id} is not of this customer.`, { param })
  }
  if (isEnded(subscription)) {
    throw refused(`The subscription ${subscription.id} has ended.`, { param })
  }
  return subscription
}

function cancelFlow(sandbox: Sandbox, request: FlowRequest): Flow['subscription_cancel'] {
  const subscription = subscriptionOf(sandbox, request)
  if (subscription.cancel_at !== null) {
    throw refused('This subscription is already set to be canceled.', {
      param: 'flow_data[subscription_cancel][subscription]',
    })
  }
  const offer = request.data.subscription_cancel?.retention?.coupon_offer
  return { retention: offer ? retentionOf(sandbox, offer) : null, subscription: subscription.id }
}

/** What is offered to who is about to cancel. */
function retentionOf(
  { store, now }: Sandbox,
  { coupon: id }: { coupon: string },
): NonNullable<Flow['subscription_cancel']>['retention'] {
  const param = 'flow_data[subscription_cancel][retention][coupon_offer][coupon]'
  const coupon = store.coupons.get(id, param)
  if (!isValid(coupon, now())) {
    throw refused(`Coupon expired: ${coupon.id}`, { code: 'coupon_expired', param })
  }
  return { type: 'coupon_offer', coupon_offer: { coupon: coupon.id } }
}

function updatable(sandbox: Sandbox, request: FlowRequest): Subscription {
  const subscription = subscriptionOf(sandbox, request)
  if (subscription.items.data.length === 1) return subscription
  throw refused('This subscription cannot be updated because it contains multiple products.', {
    param: `flow_data[${request.data.type}][subscription]`,
  })
}

function confirmFlow(sandbox: Sandbox, request: FlowRequest): Flow['subscription_update_confirm'] {
  const subscription = updatable(sandbox, request)
  const items = request.data.subscription_update_confirm?.items ?? []
  const [item] = items
  const param = 'flow_data[subscription_update_confirm][items]'
  if (!item || items.length > 1) throw refused('You must pass exactly one item.', { param })
  if (item.id !== subscription.items.data[0]?.id) {
    throw refused(`No such subscription item: '${item.id}'`, {
      code: 'resource_missing',
      param: `${param}[0][id]`,
    })
  }
  const { products } = request.configuration.features.subscription_update
  const { price } = item
  if (price !== undefined && !products?.some(({ prices }) => prices.includes(price))) {
    throw refused(
      `This subscription cannot be updated because the price \`${price}\` is not in the portal ` +
        'configuration.',
      { param: `${param}[0][price]` },
    )
  }
  return {
    discounts: null,
    items: [{ ...item, price: price ?? null }],
    subscription: subscription.id,
  }
}
