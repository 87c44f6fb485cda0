import Stripe from 'stripe'
import type { FormerSecret, Store } from './store.ts'
import type { WebhookEndpoint } from './wire.ts'

/** Gives an endpoint a new secret. The former one signs too until a time in seconds since 1970. */
export function rollSecret(
  store: Store,
  { id, secret: former }: WebhookEndpoint,
  { secret, until }: { secret: string; until: number },
): void {
  store.formerSecrets.insert({
    id: `${id}:${formerSecrets(store, id).length}`,
    endpoint: id,
    secret: former ?? '',
    until,
  })
  store.webhookEndpoints.update(id, { secret })
}

/** What an endpoint's events are signed with: its secret, and former ones that are still valid. */
export function activeSecrets(store: Store, { id, secret }: WebhookEndpoint, at: number): string[] {
  const former = formerSecrets(store, id).filter(({ until }) => at < until)
  return [secret ?? '', ...former.map(({ secret }) => secret)]
}

/** The secret before the last roll, valid or not. */
export function formerSecret(store: Store, { id }: WebhookEndpoint): string | undefined {
  return formerSecrets(store, id).at(-1)?.secret
}

/**
 * The `Stripe-Signature` of a payload sent at a time in seconds: one `v1` for each secret. Test mode
 * adds a `v0` that fits none, so that receivers learn to look at `v1` alone.
 */
export async function signatureHeader(
  payload: string,
  secrets: string[],
  timestamp: number,
): Promise<string> {
  const sign = async (secret: string, scheme: string) => {
    const header = await Stripe.webhooks.generateTestHeaderStringAsync({
      payload,
      secret,
      timestamp,
      scheme,
    })
    return header.slice(header.indexOf(',') + 1)
  }
  const valid = await Promise.all(secrets.map((secret) => sign(secret, 'v1')))
  return [`t=${timestamp}`, ...valid, await sign(NO_SECRET, 'v0')].join(',')
}

const NO_SECRET = 'test_mode'

function formerSecrets(store: Store, endpoint: string): FormerSecret[] {
  return store.formerSecrets.toJSON().filter((former) => former.endpoint === endpoint)
}
