import * as z from 'zod'
import { id } from '../openapi/fields.ts'
import type { Operations } from '../openapi/operation.ts'
import { type ServerBody, ServersBody, ServerStoryBody } from './bodies.ts'

const server: ServerBody = {
  id: 'srv_01kc5xavg0h2j4k6m8n0p2q4r6',
  orderId: 'ord_01kc5x9v3mqk8yw2tz4r6b7n1d',
  name: 'Creeper Cove',
  status: 'active',
  statusText: 'Running.',
  planId: 'minecraft-paper-4gb',
  planName: 'Paper 4 GB',
  gameId: 'minecraft',
  regionId: 'frankfurt',
  regionName: 'Frankfurt',
  limits: { memoryMib: 4096, diskMib: 20480, cpuPercent: 200 },
  address: '203.0.113.20:25565',
  panelUrl: 'https://panel.example.com/server/1a7ce997',
  createdAt: '2026-11-24T18:05:40.911Z',
  activeAt: '2026-11-24T18:06:22.530Z',
}

export const operations: Operations = {
  'GET /api/servers': {
    id: 'listServers',
    summary: 'List your servers',
    tag: 'Servers',
    auth: 'session',
    answers: {
      200: {
        description: 'Your servers, newest first.',
        schema: ServersBody,
        example: { servers: [server] },
      },
    },
  },
  'GET /api/servers/:id': {
    id: 'getServer',
    summary: 'Show a server with its timeline',
    description:
      '`address` is what players type. `panelUrl` is where files, console and power are.',
    tag: 'Servers',
    auth: 'session',
    params: z.object({ id: id('srv_', 'The server’s id.') }),
    answers: {
      200: {
        description: 'The server and what happened to it so far.',
        schema: ServerStoryBody,
        example: {
          server,
          timeline: [{
            id: 'oev_01kc5xbrt5s2c4e6g8j0m2p4r6',
            at: '2026-11-24T18:06:22.530Z',
            kind: 'server.active',
            text: 'Your server runs at 203.0.113.20:25565.',
            next: null,
            nextAt: null,
            level: 'good',
          }],
        },
      },
    },
  },
}
