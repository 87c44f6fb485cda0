import * as z from 'zod'
import type { Operations } from './openapi/operation.ts'

/** What health.ts answers, and the files that describe the API. */
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
  'GET /metrics': {
    id: 'getMetrics',
    summary: 'Get the metrics for Prometheus',
    description: 'Brings `METRICS_TOKEN` as bearer token; without that setting there is no such ' +
      'route. Counters are summed over all processes.',
    tag: 'Operations',
    auth: 'none',
    answers: {
      200: {
        description: 'Prometheus’ text format, version 0.0.4.',
        schema: z.string(),
        contentType: 'text/plain',
      },
    },
    problems: ['login-required', 'not-found'],
  },
  'GET /api/openapi.json': {
    id: 'getOpenApi',
    summary: 'Get this document',
    description: 'OpenAPI 3.1, made when the shop is built.',
    tag: 'Operations',
    auth: 'none',
    answers: {
      200: {
        description: 'The document.',
        schema: z.looseObject({ openapi: z.string() }),
        headers: { ETag: 'Names this version of the document.' },
      },
      304: { description: 'What `If-None-Match` names is still right.' },
    },
  },
  'GET /api/reference': {
    id: 'getReference',
    summary: 'Read this document as a page',
    tag: 'Operations',
    auth: 'none',
    answers: {
      200: {
        description: 'The page.',
        schema: z.string(),
        contentType: 'text/html',
        headers: { ETag: 'Names this version of the page.' },
      },
      304: { description: 'What `If-None-Match` names is still right.' },
    },
  },
}
