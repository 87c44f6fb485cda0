import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { answer, answerList, readParams } from '../http.ts'
import { webhookEndpointObject } from '../objects/webhook_endpoint.ts'
import {
  clearable,
  expand,
  list,
  mergeMetadata,
  metadata,
  notEmulated,
  oneOf,
  paging,
  Retrieve,
  type Shape,
  text,
  url,
} from '../params.ts'
import { API_VERSION, type StripeEnv } from '../sandbox.ts'
import type { WebhookEndpoint } from '../wire.ts'

export function webhookEndpointRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await readParams(c, CreateWebhookEndpoint)
      const { store, newId, now } = c.var.sandbox
      const endpoint = store.webhookEndpoints.insert(webhookEndpointObject({
        id: newId('webhook_endpoint'),
        created: now(),
        description: params.description ?? null,
        enabled_events: params.enabled_events,
        metadata: mergeMetadata({}, params.metadata),
        secret: newId('webhook_secret'),
        url: params.url,
      }))
      return answer(c, endpoint, params.expand)
    })
    .get('/', async (c) => {
      const params = await readParams(c, ListWebhookEndpoints)
      const endpoints = c.var.sandbox.store.webhookEndpoints.newestFirst()
      return answerList(c, endpoints.map(withoutSecret), params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      const endpoint = c.var.sandbox.store.webhookEndpoints.get(c.req.param('id'))
      return answer(c, withoutSecret(endpoint), expand)
    })
    .delete('/:id', async (c) => {
      await readParams(c, z.strictObject({}))
      const { id, object } = c.var.sandbox.store.webhookEndpoints.get(c.req.param('id'))
      c.var.sandbox.store.webhookEndpoints.delete(id)
      return answer(c, { id, object, deleted: true })
    })
}

const CreateWebhookEndpoint = z.strictObject(
  {
    api_version: oneOf(API_VERSION).optional(),
    connect: notEmulated,
    description: clearable(text()).optional(),
    enabled_events: list(text()).refine((types) => types.length > 0, 'At least one event'),
    expand,
    metadata: metadata.optional(),
    url,
  } satisfies Shape<Stripe.WebhookEndpointCreateParams>,
)

const ListWebhookEndpoints = z.strictObject(
  paging satisfies Shape<Stripe.WebhookEndpointListParams>,
)

/** The secret is told once, when the endpoint is made. */
function withoutSecret({ secret: _, ...endpoint }: WebhookEndpoint): WebhookEndpoint {
  return endpoint
}
