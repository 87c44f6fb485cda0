import * as z from 'zod'
import { noSuch } from './errors.ts'
import type * as wire from './wire.ts'

/** What a session's answer does not tell, and the payment needs. */
export interface Checkout {
  /** the session's id */
  id: string
  lineItems: wire.LineItem[]
  /** not redeemed before the session is complete */
  discounts: wire.Discount[]
  /** What the subscription will be, in subscription mode. */
  subscription: {
    metadata: wire.Subscription['metadata']
    description: string | null
    /** how many days from its beginning, or until when */
    trial: { days: number } | { end: number } | null
    trialSettings: wire.Subscription['trial_settings']
    billingMode: 'classic' | 'flexible'
  }
  /** What the intent says, in payment mode. */
  intent: Partial<wire.PaymentIntent>
  /** The customer made for a buyer whom the session does not know; told when it is complete. */
  customer: string | null
  /** What the buyer typed, and whether it may change the customer that the session was opened for. */
  buyer: Pick<wire.Customer, 'email'> & Pick<Required<wire.Customer>, 'address' | 'name'> | null
  customerUpdate: { address: boolean; name: boolean }
  /** The intent of an attempt that was declined, which the next attempt uses again. */
  paymentIntent: string | null
}

/** Who has this address sees the portal of a session. */
export interface PortalVisit {
  /** the secret in the address */
  id: string
  session: string
  /** when the address expires, in seconds; each use puts it off */
  until: number
  /** What the session was opened for is done. */
  flowDone: boolean
}

/** One event on its way to one endpoint. */
export interface Delivery {
  id: string
  event: string
  endpoint: string
  attempts: { at: number; status: number | null; error: string | null }[]
  succeeded: boolean
  /** An attempt by itself is still to come, also after a success by hand. */
  scheduled: boolean
  /** How many of the attempts were made by themselves after the first. */
  retries: number
}

/** What an endpoint signed with before its secret was rolled. */
export interface FormerSecret {
  id: string
  endpoint: string
  secret: string
  /** Until then events are signed with it too, in seconds since 1970. */
  until: number
}

/** Something that is told once ahead of its time, and was told: `invoice.upcoming:sub_…:1700000000`. */
export interface Announcement {
  id: string
  toldAt: number
}

/** The answer kept under an idempotency key. */
export interface Reply {
  /** the key */
  id: string
  request: string
  requestId: string
  created: number
  status: number
  body: string
}

/** Rows in the order they were made. A row is replaced when it changes, never modified. */
export class Collection<Row extends { id: string }> {
  readonly #rows: Map<string, Row>
  readonly #kind: string
  readonly #changed: () => void

  constructor(kind: string, rows: Row[], changed: () => void) {
    this.#kind = kind
    this.#rows = new Map(rows.map((row) => [row.id, row]))
    this.#changed = changed
  }

  insert(row: Row): Row {
    this.#rows.set(row.id, row)
    this.#changed()
    return row
  }

  update(id: string, changes: Partial<Row>): Row {
    return this.insert({ ...this.get(id), ...changes })
  }

  delete(id: string) {
    this.#rows.delete(id)
    this.#changed()
  }

  find(id: string): Row | undefined {
    return this.#rows.get(id)
  }

