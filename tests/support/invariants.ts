import { expect } from 'vitest'
import { type Observed, type OrderSeen, type View, viewOf } from './view.ts'

/**
 * I-1 to I-6 of the design and the capacity ledger, on our database, Stripe and the panel at once,
 * without a line of the shop's own code. To be asked when no handler is under way.
 */
export async function assertInvariants(shop: Observed): Promise<void> {
  expect(brokenIn(await viewOf(shop))).toEqual([])
}

/** What does not hold, in sentences that begin with the invariant and name the order. */
export function brokenIn(view: View): string[] {
  return [
    ...paidSessions(view),
    ...servers(view),
    ...serversAtPanel(view),
    ...money(view),
    ...subscriptions(view),
    ...jobs(view),
    ...deliveries(view),
    ...orders(view),
    ...ledger(view),
    ...holds(view),
  ]
}

const MINUTE_MS = 60_000

const SETTLED = /^(paid|provisioning|provisioned|provision_failed|needs_review|refunded)$/

/** Each paid checkout session belongs to exactly one order, which is never pending or absent. */
function* paidSessions(view: View): Generator<string> {
  for (const session of view.sessions.filter((one) => one.paid)) {
    const order = view.order(session.orderId)
    if (order && !SETTLED.test(order.status)) {
      yield `I-1: session ${session.id} is paid and its order ${order.id} is ${order.status}`
    }
    if (!order && !view.told('orphan_payment', session.id)) {
      yield `I-1: session ${session.id} is paid, belongs to no order, and nobody was told`
    }
    const owners = view.attempts.filter((attempt) => attempt.sessionId === session.id)
    if (owners.some((owner) => owner.orderId !== session.orderId)) {
      yield `I-1: session ${session.id} of ${session.orderId} is kept with another order`
    }
  }
}

/** An order has at most one server that is not deleted; an active one is there, under our name. */
function* servers(view: View): Generator<string> {
  for (const order of view.orders) {
    const live = view.servers.filter((one) => one.orderId === order.id && one.status !== 'deleted')
    if (live.length > 1) yield `I-2: ${order.id} has ${live.length} servers`
    for (const server of live.filter((one) => /^(active|suspended)$/.test(one.status))) {
      const there = view.atPanel(server.id)
      if (!there && !view.happened(order.id, 'server.missing')) {
        yield `I-2: ${server.status} server ${server.id} of ${order.id} is not at the panel`
      }
      if (there && (there.id !== server.pteroServerId || there.id !== order.pteroServerId)) {
        yield `I-2: ${order.id} says ${order.pteroServerId}, its server ${server.pteroServerId}, ` +
          `the panel ${there.id}`
      }
      if (there && there.nodeId !== view.hold(order.id)?.nodeId) {
        yield `capacity: ${order.id} stands on node ${there.nodeId}, and its place is held on ` +
          `${view.hold(order.id)?.nodeId ?? 'none'}`
      }
    }
  }
}

/** No server of ours at the panel that nobody paid for, or whose money went back. */
function* serversAtPanel(view: View): Generator<string> {
  for (const there of view.panel) {
    const server = view.servers.find((one) => one.id === there.serverId)
    const order = view.order(server?.orderId)
    if (!server || !order) yield `I-3: nobody ordered ${there.serverId} at the panel`
    else if (!view.sessions.some((one) => one.paid && one.orderId === order.id)) {
      yield `I-3: nobody paid for ${server.id} of ${order.id} (${order.status})`
    } else if (server.status === 'deleted') {
      yield `I-3: ${server.id} of ${order.id} is deleted here and there at the panel`
    } else if (!isPaidNow(view, order.id) && !isStopping(view, server.id)) {
      yield `I-3: ${server.id} of ${order.id} (${order.status}) runs and its money is gone`
    }
  }
}

/** False once all that was paid for an order went back, or the bank has taken it, for now or for good. */
function isPaidNow(view: View, orderId: string): boolean {
  const charges = view.charges.filter((one) => one.orderId === orderId)
  return charges.length === 0 || charges.some((one) => one.amount > one.refunded + one.taken)
}

/** Nobody can use it, or that is under way. */
function isStopping(view: View, serverId: string): boolean {
  const server = view.servers.find((one) => one.id === serverId)
  if (view.atPanel(serverId)?.suspended || server?.status !== 'active') return true
  return view.hasJob(`server.suspend:${serverId}`)
}

/** Settled less refunded at Stripe is what our rows say, of each order and so of each currency. */
function* money(view: View): Generator<string> {
  for (const order of view.orders) {
    const payments = view.payments.filter((one) => one.orderId === order.id)
    if (order.status === 'needs_review' && payments.length === 0) continue
    if (payments.some((payment) => view.told('refund_failed', payment.id))) continue
    const refunds = view.refunds.filter((one) => one.orderId === order.id)
    const charges = view.charges.filter((one) =>
      one.orderId === order.id &&
      (one.first || payments.some((payment) => payment.stripeRef === one.invoiceId))
    )
    const lost = view.lostDisputes.filter((one) => one.orderId === order.id)
    const ours = sums([...payments, ...[...refunds, ...lost].map(negative)])
    const theirs = sums(
      charges.map((one) => ({ ...one, amount: one.amount - one.refunded - one.lost })),
    )
    if (ours !== theirs) {
      yield `I-4: Stripe holds ${theirs || 'nothing'} for ${order.id} (${order.status}), ` +
        `we say ${ours || 'nothing'}`
    }
    if (order.status === 'refunded' && theirs !== '' && payments.length === 1) {
      yield `I-4: ${order.id} is refunded and Stripe holds ${theirs}`
    }
  }
}

