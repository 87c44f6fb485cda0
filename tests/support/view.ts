import * as z from 'zod'
import type { Queryable } from '../../api/db.ts'
import type { StripeEmulator } from '../../dev/stripe/emulator.ts'

/** What is looked at from outside: our database and the two emulators. */
export interface Observed {
  db: Queryable
  stripe: Pick<StripeEmulator, 'store' | 'idle'>
  panel: { store: { servers: { rows: readonly PanelRow[] } } }
}

interface PanelRow {
  id: number
  externalId: string | null
  nodeId: number
  status: string | null
}

export interface OrderSeen {
  id: string
  status: string
  waitingFor: string | null
  /** Why its server must not run; null while it may. */
  onHold: string | null
  pteroServerId: number | null
  /** Until its deadline; null when it has none. */
  refundInMs: number | null
  bought: { need: { memoryMib: number; diskMib: number } }
}

/** Everything at one moment, as rows that can be held against each other. */
export type View = Awaited<ReturnType<typeof viewOf>>

export async function viewOf({ db, stripe, panel }: Observed) {
  await stripe.idle()
  // First, so that an event which arrives meanwhile is at most one too many here.
  const theirs = readStripe(stripe.store)
  const ours = await readOurs(db)
  const kinds = new Set(ours.events.map((event) => `${event.kind}:${event.orderId}`))
  const topics = new Set(ours.jobs.map((job) => job.topic))
  const byId = new Map(ours.orders.map((order) => [order.id, order]))
  const there = panel.store.servers.rows.flatMap((row) => {
    const { id, nodeId, externalId, status } = row
    if (!externalId?.startsWith(`${ours.shopId}-`)) return []
    const serverId = externalId.slice(ours.shopId.length + 1)
    return [{ id, nodeId, serverId, status, suspended: status === 'suspended' }]
  })
  return {
    ...ours,
    ...theirs,
    delivered: theirs.delivered.map(({ id, type, created }) => ({
      id,
      type,
      ageMs: ours.nowMs - created * 1000,
    })),
    /** Servers of this shop at the panel. */
    panel: there,
    order: (id: string | null | undefined) => byId.get(id ?? ''),
    atPanel: (serverId: string) => there.find((row) => row.serverId === serverId),
    hold: (orderId: string) => ours.holds.find((hold) => hold.orderId === orderId),
    hasJob: (topic: string) => topics.has(topic),
    /** Whether a row of this kind stands in the timeline of an order. */
    happened: (orderId: string, kind: string) => kinds.has(`${kind}:${orderId}`),
    /** Whether a person is, or was, told of this. */
    told: (kind: string, subject: string) =>
      ours.alerts.some((alert) => alert.kind === kind && alert.subject === subject),
  }
}

async function readOurs(db: Queryable) {
  const [clock] = await db.query<{ now: Date }>('SELECT {now} AS now')
  const [shop] = await db.query<{ id: string }>(
    "SELECT value AS id FROM shop_settings WHERE name = 'shop_id'",
  )
  const events = await db.query<{ orderId: string; kind: string }>(
    'SELECT DISTINCT order_id AS orderId, kind FROM order_events',
  )
  const inbox = await db.query<{ id: string }>('SELECT id FROM stripe_events')
  const mails = await db.query<{ id: string }>(
    'SELECT id FROM outbox WHERE sent_at IS NULL AND given_up_at IS NULL',
  )
  return {
    nowMs: clock?.now.getTime() ?? 0,
    shopId: shop?.id ?? 'none',
    orders: await readOrders(db),
    jobs: await readJobs(db),
    ...await readMoney(db),
    ...await readCapacity(db),
    servers: await db.query<
      { id: string; orderId: string; status: string; pteroServerId: number | null }
    >('SELECT id, order_id AS orderId, status, ptero_server_id AS pteroServerId FROM servers'),
    attempts: await db.query<{ orderId: string; sessionId: string | null }>(
      'SELECT order_id AS orderId, stripe_session_id AS sessionId FROM checkout_sessions',
    ),
    alerts: await db.query<{ kind: string; subject: string }>('SELECT kind, subject FROM alerts'),
    events,
    inbox: new Set(inbox.map((row) => row.id)),
    unsentMails: mails.map((row) => row.id),
  }
}

