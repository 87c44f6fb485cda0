import type { Price, Subscription, SubscriptionItem } from '../wire.ts'
import { listObject } from './list.ts'
import { planObject } from './price.ts'

export function subscriptionObject(
  subscription:
    & Pick<Subscription, 'id' | 'created' | 'currency' | 'customer' | 'metadata' | 'latest_invoice'>
    & Partial<Subscription>,
  items: SubscriptionItem[],
): Subscription {
  return {
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: subscription.created,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    customer_account: null,
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: itemList(subscription.id, items),
    livemode: false,
    managed_payments: { enabled: false },
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: subscription.created,
    status: 'active',
    test_clock: null,
    transfer_data: null,
    trial_end: null,
    trial_settings: {
      end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' },
    },
    trial_start: null,
    ...subscription,
  }
}

export function subscriptionItemObject(
  item:
    & { price: Price; quantity: number }
    & Pick<
      SubscriptionItem,
      'id' | 'subscription' | 'current_period_start' | 'current_period_end'
    >
    & Partial<SubscriptionItem>,
): SubscriptionItem {
  return {
    object: 'subscription_item',
    billing_thresholds: null,
    created: item.current_period_start,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planObject(item.price),
    tax_rates: [],
    ...item,
  }
}

/** The items of a subscription as it holds them. */
export function itemList(subscription: string, items: SubscriptionItem[]): Subscription['items'] {
  return listObject(items, `/v1/subscription_items?subscription=${subscription}`)
}
