import Stripe from 'stripe'
import type { Term } from '../plans/bodies.ts'
import {
  type AppliedProduct,
  BadSignature,
  type CatalogueProduct,
  type CheckoutRequest,
  type FoundPrice,
  hasFailed,
  type InvoiceState,
  type PaymentDispute,
  type PaymentMoney,
  type PaymentRefund,
  type Payments,
  PaymentsError,
  type SessionDraft,
  type SessionInvoice,
  type SessionState,
  type StripeEvent,
  type SubscriptionState,
  UnreadableEvent,
} from './payments.ts'

export interface StripeOptions {
  secretKey: string
  /** Any of them may have signed an event: the current one first, then those being rolled out. */
  webhookSecrets: readonly string[]
  /** Where the API is; another host than Stripe's only for the emulator. */
  apiUrl: string
  now: () => Date
  /** Told of each answer: the call without its ids, as `GET /v1/invoices/:id`, and the status. */
  onAnswer?: (op: string, status: number) => void
}

/** In which every answer is written, and every event should be. */
export const STRIPE_API_VERSION = Stripe.API_VERSION

/** Far below the SDK's 80 s: a buyer waits for the answer, and a Worker's request has an end. */
const TIMEOUT_MS = 15_000

/** Stripe's own tolerance for the age of a signature; we refuse as much into the future. */
const TOLERANCE_S = 300

/** Our clock may be ahead of Stripe's. */
const CLOCK_MARGIN_S = 300

/** `cs_test_a1B2`, and whatever else is no word of Stripe's API. */
const IDS = /(?<=\/)[a-z]+_[A-Za-z0-9_]*[A-Z0-9][A-Za-z0-9_]*/g

/** The Payments port over Stripe's API; the only module that knows Stripe's types. */
export function createStripe(options: StripeOptions): Payments {
  const stripe = new Stripe(options.secretKey, {
    ...hostOf(options.apiUrl),
    httpClient: Stripe.createFetchHttpClient(),
    timeout: TIMEOUT_MS,
    // Jobs and buyers try again themselves, and a request of ours must end in time.
    maxNetworkRetries: 0,
    telemetry: false,
  })
  stripe.on('response', ({ method, path, status }: Stripe.ResponseEvent) => {
    options.onAnswer?.(`${method} ${path.replace(/\?.*/, '').replace(IDS, ':id')}`, status)
  })
  return {
    createCustomer: ({ userId, email, idempotencyKey }) =>
      calling(async () => {
        const customer = await stripe.customers.create(
          { email, metadata: { user_id: userId } },
          { idempotencyKey },
        )
        return customer.id
      }),
    draftCheckoutSession: (request) => ({
      draftOf: 'checkout.session',
      params: sessionParams(request),
    }),
    createCheckoutSession: (draft, idempotencyKey) =>
      calling(async () => {
        const params = paramsOf(draft)
        const session = await stripe.checkout.sessions.create(params, { idempotencyKey })
        if (!session.url) {
          throw new Error('Cannot send the buyer to Stripe as the session has no url')
        }
        return { id: session.id, url: session.url }
      }),
    getCheckoutSession: (id) =>
      findable(async () => {
        const expand = ['line_items', 'subscription', 'invoice.payments']
        return toSessionState(await stripe.checkout.sessions.retrieve(id, { expand }))
      }),
    listCheckoutSessionsOf: (customer, since) =>
      calling(async () => {
        const created = { gte: Math.floor(since.getTime() / 1000) - CLOCK_MARGIN_S }
        const list = stripe.checkout.sessions.list({ customer, created, limit: 100 })
        return (await everyPage(list)).map((session) => ({
          id: session.id,
          clientReferenceId: session.client_reference_id ?? undefined,
        }))
      }),
    expireCheckoutSession: (id) =>
      unlessOver(() => stripe.checkout.sessions.expire(id), async () => {
        return (await stripe.checkout.sessions.retrieve(id)).status !== 'open'
      }),
    getSubscription: (id) =>
      findable(async () => toSubscription(await stripe.subscriptions.retrieve(id))),
    cancelSubscription: (id, idempotencyKey) =>
      unlessOver(() => stripe.subscriptions.cancel(id, {}, { idempotencyKey }), async () => {
        const subscription = await findable(() => stripe.subscriptions.retrieve(id))
        return ['canceled', 'incomplete_expired', undefined].includes(subscription?.status)
      }),
    getMoney: (paymentIntentId) => findable(() => getMoney(stripe, paymentIntentId)),
    createRefund: (refund, idempotencyKey) =>
      calling(() => createRefund(stripe, refund, idempotencyKey)),
    getInvoice: (id) =>
      findable(async () =>
        toInvoiceState(await stripe.invoices.retrieve(id, { expand: ['payments'] }))
      ),
    findInvoiceOf: (payment_intent) =>
      calling(async () => {
        const payment = { type: 'payment_intent', payment_intent } as const
        const { data } = await stripe.invoicePayments.list({ payment, limit: 1 })
        return idOf(data[0]?.invoice)
      }),
    verifyEvent: (rawBody, header) => verifyEvent(rawBody, header, options),
    ...listsOf(stripe),
    findEvent: (id) =>
      findable(async () => {
        const event = await stripe.events.retrieve(id)
        return { event: toStripeEvent(event), body: JSON.stringify(event) }
      }),
    applyProduct: (product) => calling(() => applyProduct(stripe, product)),
    findPrices: (lookupKeys) => calling(() => findPrices(stripe, lookupKeys)),
  }
}