async function readOrders(db: Queryable): Promise<OrderSeen[]> {
  const rows = await db.query<Omit<OrderSeen, 'bought'> & { bought: string }>(
    `SELECT id, status, waiting_for AS waitingFor, on_hold AS onHold,
       ptero_server_id AS pteroServerId,
       TIMESTAMPDIFF(MICROSECOND, {now}, refund_at) / 1000 AS refundInMs, bought FROM orders`,
  )
  return rows.map((row) => ({
    ...row,
    refundInMs: row.refundInMs === null ? null : Number(row.refundInMs),
    bought: JSON.parse(row.bought),
  }))
}

/** Rows of both queues that are not done. */
async function readJobs(db: Queryable) {
  const rows = await db.query<{
    id: string
    name: string
    topic: string
    status: string
    leased: number
    dueInMs: number | string
    lastError: string | null
  }>(
    `SELECT id, name, topic, status, lease_token IS NOT NULL AS leased, last_error AS lastError,
       TIMESTAMPDIFF(MICROSECOND, {now}, run_at) / 1000 AS dueInMs
      FROM jobs WHERE status <> 'done'
     UNION ALL SELECT id, type, object_id, status, lease_token IS NOT NULL, last_error,
       TIMESTAMPDIFF(MICROSECOND, {now}, run_at) / 1000
      FROM stripe_events WHERE status <> 'done'`,
  )
  return rows.map(({ status, leased, dueInMs, ...row }) => ({
    ...row,
    dead: status === 'dead',
    leased: Boolean(Number(leased)),
    dueInMs: Number(dueInMs),
  }))
}

interface Moved {
  orderId: string
  amount: number
  currency: string
}

async function readMoney(db: Queryable) {
  const payments = await db.query<Moved & { id: string; stripeRef: string }>(
    'SELECT id, order_id AS orderId, stripe_ref AS stripeRef, amount, currency FROM payments',
  )
  const refunds = await db.query<Moved>(
    `SELECT order_id AS orderId, amount, currency FROM refunds
      WHERE status NOT IN ('failed', 'canceled')`,
  )
  const lostDisputes = await db.query<Moved>(
    "SELECT order_id AS orderId, amount, currency FROM disputes WHERE status = 'lost'",
  )
  return {
    lostDisputes: lostDisputes.map((row) => ({ ...row, amount: Number(row.amount) })),
    payments: payments.map((row) => ({ ...row, amount: Number(row.amount) })),
    refunds: refunds.map((row) => ({ ...row, amount: Number(row.amount) })),
  }
}

interface Held {
  memory: number
  disk: number
  cpu: number
  ports: number
}

async function readCapacity(db: Queryable) {
  const nodes = await db.query<Held & { id: number }>(
    `SELECT id, memory_mib_held AS memory, disk_mib_held AS disk, cpu_percent_held AS cpu,
       ports_held AS ports FROM panel_nodes`,
  )
  const holds = await db.query<Held & { orderId: string; nodeId: number }>(
    `SELECT order_id AS orderId, node_id AS nodeId, memory_mib AS memory, disk_mib AS disk,
       cpu_percent AS cpu, ports FROM capacity_holds WHERE released_at IS NULL`,
  )
  return { nodes: nodes.map(plain), holds: holds.map(plain) }
}

/** The driver gives a BIGINT as a text where it is large. */
function plain<R extends Held>(row: R): R {
  const { memory, disk, cpu, ports } = row
  return {
    ...row,
    memory: Number(memory),
    disk: Number(disk),
    cpu: Number(cpu),
    ports: Number(ports),
  }
}

