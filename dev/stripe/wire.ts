import type Stripe from 'stripe'

/**
 * `T` of the stripe package as JSON carries it: decimals are strings and a related object is its
 * id, as in every answer without `expand`. An object declared as `Wire<Stripe.Invoice>` can
 * neither lack a field of the API nor have one too many.
 */
export type Wire<T> = T extends Stripe.Decimal ? string
  : T extends (infer Item)[] ? Wire<IdOnly<Item>>[]
  : T extends object ? { [Key in keyof T]: Wire<IdOnly<T[Key]>> }
  : T

/** `string | Stripe.Customer | null`, an expandable field, becomes `string | null`. */
type IdOnly<T> = string extends Extract<T, string> ? Exclude<T, object> : T

export type Customer = Wire<Stripe.Customer>
export type Product = Wire<Stripe.Product>
export type Price = Wire<Stripe.Price>
export type Session = Wire<Stripe.Checkout.Session>
export type LineItem = Wire<Stripe.LineItem>
export type Subscription = Wire<Stripe.Subscription>
export type SubscriptionItem = Wire<Stripe.SubscriptionItem>
export type Invoice = Wire<Stripe.Invoice>
export type InvoiceLine = Wire<Stripe.InvoiceLineItem>
export type InvoicePayment = Wire<Stripe.InvoicePayment>
export type PaymentIntent = Wire<Stripe.PaymentIntent>
export type PaymentMethod = Wire<Stripe.PaymentMethod>
export type BalanceTransaction = Wire<Stripe.CustomerBalanceTransaction>
export type Coupon = Wire<Stripe.Coupon>
export type CreditNote = Wire<Stripe.CreditNote>
export type CreditNoteLine = Wire<Stripe.CreditNoteLineItem>
export type DeletedCustomer = Wire<Stripe.DeletedCustomer>
export type DeletedDiscount = Wire<Stripe.DeletedDiscount>
export type Discount = Wire<Stripe.Discount>
export type Dispute = Wire<Stripe.Dispute>
export type InvoiceItem = Wire<Stripe.InvoiceItem>
export type PortalConfiguration = Wire<Stripe.BillingPortal.Configuration>
export type PortalSession = Wire<Stripe.BillingPortal.Session>
export type PromotionCode = Wire<Stripe.PromotionCode>
export type TaxId = Wire<Stripe.TaxId>
export type TestClock = Wire<Stripe.TestHelpers.TestClock>
export type Charge = Wire<Stripe.Charge>
export type Refund = Wire<Stripe.Refund>
export type WebhookEndpoint = Wire<Stripe.WebhookEndpoint>
export type Account = Wire<Stripe.Account>
export type Event = Omit<Wire<Stripe.EventBase>, 'type' | 'data'> & {
  type: EventType
  data: { object: { object: string }; previous_attributes?: object }
}
export type EventType = Stripe.Event['type']

/** What an event of this type carries in `data.object`. */
export type EventObject<Type extends EventType> = Type extends 'invoice.upcoming'
  ? Omit<Invoice, 'id'>
  : Wire<Extract<Stripe.Event, { type: Type }>['data']['object']>
