import { type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { isLive } from '../config.ts'
import { findOrder, type Order } from '../orders/store.ts'
import { toTimeline } from '../orders/timeline.ts'
import * as store from './store.ts'

/** Everything there is about an order, for an operator. */
export interface OrderFile {
  order: Omit<Order, 'bought'> & { planName: string; email: string | null }
  /** In the customer's words, each with its cause. */
  timeline: {
    at: string
    kind: string
    text: string
    next: string | null
    nextAt: string | null
    cause: unknown
  }[]
  sessions: store.SessionRow[]
  payments: store.PaymentRow[]
  refunds: store.RefundRow[]
  subscription: store.SubscriptionRow | null
  server: store.ServerRow | null
  serverEvents: store.ServerEventRow[]
  jobs: store.JobRow[]
  events: store.StripeEventRow[]
  audit: store.AuditRow[]
  alerts: store.AlertRow[]
  links: Links
}

/** Where the same is looked at elsewhere. */
interface Links {
  shop: string
  payments: string[]
  subscription: string | null
  panelServer: string | null
}

/** Undefined when there is no such order. */
export async function readOrderFile(
  db: Queryable,
  { config }: Pick<Deps, 'config'>,
  orderId: string,
): Promise<OrderFile | undefined> {
  const order = await findOrder(db, orderId)
  if (!order) return undefined
  const { bought, ...rest } = order
  const sessions = await store.listSessions(db, orderId)
  const payments = await store.listPayments(db, orderId)
  const subscription = await store.findSubscription(db, orderId) ?? null
  const server = await store.findServerOfOrder(db, orderId) ?? null
  const ids = [orderId, ...(server ? [server.id] : [])]
  const atStripe = [
    ...sessions.map(({ stripeSessionId }) => stripeSessionId),
    subscription?.id ?? null,
    ...payments.map(({ stripeRef }) => stripeRef),
  ].filter((id) => id !== null)
  return {
    order: { ...rest, planName: bought.planName, email: await store.findEmail(db, order.userId) },
    timeline: await readTimeline(db, orderId),
    sessions,
    payments,
    refunds: await store.listRefunds(db, orderId),
    subscription,
    server,
    serverEvents: server ? await store.listServerEvents(db, server.id) : [],
    jobs: await store.listJobsAbout(db, ids),
    events: await store.listStripeEventsAbout(db, atStripe),
    audit: await store.listAuditAbout(db, ids),
    alerts: await store.listAlertsAbout(db, ids),
    links: linksOf(config, {
      orderId,
      payments,
      subscription,
      pteroServerId: server?.pteroServerId,
    }),
  }
}

async function readTimeline(db: Queryable, orderId: string): Promise<OrderFile['timeline']> {
  const events = await store.listEventsWithCauses(db, orderId)
  return toTimeline(events).map(({ at, kind, text, next, nextAt }, i) => ({
    at,
    kind,
    text,
    next,
    nextAt,
    cause: events[i]?.cause ?? null,
  }))
}

function linksOf(
  config: Deps['config'],
  { orderId, payments, subscription, pteroServerId }: {
    orderId: string
    payments: store.PaymentRow[]
    subscription: store.SubscriptionRow | null
    pteroServerId: number | null | undefined
  },
): Links {
  const stripe = `https://dashboard.stripe.com${isLive(config) ? '' : '/test'}`
  return {
    shop: `${config.PUBLIC_URL}/orders/${orderId}`,
    payments: payments.flatMap(({ paymentIntentId }) =>
      paymentIntentId ? [`${stripe}/payments/${paymentIntentId}`] : []
    ),
    subscription: subscription ? `${stripe}/subscriptions/${subscription.id}` : null,
    panelServer: pteroServerId ? `${config.PANEL_URL}/admin/servers/view/${pteroServerId}` : null,
  }
}
