import { expect } from 'vitest'
import { assertInvariants } from './invariants.ts'
import { askStripe, kindsOf, openAlerts, paymentsOf, refundByHand, stateOf } from './money.ts'
import { placeOrder, sessionOf, type Shop } from './shop.ts'

/** What Stripe tells of one order that was paid by bank debit, refunded and ended. */
export const EVENTS = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'invoice.paid',
  'charge.refunded',
  'customer.subscription.updated',
  'customer.subscription.deleted',
] as const

type EventType = typeof EVENTS[number]

/** All orders in which six events can come: 720. */
export function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]]
  return all.flatMap((first, at) =>
    permutations(all.toSpliced(at, 1)).map((rest) => [first, ...rest])
  )
}

/**
 * Where the events of one order lead whatever their order: the money is back, so the order is
 * refunded and no server is left. The reference model of the six.
 */
const END = { order: 'refunded', ending: 'refunded_at_stripe' }

/** Lets all happen at Stripe first, then tells the shop in this order, one after the other. */
export async function tellInOrder(shop: Shop, order: EventType[]): Promise<string> {
  const { orderId, steps, eventOf } = await startOrder(shop)
  for (const step of steps) await step()
  for (const type of order) await tell(shop, eventOf(type))
  await expectEnd(shop, orderId, order.join())
  return orderId
}

/** Tells the shop of each event at some time after it happened, in between what happens next. */
export async function tellBetween(shop: Shop, random: () => number): Promise<string> {
  const { orderId, steps, eventOf } = await startOrder(shop)
  const waiting: EventType[] = []
  const told: string[] = []
  for (const [at, step] of steps.entries()) {
    await step()
    waiting.push(...HAPPENS[at] ?? [])
    while (waiting.length > 0 && random() < 0.5) {
      const [type] = waiting.splice(Math.floor(random() * waiting.length), 1)
      if (!type) continue
      told.push(`${at}:${type}`)
      await tell(shop, eventOf(type))
      if (random() < 0.3) await shop.pass(4000)
    }
  }
  while (waiting.length > 0) {
    const [type] = waiting.splice(Math.floor(random() * waiting.length), 1)
    if (type) told.push(type), await tell(shop, eventOf(type))
  }
  await expectEnd(shop, orderId, told.join())
  return orderId
}

/** Which of the events each step makes. */
const HAPPENS: EventType[][] = [
  ['checkout.session.completed'],
  ['checkout.session.async_payment_succeeded', 'invoice.paid'],
  ['customer.subscription.updated'],
  ['charge.refunded'],
  ['customer.subscription.deleted'],
]

async function startOrder(shop: Shop) {
  const { orderId } = await placeOrder(await shop.customer())
  const sessionId = await sessionOf(shop.db, orderId)
  const before = shop.stripe.events.length
  const session = () => askStripe(shop, `/checkout/sessions/${sessionId}`)
  const steps = [
    () => shop.stripe.pay(sessionId, { delayed: 'processing' }),
    () => shop.stripe.settle(sessionId, 'succeeded'),
    async () => {
      const form = { cancel_at_period_end: 'true' }
      const { subscription } = await session()
      await askStripe(shop, `/subscriptions/${subscription}`, { method: 'POST', form })
    },
    async () => {
      const state = await shop.deps.payments.getCheckoutSession(sessionId)
      await refundByHand(shop, state?.invoice?.paymentIntentId ?? '')
    },
    async () => {
      const { subscription } = await session()
      await askStripe(shop, `/subscriptions/${subscription}`, { method: 'DELETE' })
    },
  ]
  const eventOf = (type: string) => {
    const event = shop.stripe.events.slice(before).findLast((one) => one.type === type)
    if (!event) throw new Error(`Stripe told of no ${type}`)
    return event.id
  }
  return { orderId, steps, eventOf }
}

async function tell(shop: Shop, eventId: string): Promise<void> {
  await shop.stripe.deliver(eventId)
  await shop.drain()
}

async function expectEnd(shop: Shop, orderId: string, told: string): Promise<void> {
  const state = await stateOf(shop, orderId)
  expect({ order: state.order, ending: state.ending }, told).toEqual(END)
  expect([null, 'deleting', 'deleted', 'suspended'], told).toContain(state.server)
  const payments = await paymentsOf(shop, orderId)
  expect(payments.map(({ amount, returned }) => amount - returned), told).toEqual([0])
  const kinds = await kindsOf(shop, orderId)
  expect(kinds.filter((kind) => kind === 'order.refunded'), told).toHaveLength(1)
  expect(await openAlerts(shop, 'order_needs_review'), told).toEqual([])
}

/** After the grace nothing is left at the panel of any of them. */
export async function expectNothingLeft(shop: Shop): Promise<void> {
  for (const ms of [180_000, 180_000, 73 * 3_600_000, 60_000]) {
    shop.clock.advance(ms)
    await shop.drain()
  }
  expect(shop.panel.store.servers.rows).toEqual([])
  const statuses = await shop.db.query('SELECT DISTINCT status FROM servers')
  expect(statuses).toEqual([{ status: 'deleted' }])
  await assertInvariants(shop)
}
