import { createHash } from 'node:crypto'
import { type Db, isDuplicate, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { countOpenOrdersOf, findOrder, insertOrder, insertOrderEvent } from '../orders/store.ts'
import { PaymentsError } from '../payments/payments.ts'
import { environmentFor } from '../plans/egg_rules.ts'
import { findPlanForSale, listRegions, type NotForSale, type PlanForSale } from '../plans/store.ts'
import { shopId } from '../plans/shop_id.ts'
import { type FieldError, Problem } from '../problem.ts'
import { holdCapacity, regionsWithRoom } from './capacity.ts'
import type { PlaceOrder } from './requests.ts'
import { ensureCustomer } from './customer.ts'
import { type DraftOrder, draftOrder, draftRequest, SESSION_MS } from './draft.ts'
import { openSession } from './open.ts'
import {
  type CheckoutSession,
  findCheckoutSession,
  findIdempotencyKey,
  findNow,
  insertCheckoutSession,
  insertIdempotencyKey,
} from './store.ts'

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
  const plan = await plannedSale(db, placing.body)
  const environment = chosenEnvironment(plan, placing.body.options)
  if ((await regionsWithRoom(db, [plan.regionId], plan.need)).length === 0) {
    throw await regionFull(db, plan)
  }
  const customerId = await ensureCustomer(db, deps, placing.userId, plan.currency)
  const order = draftOrder(deps, { ...placing, now: await findNow(db), plan, environment })
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
  const shop = await shopId(db, deps.randomBytes)
  const named = { customerId, shopId: shop }
  const request = deps.payments.draftCheckoutSession(draftRequest(deps, order, named))
  const held = await db.transaction(async (tx) => {
    if (await countOpenOrdersOf(tx, order.userId) >= MAX_OPEN_ORDERS) {
      throw new Problem('too-many-open-orders', {
        detail: 'Pay for one of them, or cancel one, before you start another.',
      })
    }
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
      stripeCustomerId: customerId,
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
  const order = await findOrder(db, session.orderId)
  if (!opened?.url || opened.status !== 'open' || order?.status !== 'pending') {
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
