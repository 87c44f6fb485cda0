import { findUser } from '../accounts/store.ts'
import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { MailFacts } from '../mail/messages.ts'
import type { OrderMailFacts, OrderProblem } from '../mail/messages/orders.ts'
import { queueMail } from '../mail/outbox.ts'
import { panelUsername } from '../panel/username.ts'
import { amountReturned, listPaymentsOf } from '../payments/money_store.ts'
import { regionNames } from '../plans/store.ts'
import { findOrder, msSinceOrderEvent, type Order } from './store.ts'

type MailDeps = Pick<Deps, 'newId'>

/** The receipt: what was bought and paid, and until when it is delivered. Call it once it is paid. */
export async function mailOrderReceived(
  tx: Queryable,
  deps: MailDeps,
  { id, amount, currency }: { id: string; amount: number; currency: string },
): Promise<void> {
  const order = await findOrder(tx, id)
  if (!order?.refundAt) throw new Error(`Cannot mail a receipt as the order is not paid: ${id}`)
  const names = await regionNames(tx)
  await mailBuyer(tx, deps, order, {
    template: 'order_received',
    facts: {
      ...orderFacts(order),
      amount,
      currency,
      regionName: names.get(order.regionId) ?? order.regionId,
      term: order.term,
      refundAt: order.refundAt.toISOString(),
    },
  })
}

/** The server runs: where, and how to get into the panel. */
export async function mailServerReady(
  tx: Queryable,
  deps: MailDeps,
  order: Order,
  { serverId, address }: { serverId: string; address: string | null },
): Promise<void> {
  const buyer = await findBuyer(tx, order)
  const facts = {
    ...orderFacts(order),
    serverId,
    address,
    panelUsername: panelUsername(buyer.id),
    emailVerified: buyer.emailVerifiedAt !== null,
  }
  await mailBuyer(tx, deps, order, { template: 'server_ready', facts })
}

/** Something keeps the order from its server; once per order and problem. */
export async function mailOrderProblem(
  tx: Queryable,
  deps: MailDeps,
  orderId: string,
  problem: OrderProblem,
): Promise<void> {
  const order = await findOrder(tx, orderId)
  if (!order) return
  const refundAt = problem === 'refund_failed' ? null : order.refundAt?.toISOString() ?? null
  const facts = { ...orderFacts(order), problem, refundAt }
  const causeId = `${order.id}:${problem}`
  await mailBuyer(tx, deps, order, { template: 'order_problem', facts, causeId })
}

/** Who can do something about it hears at once; a wait that may be over by itself must last first. */
const TELL_AFTER_MS = { account: 0, room: 4 * 60_000, panel: 4 * 60_000 }

/** Tells the buyer of a wait once it has lasted, counted from when `kind` came into the timeline. */
export async function mailLongWait(
  tx: Queryable,
  deps: MailDeps,
  { orderId, kind, reason }: {
    orderId: string
    kind: string
    reason: keyof typeof TELL_AFTER_MS | 'bank'
  },
): Promise<void> {
  // Of what the bank looks at they were told when it began.
  if (reason === 'bank') return
  const lastsMs = await msSinceOrderEvent(tx, orderId, kind) ?? 0
  if (lastsMs >= TELL_AFTER_MS[reason]) await mailOrderProblem(tx, deps, orderId, reason)
}

/** The order has ended, and its money goes back or has gone back. */
export async function mailOrderRefunded(
  tx: Queryable,
  deps: MailDeps,
  order: Order,
): Promise<void> {
  let amount = 0
  for (const payment of await listPaymentsOf(tx, order.id)) {
    if (payment.role !== 'extra') amount += await amountReturned(tx, payment.id)
  }
  const reason = order.ending ?? 'not_delivered'
  const facts = { ...orderFacts(order), reason, amount, currency: order.currency }
  await mailBuyer(tx, deps, order, { template: 'order_refunded', facts })
}

/** The order was paid a second time, and that payment goes back. */
export async function mailPaidTwice(
  tx: Queryable,
  deps: MailDeps,
  order: Order,
  { paymentId, amount, currency }: { paymentId: string; amount: number; currency: string },
): Promise<void> {
  const facts = { ...orderFacts(order), amount, currency }
  await mailBuyer(tx, deps, order, { template: 'order_paid_twice', facts, causeId: paymentId })
}

/** The cardholder's bank looks at the payment, and the server stops meanwhile. */
export async function mailOrderDisputed(
  tx: Queryable,
  deps: MailDeps,
  order: Order,
  { id, amount, currency }: { id: string; amount: number; currency: string },
): Promise<void> {
  const facts = { ...orderFacts(order), amount, currency }
  await mailBuyer(tx, deps, order, { template: 'order_disputed', facts, causeId: id })
}

/** Writes to the buyer, at the address the account has now, once per cause and template. */
async function mailBuyer<T extends keyof OrderMailFacts>(
  tx: Queryable,
  deps: MailDeps,
  order: Order,
  { template, facts, causeId = order.id }: { template: T; facts: MailFacts[T]; causeId?: string },
): Promise<void> {
  const { id: userId, email } = await findBuyer(tx, order)
  await queueMail(tx, deps, { template, to: { userId, email }, causeId, facts })
}

async function findBuyer(tx: Queryable, { userId }: Order) {
  const buyer = await findUser(tx, userId)
  if (!buyer) throw new Error(`Cannot write to the buyer as the account is gone: ${userId}`)
  return buyer
}

function orderFacts({ id, serverName, bought }: Order) {
  return { orderId: id, serverName, planName: bought.planName }
}