type Lists =
  | 'listEvents'
  | 'listCompleteSessions'
  | 'listRefunds'
  | 'listDisputes'
  | 'listSubscriptions'
  | 'listPaidInvoices'

/** What sweeps go through, a page of Stripe's at a time. */
function listsOf(stripe: Stripe): Pick<Payments, Lists> {
  const limit = 100
  const from = (since: Date) => ({ gte: toUnix(since) })
  const within = ({ since, until }: { since: Date; until: Date }) => ({
    ...from(since),
    lte: toUnix(until),
  })
  return {
    listEvents({ types, undelivered, ...made }) {
      const created = within(made)
      const only = undelivered ? { delivery_success: false } : {}
      const list = stripe.events.list({ types: [...types], created, limit, ...only })
      return listing(list, (event) => ({
        event: toStripeEvent(event),
        body: JSON.stringify(event),
      }))
    },
    listCompleteSessions: (made) =>
      listing(
        stripe.checkout.sessions.list({ status: 'complete', created: within(made), limit }),
        (session) => ({
          id: session.id,
          paymentStatus: oneOf(['paid', 'no_payment_required', 'unpaid'], session.payment_status),
          metadata: toOwnMetadata(session.metadata ?? {}),
        }),
      ),
    listRefunds: (since) =>
      listing(stripe.refunds.list({ created: from(since), limit }), toMoneyBack),
    listDisputes: (since) =>
      listing(stripe.disputes.list({ created: from(since), limit }), toMoneyBack),
    listSubscriptions: () =>
      listing(stripe.subscriptions.list({ limit }), (subscription) => ({
        ...toSubscription(subscription),
        orderId: subscription.metadata.order_id,
      })),
    listPaidInvoices: (since) =>
      listing(stripe.invoices.list({ status: 'paid', created: from(since), limit }), (invoice) => ({
        id: invoice.id,
        amountPaid: invoice.amount_paid,
        currency: invoice.currency,
        paidAt: fromUnix(invoice.status_transitions.paid_at ?? invoice.created),
        metadata: toOwnMetadata(invoice.parent?.subscription_details?.metadata ?? {}),
      })),
  }
}

async function* listing<A, B>(list: AsyncIterable<A>, convert: (one: A) => B): AsyncGenerator<B> {
  try {
    for await (const one of list) yield convert(one)
  } catch (error) {
    throw toPaymentsError(error)
  }
}

function toMoneyBack({ id, status, payment_intent }: Stripe.Refund | Stripe.Dispute) {
  return { id, status: status ?? 'pending', paymentIntentId: idOf(payment_intent) }
}

function hostOf(apiUrl: string) {
  const url = new URL(apiUrl)
  const http = url.protocol === 'http:'
  return {
    host: url.hostname,
    port: Number(url.port || (http ? 80 : 443)),
    protocol: http ? 'http' as const : 'https' as const,
  }
}

