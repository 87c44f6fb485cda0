import { mergeMetadata } from '../metadata.ts'
import type { Session } from '../wire.ts'
import type { CreateSession } from './params.ts'

/** What a session repeats of the request that opened it. */
export function echoOf(params: CreateSession): Partial<Session> {
  return {
    adaptive_pricing: { enabled: params.adaptive_pricing?.enabled ?? false },
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    automatic_tax: automaticTaxOf(params),
    billing_address_collection: params.billing_address_collection ?? null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    consent_collection: consentOf(params),
    custom_text: {
      after_submit: params.custom_text?.after_submit ?? null,
      shipping_address: null,
      submit: params.custom_text?.submit ?? null,
      terms_of_service_acceptance: params.custom_text?.terms_of_service_acceptance ?? null,
    },
    customer_creation: customerCreationOf(params),
    customer_email: params.customer_email ?? null,
    discounts: (params.discounts ?? []).map(({ coupon = null, promotion_code: code = null }) => ({
      coupon,
      promotion_code: code,
    })),
    integration_identifier: params.integration_identifier ?? null,
    invoice_creation: params.mode === 'payment' ? invoiceCreationOf(params) : null,
    locale: params.locale ?? null,
    metadata: mergeMetadata({}, params.metadata),
    mode: params.mode ?? 'payment',
    payment_method_collection: params.payment_method_collection ??
      (params.mode === 'payment' ? 'if_required' : 'always'),
    submit_type: params.submit_type ?? null,
    ...(params.excluded_payment_method_types && {
      excluded_payment_method_types: params.excluded_payment_method_types,
    }),
    ...(params.tax_id_collection && {
      tax_id_collection: { required: 'never', ...params.tax_id_collection },
    }),
  }
}

function automaticTaxOf({ automatic_tax: asked }: CreateSession): Session['automatic_tax'] {
  if (!asked?.enabled) return { enabled: false, liability: null, provider: null, status: null }
  return {
    enabled: true,
    liability: { type: 'self' },
    provider: 'stripe',
    status: 'requires_location_inputs',
  }
}

function consentOf({ consent_collection: asked }: CreateSession): Session['consent_collection'] {
  if (asked?.terms_of_service === undefined) return null
  return {
    payment_method_reuse_agreement: null,
    promotions: 'none',
    terms_of_service: asked.terms_of_service,
  }
}

function customerCreationOf(params: CreateSession): Session['customer_creation'] {
  if (params.customer !== undefined) return null
  return params.customer_creation ?? (params.mode === 'payment' ? 'if_required' : 'always')
}

function invoiceCreationOf(
  { invoice_creation: asked }: CreateSession,
): Session['invoice_creation'] {
  const { description, footer, metadata } = asked?.invoice_data ?? {}
  return {
    enabled: asked?.enabled ?? false,
    invoice_data: {
      account_tax_ids: null,
      custom_fields: null,
      description: description ?? null,
      footer: footer ?? null,
      issuer: null,
      metadata: mergeMetadata({}, metadata),
      rendering_options: null,
    },
  }
}
