import * as z from 'zod'
import { id, instant, minorUnits } from '../openapi/fields.ts'
import { Currency, Term } from '../plans/bodies.ts'
import { orderMoves } from './status.ts'

export const OrderStatus = z.enum(Object.keys(orderMoves) as (keyof typeof orderMoves)[]).meta({
  id: 'OrderStatus',
  description:
    'Where the order is. `provisioned`, `expired`, `canceled` and `refunded` are ends; ' +
    'money that comes late still moves an `expired` or `canceled` order on.',
})

export const OrderBody = z.object({
  id: id('ord_', 'The order’s id.'),
  status: OrderStatus,
  statusText: z.string().meta({
    description: 'One plain sentence: where the order is and what comes next.',
  }),
  atRest: z.boolean().meta({ description: 'True when nothing further happens by itself.' }),
  planId: z.string(),
  planName: z.string(),
  gameId: z.string(),
  regionId: z.string(),
  regionName: z.string(),
  serverName: z.string(),
  term: Term,
  currency: Currency,
  unitAmount: minorUnits('Minor units, for one term, before discounts and tax.'),
  waitingFor: z.string().nullable().meta({
    description: 'What the order waits for, while it does: `room`, `account`, `panel` or `bank`.',
  }),
  serverId: id('srv_', 'The order’s server, once there is one.').nullable(),
  pteroServerId: z.int().nullable().meta({
    description: 'The panel’s numeric id, once the server exists there.',
  }),
  checkoutUrl: z.url().nullable().meta({
    description: 'Where to pay, only while the order is pending and its session open.',
  }),
  createdAt: instant('When it was placed.'),
  expiresAt: instant('Until when it can be paid; null unless pending.').nullable(),
  paidAt: instant('When the money arrived.').nullable(),
  refundAt: instant(
    'When the money goes back if no server could be delivered; null unless paid and undelivered.',
  ).nullable(),
}).meta({ id: 'Order', description: 'An order as its owner reads it.' })

export type OrderBody = z.output<typeof OrderBody>

export const TimelineEntryBody = z.object({
  id: id('oev_', 'Stays the same when the row is told again with another `nextAt`.'),
  at: instant('When it happened.'),
  kind: z.string().meta({ description: 'Machine name, e.g. `order.paid`; more may come.' }),
  text: z.string().meta({ description: 'What happened, as a sentence.' }),
  next: z.string().nullable().meta({ description: 'What comes next, when something does.' }),
  nextAt: instant('When the next step happens or is tried again.').nullable(),
  level: z.enum(['info', 'good', 'problem']),
}).meta({
  id: 'TimelineEntry',
  description: 'One row of an order’s timeline, as the customer reads it.',
})

export type TimelineEntryBody = z.output<typeof TimelineEntryBody>

export const OrderStoryBody = z.object({
  order: OrderBody,
  timeline: z.array(TimelineEntryBody).meta({ description: 'Oldest first.' }),
}).meta({ id: 'OrderStory', description: 'An order with everything that happened to it.' })

export type OrderStoryBody = z.output<typeof OrderStoryBody>

export const OrdersBody = z.object({ orders: z.array(OrderBody) }).meta({
  id: 'Orders',
  description: 'Newest first, at most 200.',
})
