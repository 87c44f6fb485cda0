import { expect } from 'vitest'
import { withholdWebhooks } from './faults.ts'
import { kindsOf, stateOf } from './money.ts'
import { placeOrder, sessionOf, type Shop } from './shop.ts'

type Session = Record<string, unknown> & { metadata: Record<string, string> }

/** Twelve ways in which the session at Stripe can differ from its order, by what we call them. */
export const TAMPERINGS: Record<string, (session: Session) => Partial<Session>> = {
  amount_subtotal: () => ({ amount_subtotal: 1, amount_total: 1 }),
  amount_total: () => ({ amount_total: 1 }),
  currency: () => ({ currency: 'usd' }),
  livemode: () => ({ livemode: true }),
  mode: () => ({ mode: 'payment' }),
  customer: () => ({ customer: 'cus_somebodyelse' }),
  order: () => ({ client_reference_id: `ord_${'0'.repeat(26)}` }),
  price: () => ({ line_items: { object: 'list', data: [] } }),
  session: () => ({ id: 'cs_test_ofanotherorder' }),
  metadata: ({ metadata }) => ({ metadata: { ...metadata, user_id: `usr_${'0'.repeat(26)}` } }),
  discount: ({ amount_subtotal: all }) => ({
    amount_total: Number(all) - 100,
    total_details: { amount_discount: 100, amount_shipping: 0, amount_tax: 0 },
  }),
  subscription: () => ({ subscription: null }),
}

/**
 * Has an order paid whose session then says something else, and lets the shop sync it once, for one
 * event. Gives the order.
 */
export async function payTampered(shop: Shop, name: string): Promise<string> {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(sessionId)
  const syncs = tamper(shop, sessionId, TAMPERINGS[name])
  const completed = shop.stripe.events.findLast(({ type }) => type === 'checkout.session.completed')
  await shop.stripe.deliver(completed?.id ?? '')
  await shop.drain()
  expect(syncs(), name).toBe(1)
  shop.intercept.stripe = undefined
  shop.faults.clear()
  withheld.cancel()
  return orderId
}

/** Lets Stripe answer with the changed session. Gives how often it was read. */
function tamper(shop: Shop, sessionId: string, change = (_: Session): Partial<Session> => ({})) {
  let reads = 0
  shop.intercept.stripe = async (request, next) => {
    const answer = await next(request)
    if (!new URL(request.url).pathname.endsWith(`/checkout/sessions/${sessionId}`)) return answer
    reads++
    const session: Session = await answer.json()
    return Response.json({ ...session, ...change(session) })
  }
  return () => reads
}

/** A person decides: nothing is made, nothing waits to be made, and one alert is open. */
export async function expectHeld(shop: Shop, orderId: string, name: string): Promise<void> {
  const { order, server, pteroServerId } = await stateOf(shop, orderId)
  expect([order, server, pteroServerId], name).toEqual(['needs_review', null, null])
  const kinds = await kindsOf(shop, orderId)
  expect(kinds.filter((kind) => kind === 'order.needs_review'), name).toHaveLength(1)
  const [event] = await shop.db.query<{ cause: string }>(
    "SELECT cause FROM order_events WHERE order_id = ? AND kind = 'order.needs_review'",
    [orderId],
  )
  expect(JSON.parse(event?.cause ?? '{}').differences, name).toContain(name)
  const jobs = await shop.db.query<{ name: string }>(
    "SELECT name FROM jobs WHERE payload LIKE ? AND name NOT LIKE 'mail.%'",
    [`%${orderId}%`],
  )
  expect(jobs, name).toEqual([])
  const alerts = await shop.db.query(
    `SELECT id FROM alerts
      WHERE kind = 'order_needs_review' AND subject = ? AND resolved_at IS NULL`,
    [orderId],
  )
  expect(alerts, name).toHaveLength(1)
}
