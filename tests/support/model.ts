import * as fc from 'fast-check'
import { expect } from 'vitest'
import { sweep } from '../../api/jobs/sweep.ts'
import type { OrderedRule } from '../../dev/faults/faults.ts'
import type { Client } from './client.ts'
import { withholdWebhooks } from './faults.ts'
import { brokenIn } from './invariants.ts'
import { askStripe } from './money.ts'
import { dieAnswering, dieWorking } from './mortal.ts'
import { live, settle } from './settle.ts'
import { PURCHASE, sessionOf, type Shop } from './shop.ts'
import { type View, viewOf } from './view.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** The deadline of the shop that is modelled. */
export const MODEL_ENVIRONMENT = { REFUND_AFTER: '2h' }

/** What the model knows of an order; the rest follows from what Stripe says of its session. */
interface Known {
  orderId: string
  sessionId: string
  /** The customer was told that it is canceled. */
  canceled: boolean
  /** By the clock, in milliseconds; undefined until its money has come. */
  paidAt?: number
  dispute?: string
}

/** What is expected: how many orders, and what was done to each. */
export interface Model {
  orders: Known[]
}

export interface Real {
  shop: Shop
  client: Client
  /** What goes wrong until all is settled. */
  faults: Map<string, OrderedRule>
}

export type Step = fc.AsyncCommand<Model, Real>

/** An action: what it is called, and what it does. Those about an order take one that there is. */
function action(
  name: string,
  run: (real: Real, model: Model) => Promise<unknown>,
): Step {
  return {
    check: () => true,
    run: async (model, real) => void await run(real, model),
    toString: () => name,
  }
}

function about(
  name: string,
  nth: number,
  run: (real: Real, order: Known, view: Seen) => Promise<unknown>,
): Step {
  return {
    check: ({ orders }) => orders.length > 0,
    run: async ({ orders }, real) => {
      const order = orders[nth % orders.length]
      if (!order) return
      await run(real, order, seenOf(await viewOf(real.shop), order))
    },
    toString: () => `${name}(${nth})`,
  }
}

/** What Stripe and the panel say of an order. */
interface Seen {
  session: { status: string; paid: boolean } | undefined
  charge: { id: string; amount: number; refunded: number } | undefined
}

function seenOf(view: View, { orderId, sessionId }: Known): Seen {
  return {
    session: view.sessions.find((one) => one.id === sessionId),
    charge: view.charges.find((one) => one.orderId === orderId),
  }
}

/** A signed-in customer's requests go out with a fresh token, whatever the clock has done. */
async function signedIn({ client }: Real): Promise<Client> {
  const answer = await client.post('/api/auth/refresh')
  expect(answer.status).toBeLessThan(300)
  return client
}

async function rememberNewest(real: Real, model: Model): Promise<void> {
  const { orders } = (await real.client.get('/api/orders')).body
  for (const { id } of orders) {
    if (model.orders.some((order) => order.orderId === id)) continue
    // One whose session is not open yet has it by the next sweep.
    const sessionId = await sessionOf(real.shop.db, id) ?? ''
    model.orders.push({ orderId: id, sessionId, canceled: false })
  }
}

const customerSteps = [
  fc.constant(action('place', async (real, model) => {
    const client = await signedIn(real)
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const answer = await client.post('/api/checkout/sessions', PURCHASE, headers)
    expect([201, 409, 503]).toContain(answer.status)
    await rememberNewest(real, model)
  })),
  fc.nat(40).map((steps) =>
    action(`placeAndDie(${steps})`, async (real, model) => {
      const client = await signedIn(real)
      const headers = { 'idempotency-key': crypto.randomUUID() }
      const path = '/api/checkout/sessions'
      await dieAnswering(real.shop, { client, path, body: PURCHASE, headers, steps })
      await rememberNewest(real, model)
    })
  ),
  fc.nat(9).map((nth) =>
    about('cancel', nth, async (real, order) => {
      const client = await signedIn(real)
      const answer = await client.post(`/api/orders/${order.orderId}/cancel`)
      expect([200, 409, 503]).toContain(answer.status)
      order.canceled ||= answer.status === 200
    })
  ),
  fc.tuple(fc.nat(9), fc.nat(30)).map(([nth, steps]) =>
    about(`cancelAndDie(${steps})`, nth, async (real, { orderId }) => {
      const client = await signedIn(real)
      const path = `/api/orders/${orderId}/cancel`
      await dieAnswering(real.shop, { client, path, body: {}, steps })
    })
  ),
  fc.nat(9).map((nth) =>
    about('return', nth, async (real, { orderId }) => {
      const client = await signedIn(real)
      const answer = await client.post(`/api/orders/${orderId}/sync`)
      expect([200, 503]).toContain(answer.status)
    })
  ),
]