function negative(one: { currency: string; amount: number }) {
  return { currency: one.currency, amount: -one.amount }
}

/** `eur 999, usd 5`; a currency that comes to nothing is left out. */
function sums(amounts: { currency: string; amount: number }[]): string {
  const total = new Map<string, number>()
  for (const { currency, amount } of amounts) {
    total.set(currency, (total.get(currency) ?? 0) + amount)
  }
  return [...total].filter(([, amount]) => amount !== 0).sort().map(([currency, amount]) =>
    `${currency} ${amount}`
  ).join(', ')
}

/** Nobody goes on paying for an order that has ended, or twice for one that has not. */
function* subscriptions(view: View): Generator<string> {
  for (const order of view.orders) {
    const running = view.sessions.filter((one) => one.orderId === order.id && one.subscribed)
    if (running.length > 1) yield `I-4: ${order.id} has ${running.length} running subscriptions`
    if (running.length > 0 && /^(expired|canceled|refunded)$/.test(order.status)) {
      if (view.hasJob(`payment.sync:${order.id}`)) continue
      yield `I-4: ${order.id} is ${order.status} and its subscription runs on`
    }
  }
}

/** No job runs past its lease, and none died or lies forgotten without a person who knows. */
function* jobs(view: View): Generator<string> {
  for (const job of view.jobs) {
    const about = `${job.name} ${job.topic} (${job.lastError ?? 'no error'})`
    if (job.leased && job.dueInMs < -10_000) {
      yield `I-5: job ${about} is past its lease by ${-job.dueInMs} ms`
    }
    if (job.dead && !view.told('job_dead', job.id)) {
      yield `I-5: job ${about} is dead, and nobody was told`
    }
  }
  for (const mail of view.unsentMails) {
    if (!view.hasJob(`mail.send:${mail}`)) yield `I-5: mail ${mail} has no job`
  }
}

const KEPT_MS = 24 * 60 * MINUTE_MS

/** What Stripe was told has arrived is in the inbox. */
function* deliveries(view: View): Generator<string> {
  for (const event of view.delivered) {
    if (event.ageMs < KEPT_MS && !view.inbox.has(event.id)) {
      yield `I-5: event ${event.id} (${event.type}) was answered 2xx and is not in the inbox`
    }
  }
}

/** An order that is not at rest has a job, a due sweep, or a reason that a person can read. */
function* orders(view: View): Generator<string> {
  for (const order of view.orders) {
    const server = view.servers.find((one) => one.orderId === order.id && one.status !== 'deleted')
    const moves = server && view.jobs.some((job) => !job.dead && job.topic.endsWith(server.id))
    if (/^(paid|provisioning|provision_failed)$/.test(order.status)) {
      if (!moves && order.waitingFor === null && order.onHold === null) {
        yield `I-6: ${order.id} is ${order.status} and neither moves nor says why not`
      }
      yield* deadline(view, order)
    }
    if (server?.status === 'deleting' && !moves) {
      yield `I-6: server ${server.id} of ${order.id} is deleting and has no job`
    }
    if (
      order.status === 'provisioned' && !/^(active|suspended|deleting)$/.test(server?.status ?? '')
    ) {
      yield `I-6: ${order.id} is provisioned and its server is ${server?.status ?? 'gone'}`
    }
    if (order.status === 'needs_review' && !view.happened(order.id, 'order.needs_review')) {
      yield `I-6: ${order.id} needs a review and its timeline does not say why`
    }
  }
}

/** What was not delivered by its deadline is refunded, or a person is told why not. */
function* deadline(view: View, order: OrderSeen): Generator<string> {
  // The bank has the money until it decides.
  if (order.onHold === 'disputed') return
  if (order.refundInMs === null) yield `I-6: ${order.id} is ${order.status} without a deadline`
  else if (order.refundInMs < -10 * MINUTE_MS && !view.happened(order.id, 'order.refund_failed')) {
    yield `I-6: ${order.id} is ${order.status} ${-order.refundInMs} ms after its deadline`
  }
}

/** What a node has held is the sum of its open holds, of all four. */
function* ledger(view: View): Generator<string> {
  for (const node of view.nodes) {
    const held = view.holds.filter((hold) => hold.nodeId === node.id)
    for (const what of ['memory', 'disk', 'cpu', 'ports'] as const) {
      const sum = held.reduce((total, hold) => total + hold[what], 0)
      if (sum !== node[what]) {
        yield `capacity: node ${node.id} has ${what} ${node[what]} held, its holds are ${sum}`
      }
    }
  }
}

/** A place is held for each order that is open or lives, and for no other. */
function* holds(view: View): Generator<string> {
  for (const hold of view.holds) {
    const order = view.order(hold.orderId)
    const lives = view.servers.some((one) =>
      one.orderId === hold.orderId && one.status !== 'deleted'
    )
    if (!order || (/^(expired|canceled|refunded)$/.test(order.status) && !lives)) {
      yield `capacity: ${hold.orderId} (${order?.status ?? 'absent'}) has ended and holds a place`
    }
    const { need } = order?.bought ?? {}
    if (need && (need.memoryMib !== hold.memory || need.diskMib !== hold.disk)) {
      yield `capacity: ${hold.orderId} holds ${hold.memory} MiB and bought ${need.memoryMib}`
    }
  }
  for (const order of view.orders.filter((one) => one.status === 'pending')) {
    if (!view.hold(order.id)) yield `capacity: ${order.id} is pending and holds no place`
  }
}
