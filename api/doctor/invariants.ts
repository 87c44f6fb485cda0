import * as z from 'zod'
import { microseconds } from '../db.ts'
import { findShopId } from '../plans/shop_id.ts'
import { PanelError, type PanelServer } from '../panel/panel.ts'
import { type Check, fail, ok, type Seen, some, Undecided } from './check.ts'
import type { Exam } from './exam.ts'

/** The promises that hold at any moment, on what is there now. */
export const invariantChecks: Check[] = [
  {
    id: 'invariant.paid-sessions',
    what: 'Paid checkout sessions of the last 3 days',
    wanted: 'each with its order, which knows of the money',
    mend: 'Run `deno task orders sweep --yes`; what is left, refund in Stripe’s dashboard.',
    network: true,
    look: lookAtSessions,
  },
  {
    id: 'invariant.servers',
    what: 'Servers of orders',
    wanted: 'at most one an order, and each active one at the panel',
    mend: 'Look with `deno task orders show ORDER`; attach a restored server with `attach`, or ' +
      'refund the order.',
    network: true,
    look: lookAtServers,
  },
  {
    id: 'invariant.unpaid-servers',
    what: 'Servers of ours at the panel',
    wanted: 'each for an order that was paid',
    mend: 'Look at each at the panel, and delete it there if nobody pays for it.',
    network: true,
    look: lookAtPanelServers,
  },
  {
    id: 'invariant.money',
    what: 'Money in and out',
    wanted: 'a payment behind every delivery, and never more returned than came',
    mend: 'Compare the order with Stripe’s dashboard: `deno task orders show ORDER` has the links.',
    look: lookAtMoney,
  },
  {
    id: 'invariant.leases',
    what: 'Work that somebody took',
    wanted: 'none whose lease ended more than a minute ago',
    mend: 'Start the shop with RUN_JOBS=on: nobody takes over what a dead process left.',
    look: lookAtLeases,
  },
  {
    id: 'invariant.reasons',
    what: 'Orders under way',
    wanted: 'each with a job that will run',
    mend: 'Run `deno task orders sweep jobs --yes`, or `deno task orders retry ORDER --yes`.',
    look: lookAtReasons,
  },
]

const MINUTE_MS = 60_000

const Session = z.object({
  id: z.string(),
  created: z.number(),
  payment_status: z.string(),
  client_reference_id: z.string().nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
})

/** Longer than the slowest of the three ways in takes to see the money. */
const SEEN_MS = 10 * MINUTE_MS

const THREE_DAYS_S = 3 * 24 * 3600

const KNOWS = [
  'paid',
  'provisioning',
  'provisioned',
  'provision_failed',
  'needs_review',
  'refunded',
]

async function shopIdOf({ database }: Exam): Promise<string> {
  return await findShopId(await database()) ?? ''
}

async function lookAtSessions(exam: Exam): Promise<Seen> {
  const shopId = await shopIdOf(exam)
  const nowS = Math.floor(exam.now().getTime() / 1000)
  const sessions = await exam.stripeList(
    `/v1/checkout/sessions?created[gte]=${nowS - THREE_DAYS_S}`,
    Session,
    5,
  )
  const paid = sessions.filter(({ payment_status: status, metadata, created }) =>
    status === 'paid' && created < nowS - SEEN_MS / 1000 &&
    // Another shop may sell with the same account.
    (metadata?.shop_id === undefined || metadata.shop_id === shopId)
  )
  const wrong = []
  for (const { id, client_reference_id: orderId } of paid) {
    if (!orderId?.startsWith('ord_')) continue
    const [order] = await exam.rows<{ status: string }>('SELECT status FROM orders WHERE id = ?', [
      orderId,
    ])
    if (!order) wrong.push(`${id} has no order`)
    else if (!KNOWS.includes(order.status)) {
      wrong.push(`${orderId} is ${order.status}, but ${id} is paid`)
    }
  }
  return wrong.length ? fail(some(wrong, 3)) : ok(`${paid.length}, all known`)
}

async function serversAtPanel(exam: Exam): Promise<PanelServer[]> {
  return await exam.once('servers at the panel', async () => {
    const panel = await exam.working()
    try {
      return await panel.listServers()
    } catch (error) {
      if (!(error instanceof PanelError)) throw error
      throw new Undecided(`the panel could not be read (${error.message}): see panel.permissions`)
    }
  })
}

