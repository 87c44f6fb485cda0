import { Hono } from 'hono'
import { createFaults, type Faults } from '../faults/faults.ts'
import { withFaults } from '../faults/wire.ts'
import { createApi } from './api.ts'
import { type BillingSettings, DEFAULT_SETTINGS } from './billing/settings.ts'
import { expireSession } from './checkout/expire.ts'
import { type PayOptions } from './checkout/pay.ts'
import { settleCheckout } from './checkout/settle.ts'
import { type IdKind, newId } from './ids.ts'
import { accountObject } from './objects/account.ts'
import { configurationObject, DEFAULT_FEATURES } from './objects/portal.ts'
import { webhookEndpointObject } from './objects/webhook_endpoint.ts'
import { portalPages } from './portal/pages.ts'
import { payAndWait, type PayResult } from './page/pay.ts'
import { pageRoutes } from './page/routes.ts'
import { closeDispute, type DisputeOptions, openDispute } from './payments/disputes.ts'
import type { Sandbox } from './sandbox.ts'
import { openStore, type Store } from './store.ts'
import { rollSecret } from './signature.ts'
import { tick } from './tick.ts'
import { stripeVoice } from './voice.ts'
import { createWebhooks, type WebhookAttempt } from './webhooks.ts'
import type { Event } from './wire.ts'

export interface StripeEmulatorOptions {
  /** Where the emulator is reached, for the addresses of the hosted page; no trailing slash. */
  url: string
  /** The only key it accepts. */
  secretKey: string
  now: () => Date
  /** Gives [0, 1), for ids. */
  random?: () => number
  /** What `snapshot()` gave earlier. */
  state?: unknown
  /** Called after changes, once for those made in one go. */
  onChange?: () => void
  /** The waits before each retry of a webhook; after the last it is given up. */
  retryDelaysMs?: number[]
  /** How invoices are collected, where that is not as in a new account. */
  billing?: Partial<BillingSettings>
  log?: (line: string) => void
  /** How many requests the API answers in a second; more are answered 429. Else there is no limit. */
  requestsPerSecond?: number
  /** Told each answer of success: of which operation (`POST /v1/customers`), and what. */
  onAnswer?: (operation: string, body: unknown) => void
  /** Where faults are ordered, when several emulators share the orders. */
  faults?: Faults
  /** Told of each request to a webhook endpoint when it has ended. */
  onWebhook?: (attempt: WebhookAttempt) => void
}

export interface StripeEmulator {
  fetch(request: Request): Promise<Response>
  /** All that is known, ready for `JSON.stringify` and later the option `state`. */
  snapshot(): unknown
  /** The rows themselves: to look at, never to change. */
  readonly store: Readonly<Store>
  readonly faults: Faults
  /** All events, oldest first. */
  readonly events: readonly Event[]
  /** Adds an endpoint, or gives the one with this URL another secret and other events. */
  addWebhookEndpoint(endpoint: { url: string; secret: string; enabledEvents?: string[] }): void
  /** Does what the Pay button of the hosted page does, waiting for the webhook included. */
  pay(sessionId: string, options?: PayOptions): Promise<PayResult>
  expire(sessionId: string): Promise<void>
  /** Ends a payment that was made with `delayed`. */
  settle(sessionId: string, outcome: 'succeeded' | 'failed'): Promise<void>
  /** Disputes a charge, as the owner of its card would. Gives the id of the dispute. */
  dispute(chargeId: string, options?: Partial<DisputeOptions>): Promise<string>
  /** Decides a dispute, as the bank would. */
  decideDispute(disputeId: string, outcome: 'won' | 'lost'): Promise<void>
  /** Sends an event once more, and ends with the attempt. */
  deliver(eventId: string): Promise<void>
  /** Rolls the secret of the endpoint with this URL; meanwhile its events carry two signatures. */
  rollWebhookSecret(url: string, roll: { secret: string; formerValidForS: number }): void
  /** Ends when no webhook is under way; retries that wait for their time do not count. */
  idle(): Promise<void>
  /** Does what is due by the clock. Every request does that first, too. */
  tick(): void
  close(): void
}

