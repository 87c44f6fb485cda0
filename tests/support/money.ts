import { STRIPE_KEY } from './environment.ts'
import type { Client } from './client.ts'
import { placeOrder, sessionOf, type Shop } from './shop.ts'

export interface PaidOrder {
  customer: Client
  orderId: string
  sessionId: string
}

/** An order that was paid; its jobs have run once. */
export async function paidOrder(shop: Shop): Promise<PaidOrder> {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  await shop.drain()
  return { customer, orderId, sessionId }
}

/** An order whose server runs. */
export async function deliveredOrder(shop: Shop): Promise<PaidOrder> {
  const order = await paidOrder(shop)
  await shop.pass(10_000, async () => (await stateOf(shop, order.orderId)).server === 'active')
  return order
}

/** Where an order and its server are. */
export async function stateOf(shop: Shop, orderId: string) {
  const [row] = await shop.db.query<{
    order: string
    ending: string | null
    onHold: string | null
    server: string | null
    serverId: string | null
    pteroServerId: number | null
  }>(
    `SELECT o.status AS \`order\`, o.ending, o.on_hold AS onHold, s.status AS server,
       s.id AS serverId, s.ptero_server_id AS pteroServerId
      FROM orders o LEFT JOIN servers s ON s.order_id = o.id WHERE o.id = ?`,
    [orderId],
  )
  if (!row) throw new Error(`There is no order ${orderId}`)
  return row
}

/** The kinds of an order's timeline, oldest first. */
export async function kindsOf(shop: Shop, orderId: string): Promise<string[]> {
  const rows = await shop.db.query<{ kind: string }>(
    'SELECT kind FROM order_events WHERE order_id = ? ORDER BY at, id',
    [orderId],
  )
  return rows.map((row) => row.kind)
}

/** The payments of an order with what went back of each, oldest first. */
export async function paymentsOf(shop: Shop, orderId: string) {
  const rows = await shop.db.query<{
    id: string
    intent: string
    role: string
    amount: string
    returned: string
    returnedAt: Date | null
  }>(
    `SELECT p.id, p.payment_intent_id AS intent, p.role, p.amount, p.returned_at AS returnedAt,
       (SELECT COALESCE(SUM(r.amount), 0) FROM refunds r
         WHERE r.payment_id = p.id AND r.status NOT IN ('failed', 'canceled')) AS returned
      FROM payments p WHERE p.order_id = ? ORDER BY p.id`,
    [orderId],
  )
  return rows.map((row) => ({
    ...row,
    amount: Number(row.amount),
    returned: Number(row.returned),
  }))
}

/** The open alerts of a kind. */
export async function openAlerts(shop: Shop, kind: string): Promise<string[]> {
  const rows = await shop.db.query<{ subject: string }>(
    'SELECT subject FROM alerts WHERE kind = ? AND resolved_at IS NULL ORDER BY subject',
    [kind],
  )
  return rows.map((row) => row.subject)
}

/** Calls the emulated Stripe as the operator's dashboard would. */
export async function askStripe(
  shop: Shop,
  path: string,
  { method = 'GET', form = {} }: { method?: string; form?: Record<string, string> } = {},
) {
  const answer = await fetch(`${shop.deps.config.STRIPE_API_URL}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${STRIPE_KEY}` },
    body: method === 'GET' ? null : new URLSearchParams(form),
  })
  return await answer.json()
}

/** What Stripe returned of a payment intent, without what failed. */
export async function refundedAtStripe(shop: Shop, intent: string): Promise<number[]> {
  const { data } = await askStripe(shop, `/refunds?limit=100&payment_intent=${intent}`)
  return data.filter((refund: { status: string }) => refund.status !== 'failed')
    .map((refund: { amount: number }) => refund.amount)
}

/** Refunds a payment by hand, in Stripe's dashboard; all of it unless an amount is named. */
export async function refundByHand(shop: Shop, intent: string, amount?: number): Promise<void> {
  const form = { payment_intent: intent, ...(amount ? { amount: String(amount) } : {}) }
  const refund = await askStripe(shop, '/refunds', { method: 'POST', form })
  if (refund.error) throw new Error(refund.error.message)
}

/** The charge of a payment intent. */
export async function chargeOf(shop: Shop, intent: string): Promise<string> {
  return String((await askStripe(shop, `/payment_intents/${intent}`)).latest_charge)
}
