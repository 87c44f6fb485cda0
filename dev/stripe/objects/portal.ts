import type { PortalConfiguration, PortalSession } from '../wire.ts'

export function configurationObject(
  configuration:
    & Pick<PortalConfiguration, 'id' | 'created' | 'features'>
    & Partial<PortalConfiguration>,
): PortalConfiguration {
  return {
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    default_return_url: null,
    is_default: false,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: configuration.created,
    ...configuration,
  }
}

/** What a portal lets nobody do, as a configuration that names no feature. */
export const NO_FEATURES: PortalConfiguration['features'] = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: false },
  payment_method_update: { enabled: false, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: {
      enabled: false,
      feedback_options: null,
      options: [
        'too_expensive',
        'missing_features',
        'switched_service',
        'unused',
        'customer_service',
        'too_complex',
        'low_quality',
        'other',
      ],
    },
    enabled: false,
    mode: 'at_period_end',
    proration_behavior: 'none',
  },
  subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
  subscription_update: {
    billing_cycle_anchor: null,
    default_allowed_updates: [],
    enabled: false,
    products: null,
    proration_behavior: 'none',
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: 'end_trial',
  },
}

/** What the configuration allows that an account has from the start. */
export const DEFAULT_FEATURES: PortalConfiguration['features'] = {
  ...NO_FEATURES,
  customer_update: { allowed_updates: ['email', 'name', 'address', 'phone'], enabled: true },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true, payment_method_configuration: null },
  subscription_cancel: { ...NO_FEATURES.subscription_cancel, enabled: true },
}

export function portalSessionObject(
  session:
    & Pick<PortalSession, 'id' | 'created' | 'configuration' | 'customer' | 'url'>
    & Partial<PortalSession>,
): PortalSession {
  return {
    object: 'billing_portal.session',
    after_expiration: null,
    customer_account: null,
    flow: null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: null,
    ...session,
  }
}