const moneySteps = [
  fc.nat(9).map((nth) =>
    about('pay', nth, async ({ shop }, order, { session }) => {
      if (session?.status !== 'open') return
      await shop.stripe.pay(order.sessionId)
      order.paidAt = shop.clock.now().getTime()
    })
  ),
  fc.nat(9).map((nth) =>
    about('payByDebit', nth, async ({ shop }, order, { session }) => {
      if (session?.status !== 'open') return
      await shop.stripe.pay(order.sessionId, { delayed: 'processing' })
    })
  ),
  fc.tuple(fc.nat(9), fc.constantFrom('succeeded' as const, 'failed' as const))
    .map(([nth, outcome]) =>
      about(`bankSays ${outcome}`, nth, async ({ shop }, order, { session }) => {
        if (session?.status !== 'complete' || session.paid || order.paidAt) return
        if (await hasFailed(shop, order)) return
        await shop.stripe.settle(order.sessionId, outcome)
        if (outcome === 'succeeded') order.paidAt = shop.clock.now().getTime()
      })
    ),
  fc.nat(9).map((nth) =>
    about('expire', nth, async ({ shop }, order, { session }) => {
      if (session?.status === 'open') await shop.stripe.expire(order.sessionId)
    })
  ),
  fc.tuple(fc.nat(9), fc.constantFrom(100, undefined)).map(([nth, amount]) =>
    about(`refundByHand ${amount ?? 'all'}`, nth, async ({ shop }, order, { charge }) => {
      if (!charge || charge.refunded + (amount ?? 0) >= charge.amount) return
      const form = { charge: charge.id, ...(amount ? { amount: String(amount) } : {}) }
      const refund = await askStripe(shop, '/refunds', { method: 'POST', form })
      // Refused while the bank has the money.
      if (refund.error && !order.dispute) throw new Error(refund.error.message)
    })
  ),
  fc.nat(9).map((nth) =>
    about('dispute', nth, async ({ shop }, order, { charge }) => {
      if (!charge || charge.refunded > 0 || order.dispute) return
      order.dispute = await shop.stripe.dispute(charge.id)
    })
  ),
  fc.tuple(fc.nat(9), fc.constantFrom('won' as const, 'lost' as const)).map(([nth, outcome]) =>
    about(`bankDecides ${outcome}`, nth, async ({ shop }, { dispute }) => {
      if (dispute && await isOpen(shop, dispute)) await shop.stripe.decideDispute(dispute, outcome)
    })
  ),
]

async function hasFailed(shop: Shop, { sessionId }: Known): Promise<boolean> {
  const session = await shop.deps.payments.getCheckoutSession(sessionId)
  return session?.invoice?.status !== 'open'
}

async function isOpen(shop: Shop, dispute: string): Promise<boolean> {
  const { status } = await askStripe(shop, `/disputes/${dispute}`)
  return status !== 'won' && status !== 'lost'
}

/** Faults that last until everything is settled, each at most once at a time. */
const lasting = {
  withhold: (shop: Shop) => withholdWebhooks(shop),
  duplicate: ({ faults }: Shop) =>
    faults.order({ on: { service: 'stripe', event: '*' }, fault: { name: 'duplicate', times: 3 } }),
  reorder: ({ faults }: Shop) =>
    faults.order({ on: { service: 'stripe', event: '*' }, fault: { name: 'reorder', among: 3 } }),
  panelDown: ({ faults }: Shop) => faults.order({ on: { service: 'panel' }, fault: 'html' }),
  panelKeyRevoked: ({ faults }: Shop) =>
    faults.order({ on: { service: 'panel' }, fault: 'key-revoked' }),
  panelRollsBack: ({ faults }: Shop) =>
    faults.order({ on: { service: 'panel' }, fault: { name: 'roll-back', seconds: 40 } }),
  panelDropsAnswers: ({ faults }: Shop) =>
    faults.order({
      on: { service: 'panel' },
      when: { probability: 0.4, seed: 7 },
      fault: 'drop-answer',
    }),
  installFails: ({ faults }: Shop) =>
    faults.order({ on: { service: 'panel' }, when: { first: 1 }, fault: 'install-fails' }),
  stripeDropsAnswers: ({ faults }: Shop) =>
    faults.order({
      on: { service: 'stripe', call: '/v1/*' },
      when: { probability: 0.3, seed: 9 },
      fault: 'drop-answer',
    }),
}

