import type { OrderStatus } from './status.ts'
import type { Term } from '../plans/bodies.ts'

export interface OrderBody {
  id: string
  status: OrderStatus
  /** One plain sentence: where the order is and what comes next. */
  statusText: string
  /** True when nothing further happens by itself. */
  atRest: boolean
  planId: string
  planName: string
  gameId: string
  regionId: string
  regionName: string
  serverName: string
  term: Term
  currency: string
  /** Minor units, for one term, before discounts and tax. */
  unitAmount: number
  /** What the order waits for, while it does: `room`, `account` or `panel`. */
  waitingFor: string | null
  serverId: string | null
  /** The panel's numeric id, once the server exists there. */
  pteroServerId: number | null
  /** Where to pay, only while the order is pending and its session open. */
  checkoutUrl: string | null
  createdAt: string
  expiresAt: string | null
  paidAt: string | null
  /** When the money goes back if no server could be delivered; null unless paid and undelivered. */
  refundAt: string | null
}

/** One row of the timeline, as the customer reads it. */
export interface TimelineEntryBody {
  at: string
  /** Machine name, e.g. `order.paid`. */
  kind: string
  /** What happened. */
  text: string
  /** What comes next, when something does. */
  next: string | null
  /** When the next step happens or is tried again. */
  nextAt: string | null
  level: 'info' | 'good' | 'problem'
}
