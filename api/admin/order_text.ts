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
      ? `paid ${order.paidAt.toISOString()}`
      : `placed ${order.createdAt.toISOString()}`
    const refund = order.refundAt ? `, money goes back ${order.refundAt.toISOString()}` : ''
    return `${order.id}  ${where.padEnd(28)}  ${order.planId}, ${order.userId}, ${since}${refund}`
  }).join('\n')
}

/** Everything about an order, for a terminal. */
export function printOrderFile(file: OrderFile): string {
  const { links, server } = file
  const elsewhere = [links.shop, ...links.payments, links.subscription, links.panelServer]
  return [
    ...headLines(file),
    ...section('Timeline', file.timeline.flatMap(timelineLines)),
    ...moneySections(file),
    ...section('Server', server ? [serverLine(server)] : []),
    ...section('Server’s moves', file.serverEvents.map(({ at, kind }) => line(at, kind))),
    ...workSections(file),
    ...section('Links', elsewhere.filter((link) => link !== null)),
  ].join('\n')
}

function headLines({ order }: OrderFile): string[] {
  const price = formatMoney(order.unitAmount, order.currency)
  return [
    `${order.id}: ${order.status}${order.waitingFor ? `, waits for ${order.waitingFor}` : ''}`,
    `  ${order.planName} (${order.planId}), ${order.term}, ${order.regionId}, "${order.serverName}"`,
    `  ${price}, of ${order.userId} (${order.email ?? 'gone'})`,
    ...(order.refundAt ? [`  the money goes back at ${order.refundAt.toISOString()}`] : []),
  ]
}

function moneySections({ sessions, payments, refunds, subscription }: OrderFile): string[] {
  const money = ({ amount, currency }: { amount: number; currency: string }) =>
    formatMoney(amount, currency)
  return [
    ...section(
      'Checkout sessions',
      sessions.map((one) =>
        `${one.attempt}  ${one.status}  ${one.stripeSessionId ?? 'not opened'}`
      ),
    ),
    ...section('Payments', payments.map((one) => line(one.paidAt, money(one), one.stripeRef))),
    ...section(
      'Refunds',
      refunds.map((one) =>
        line(one.createdAt, money(one), one.status, one.stripeRefundId ?? 'not sent', one.reason)
      ),
    ),
    ...section('Subscription', subscription ? [`${subscription.id}  ${subscription.status}`] : []),
  ]
}

function workSections({ jobs, events, alerts, audit }: OrderFile): string[] {
  const error = (text: string | null) => text ? [text] : []
  return [
    ...section(
      'Jobs',
      jobs.map((job) =>
        [
          job.topic,
          job.status,
          `due ${job.runAt.toISOString()}`,
          `${job.failures} failures`,
          ...error(job.lastError),
        ].join('  ')
      ),
    ),
    ...section(
      'Events of Stripe',
      events.map((one) =>
        line(one.receivedAt, one.id, one.type, one.flag ?? one.status, ...error(one.lastError))
      ),
    ),
    ...section('Open alerts', alerts.map(({ kind, subject }) => `${kind} (${subject})`)),
    ...section(
      'What operators did',
      audit.map((one) => line(one.at, one.actor, one.action, text(one.detail))),
    ),
  ]
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

function line(at: Date, ...parts: string[]): string {
  return [at.toISOString(), ...parts].join('  ')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
