import type Stripe from 'stripe'
import * as z from 'zod'
import {
  boolean,
  currency,
  email,
  expand,
  integer,
  list,
  metadata,
  notEmulated,
  oneOf,
  type Shape,
  text,
  url,
} from '../params.ts'

type Params = Stripe.Checkout.SessionCreateParams

// deno-fmt-ignore: one a line they would fill a screen
const LOCALES = [
  'auto', 'bg', 'cs', 'da', 'de', 'el', 'en', 'en-GB', 'es', 'es-419', 'et', 'fi', 'fil', 'fr',
  'fr-CA', 'hi-IN', 'hr', 'hu', 'id', 'it', 'ja', 'ko', 'lt', 'lv', 'ms', 'mt', 'nb', 'nl', 'pl',
  'pt', 'pt-BR', 'ro', 'ru', 'sk', 'sl', 'sv', 'th', 'tr', 'vi', 'zh', 'zh-HK', 'zh-TW',
] as const

/** What `POST /v1/checkout/sessions` takes: each parameter of Stripe, and how far it is followed. */
export const CreateSession = z.strictObject(
  {
    adaptive_pricing: switchObject().optional(),
    after_expiration: notEmulated,
    allow_promotion_codes: boolean.optional(),
    allowed_payment_method_types: list(methodType()).optional(),
    automatic_tax: switchObject().extend({ liability: notEmulated }).optional(),
    billing_address_collection: oneOf('auto', 'required').optional(),
    branding_settings: notEmulated,
    cancel_url: url.optional(),
    client_reference_id: text(200).optional(),
    consent_collection: z.strictObject(
      {
        payment_method_reuse_agreement: notEmulated,
        promotions: notEmulated,
        terms_of_service: oneOf('none', 'required').optional(),
      } satisfies Shape<Stripe.Checkout.SessionCreateParams.ConsentCollection>,
    ).optional(),
    currency: currency.optional(),
    custom_fields: notEmulated,
    custom_text: z.strictObject(
      {
        after_submit: message().optional(),
        shipping_address: notEmulated,
        submit: message().optional(),
        terms_of_service_acceptance: message().optional(),
      } satisfies Shape<Stripe.Checkout.SessionCreateParams.CustomText>,
    ).optional(),
    customer: text().optional(),
    customer_account: notEmulated,
    customer_creation: notEmulated,
    customer_email: email.optional(),
    customer_update: z.strictObject(
      {
        address: oneOf('auto', 'never').optional(),
        name: oneOf('auto', 'never').optional(),
        shipping: oneOf('auto', 'never').optional(),
      } satisfies Shape<Stripe.Checkout.SessionCreateParams.CustomerUpdate>,
    ).optional(),
    discounts: notEmulated,
    excluded_payment_method_types: list(methodType()).optional(),
    expand,
    expires_at: integer().optional(),
    integration_identifier: text(200).optional(),
    invoice_creation: notEmulated,
    line_items: list(z.strictObject(
      {
        adjustable_quantity: notEmulated,
        metadata: notEmulated,
        price: text(),
        price_data: notEmulated,
        quantity: integer({ min: 1, max: 999_999 }),
        tax_rates: notEmulated,
      } satisfies Shape<Stripe.Checkout.SessionCreateParams.LineItem>,
    )),
    locale: oneOf(...LOCALES).optional(),
    managed_payments: notEmulated,
    metadata: metadata.optional(),
    mode: oneOf('payment', 'setup', 'subscription'),
    name_collection: notEmulated,
    optional_items: notEmulated,
    origin_context: notEmulated,
    payment_intent_data: notEmulated,
    payment_method_collection: oneOf('always', 'if_required').optional(),
    payment_method_configuration: notEmulated,
    payment_method_data: notEmulated,
    payment_method_options: notEmulated,
    permissions: notEmulated,
    phone_number_collection: notEmulated,
    redirect_on_completion: notEmulated,
    return_url: notEmulated,
    saved_payment_method_options: notEmulated,
    setup_intent_data: notEmulated,
    shipping_address_collection: notEmulated,
    shipping_options: notEmulated,
    submit_type: notEmulated,
    subscription_data: z.strictObject(
      {
        application_fee_percent: notEmulated,
        billing_cycle_anchor: notEmulated,
        billing_cycle_anchor_config: notEmulated,
        billing_mode: z.strictObject({ flexible: notEmulated, type: oneOf('flexible') }).optional(),
        default_tax_rates: notEmulated,
        description: text(500).optional(),
        invoice_settings: notEmulated,
        metadata: metadata.optional(),
        on_behalf_of: notEmulated,
        pending_invoice_item_interval: notEmulated,
        proration_behavior: notEmulated,
        transfer_data: notEmulated,
        trial_end: notEmulated,
        trial_period_days: notEmulated,
        trial_settings: notEmulated,
      } satisfies Shape<Stripe.Checkout.SessionCreateParams.SubscriptionData>,
    ).optional(),
    success_url: url,
    tax_id_collection: switchObject().extend({
      required: oneOf('if_supported', 'never').optional(),
    }).optional(),
    ui_mode: oneOf('hosted_page').optional(),
    wallet_options: notEmulated,
  } satisfies Shape<Params>,
)

export type CreateSession = z.output<typeof CreateSession>

function switchObject() {
  return z.strictObject({ enabled: boolean })
}

function message() {
  return z.strictObject({ message: text(1200) })
}

/** The kinds of payment that the hosted page of the emulator offers. */
function methodType() {
  return oneOf('card', 'bacs_debit', 'sepa_debit', 'us_bank_account')
}
