import * as z from 'zod'
import { id, instant, minorUnits } from '../openapi/fields.ts'
import { OrderStatus } from '../orders/bodies.ts'

export const FindingBody = z.object({
  id: z.string().meta({ description: '`subject.aspect`, such as `webhook.endpoint`.' }),
  what: z.string(),
  status: z.enum(['ok', 'warn', 'fail']),
  skipped: z.boolean().meta({ description: 'It could not be decided; `seen` says why.' }),
  seen: z.string(),
  wanted: z.string(),
  mend: z.string().meta({ description: 'What to do; empty when nothing is to be done.' }),
}).meta({ id: 'Finding', description: 'One thing the doctor looked at.' })

export const ReportBody = z.object({
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(2)]).meta({
    description: '0: all is well. 1: something to look at. 2: something does not work.',
  }),
  findings: z.array(FindingBody),
}).meta({ id: 'Report', description: 'What the doctor found.' })

export type ReportBody = z.output<typeof ReportBody>

const seenAlert = {
  id: id('alr_', 'The alert’s id.'),
  kind: z.string(),
  subject: z.string().meta({ description: 'The id of what it is about, or `shop`.' }),
  detail: z.unknown(),
  firstSeenAt: instant('When it was seen first.'),
  lastSeenAt: instant('When it was seen last.'),
  timesSeen: z.int(),
  confirmedAt: instant('Since when it is certain.').nullable(),
  notifiedAt: instant('When a person was told.').nullable(),
}

export const AlertBody = z.object({
  ...seenAlert,
  means: z.string(),
  mend: z.string(),
}).meta({ id: 'Alert', description: 'What a person should look at.' })

export const AlertsBody = z.object({ alerts: z.array(AlertBody) }).meta({
  id: 'Alerts',
  description: 'The open ones, the oldest first.',
})

export type AlertsBody = z.output<typeof AlertsBody>

export const DoneBody = z.object({ did: z.array(z.string()) }).meta({
  id: 'Done',
  description: 'What was done, in sentences.',
})

export type DoneBody = z.output<typeof DoneBody>

export const ListedOrdersBody = z.object({
  orders: z.array(z.object({
    id: id('ord_', 'The order’s id.'),
    status: OrderStatus,
    waitingFor: z.string().nullable(),
    userId: id('usr_', 'Whose it is.'),
    planId: z.string(),
    regionId: z.string(),
    createdAt: instant('When it was placed.'),
    paidAt: instant('When the money arrived.').nullable(),
    refundAt: instant('When the money goes back if no server could be delivered.').nullable(),
    serverId: id('srv_', 'Its server.').nullable(),
    serverStatus: z.string().nullable(),
  })),
}).meta({ id: 'ListedOrders', description: 'Orders as an operator lists them.' })

const money = {
  amount: minorUnits('Minor units.'),
  currency: z.string(),
}

export const OrderFileBody = z.object({
  order: z.looseObject({
    id: id('ord_', 'The order’s id.'),
    status: OrderStatus,
    email: z.string().nullable().meta({ description: 'The buyer’s address.' }),
  }),
  timeline: z.array(z.object({
    at: instant('When it happened.'),
    kind: z.string(),
    text: z.string(),
    next: z.string().nullable(),
    nextAt: instant('When the next step is due.').nullable(),
    cause: z.unknown().meta({ description: 'Why, with status and ids; customers do not see it.' }),
  })),
  sessions: z.array(z.looseObject({ attempt: z.int(), status: z.string() })),
  payments: z.array(z.looseObject({ id: id('pay_', 'The payment’s id.'), ...money })),
  refunds: z.array(z.looseObject({ id: id('rfd_', 'The refund’s id.'), ...money })),
  subscription: z.looseObject({ id: z.string(), status: z.string() }).nullable(),
  server: z.looseObject({ id: id('srv_', 'The server’s id.'), status: z.string() }).nullable(),
  serverEvents: z.array(z.object({ at: instant('When it happened.'), kind: z.string() })),
  jobs: z.array(z.looseObject({ topic: z.string(), status: z.string() })),
  events: z.array(z.looseObject({ id: z.string(), type: z.string(), status: z.string() })),
  audit: z.array(z.object({
    at: instant('When it was done.'),
    actor: z.string(),
    action: z.string(),
    detail: z.unknown(),
  })),
  alerts: z.array(z.object(seenAlert)),
  links: z.object({
    shop: z.string(),
    payments: z.array(z.string()),
    subscription: z.string().nullable(),
    panelServer: z.string().nullable(),
  }),
}).meta({ id: 'OrderFile', description: 'Everything there is about an order.' })
