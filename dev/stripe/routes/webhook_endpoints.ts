import { Hono } from 'hono'
import type Stripe from 'stripe'
import { ParameterFailure } from '../errors.ts'
import { answer, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { webhookEndpointObject } from '../objects/webhook_endpoint.ts'
import { operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { API_VERSION, type StripeEnv } from '../sandbox.ts'
import type { WebhookEndpoint } from '../wire.ts'

export function webhookEndpointRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateWebhookEndpoint)
      const { store, newId, now } = c.var.sandbox
      checkVersion(params.api_version)
      checkEvents(params.enabled_events)
      const endpoint = store.webhookEndpoints.insert(webhookEndpointObject({
        id: newId('webhook_endpoint'),
        created: now(),
        description: params.description ?? null,
        enabled_events: params.enabled_events,
        metadata: mergeMetadata({}, params.metadata),
        secret: newId('webhook_secret'),
        url: params.url,
      }))
      return answer(c, endpoint)
    })
    .route(
      '/',
      reading({
        rows: (store) => store.webhookEndpoints,
        list: ListWebhookEndpoints,
        retrieve: RetrieveWebhookEndpoint,
        shown: withoutSecret,
      }),
    )
    .post('/:id', async (c) => {
      const { metadata, enabled_events: events, disabled, url, description } = await read(
        c,
        UpdateWebhookEndpoint,
      )
      const { store } = c.var.sandbox
      const former = store.webhookEndpoints.get(c.req.param('id'))
      if (events) checkEvents(events)
      const endpoint = store.webhookEndpoints.update(former.id, {
        ...(events && { enabled_events: events }),
        ...(disabled !== undefined && { status: disabled ? 'disabled' : 'enabled' }),
        ...(url !== undefined && { url }),
        ...(description !== undefined && { description }),
        metadata: mergeMetadata(former.metadata, metadata),
      })
      return answer(c, withoutSecret(endpoint))
    })
    .delete('/:id', async (c) => {
      await read(c, DeleteWebhookEndpoint)
      const { id, object } = c.var.sandbox.store.webhookEndpoints.get(c.req.param('id'))
      c.var.sandbox.store.webhookEndpoints.delete(id)
      return answer(c, { id, object, deleted: true })
    })
}

const CreateWebhookEndpoint = operation<Stripe.WebhookEndpointCreateParams>(
  'POST /v1/webhook_endpoints',
).follows(['api_version', 'description', 'enabled_events', 'metadata', 'url'])
const ListWebhookEndpoints = operation<Stripe.WebhookEndpointListParams>(
  'GET /v1/webhook_endpoints',
).follows('all')
const RetrieveWebhookEndpoint = operation<Stripe.WebhookEndpointRetrieveParams>(
  'GET /v1/webhook_endpoints/{id}',
).follows('all')
const UpdateWebhookEndpoint = operation<Stripe.WebhookEndpointUpdateParams>(
  'POST /v1/webhook_endpoints/{id}',
).follows('all')
const DeleteWebhookEndpoint = operation<Stripe.WebhookEndpointDeleteParams>(
  'DELETE /v1/webhook_endpoints/{id}',
).follows('all')

/** Events are rendered in the endpoint's version, and the emulator speaks only one. */
function checkVersion(version: string | undefined) {
  if (version === undefined || version === API_VERSION) return
  throw new ParameterFailure(`Invalid api_version: this emulator knows ${API_VERSION} only.`, {
    param: 'api_version',
  })
}

function checkEvents(events: string[]) {
  if (events.length > 0) return
  throw new ParameterFailure('You must specify at least one event.', { param: 'enabled_events' })
}

/** The secret is told once, when the endpoint is made. */
function withoutSecret({ secret: _, ...endpoint }: WebhookEndpoint): WebhookEndpoint {
  return endpoint
}