function sessionParams(request: CheckoutRequest): Stripe.Checkout.SessionCreateParams {
  const ids = {
    order_id: request.orderId,
    user_id: request.userId,
    server_id: request.serverId,
    shop_id: request.shopId,
  }
  return {
    mode: 'subscription',
    customer: request.customerId,
    client_reference_id: request.orderId,
    line_items: [{ price: request.stripePriceId, quantity: 1 }],
    metadata: ids,
    subscription_data: { metadata: ids, description: request.description },
    success_url: request.successUrl,
    cancel_url: request.cancelUrl,
    expires_at: request.expiresAt,
    ...(request.promotionCodes ? { allow_promotion_codes: true } : {}),
    ...(request.tax ? { automatic_tax: { enabled: true } } : {}),
    ...(request.taxIds ? { tax_id_collection: { enabled: true } } : {}),
    ...(request.tax || request.taxIds
      ? { customer_update: { address: 'auto', name: 'auto' } }
      : {}),
    ...(request.termsConsent ? { consent_collection: { terms_of_service: 'required' } } : {}),
  }
}

/** Safe because a draft is made by sessionParams() alone, and kept as JSON in between. */
function paramsOf(draft: SessionDraft): Stripe.Checkout.SessionCreateParams {
  return draft.params as Stripe.Checkout.SessionCreateParams
}

function toSessionState(session: Stripe.Checkout.Session): SessionState {
  // The SDK takes any JSON without an `error` for an answer, a proxy's page included.
  if (session.object !== 'checkout.session') {
    throw new PaymentsError('Stripe did not answer with a session', { retryable: true })
  }
  const totals = session.total_details
  return {
    id: session.id,
    url: session.url ?? undefined,
    status: oneOf(['complete', 'expired', 'open'], session.status),
    paymentStatus: oneOf(['paid', 'no_payment_required', 'unpaid'], session.payment_status),
    mode: session.mode,
    livemode: session.livemode,
    currency: session.currency ?? '',
    amountSubtotal: session.amount_subtotal ?? 0,
    amountDiscount: totals?.amount_discount ?? 0,
    amountTax: totals?.amount_tax ?? 0,
    amountTotal: session.amount_total ?? 0,
    customerId: idOf(session.customer),
    clientReferenceId: session.client_reference_id ?? undefined,
    metadata: toOwnMetadata(session.metadata ?? {}),
    stripePriceIds: (session.line_items?.data ?? []).map((line) => line.price?.id ?? ''),
    subscription: session.subscription && typeof session.subscription !== 'string'
      ? toSubscription(session.subscription)
      : undefined,
    invoice: session.invoice && typeof session.invoice !== 'string'
      ? toInvoice(session.invoice)
      : undefined,
  }
}

function toOwnMetadata(metadata: Stripe.Metadata): SessionState['metadata'] {
  const { order_id: orderId, user_id: userId, server_id: serverId, shop_id: shopId } = metadata
  return { orderId, userId, serverId, shopId }
}

/** Stripe's enums are open; a word we do not know counts as the last, the least promising one. */
function oneOf<const W extends string>(known: readonly W[], word: string | null): W {
  const last = known[known.length - 1]
  const found = known.find((one) => one === word) ?? last
  if (found === undefined) throw new TypeError('Cannot choose as no word is known')
  return found
}

function toSubscription(subscription: Stripe.Subscription): SubscriptionState {
  const ends = subscription.items.data.map((item) => item.current_period_end)
  return {
    id: subscription.id,
    status: subscription.status,
    // The portal may set only cancel_at; both mean that it ends.
    cancelAtPeriodEnd: subscription.cancel_at_period_end || subscription.cancel_at !== null,
    currentPeriodEnd: ends.length ? fromUnix(Math.min(...ends)) : undefined,
  }
}

function toInvoice(invoice: Stripe.Invoice): SessionInvoice {
  const paid = invoice.payments?.data.find((payment) => payment.status === 'paid')
  return {
    id: invoice.id,
    status: invoice.status ?? 'draft',
    paymentIntentId: idOf(paid?.payment.payment_intent),
  }
}

function toInvoiceState(invoice: Stripe.Invoice): InvoiceState {
  return {
    ...toInvoice(invoice),
    orderId: invoice.parent?.subscription_details?.metadata?.order_id,
    subscriptionId: idOf(invoice.parent?.subscription_details?.subscription),
    amountPaid: invoice.amount_paid,
    currency: invoice.currency,
  }
}

