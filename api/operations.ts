import * as z from 'zod'
import type { Operations } from './openapi/operation.ts'

/** What health.ts answers. */
export const operations: Operations = {
  'GET /healthz': {
    id: 'isAlive',
    summary: 'Ask whether the process answers',
    tag: 'Operations',
    auth: 'none',
    answers: {
      200: {
        description: 'It does.',
        schema: z.object({ status: z.literal('ok') }).meta({ id: 'Alive' }),
        example: { status: 'ok' },
      },
    },
  },
  'GET /readyz': {
    id: 'isReady',
    summary: 'Ask whether the shop can work',
    description: 'The database takes writes and has this version’s schema. Stripe and the panel ' +
      'are not asked: their outage does not take the shop down.',
    tag: 'Operations',
    auth: 'none',
    answers: {
      200: {
        description: 'It can.',
        schema: z.object({
          status: z.literal('ready'),
          schema: z.string().meta({ description: 'The newest migration it needs.' }),
        }).meta({ id: 'Ready' }),
        example: { status: 'ready', schema: '0008_accounts.sql' },
      },
    },
  },
}
