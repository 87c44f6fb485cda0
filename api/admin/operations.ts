import * as z from 'zod'
import { id } from '../openapi/fields.ts'
import type { Operation, Operations } from '../openapi/operation.ts'
import { AlertsBody, DoneBody, ListedOrdersBody, OrderFileBody, ReportBody } from './bodies.ts'
import { AttachServer, ExtendOrder, RefundOrder, ReviewOrder } from './requests.ts'

const order = z.object({ id: id('ord_', 'The order’s id.') })

const shared = { tag: 'Operators', auth: 'operator' } as const

function done(example: string): Operation['answers'] {
  return { 200: { description: 'What was done.', schema: DoneBody, example: { did: [example] } } }
}

/** What admin/routes.ts answers, to operators. */
export const operations: Operations = {
  'GET /api/admin/doctor': {
    ...shared,
    id: 'examineShop',
    summary: 'Examine the whole shop',
    description:
      'What `deno task doctor` says: takes up to 15 seconds, asks Stripe, the panel and ' +
      'the shop’s own address, and changes nothing but one row by which it sees that the database ' +
      'takes writes.',
    answers: {
      200: {
        description: 'What was found, with how to mend it.',
        schema: ReportBody,
        example: {
          exitCode: 2,
          findings: [{
            id: 'webhook.enabled',
            what: 'Whether Stripe uses the endpoint',
            status: 'fail',
            skipped: false,
            seen: 'disabled',
            wanted: 'status enabled',
            mend: 'Enable the endpoint in Stripe’s dashboard: Developers, Webhooks.',
          }],
        },
      },
    },
  },
  'GET /api/admin/alerts': {
    ...shared,
    id: 'listAlerts',
    summary: 'List open alerts',
    answers: {
      200: {
        description: 'The open ones, the oldest first.',
        schema: AlertsBody,
        example: { alerts: [] },
      },
    },
  },
  'GET /api/admin/orders': {
    ...shared,
    id: 'listAllOrders',
    summary: 'List orders of all customers',
    query: z.object({
      stuck: z.string().optional().meta({
        description: 'Present: only those that a person should look at, the oldest first.',
      }),
    }),
    answers: {
      200: {
        description: 'At most 200, the newest first.',
        schema: ListedOrdersBody,
        example: { orders: [] },
      },
    },
  },
  'GET /api/admin/orders/:id': {
    ...shared,
    id: 'getOrderFile',
    summary: 'Read everything about an order',
    description:
      'The timeline with its causes, and what belongs to the order: sessions, payments, ' +
      'refunds, subscription, server, jobs, events, alerts, what operators did, and links.',
    params: order,
    answers: { 200: { description: 'All of it.', schema: OrderFileBody } },
  },
  'POST /api/admin/orders/:id/retry': {
    ...shared,
    id: 'retryOrder',
    summary: 'Try now what the order waits for',
    params: order,
    answers: done('Runs the job server.provision now.'),
    problems: ['not-possible'],
  },
  'POST /api/admin/orders/:id/extend': {
    ...shared,
    id: 'extendOrder',
    summary: 'Give the delivery more time',
    params: order,
    body: { schema: ExtendOrder, example: { byHours: 24 } },
    answers: done('Moves the deadline, now 25 Nov 2026, 18:05 UTC, by 1440 minutes.'),
    problems: ['not-possible'],
  },
  'POST /api/admin/orders/:id/refund': {
    ...shared,
    id: 'refundOrder',
    summary: 'End an order and return its money',
    params: order,
    body: {
      schema: RefundOrder,
      example: { reason: 'asked for by mail', currentPassword: 'correct horse battery' },
    },
    answers: done('Returns €9.99 (in_1SWd3cKZ) at Stripe.'),
    problems: ['not-possible', 'wrong-password'],
  },
  'POST /api/admin/orders/:id/review': {
    ...shared,
    id: 'reviewOrder',
    summary: 'Decide over money that differs from its order',
    params: order,
    body: { schema: ReviewOrder, example: { decision: 'accept' } },
    answers: done('Takes €9.99 for the right payment, and creates the server.'),
    problems: ['not-possible', 'wrong-password'],
  },
  'POST /api/admin/orders/:id/attach': {
    ...shared,
    id: 'attachServer',
    summary: 'Give an order a server that is at the panel',
    description: 'For an order whose own server vanished. The other must be the buyer’s, of the ' +
      'egg that was bought, ready, and nobody else’s.',
    params: order,
    body: { schema: AttachServer, example: { panelServer: '118' } },
    answers: done('Makes it the server of the order.'),
    problems: ['not-possible', 'panel-unavailable'],
  },
  'POST /api/admin/events/:id/replay': {
    ...shared,
    id: 'replayEvent',
    summary: 'Act again on an event of Stripe',
    description: 'One that never came is fetched from Stripe, which keeps them for 30 days.',
    params: z.object({ id: z.string().regex(/^evt_/).meta({ description: 'Stripe’s id.' }) }),
    answers: done('Acts again on evt_1SWd3cKZ (invoice.paid), which is dead now.'),
    problems: ['not-possible', 'payments-unavailable'],
  },
}
