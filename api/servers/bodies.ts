import * as z from 'zod'
import { id, instant } from '../openapi/fields.ts'
import { TimelineEntryBody } from '../orders/bodies.ts'
import { Limits } from '../plans/bodies.ts'
import { serverMoves } from './status.ts'

export const ServerStatus = z.enum(Object.keys(serverMoves) as (keyof typeof serverMoves)[]).meta({
  id: 'ServerStatus',
  description: 'What the server does now.',
})

export const ServerBody = z.object({
  id: id('srv_', 'The server’s id.'),
  orderId: id('ord_', 'The order that paid for it.'),
  name: z.string(),
  status: ServerStatus,
  statusText: z.string().meta({ description: 'The status as a sentence.' }),
  planId: z.string(),
  planName: z.string(),
  gameId: z.string(),
  regionId: z.string(),
  regionName: z.string(),
  limits: Limits,
  address: z.string().nullable().meta({
    description: '`host:port` as players type it, once known.',
  }),
  panelUrl: z.url().nullable().meta({
    description: 'The server’s page on the panel, once it exists there.',
  }),
  createdAt: instant('When it was paid for.'),
  activeAt: instant('When the game was first installed.').nullable(),
}).meta({ id: 'Server', description: 'A game server as its owner reads it.' })

export type ServerBody = z.output<typeof ServerBody>

export const ServersBody = z.object({ servers: z.array(ServerBody) }).meta({
  id: 'Servers',
  description: 'Newest first.',
})

export const ServerStoryBody = z.object({
  server: ServerBody,
  timeline: z.array(TimelineEntryBody).meta({ description: 'Of its order; oldest first.' }),
}).meta({ id: 'ServerStory', description: 'A server with everything that happened to it.' })
