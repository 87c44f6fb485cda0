import { expect } from 'vitest'
import { STRIPE_KEY } from './environment.ts'
import type { Shop } from './shop.ts'

interface OrderRow {
  id: string
  status: string
  waitingFor: string | null
  serverId: string | null
  serverStatus: string | null
  pteroServerId: number | null
}

/** What must hold after anything whatever, on our database, the Stripe and the panel of a shop at once. */
export async function expectInvariants(shop: Shop): Promise<void> {
  const orders = await shop.db.query<OrderRow>(
    `SELECT o.id, o.status, o.waiting_for AS waitingFor, s.id AS serverId,
       s.status AS serverStatus, o.ptero_server_id AS pteroServerId
      FROM orders o LEFT JOIN servers s ON s.live_order_id = o.id`,
  )
  const sessions = await paidSessions(shop)
  expectPaidOrders(orders, sessions)
  expectServers(shop, orders)
  await expectMoney(shop, sessions)
  await expectJobs(shop, orders)
  await expectLedger(shop)
}

interface Session {
  client_reference_id: string
  amount_total: number
  currency: string
}

async function paidSessions(shop: Shop): Promise<Session[]> {
  const all: (Session & { id: string })[] = []
  for (let after = '';;) {
    const url = `${shop.deps.config.STRIPE_API_URL}/v1/checkout/sessions?limit=100${after}`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${STRIPE_KEY}` } })
    const page = await answer.json()
    all.push(
      ...page.data.filter((session: { payment_status: string }) =>
        session.payment_status === 'paid'
      ),
    )
    if (!page.has_more) return all
    after = `&starting_after=${page.data.at(-1).id}`
  }
}

/** Every paid session belongs to exactly one order, and that order is never pending or absent. */
function expectPaidOrders(orders: OrderRow[], sessions: Session[]): void {
  for (const session of sessions) {
    const order = orders.find((row) => row.id === session.client_reference_id)
    expect(order?.status, `order ${session.client_reference_id}`)
      .toMatch(/^(paid|provisioning|provisioned|provision_failed|needs_review|refunded)$/)
  }
}

/** At most one server an order, each active one at the panel, and none unpaid. */
function expectServers(shop: Shop, orders: OrderRow[]): void {
  const there = [...shop.panel.store.servers.rows].map((server) => server.externalId)
  const ours = there.filter((id) => id !== null && /^[a-z0-9]{8}-srv_/.test(id))
  expect(new Set(ours).size, 'servers at the panel are distinct').toBe(ours.length)
  const paid = new Set(
    orders.filter((row) => row.serverId !== null).map((row) => row.serverId),
  )
  for (const externalId of ours) {
    expect(paid, `${externalId} is paid for`).toContain(externalId?.slice(9))
  }
  for (const order of orders.filter((row) => row.serverStatus === 'active')) {
    expect(ours.some((id) => id?.endsWith(order.serverId ?? '?')), `${order.id} is there`).toBe(
      true,
    )
    expect(order.pteroServerId).toEqual(expect.any(Number))
  }
}

/** What was settled at Stripe is what our payments say, per currency. */
async function expectMoney(shop: Shop, sessions: Session[]): Promise<void> {
  const rows = await shop.db.query<{ currency: string; amount: string }>(
    `SELECT p.currency, SUM(p.amount) AS amount FROM payments p
      JOIN orders o ON o.id = p.order_id GROUP BY p.currency`,
  )
  const review = await shop.db.query<{ id: string }>(
    `SELECT id FROM orders o WHERE status = 'needs_review'
       AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id)`,
  )
  const settled = new Map<string, number>()
  for (const { currency, amount_total, client_reference_id } of sessions) {
    if (review.some((row) => row.id === client_reference_id)) continue
    settled.set(currency, (settled.get(currency) ?? 0) + amount_total)
  }
  expect(Object.fromEntries(rows.map((row) => [row.currency, Number(row.amount)])))
    .toEqual(Object.fromEntries(settled))
}

/** No job has died, and every order under way has a job or a reason. */
async function expectJobs(shop: Shop, orders: OrderRow[]): Promise<void> {
  const dead = await shop.db.query("SELECT name, last_error FROM jobs WHERE status = 'dead'")
  expect(dead).toEqual([])
  const waiting = await shop.db.query<{ topic: string }>(
    "SELECT topic FROM jobs WHERE status = 'ready'",
  )
  for (const order of orders) {
    if (!/^(paid|provisioning|provision_failed)$/.test(order.status)) continue
    const hasJob = waiting.some((job) => job.topic.endsWith(order.serverId ?? '?'))
    expect(hasJob || order.waitingFor !== null, `${order.id} moves or says why not`).toBe(true)
  }
}

/** The ledger: what a node has held is the sum of its open holds. */
async function expectLedger(shop: Shop): Promise<void> {
  const off = await shop.db.query(
    `SELECT n.id FROM panel_nodes n LEFT JOIN (
       SELECT node_id, SUM(memory_mib) AS memory, SUM(ports) AS ports FROM capacity_holds
        WHERE released_at IS NULL GROUP BY node_id) h ON h.node_id = n.id
      WHERE n.memory_mib_held <> COALESCE(h.memory, 0) OR n.ports_held <> COALESCE(h.ports, 0)`,
  )
  expect(off).toEqual([])
}
