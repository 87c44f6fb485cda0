import { findUser } from '../accounts/store.ts'
import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { MailFacts } from '../mail/messages.ts'
import { queueMail } from '../mail/outbox.ts'
import type { Order } from './store.ts'

type OrderTemplate = 'order_received' | 'server_ready' | 'order_refunded'

/** Writes to the buyer, at the address the account has now, once per order and template. */
export async function mailBuyer<T extends OrderTemplate>(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  order: Order,
  { template, facts }: { template: T; facts: MailFacts[T] },
): Promise<void> {
  const buyer = await findUser(tx, order.userId)
  if (!buyer) throw new Error(`Cannot write to the buyer as the account is gone: ${order.userId}`)
  const to = { userId: buyer.id, email: buyer.email }
  await queueMail(tx, deps, { template, to, causeId: order.id, facts })
}

/** What every mail about an order names. */
export function orderFacts(order: Order): MailFacts['order_received'] {
  return { orderId: order.id, serverName: order.serverName, planName: order.bought.planName }
}