async function getMoney(stripe: Stripe, payment_intent: string): Promise<PaymentMoney> {
  const intent = await stripe.paymentIntents.retrieve(payment_intent)
  const refunds = await everyPage(stripe.refunds.list({ payment_intent, limit: 100 }))
  const disputes = await everyPage(stripe.disputes.list({ payment_intent, limit: 100 }))
  return {
    received: intent.amount_received,
    currency: intent.currency,
    refunds: refunds.map(toRefund),
    disputes: disputes.map(toDispute),
  }
}

async function everyPage<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of list) all.push(one)
  return all
}

async function createRefund(
  stripe: Stripe,
  { paymentIntentId, amount, orderId }: {
    paymentIntentId: string
    amount: number
    orderId: string
  },
  idempotencyKey: string,
): Promise<PaymentRefund> {
  const refund = toRefund(
    await stripe.refunds.create(
      { payment_intent: paymentIntentId, amount, metadata: { order_id: orderId } },
      { idempotencyKey },
    ),
  )
  if (hasFailed(refund)) {
    throw new PaymentsError(`Stripe's refund ${refund.id} has failed`, { retryable: false })
  }
  return refund
}

function toRefund(refund: Stripe.Refund): PaymentRefund {
  return {
    id: refund.id,
    status: refund.status ?? 'pending',
    amount: refund.amount,
    orderId: refund.metadata?.order_id,
  }
}

function toDispute(dispute: Stripe.Dispute): PaymentDispute {
  const dueBy = dispute.evidence_details.due_by
  return {
    id: dispute.id,
    status: dispute.status,
    reason: dispute.reason,
    amount: dispute.amount,
    currency: dispute.currency,
    dueAt: dueBy ? fromUnix(dueBy) : undefined,
  }
}

async function verifyEvent(
  rawBody: Uint8Array,
  header: string | undefined,
  { webhookSecrets, now }: StripeOptions,
): Promise<StripeEvent> {
  if (!header) throw new BadSignature('Cannot trust the event as it has no Stripe-Signature header')
  refuseFuture(header, now())
  refuseEmpty(header)
  for (const secret of webhookSecrets) {
    if (await isSignedWith(secret, { rawBody, header, now: now() })) return readEvent(rawBody)
  }
  throw new BadSignature('Cannot trust the event as no secret of ours signed it')
}

async function isSignedWith(
  secret: string,
  { rawBody, header, now }: { rawBody: Uint8Array; header: string; now: Date },
): Promise<boolean> {
  const { signature } = Stripe.webhooks
  if (!signature) throw new Error('Cannot verify an event as the SDK has no signatures')
  try {
    return await signature.verifyHeaderAsync(
      rawBody,
      header,
      secret,
      TOLERANCE_S,
      undefined,
      now.getTime(),
    )
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false
    throw error
  }
}

/** Only of what was verified: anybody can send what cannot be read. */
function readEvent(rawBody: Uint8Array): StripeEvent {
  try {
    return toStripeEvent(JSON.parse(new TextDecoder().decode(rawBody)))
  } catch (error) {
    throw new UnreadableEvent('Cannot read what Stripe signed as an event', { cause: error })
  }
}

/** The SDK fails at an empty signature, as at a fault of its own, before it compares any other. */
function refuseEmpty(header: string): void {
  const signatures = header.split(',').map((item) => item.split('='))
  const empty = signatures.some(([scheme, value]) => scheme === 'v1' && !value)
  if (empty) throw new BadSignature('Cannot trust the event as one of its signatures is empty')
}

/** The SDK refuses old signatures only; one from the future could be replayed until then. */
function refuseFuture(header: string, now: Date): void {
  const times = [...header.matchAll(/(?:^|,)\s*t=(\d+)/g)].map((match) => Number(match[1]))
  if (times.length === 1 && (times[0] ?? 0) <= now.getTime() / 1000 + TOLERANCE_S) return
  throw new BadSignature('Cannot trust the event as its signature has no time, or one to come')
}

function toStripeEvent(event: Stripe.Event): StripeEvent {
  const object: { id?: unknown; object?: unknown } = event.data.object
  if (typeof event.id !== 'string' || typeof event.type !== 'string') {
    throw new TypeError('Cannot read the event as it has no id or type')
  }
  return {
    id: event.id,
    type: event.type,
    objectType: typeof object.object === 'string' ? object.object : 'none',
    objectId: typeof object.id === 'string' ? object.id : 'none',
    apiVersion: event.api_version ?? undefined,
    livemode: event.livemode,
    account: event.account,
    createdAt: fromUnix(event.created),
  }
}

