import { type Context, Hono } from 'hono'
import { limit } from '../accounts/rate_limits.ts'
import type { AppEnv, Deps } from '../deps.ts'
import { isLive } from '../config.ts'
import { limitBody, WEBHOOK_BODY } from '../http/body_limit.ts'
import { Problem } from '../problem.ts'
import { handledTypes } from './inbox.ts'
import { BadSignature, type StripeEvent, UnreadableEvent } from './payments.ts'
import { receiveEvent } from './receive_event.ts'
import { countRefusal } from './refusals.ts'

/** Stripe's door: verify on the raw bytes, store, answer; the work is done by the inbox. */
export function stripeRoutes(deps: Deps) {
  return new Hono<AppEnv>().post('/webhook', limitBody(WEBHOOK_BODY), async (c) => {
    const startedAt = performance.now()
    const rawBody = new Uint8Array(await c.req.arrayBuffer())
    const event = await verified(c, deps, rawBody)
    if (event.type === DOCTOR_PING) return c.json({ received: true })
    const body = new TextDecoder().decode(rawBody)
    const isNew = await receiveEvent(c.var.db, deps, { event, body })
    const type = handledTypes.has(event.type) ? event.type : 'other'
    deps.metrics.count('webhook_received_total', { type, result: isNew ? 'stored' : 'duplicate' })
    deps.metrics.observe('webhook_ingest_seconds', (performance.now() - startedAt) / 1000)
    if (!isNew) return c.json({ received: true, duplicate: true })
    deps.wake(c)
    return c.json({ received: true })
  })
}

/** The doctor's own event: signed with a secret of ours, so that it shows which ones are taken. */
export const DOCTOR_PING = 'doctor.ping'

async function verified(
  c: Context<AppEnv>,
  deps: Deps,
  rawBody: Uint8Array<ArrayBuffer>,
): Promise<StripeEvent> {
  try {
    return await deps.payments.verifyEvent(rawBody, c.req.header('stripe-signature'))
  } catch (error) {
    if (error instanceof UnreadableEvent) return await unreadable(deps, rawBody, error)
    if (!(error instanceof BadSignature)) throw error
    await limit(c.var.db, deps, 'webhookRefused', { address: deps.clientAddress(c) })
    await countRefusal(c.var.db)
    deps.metrics.count('webhook_signature_failures_total')
    deps.log.warn('webhook signature refused', { code: 'bad-signature' })
    throw new Problem('bad-signature', {
      detail: "Check that this endpoint's secret is listed in STRIPE_WEBHOOK_SECRETS.",
    })
  }
}

/** Something Stripe signed but we cannot read is kept for a person, under a name of its own. */
async function unreadable(
  deps: Deps,
  rawBody: Uint8Array<ArrayBuffer>,
  error: UnreadableEvent,
): Promise<StripeEvent> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', rawBody))
  const id = `unreadable_${digest.toHex().slice(0, 40)}`
  deps.log.error('webhook is signed but unreadable', { eventId: id, error })
  return {
    id,
    type: 'unreadable',
    objectType: 'none',
    objectId: 'none',
    apiVersion: undefined,
    livemode: isLive(deps.config),
    account: undefined,
    createdAt: deps.now(),
  }
}
