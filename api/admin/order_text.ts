import { formatMoney } from '../mail/format.ts'
import type { OrderFile } from './order_file.ts'
import type { ListedOrder } from './orders_list.ts'

/** A line an order: where it is, since when, and whose. */
export function printOrders(orders: readonly ListedOrder[], { stuck }: { stuck: boolean }): string {
  if (orders.length === 0) return stuck ? 'No order is stuck.' : 'There are no orders.'
  return orders.map((order) => {
    const where = order.waitingFor
      ? `${order.status} (waits for ${order.waitingFor})`
      : order.status
    const since = order.paidAt
      ? `paid ${instant(order.paidAt)}`
      : `placed ${instant(order.createdAt)}`
    const refund = order.refundAt ? `, money goes back ${instant(order.refundAt)}` : ''
    return `${order.id}  ${where.padEnd(28)}  ${order.planId}, ${order.userId}, ${since}${refund}`
  }).join('\n')
}

/** Everything about an order, for a terminal. */
export function printOrderFile(file: OrderFile): string {
  const { order, server, subscription, links } = file
  return [
    `${order.id}: ${order.status}${order.waitingFor ? `, waits for ${order.waitingFor}` : ''}`,
    `  ${order.planName} (${order.planId}), ${order.term}, ${order.regionId}, "${order.serverName}"`,
    `  ${formatMoney(order.unitAmount, order.currency)}, of ${order.userId} (${
      order.email ?? 'gone'
    })`,
    ...(order.refundAt ? [`  the money goes back at ${instant(order.refundAt)}`] : []),
    ...section('Timeline', file.timeline.flatMap(timelineLines)),
    ...section(
      'Checkout sessions',
      file.sessions.map((one) =>
        `${one.attempt}  ${one.status}  ${one.stripeSessionId ?? 'not opened'}`
      ),
    ),
    ...section(
      'Payments',
      file.payments.map((one) => `${instant(one.paidAt)}  ${moneyOf(one)}  ${one.stripeRef}`),
    ),
    ...section(
      'Refunds',
      file.refunds.map((one) =>
        `${instant(one.createdAt)}  ${moneyOf(one)}  ${one.status}  ${
          one.stripeRefundId ?? 'not sent'
        }  ${one.reason}`
      ),
    ),
    ...section('Subscription', subscription ? [`${subscription.id}  ${subscription.status}`] : []),
    ...section('Server', server ? [serverLine(server)] : []),
    ...section(
      'Server’s moves',
      file.serverEvents.map(({ at, kind }) => `${instant(at)}  ${kind}`),
    ),
    ...section(
      'Jobs',
      file.jobs.map((job) =>
        `${job.topic}  ${job.status}  due ${instant(job.runAt)}  ${job.failures} failures${
          job.lastError ? `: ${job.lastError}` : ''
        }`
      ),
    ),
    ...section(
      'Events of Stripe',
      file.events.map((one) =>
        `${instant(one.receivedAt)}  ${one.id}  ${one.type}  ${one.flag ?? one.status}${
          one.lastError ? `: ${one.lastError}` : ''
        }`
      ),
    ),
    ...section('Open alerts', file.alerts.map(({ kind, subject }) => `${kind} (${subject})`)),
    ...section(
      'What operators did',
      file.audit.map((one) =>
        `${instant(one.at)}  ${one.actor}  ${one.action}  ${text(one.detail)}`
      ),
    ),
    ...section(
      'Links',
      [links.shop, ...links.payments, links.subscription, links.panelServer].filter((one) =>
        one !== null
      ),
    ),
  ].join('\n')
}

function timelineLines(entry: OrderFile['timeline'][number]): string[] {
  const next = entry.next ? ` ${entry.next}${entry.nextAt ? ` (${entry.nextAt})` : ''}.` : ''
  return [
    `${entry.at}  ${entry.kind}  ${entry.text}${next}`,
    ...(entry.cause ? [`    because ${text(entry.cause)}`] : []),
  ]
}

function serverLine(server: NonNullable<OrderFile['server']>): string {
  const there = server.pteroServerId
    ? `number ${server.pteroServerId} at the panel`
    : 'not at the panel'
  return `${server.id}  ${server.status}  ${there}  ${
    server.address ?? 'no address'
  }  node ${server.nodeId}`
}

function section(title: string, lines: string[]): string[] {
  return lines.length ? ['', title, ...lines.map((line) => `  ${line}`)] : []
}

function moneyOf({ amount, currency }: { amount: number; currency: string }): string {
  return formatMoney(amount, currency)
}

function instant(at: Date): string {
  return at.toISOString()
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
