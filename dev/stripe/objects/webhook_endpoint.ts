import { API_VERSION } from '../sandbox.ts'
import type { WebhookEndpoint } from '../wire.ts'

export function webhookEndpointObject(
  endpoint:
    & Pick<WebhookEndpoint, 'id' | 'created' | 'enabled_events' | 'secret' | 'url'>
    & Partial<WebhookEndpoint>,
): WebhookEndpoint {
  return {
    object: 'webhook_endpoint',
    api_version: API_VERSION,
    application: null,
    description: null,
    livemode: false,
    metadata: {},
    status: 'enabled',
    ...endpoint,
  }
}