  /** Throws the API's "No such …"; `param` is the parameter that held the id. */
  get(id: string, param?: string): Row {
    const row = this.#rows.get(id)
    if (!row) throw noSuch(this.#kind, id, param)
    return row
  }

  newestFirst(): Row[] {
    return this.toJSON().reverse()
  }

  toJSON(): Row[] {
    return [...this.#rows.values()]
  }

  /** The same rows in a collection of its own; what happens there is not saved. */
  fork(): Collection<Row> {
    return new Collection(this.#kind, this.toJSON(), () => {})
  }
}

export type Store = ReturnType<typeof openStore>

/**
 * All that the emulator knows. `state` is what `JSON.stringify` made of an earlier store.
 * Cannot open the state of another version: throws.
 */
export function openStore(state: unknown, changed: () => void) {
  const saved = readState(state)
  function collection<Row extends { id: string }>(name: string, kind: string) {
    return new Collection<Row>(kind, trusted<Row>(saved[name] ?? []), changed)
  }
  return {
    version: VERSION,
    accounts: collection<wire.Account>('accounts', 'account'),
    announcements: collection<Announcement>('announcements', 'announcement'),
    balanceTransactions: collection<wire.BalanceTransaction>(
      'balanceTransactions',
      'customer_balance_transaction',
    ),
    charges: collection<wire.Charge>('charges', 'charge'),
    checkouts: collection<Checkout>('checkouts', 'checkout'),
    coupons: collection<wire.Coupon>('coupons', 'coupon'),
    creditNotes: collection<wire.CreditNote>('creditNotes', 'credit_note'),
    customers: collection<wire.Customer>('customers', 'customer'),
    deletedCoupons: collection<wire.Coupon>('deletedCoupons', 'coupon'),
    deletedCustomers: collection<wire.DeletedCustomer>('deletedCustomers', 'customer'),
    deliveries: collection<Delivery>('deliveries', 'delivery'),
    discounts: collection<wire.Discount>('discounts', 'discount'),
    disputes: collection<wire.Dispute>('disputes', 'dispute'),
    events: collection<wire.Event>('events', 'event'),
    formerSecrets: collection<FormerSecret>('formerSecrets', 'secret'),
    invoiceItems: collection<wire.InvoiceItem>('invoiceItems', 'invoiceitem'),
    invoicePayments: collection<wire.InvoicePayment>('invoicePayments', 'invoice_payment'),
    invoices: collection<wire.Invoice>('invoices', 'invoice'),
    paymentIntents: collection<wire.PaymentIntent>('paymentIntents', 'payment_intent'),
    paymentMethods: collection<wire.PaymentMethod>('paymentMethods', 'PaymentMethod'),
    portalConfigurations: collection<wire.PortalConfiguration>(
      'portalConfigurations',
      'configuration',
    ),
    portalVisits: collection<PortalVisit>('portalVisits', 'portal session'),
    portalSessions: collection<wire.PortalSession>('portalSessions', 'billing_portal.session'),
    prices: collection<wire.Price>('prices', 'price'),
    products: collection<wire.Product>('products', 'product'),
    promotionCodes: collection<wire.PromotionCode>('promotionCodes', 'promotion code'),
    refunds: collection<wire.Refund>('refunds', 'refund'),
    replies: collection<Reply>('replies', 'reply'),
    sessions: collection<wire.Session>('sessions', 'checkout.session'),
    subscriptions: collection<wire.Subscription>('subscriptions', 'subscription'),
    taxIds: collection<wire.TaxId>('taxIds', 'tax_id'),
    testClocks: collection<wire.TestClock>('testClocks', 'test clock'),
    webhookEndpoints: collection<wire.WebhookEndpoint>('webhookEndpoints', 'webhook endpoint'),
  }
}

/** A copy of the store that goes its own way, in which something can be tried. */
export function forkStore(store: Store): Store {
  const entries = Object.entries(store).map(([name, rows]) =>
    [name, rows instanceof Collection ? rows.fork() : rows] as const
  )
  // Safe because each collection became one of the same rows under the same name.
  return Object.fromEntries(entries) as Store
}

/** The object of any kind that has this id. */
export function findObject(store: Store, id: string): { object: string } | undefined {
  for (const rows of Object.values(store)) {
    const row = rows instanceof Collection ? rows.find(id) : undefined
    if (row && 'object' in row) return row
  }
}

/** The coupon, also when it was deleted: whoever has a discount of it keeps it. */
export function findCoupon(store: Store, id: string): wire.Coupon | undefined {
  return store.coupons.find(id) ?? store.deletedCoupons.find(id)
}

const VERSION = 2

const State = z.looseObject({ version: z.literal(VERSION) })
  .catchall(z.union([z.number(), z.array(z.looseObject({ id: z.string() }))]))

function readState(state: unknown): Record<string, unknown> {
  if (state === undefined) return {}
  const { data, success } = State.safeParse(state)
  if (!success) {
    throw new Error('Cannot open the Stripe emulator as its state is of another version')
  }
  return data
}

// Safe because the version says that this store's own toJSON() wrote these rows.
function trusted<Row>(rows: unknown): Row[] {
  return rows as Row[]
}