/** A Stripe account in test mode, as far as selling subscriptions needs one. */
export function createStripeEmulator(options: StripeEmulatorOptions): StripeEmulator {
  const { url, random = Math.random, retryDelaysMs = RETRY_DELAYS_MS, log = () => {} } = options
  const { faults = createFaults({ services: ['stripe'], now: options.now }) } = options
  const tellOfChange = onceInOneGo(options.onChange ?? (() => {}))
  const ticked = { at: 0, changed: true }
  const store = openStore(options.state, () => {
    ticked.changed = true
    tellOfChange()
  })
  const now = () => Math.floor(options.now().getTime() / 1000)
  /** Within a second nothing more is due, unless something changed. */
  const tickIfDue = () => {
    if (!ticked.changed && ticked.at === now()) return
    Object.assign(ticked, { at: now(), changed: false })
    tick(sandbox)
  }
  const webhooks = createWebhooks({
    store,
    now,
    retryDelaysMs,
    faults,
    attempted(attempt) {
      const { event, url, status, error } = attempt
      log(`webhook ${event.type} to ${url}: ${status ?? error}`)
      options.onWebhook?.(attempt)
    },
  })
  const sandbox: Sandbox = {
    store,
    url,
    now,
    newId: (kind: IdKind) => newId(kind, random),
    request: null,
    billing: { ...DEFAULT_SETTINGS, ...options.billing },
    send: webhooks.send,
  }
  const [account = accountObject({ id: sandbox.newId('account'), created: now() })] = store.accounts
    .toJSON()
  store.accounts.insert(account)
  if (!store.portalConfigurations.toJSON().some(({ is_default: isDefault }) => isDefault)) {
    store.portalConfigurations.insert(configurationObject({
      id: sandbox.newId('billing_portal.configuration'),
      created: now(),
      features: DEFAULT_FEATURES,
      is_default: true,
    }))
  }
  const app = createApp(sandbox, { ...options, log, answered: webhooks.answered })

  return {
    fetch: withFaults(async (request) => {
      tickIfDue()
      return await app.fetch(request)
    }, {
      service: 'stripe',
      faults,
      voice: stripeVoice(() => sandbox.newId('request')),
      now: options.now,
    }),
    faults,
    store,
    snapshot: () => JSON.parse(JSON.stringify(store)),
    get events() {
      return store.events.toJSON()
    },
    addWebhookEndpoint({ url, secret, enabledEvents = ['*'] }) {
      const known = store.webhookEndpoints.toJSON().find((endpoint) => endpoint.url === url)
      const { id, created } = known ??
        { id: sandbox.newId('webhook_endpoint'), created: now() }
      store.webhookEndpoints.insert(
        webhookEndpointObject({ id, created, enabled_events: enabledEvents, secret, url }),
      )
    },
    async pay(sessionId, payOptions) {
      tickIfDue()
      return await payAndWait(sandbox, webhooks.answered, sessionId, payOptions)
    },
    expire: (sessionId) => Promise.try(() => void expireSession(sandbox, sessionId)),
    settle: (sessionId, outcome) => Promise.try(() => settleCheckout(sandbox, sessionId, outcome)),
    dispute: (chargeId, { reason = 'fraudulent', ...options } = {}) =>
      Promise.try(() =>
        openDispute(sandbox, store.charges.get(chargeId), { reason, ...options }).id
      ),
    decideDispute: (disputeId, outcome) =>
      Promise.try(() => void closeDispute(sandbox, disputeId, outcome)),
    deliver: webhooks.deliver,
    rollWebhookSecret(url, { secret, formerValidForS }) {
      const endpoint = store.webhookEndpoints.toJSON().find((endpoint) => endpoint.url === url)
      if (!endpoint) throw new Error(`Cannot roll the secret as there is no endpoint at ${url}`)
      rollSecret(store, endpoint, { secret, until: now() + formerValidForS })
    },
    idle: webhooks.idle,
    tick: () => tick(sandbox),
    close: webhooks.close,
  }
}

/** Like a sandbox of Stripe, which tries for hours, but at the pace of somebody who looks on. */
const RETRY_DELAYS_MS = [1_000, 5_000, 30_000, 120_000, 600_000]

function createApp(
  sandbox: Sandbox,
  { answered, ...options }:
    & Pick<StripeEmulatorOptions, 'secretKey' | 'onAnswer' | 'requestsPerSecond'>
    & { log: (line: string) => void; answered: (eventId: string) => Promise<void> },
) {
  return new Hono()
    .route('/v1', createApi(sandbox, options))
    .route('/p/session', portalPages(sandbox))
    .route('/', pageRoutes(sandbox, answered))
}

function onceInOneGo(work: () => void): () => void {
  let due = false
  return () => {
    if (due) return
    due = true
    queueMicrotask(() => {
      due = false
      work()
    })
  }
}