async function applyProduct(stripe: Stripe, product: CatalogueProduct): Promise<AppliedProduct> {
  const found = await findPrices(stripe, product.prices.map((price) => price.lookupKey))
  const productId = found[0]?.productId ??
    (await stripe.products.create({ name: product.name, metadata: { plan_id: product.planId } }, {
      idempotencyKey: `product:${product.planId}:${product.name}`,
    })).id
  await stripe.products.update(productId, { name: product.name })
  const prices = []
  for (const wanted of product.prices) {
    const same = found.find((price) =>
      price.lookupKey === wanted.lookupKey && price.unitAmount === wanted.unitAmount &&
      price.currency === wanted.currency && price.term === wanted.term
    )
    prices.push({
      lookupKey: wanted.lookupKey,
      stripePriceId: same?.stripePriceId ??
        (await createPrice(stripe, productId, wanted, found)).id,
      created: !same,
    })
  }
  return { productId, prices }
}

function createPrice(
  stripe: Stripe,
  productId: string,
  wanted: CatalogueProduct['prices'][number],
  found: FoundPrice[],
): Promise<Stripe.Price> {
  const before = found.find((price) => price.lookupKey === wanted.lookupKey)
  const terms = `${wanted.unitAmount}:${wanted.currency}:${wanted.term}`
  // Names what it replaces: a price that returns to an earlier amount is a new Price again.
  const idempotencyKey = `price:${wanted.lookupKey}:${terms}:${before?.stripePriceId ?? 'first'}`
  return stripe.prices.create({
    product: productId,
    currency: wanted.currency,
    unit_amount: wanted.unitAmount,
    recurring: recurring[wanted.term],
    lookup_key: wanted.lookupKey,
    // The old Price keeps its subscribers; only the name for new buyers moves.
    transfer_lookup_key: true,
  }, { idempotencyKey })
}

const recurring = {
  monthly: { interval: 'month', interval_count: 1 },
  quarterly: { interval: 'month', interval_count: 3 },
  yearly: { interval: 'year', interval_count: 1 },
} as const satisfies Record<Term, Stripe.PriceCreateParams.Recurring>

/** Stripe takes at most ten lookup keys a call. */
const LOOKUP_KEYS_PER_CALL = 10

async function findPrices(stripe: Stripe, lookupKeys: string[]): Promise<FoundPrice[]> {
  const found: FoundPrice[] = []
  for (let at = 0; at < lookupKeys.length; at += LOOKUP_KEYS_PER_CALL) {
    const page = await stripe.prices.list({
      lookup_keys: lookupKeys.slice(at, at + LOOKUP_KEYS_PER_CALL),
      active: true,
      limit: 100,
    })
    found.push(...page.data.map(toFoundPrice))
  }
  return found
}

function toFoundPrice(price: Stripe.Price): FoundPrice {
  const term = (Object.keys(recurring) as Term[]).find((name) =>
    recurring[name].interval === price.recurring?.interval &&
    recurring[name].interval_count === price.recurring.interval_count
  )
  return {
    lookupKey: price.lookup_key ?? '',
    stripePriceId: price.id,
    productId: idOf(price.product) ?? '',
    currency: price.currency,
    unitAmount: price.unit_amount ?? -1,
    term,
  }
}

async function calling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw toPaymentsError(error)
  }
}

async function findable<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await calling(call)
  } catch (error) {
    if (error instanceof PaymentsError && error.status === 404) return undefined
    throw error
  }
}

/** Ends something that may have ended by itself: a refusal is fine when `over()` says so. */
async function unlessOver(
  end: () => Promise<unknown>,
  over: () => Promise<boolean>,
): Promise<void> {
  try {
    await calling(end)
  } catch (error) {
    const refused = error instanceof PaymentsError && !error.retryable
    if (!refused || !await calling(over)) throw error
  }
}

function toPaymentsError(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error
  const status = error.statusCode
  return new PaymentsError(`Stripe answered ${status ?? 'nothing'}: ${error.message}`, {
    // 401 and 403 are our key's fault: the same request is right once the key is.
    retryable: ![400, 402, 404].includes(status ?? 0),
    status,
    code: error.code,
    param: error.param,
    stripeRequestId: error.requestId,
    cause: error,
  })
}

function idOf(value: string | { id: string } | null | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.id
}

function toUnix(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

function fromUnix(seconds: number): Date {
  return new Date(seconds * 1000)
}
