import type { Deps } from '../deps.ts'
import type { NewOrder } from '../orders/store.ts'
import type { CheckoutRequest } from '../payments/payments.ts'
import type { PlanForSale } from '../plans/store.ts'
import type { PlaceOrder } from './requests.ts'

/** Stripe's least is 30 minutes after creation; the rest is for slow answers and clocks. */
export const SESSION_MS = 35 * 60_000

/** All of an order but the node, which is known once capacity is held there. */
export type DraftOrder = Omit<NewOrder, 'nodeId'>

/** The order as it will be written, with everything of the plan that it freezes. */
export function draftOrder(
  deps: Pick<Deps, 'newId'>,
  { now, userId, body, plan, environment }: {
    /** By the database's clock: that of a host may be minutes behind, and Stripe refuses. */
    now: Date
    userId: string
    body: PlaceOrder
    plan: PlanForSale
    environment: Record<string, string>
  },
): DraftOrder {
  return {
    id: deps.newId('order'),
    userId,
    planId: plan.planId,
    gameId: plan.gameId,
    regionId: plan.regionId,
    serverName: body.serverName,
    term: plan.term,
    currency: plan.currency,
    unitAmount: plan.unitAmount,
    stripePriceId: plan.stripePriceId,
    // Whole seconds, as Stripe counts.
    expiresAt: new Date(Math.floor((now.getTime() + SESSION_MS) / 1000) * 1000),
    bought: {
      serverId: deps.newId('server'),
      planName: plan.planName,
      need: plan.need,
      limits: plan.limits,
      featureLimits: plan.featureLimits,
      nestName: plan.egg.nestName,
      eggName: plan.egg.name,
      dockerImage: plan.dockerImage,
      startup: plan.egg.startup,
      environment,
    },
  }
}

/** What the order's session at Stripe is opened for. */
export function draftRequest(
  { config }: Pick<Deps, 'config'>,
  order: DraftOrder,
  { customerId, shopId }: { customerId: string; shopId: string },
): CheckoutRequest {
  const shop = config.PUBLIC_URL
  return {
    orderId: order.id,
    userId: order.userId,
    serverId: order.bought.serverId,
    shopId,
    customerId,
    stripePriceId: order.stripePriceId,
    // Concatenated: URL would encode the braces that Stripe replaces.
    successUrl: `${shop}/checkout/return?order=${order.id}&session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${shop}/plans/${order.planId}?canceled=${order.id}`,
    expiresAt: order.expiresAt.getTime() / 1000,
    description: `${order.bought.planName}: ${order.serverName}`,
    tax: config.STRIPE_TAX,
    taxIds: config.STRIPE_TAX_IDS,
    promotionCodes: config.STRIPE_PROMOTION_CODES,
    termsConsent: config.STRIPE_TERMS_CONSENT,
  }
}
