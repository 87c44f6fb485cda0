import { createHash } from 'node:crypto'
import { type Db, isDuplicate, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { findUser } from '../accounts/store.ts'
import { countOpenOrdersOf, insertOrder, insertOrderEvent, type NewOrder } from '../orders/store.ts'
import type { CheckoutRequest } from '../payments/payments.ts'
import { PaymentsError } from '../payments/payments.ts'
import { environmentFor } from '../plans/egg_rules.ts'
import { findPlanForSale, listRegions, type NotForSale, type PlanForSale } from '../plans/store.ts'
import { type FieldError, Problem } from '../problem.ts'
import { holdCapacity, regionsWithRoom } from './capacity.ts'
import { openSession } from './open.ts'
import type { PlaceOrder } from './place_order.ts'
import {
  type CheckoutSession,
  findCheckoutSession,
  findCustomer,
  findIdempotencyKey,
  insertCheckoutSession,
  insertCustomer,
  insertIdempotencyKey,
} from './store.ts'

/** Stripe's least is 30 minutes after creation; the rest is for slow answers and clocks. */
export const SESSION_MS = 35 * 60_000

/** Each open order keeps a place from others; a person who compares needs no more. */
const MAX_OPEN_ORDERS = 5

export interface Placed {
  orderId: string
  url: string
  expiresAt: string
}

interface Placing {
  userId: string
  idempotencyKey: string
  body: PlaceOrder
}

/**
 * Places an order: checks it, sets capacity aside (①, one transaction), then opens the session at
 * Stripe (②). The same Idempotency-Key with the same body gives the same order, and finishes it
 * when the first try was cut off. Throws the Problems of the route.
 */
export async function placeOrder(db: Db, deps: Deps, placing: Placing): Promise<Placed> {
  const known = await findPlaced(db, placing)
  const orderId = known ?? await placeNew(db, deps, placing)
  const session = await findCheckoutSession(db, orderId)
  if (!session) throw new Error(`Cannot pay for the order as it has no session: ${orderId}`)
  return await open(db, deps, session)
}

/** The order this key made before. Throws 409 when it made it from another body. */
async function findPlaced(
  db: Queryable,
  { userId, idempotencyKey, body }: Placing,
): Promise<string | undefined> {
  const known = await findIdempotencyKey(db, userId, idempotencyKey)
  if (!known) return undefined
  if (Buffer.compare(known.requestHash, hashOf(body)) === 0) return known.orderId
  throw new Problem('idempotency-mismatch', { detail: 'Send a new key with a new request.' })
}

async function placeNew(db: Db, deps: Deps, placing: Placing): Promise<string> {
  if (await countOpenOrdersOf(db, placing.userId) >= MAX_OPEN_ORDERS) {
    throw new Problem('too-many-open-orders', {
      detail: 'Pay for one of them, or cancel one, before you start another.',
    })
  }
  const plan = await plannedSale(db, placing.body)
  const environment = chosenEnvironment(plan, placing.body.options)
  if ((await regionsWithRoom(db, [plan.regionId], plan.need)).length === 0) {
    throw await regionFull(db, plan)
  }
  const customerId = await ensureCustomer(db, deps, placing.userId, plan.currency)
  const order = draftOrder(deps, placing, plan, environment)
  try {
    await writeOrder(db, deps, { placing, plan, order, customerId })
    return order.id
  } catch (error) {
    // The same key, at the same moment: the other request placed it.
    const twin = isDuplicate(error) ? await findPlaced(db, placing) : undefined
    if (!twin) throw error
    return twin
  }
}

type DraftOrder = Omit<NewOrder, 'nodeId'>

async function writeOrder(
  db: Db,
  deps: Deps,
  { placing, plan, order, customerId }: {
    placing: Placing
    plan: PlanForSale
    order: DraftOrder
    customerId: string
  },
): Promise<void> {
  const request = draftRequest(deps, order, customerId)
  const held = await db.transaction(async (tx) => {
    await insertIdempotencyKey(tx, {
      userId: order.userId,
      key: placing.idempotencyKey,
      requestHash: hashOf(placing.body),
      orderId: order.id,
    })
    const hold = { orderId: order.id, regionId: order.regionId, need: plan.need }
    const nodeId = await holdCapacity(tx, hold)
    if (nodeId === undefined) throw new NoRoom()
    await insertOrder(tx, { ...order, nodeId })
    await insertCheckoutSession(tx, {
      orderId: order.id,
      attempt: 1,
      request,
      expiresAt: order.expiresAt,
    })
    const kind = 'order.placed'
    await insertOrderEvent(tx, deps, { orderId: order.id, kind, nextInMs: SESSION_MS })
    return true
  }).catch((error) => {
    if (error instanceof NoRoom) return false
    throw error
  })
  if (!held) throw await regionFull(db, plan)
}

/** Undoes the transaction when another buyer was faster. */
class NoRoom extends Error {}

async function open(db: Db, deps: Deps, session: CheckoutSession): Promise<Placed> {
  try {
    await openSession(db, deps, session)
  } catch (error) {
    if (!(error instanceof PaymentsError)) throw error
    deps.log.error('Stripe did not open a session', { orderId: session.orderId, error })
    throw new Problem('payments-unavailable', {
      detail:
        'Your place is set aside. Try again in a moment, or open the order from your account.',
      retryAfter: 10,
      extra: { orderId: session.orderId },
    })
  }
  const opened = await findCheckoutSession(db, session.orderId)
  if (!opened?.url || opened.status !== 'open') {
    throw new Problem('order-not-open', {
      detail: 'This order has ended. Start a new one.',
      extra: { orderId: session.orderId },
    })
  }
  return { orderId: opened.orderId, url: opened.url, expiresAt: opened.expiresAt.toISOString() }
}

async function plannedSale(db: Queryable, body: PlaceOrder): Promise<PlanForSale> {
  const plan = await findPlanForSale(db, { ...body, regionId: body.region })
  if (plan.notForSale === undefined) return plan
  if (plan.notForSale === 'plan-not-sold') {
    throw new Problem('plan-not-sold', { detail: 'Choose another plan.' })
  }
  throw new Problem('validation-failed', {
    detail: 'What you chose is not in the catalogue.',
    errors: [unknownChoice(plan.notForSale)],
  })
}

function unknownChoice(reason: Exclude<NotForSale['notForSale'], 'plan-not-sold'>): FieldError {
  switch (reason) {
    case 'unknown-plan':
      return { pointer: '#/planId', detail: 'There is no such plan' }
    case 'price-unknown':
      return { pointer: '#/term', detail: 'The plan has no price for this term and currency' }
    case 'region-unknown':
      return { pointer: '#/region', detail: 'The plan is not sold in this region' }
    default:
      throw new Error(`Unknown reason ${reason satisfies never}`)
  }
}

function chosenEnvironment(
  plan: PlanForSale,
  chosen: Record<string, string>,
): Record<string, string> {
  const result = environmentFor({
    variables: plan.egg.variables,
    fixed: plan.environment,
    options: plan.options,
    chosen,
  })
  if (!result.errors) return result.frozen
  throw new Problem('validation-failed', {
    detail: 'Check the settings named.',
    errors: result.errors,
  })
}

/** 409, with the regions that still have room for this plan. */
async function regionFull(db: Queryable, plan: PlanForSale): Promise<Problem> {
  const others = await regionsWithRoom(db, plan.regionIds, plan.need)
  const names = (await listRegions(db)).filter((region) => others.includes(region.id))
    .map((region) => region.name)
  return new Problem('region-full', {
    detail: names.length
      ? `There is room in ${names.join(', ')}.`
      : 'No region has room for this plan right now. Choose a smaller one or come back later.',
    extra: { regionsWithRoom: others },
  })
}

async function ensureCustomer(
  db: Db,
  deps: Deps,
  userId: string,
  currency: string,
): Promise<string> {
  const known = await findCustomer(db, userId, currency)
  if (known) return known
  const user = await findUser(db, userId)
  if (!user) throw new Problem('login-required')
  const idempotencyKey = `customer:${userId}:${currency}`
  try {
    const customer = { userId, email: user.email, currency, idempotencyKey }
    const stripeCustomerId = await deps.payments.createCustomer(customer)
    await insertCustomer(db, { userId, currency, stripeCustomerId })
  } catch (error) {
    if (!(error instanceof PaymentsError)) throw error
    deps.log.error('Stripe did not make a customer', { userId, error })
    throw new Problem('payments-unavailable', {
      detail: 'Nothing was ordered. Try again in a moment.',
      retryAfter: 10,
    })
  }
  const customerId = await findCustomer(db, userId, currency)
  if (!customerId) throw new Error('Cannot find the customer that was just written')
  return customerId
}

function draftOrder(
  deps: Deps,
  { userId, body }: Placing,
  plan: PlanForSale,
  environment: Record<string, string>,
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
    expiresAt: new Date(Math.floor((deps.now().getTime() + SESSION_MS) / 1000) * 1000),
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

function draftRequest(
  { config }: Deps,
  order: DraftOrder,
  customerId: string,
): CheckoutRequest {
  const shop = config.PUBLIC_URL
  return {
    orderId: order.id,
    userId: order.userId,
    serverId: order.bought.serverId,
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

function hashOf(body: PlaceOrder): Uint8Array {
  const options = Object.entries(body.options).sort(([a], [b]) => a < b ? -1 : 1)
  return createHash('sha256').update(JSON.stringify([
    body.planId,
    body.term,
    body.currency,
    body.region,
    body.serverName,
    options,
  ])).digest()
}