const Rows = z.object({
  sessions: z.array(z.object({
    id: z.string(),
    client_reference_id: z.string().nullable(),
    status: z.string(),
    payment_status: z.string(),
    amount_total: z.number().nullable(),
    subscription: z.string().nullable(),
  })),
  subscriptions: z.array(z.object({ id: z.string(), status: z.string() })),
  invoices: z.array(z.object({
    id: z.string(),
    billing_reason: z.string().nullable(),
    parent: z.object({
      subscription_details: z.object({ subscription: z.string() }).nullish(),
    }).nullish(),
  })),
  invoicePayments: z.array(z.object({
    invoice: z.string(),
    payment: z.object({ payment_intent: z.string().optional() }),
  })),
  charges: z.array(z.object({
    id: z.string(),
    payment_intent: z.string().nullable(),
    status: z.string(),
    amount_captured: z.number(),
    currency: z.string(),
  })),
  refunds: z.array(z.object({
    charge: z.string().nullable(),
    amount: z.number(),
    status: z.string().nullable(),
  })),
  disputes: z.array(z.object({ charge: z.string(), status: z.string(), amount: z.number() })),
  events: z.array(z.object({ id: z.string(), type: z.string(), created: z.number() })),
  deliveries: z.array(z.object({ event: z.string(), succeeded: z.boolean() })),
})

type Rows = z.infer<typeof Rows>

function readStripe(store: StripeEmulator['store']) {
  const rows = Rows.keyof().options.map((name) => [name, store[name].toJSON()])
  const stripe = Rows.parse(Object.fromEntries(rows))
  const running = new Set(
    stripe.subscriptions.filter((one) => ['active', 'trialing', 'past_due'].includes(one.status))
      .map((one) => one.id),
  )
  const arrived = new Set(
    stripe.deliveries.filter((one) => one.succeeded).map((one) => one.event),
  )
  const sessions = stripe.sessions.map((one) => ({
    id: one.id,
    orderId: one.client_reference_id,
    status: one.status,
    amount: one.amount_total ?? 0,
    paid: one.payment_status === 'paid' ||
      (one.status === 'complete' && one.payment_status === 'no_payment_required'),
    subscribed: one.subscription !== null && running.has(one.subscription),
  }))
  return {
    sessions,
    charges: readCharges(stripe),
    delivered: stripe.events.filter((event) => arrived.has(event.id)),
  }
}

/** Every charge that succeeded, with the order whose subscription it was for. */
function readCharges(
  { sessions, invoices, invoicePayments, charges, refunds, disputes }: Rows,
) {
  const invoiceOf = new Map(
    invoicePayments.map((one) => [one.payment.payment_intent ?? '', one.invoice]),
  )
  const orderOf = new Map(sessions.map((one) => [one.subscription, one.client_reference_id]))
  const byId = new Map(invoices.map((invoice) => [invoice.id, invoice]))
  return charges.filter((charge) => charge.status === 'succeeded').map((charge) => {
    const invoice = byId.get(invoiceOf.get(charge.payment_intent ?? '') ?? '')
    const disputed = (statuses: string[]) =>
      disputes.filter((one) => one.charge === charge.id && statuses.includes(one.status))
        .reduce((sum, one) => sum + one.amount, 0)
    const returned = refunds.filter((one) =>
      one.charge === charge.id && !['failed', 'canceled'].includes(one.status ?? '')
    )
    return {
      id: charge.id,
      orderId: orderOf.get(invoice?.parent?.subscription_details?.subscription ?? null) ?? null,
      invoiceId: invoice?.id ?? null,
      /** Of a first invoice, not of a renewal. */
      first: invoice?.billing_reason === 'subscription_create',
      amount: charge.amount_captured,
      currency: charge.currency,
      refunded: returned.reduce((sum, one) => sum + one.amount, 0),
      /** What the bank has taken, for now or for good, and of that what is lost. */
      taken: disputed(['needs_response', 'under_review', 'lost']),
      lost: disputed(['lost']),
    }
  })
}