async function lookAtServers(exam: Exam): Promise<Seen> {
  const twice = await exam.rows<{ orderId: string }>(
    `SELECT order_id AS orderId FROM servers WHERE deleted_at IS NULL
      GROUP BY order_id HAVING COUNT(*) > 1`,
  )
  if (twice.length) return fail(`several for ${some(twice.map(({ orderId }) => orderId))}`)
  const active = await exam.rows<{ id: string; orderId: string }>(
    "SELECT id, order_id AS orderId FROM servers WHERE status IN ('active', 'suspended')",
  )
  const there = new Set((await serversAtPanel(exam)).map(({ externalId }) => externalId))
  const shopId = await shopIdOf(exam)
  const gone = active.filter(({ id }) => !there.has(`${shopId}-${id}`))
  if (gone.length === 0) return ok(`${active.length}, all there`)
  return fail(`not at the panel: ${some(gone.map(({ id, orderId }) => `${id} of ${orderId}`), 3)}`)
}

async function lookAtPanelServers(exam: Exam): Promise<Seen> {
  const prefix = `${await shopIdOf(exam)}-srv_`
  const ours = (await serversAtPanel(exam)).filter(({ externalId }) =>
    externalId?.startsWith(prefix)
  )
  const known = await exam.rows<{ id: string; status: string; paidAt: Date | null }>(
    `SELECT s.id, s.status, o.paid_at AS paidAt FROM servers s JOIN orders o ON o.id = s.order_id`,
  )
  const byId = new Map(known.map((server) => [server.id, server]))
  const wrong = ours.flatMap(({ id, externalId }) => {
    const server = byId.get(externalId?.slice(prefix.length - 4) ?? '')
    if (!server) return [`number ${id} (${externalId}) of no order`]
    if (server.status === 'deleted') return [`number ${id} (${externalId}), which is deleted here`]
    return server.paidAt ? [] : [`number ${id} (${externalId}), which was never paid`]
  })
  return wrong.length ? fail(some(wrong, 3)) : ok(`${ours.length}, all paid`)
}

async function lookAtMoney({ rows }: Exam): Promise<Seen> {
  const unpaid = await rows<{ id: string }>(
    `SELECT o.id FROM orders o
      WHERE o.status IN ('paid', 'provisioning', 'provision_failed', 'provisioned')
        AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id)`,
  )
  const tooMuch = await rows<{ id: string }>(
    `SELECT p.order_id AS id FROM payments p
      GROUP BY p.order_id HAVING SUM(p.amount) < (SELECT COALESCE(SUM(r.amount), 0) FROM refunds r
        WHERE r.order_id = p.order_id AND r.status NOT IN ('failed', 'canceled'))`,
  )
  const kept = await rows<{ id: string }>(
    `SELECT DISTINCT o.id FROM orders o JOIN payments p ON p.order_id = o.id
      WHERE o.status = 'refunded' AND p.return_reason IS NOT NULL AND p.returned_at IS NULL
        AND p.amount > 0 AND p.paid_at < {now} - INTERVAL ? MICROSECOND`,
    [microseconds(24 * 60 * MINUTE_MS)],
  )
  const wrong = [
    ...unpaid.map(({ id }) => `${id} has no payment`),
    ...tooMuch.map(({ id }) => `${id} got back more than it paid`),
    ...kept.map(({ id }) => `${id} is refunded, but has not all its money`),
  ]
  return wrong.length ? fail(some(wrong, 3)) : ok('in order')
}

async function lookAtLeases({ rows }: Exam): Promise<Seen> {
  const stale = await rows<{ what: string }>(
    `SELECT topic AS what FROM jobs WHERE status = 'ready' AND lease_token IS NOT NULL
        AND run_at < {now} - INTERVAL ? MICROSECOND
      UNION ALL SELECT id AS what FROM stripe_events WHERE status = 'ready'
        AND lease_token IS NOT NULL AND run_at < {now} - INTERVAL ? MICROSECOND`,
    [microseconds(MINUTE_MS), microseconds(MINUTE_MS)],
  )
  return stale.length
    ? fail(`${stale.length}: ${some(stale.map(({ what }) => what), 3)}`)
    : ok('none')
}

/** Two sweeps, which give every order without a job one again. */
const SWEPT_MS = 5 * MINUTE_MS

async function lookAtReasons({ rows }: Exam): Promise<Seen> {
  const idle = await rows<{ id: string; status: string }>(
    `SELECT o.id, o.status FROM orders o LEFT JOIN servers s ON s.live_order_id = o.id
      WHERE o.status IN ('paid', 'provisioning', 'provision_failed')
        AND o.paid_at < {now} - INTERVAL ? MICROSECOND AND o.on_hold IS NULL
        AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.status = 'ready' AND j.topic IN (
          CONCAT('server.provision:', s.id), CONCAT('server.check:', s.id),
          CONCAT('server.recreate:', s.id), CONCAT('server.delete:', s.id)))
      ORDER BY o.paid_at`,
    [microseconds(SWEPT_MS)],
  )
  const lines = idle.map(({ id, status }) => `${id} (${status})`)
  return lines.length ? fail(`without one: ${some(lines, 3)}`) : ok('none is without one')
}
