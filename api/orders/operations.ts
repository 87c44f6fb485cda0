import * as z from 'zod'
import { id } from '../openapi/fields.ts'
import type { Operations } from '../openapi/operation.ts'
import { type OrderBody, OrdersBody, OrderStoryBody, type TimelineEntryBody } from './bodies.ts'

const params = z.object({ id: id('ord_', 'The order’s id.') })

const pending: OrderBody = {
  id: 'ord_01kc5x9v3mqk8yw2tz4r6b7n1d',
  status: 'pending',
  statusText: 'Waiting for your payment.',
  atRest: false,
  planId: 'minecraft-paper-4gb',
  planName: 'Paper 4 GB',
  gameId: 'minecraft',
  regionId: 'frankfurt',
  regionName: 'Frankfurt',
  serverName: 'Creeper Cove',
  term: 'monthly',
  currency: 'eur',
  unitAmount: 999,
  waitingFor: null,
  serverId: null,
  pteroServerId: null,
  checkoutUrl: 'https://checkout.stripe.com/c/pay/cs_live_a1b2c3',
  createdAt: '2026-11-24T18:03:11.204Z',
  expiresAt: '2026-11-24T18:38:11.204Z',
  paidAt: null,
  refundAt: null,
  returnedAmount: 0,
  ending: null,
  onHold: null,
}

const placed: TimelineEntryBody = {
  id: 'oev_01kc5x9v3nq0a2c4e6g8j0m2p4',
  at: '2026-11-24T18:03:11.204Z',
  kind: 'order.placed',
  text: 'We set the capacity for your server aside.',
  next: 'Pay at Stripe; until then the place stays yours',
  nextAt: '2026-11-24T18:38:11.204Z',
  level: 'info',
}

const provisioned: OrderBody = {
  ...pending,
  status: 'provisioned',
  statusText: 'Delivered: your server is yours.',
  atRest: true,
  serverId: 'srv_01kc5xavg0h2j4k6m8n0p2q4r6',
  pteroServerId: 118,
  checkoutUrl: null,
  expiresAt: null,
  paidAt: '2026-11-24T18:05:40.911Z',
}

const delivered: TimelineEntryBody[] = [
  { ...placed, nextAt: null },
  {
    id: 'oev_01kc5xags4r1b3d5f7h9k1n3q5',
    at: '2026-11-24T18:05:40.911Z',
    kind: 'order.paid',
    text: 'Your payment arrived.',
    next: 'We create your server',
    nextAt: null,
    level: 'good',
  },
  {
    id: 'oev_01kc5xbrt5s2c4e6g8j0m2p4r6',
    at: '2026-11-24T18:06:22.530Z',
    kind: 'server.active',
    text: 'Your server runs at 203.0.113.20:25565.',
    next: null,
    nextAt: null,
    level: 'good',
  },
]

const canceled: OrderBody = {
  ...pending,
  status: 'canceled',
  statusText: 'Canceled before payment. Nothing was charged.',
  atRest: true,
  checkoutUrl: null,
  expiresAt: null,
}

export const operations: Operations = {
  'GET /api/orders': {
    id: 'listOrders',
    summary: 'List your orders',
    tag: 'Orders',
    auth: 'session',
    answers: {
      200: {
        description: 'Your orders, newest first, at most 200.',
        schema: OrdersBody,
        example: { orders: [provisioned] },
      },
    },
  },
  'GET /api/orders/:id': {
    id: 'getOrder',
    summary: 'Show an order with its timeline',
    tag: 'Orders',
    auth: 'session',
    params,
    answers: {
      200: {
        description: 'The order and what happened to it so far.',
        schema: OrderStoryBody,
        example: { order: provisioned, timeline: delivered },
      },
    },
  },
  'GET /api/orders/:id/events': {
    id: 'listenToOrder',
    summary: 'Listen to an order',
    description:
      'Server-sent events: `order` (an Order) at the start and whenever it changed, `timeline` (a ' +
      'TimelineEntry) for each row, whose id is the event’s, `ping` in between, and `end` when nothing ' +
      'further happens by itself. The answer ends within a minute: connect again, with ' +
      '`Last-Event-ID` as every EventSource does, and only what is new comes. A row may come again ' +
      'with another `nextAt`; its id stays.',
    tag: 'Orders',
    auth: 'session',
    params,
    headers: z.object({
      'Last-Event-ID': id('oev_', 'The last row that arrived: those after it are sent.').optional(),
    }),
    answers: {
      200: {
        description: 'The events, as they happen.',
        contentType: 'text/event-stream',
        schema: z.string(),
        example: `event: timeline\ndata: ${JSON.stringify(placed)}\nid: ${placed.id}\n\n`,
      },
    },
    problems: ['rate-limited'],
  },
  'POST /api/orders/:id/cancel': {
    id: 'cancelOrder',
    summary: 'Cancel an order that is not paid',
    description:
      'Closes Stripe’s page and gives the place back. An order that was paid meanwhile ' +
      'stays: that answers `order-not-open`. Safe to repeat.',
    tag: 'Orders',
    auth: 'session',
    params,
    answers: {
      200: {
        description: 'The canceled order.',
        schema: OrderStoryBody,
        example: { order: canceled, timeline: [placed] },
      },
    },
    problems: ['order-not-open', 'payments-unavailable'],
  },
  'POST /api/orders/:id/sync': {
    id: 'syncOrder',
    summary: 'Look at Stripe now',
    description:
      'Reads the payment again from Stripe instead of waiting to be told. Call it when ' +
      'the buyer returns from Stripe’s page. When Stripe does not answer, the order comes as it is ' +
      'known here. Safe to repeat.',
    tag: 'Orders',
    auth: 'session',
    params,
    answers: {
      200: {
        description: 'The order as it is now.',
        schema: OrderStoryBody,
        example: { order: provisioned, timeline: delivered },
      },
    },
    problems: ['rate-limited'],
  },
}
