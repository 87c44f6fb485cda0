import type { Term } from '../plans/bodies.ts'

/** What we ask of Stripe, in our verbs. Stripe's own types do not leave the adapter. */
export interface Payments {
  /** Makes the customer; the same `idempotencyKey` gives the same customer. Returns its id. */
  createCustomer(customer: {
    userId: string
    email: string
    currency: string
    idempotencyKey: string
  }): Promise<string>

  /** What will be sent to open a session, to be kept before it is sent. Calls nobody. */
  draftCheckoutSession(request: CheckoutRequest): SessionDraft

  /** Opens a checkout session; the same key with the same draft gives the same session. */
  createCheckoutSession(
    draft: SessionDraft,
    idempotencyKey: string,
  ): Promise<{ id: string; url: string }>

  /** Reads a session and what hangs on it, as Stripe says now; undefined when there is none. */
  getCheckoutSession(id: string): Promise<SessionState | undefined>

  /** A customer's sessions made since then, newest first. */
  listCheckoutSessionsOf(
    customerId: string,
    since: Date,
  ): Promise<{ id: string; clientReferenceId: string | undefined }[]>

  /** Ends an open session. Does nothing when it is not open any more. */
  expireCheckoutSession(id: string): Promise<void>

  getSubscription(id: string): Promise<SubscriptionState | undefined>

  /** Ends a subscription at once. Does nothing when it has ended. */
  cancelSubscription(id: string, idempotencyKey: string): Promise<void>

  /** What became of a payment's money, as Stripe says now; undefined when there is no such intent. */
  getMoney(paymentIntentId: string): Promise<PaymentMoney | undefined>

  /**
   * Returns `amount` of a payment. Throws a PaymentsError when Stripe refuses, e.g. while the payment
   * is disputed, and when the refund fails at once.
   */
  createRefund(
    refund: { paymentIntentId: string; amount: number; orderId: string },
    idempotencyKey: string,
  ): Promise<PaymentRefund>

  getInvoice(id: string): Promise<InvoiceState | undefined>

  /** The invoice that a payment intent paid. */
  findInvoiceOf(paymentIntentId: string): Promise<string | undefined>

  /**
   * Verifies a webhook on its raw body: any of the secrets, no older and no newer than 300 s.
   * Throws `BadSignature`, or `UnreadableEvent` when Stripe signed something that is no event.
   */
  verifyEvent(rawBody: Uint8Array, signatureHeader: string | undefined): Promise<StripeEvent>

  /** Finds or makes a plan's product and prices at Stripe; prices are found by `lookupKey`. */
  applyProduct(product: CatalogueProduct): Promise<AppliedProduct>

  /** The prices Stripe has under these lookup keys, active ones only. */
  findPrices(lookupKeys: string[]): Promise<FoundPrice[]>
}

/** Stripe's parameters, as JSON can hold them; only the adapter looks inside. */
export interface SessionDraft {
  readonly draftOf: 'checkout.session'
  readonly params: unknown
}

/** What a session is to be opened for. */
export interface CheckoutRequest {
  orderId: string
  userId: string
  serverId: string
  shopId: string
  customerId: string
  stripePriceId: string
  successUrl: string
  cancelUrl: string
  /** Unix seconds. */
  expiresAt: number
  /** What the buyer reads beside the price. */
  description: string
  tax: boolean
  taxIds: boolean
  promotionCodes: boolean
  termsConsent: boolean
}

/** A checkout session as Stripe says it is now. Amounts in minor units. */
export interface SessionState {
  id: string
  status: 'open' | 'complete' | 'expired'
  paymentStatus: 'paid' | 'unpaid' | 'no_payment_required'
  mode: string
  livemode: boolean
  currency: string
  amountSubtotal: number
  amountDiscount: number
  amountTax: number
  amountTotal: number
  customerId: string | undefined
  clientReferenceId: string | undefined
  /** What we wrote on it when it was opened; empty for a session that is not ours. */
  metadata: { orderId?: string; userId?: string; serverId?: string; shopId?: string }
  stripePriceIds: string[]
  /** Undefined until the payment completes. */
  subscription: SubscriptionState | undefined
  /** The first invoice, once there is one. */
  invoice: SessionInvoice | undefined
}

export interface SessionInvoice {
  id: string
  /** Stripe's word; `void` when a delayed payment failed. */
  status: string
  paymentIntentId: string | undefined
}

export interface SubscriptionState {
  id: string
  /** Stripe's word. */
  status: string
  cancelAtPeriodEnd: boolean
  currentPeriodEnd: Date | undefined
}

/** A verified event. Its payload is a hint only. */
export interface StripeEvent {
  id: string
  type: string
  objectType: string
  objectId: string
  apiVersion: string | undefined
  livemode: boolean
  account: string | undefined
  createdAt: Date
}

/** Amounts in minor units of `currency`. */
export interface PaymentMoney {
  /** What arrived. */
  received: number
  currency: string
  /** All there ever were, those that failed too. */
  refunds: PaymentRefund[]
  disputes: PaymentDispute[]
}

export interface PaymentRefund {
  id: string
  /** Stripe's word. */
  status: string
  /** Minor units. */
  amount: number
  /** The order that we made it for; undefined when it was made by hand. */
  orderId: string | undefined
}

/** Whether the money of a refund came back to us, or never left. */
export function hasFailed({ status }: Pick<PaymentRefund, 'status'>): boolean {
  return status === 'failed' || status === 'canceled'
}

export interface PaymentDispute {
  id: string
  /** Stripe's word. */
  status: string
  /** Stripe's word for what the cardholder says. */
  reason: string
  /** Minor units. */
  amount: number
  currency: string
  /** Until when evidence may be sent. */
  dueAt: Date | undefined
}

export interface InvoiceState extends SessionInvoice {
  /** The order that its subscription was begun for. */
  orderId: string | undefined
  subscriptionId: string | undefined
  /** Minor units. */
  amountPaid: number
  currency: string
}

export interface CatalogueProduct {
  planId: string
  name: string
  prices: { term: Term; currency: string; unitAmount: number; lookupKey: string }[]
}

export interface AppliedProduct {
  productId: string
  prices: { lookupKey: string; stripePriceId: string; created: boolean }[]
}

export interface FoundPrice {
  lookupKey: string
  stripePriceId: string
  productId: string
  currency: string
  unitAmount: number
  term: Term | undefined
}

/** The webhook's signature is missing, wrong, or too old or too new. */
export class BadSignature extends Error {
  override name = 'BadSignature'
}

/** The signature is right, but what was signed is not an event we can read. */
export class UnreadableEvent extends Error {
  override name = 'UnreadableEvent'
}

/** Stripe refused, or did not answer. `retryable` false means the same request will fail again. */
export class PaymentsError extends Error {
  override name = 'PaymentsError'
  readonly retryable: boolean
  readonly status: number | undefined
  readonly code: string | undefined
  /** The parameter that Stripe refused. */
  readonly param: string | undefined
  /** Stripe's `Request-Id`, to look the call up in their dashboard. */
  readonly stripeRequestId: string | undefined

  constructor(
    message: string,
    facts: {
      retryable: boolean
      status?: number | undefined
      code?: string | undefined
      param?: string | undefined
      stripeRequestId?: string | undefined
      cause?: unknown
    },
  ) {
    super(message, { cause: facts.cause })
    this.retryable = facts.retryable
    this.status = facts.status
    this.code = facts.code
    this.param = facts.param
    this.stripeRequestId = facts.stripeRequestId
  }
}