const faultSteps = [
  fc.constantFrom(...Object.entries(lasting)).map(([name, begin]) =>
    action(name, (real) => {
      if (!real.faults.has(name)) real.faults.set(name, begin(real.shop))
      return Promise.resolve()
    })
  ),
  fc.constantFrom(...Object.keys(lasting)).map((name) =>
    action(`no longer ${name}`, (real) => {
      real.faults.get(name)?.cancel()
      real.faults.delete(name)
      return Promise.resolve()
    })
  ),
  fc.boolean().map((on) =>
    action(on ? 'maintenance' : 'no maintenance', ({ shop }) => {
      for (const node of shop.panel.store.nodes.rows) shop.panel.setMaintenance(node.id, on)
      return Promise.resolve()
    })
  ),
  fc.nat(9).map((nth) =>
    action(`panelLosesAnInstallation(${nth})`, ({ shop }) => {
      const { servers } = shop.panel.store
      const installing = servers.rows.filter((row) => row.status === 'installing')
      const lost = installing[nth % installing.length]
      if (lost) servers.remove(lost)
      return Promise.resolve()
    })
  ),
]

const timeSteps = [
  fc.constant(action('work', ({ shop }) => shop.drain())),
  fc.constant(action('sweep', ({ shop }) => sweep(shop.db, shop.deps))),
  fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 3 })).map(([steps, jobs]) =>
    action(`workAndDie(${steps}, ${jobs})`, ({ shop }) => dieWorking(shop, steps, jobs))
  ),
  fc.constantFrom(5, 46, 120).map((seconds) =>
    action(`wait ${seconds} s`, ({ shop }) => {
      shop.clock.advance(seconds * SECOND_MS)
      return shop.drain()
    })
  ),
  fc.constantFrom(10, 36, 130).map((minutes) =>
    action(
      `live ${minutes} min`,
      ({ shop }) => live(shop, minutes * MINUTE_MS, Math.max(1, minutes / 10) * MINUTE_MS),
    )
  ),
  fc.constant(action('settle', settleAndCompare)),
]

/** Any sequence of actions of customers, of Stripe, of the panel, of the clock and of death. */
export function anySteps(maxCommands: number, replayPath?: string) {
  const settings = replayPath ? { maxCommands, replayPath } : { maxCommands }
  // Twice what makes an order and its money: without them little else can happen.
  const all = [...customerSteps, ...customerSteps.slice(0, 1), ...moneySteps, ...faultSteps]
  return fc.commands([...all, ...moneySteps.slice(0, 2), ...timeSteps], {
    size: 'max',
    ...settings,
  })
}

/** What goes wrong ends; soon after, all is as the model says. */
export async function settleAndCompare(real: Real, model: Model): Promise<void> {
  const { shop } = real
  for (const rule of real.faults.values()) rule.cancel()
  real.faults.clear()
  for (const node of shop.panel.store.nodes.rows) shop.panel.setMaintenance(node.id, false)
  await rememberNewestSessions(shop, model)
  await settle(shop, 3 * HOUR_MS)
  const view = await viewOf(shop)
  expect(brokenIn(view)).toEqual([])
  const now = shop.clock.now().getTime()
  for (const order of model.orders) {
    const status = view.order(order.orderId)?.status
    expect(expectedOf(view, order, now), `${order.orderId} is ${status}`).toContain(status)
    expectServer(view, order)
  }
}

/** Sessions that were opened for an order after its request had died. */
async function rememberNewestSessions(shop: Shop, { orders }: Model): Promise<void> {
  for (const order of orders) order.sessionId ||= await sessionOf(shop.db, order.orderId)
}

/** The reference: the states in which an order may come to rest. */
function expectedOf(view: View, order: Known, now: number): string[] {
  const session = view.sessions.find((one) => one.id === order.sessionId)
  const charge = view.charges.find((one) => one.orderId === order.orderId)
  // Stripe opens no session that ends within 30 minutes: an order that waited for one ends.
  if (!session) return ['pending', 'expired']
  if (session.status === 'open') return ['pending']
  if (session.status === 'expired') return order.canceled ? ['canceled'] : ['expired', 'canceled']
  if (!charge) return session.subscribed ? ['payment_processing'] : ['expired']
  if (charge.amount <= charge.refunded + charge.lost) return ['refunded']
  if (charge.taken > 0) return ['paid', 'provisioning', 'provision_failed', 'provisioned']
  const overdue = now - (order.paidAt ?? now) > 2 * HOUR_MS
  return overdue ? ['provisioned', 'refunded'] : ['provisioned']
}

/** One server that runs for an order that is delivered and paid; none for any other. */
function expectServer(view: View, { orderId }: Known): void {
  const running = view.servers.filter((one) =>
    one.orderId === orderId && view.atPanel(one.id)?.status === null
  )
  const charge = view.charges.find((one) => one.orderId === orderId)
  const delivered = view.order(orderId)?.status === 'provisioned'
  const entitled = delivered && charge !== undefined && charge.taken === 0
  expect(running.length, `servers of ${orderId} that run`).toBe(entitled ? 1 : 0)
}
