import type Stripe from 'stripe'
import { missing, refused } from '../errors.ts'
import { type Given, notFollowed } from '../openapi/operation.ts'
import type { Sandbox } from '../sandbox.ts'
import type { PortalConfiguration } from '../wire.ts'

type Features = PortalConfiguration['features']
type GivenFeatures = NonNullable<Given<Stripe.BillingPortal.ConfigurationUpdateParams>['features']>

/** The features with what a request changes of them. Throws where they do not fit together. */
export function changedFeatures(
  sandbox: Sandbox,
  former: Features,
  given: GivenFeatures = {},
): Features {
  const features = {
    customer_update: customerUpdate(former.customer_update, given.customer_update),
    invoice_history: { ...former.invoice_history, ...given.invoice_history },
    payment_method_update: {
      ...former.payment_method_update,
      enabled: given.payment_method_update?.enabled ?? former.payment_method_update.enabled,
    },
    subscription_cancel: subscriptionCancel(former.subscription_cancel, given.subscription_cancel),
    subscription_pause: {
      ...former.subscription_pause,
      enabled: given.subscription_pause?.enabled ?? former.subscription_pause.enabled,
    },
    subscription_update: subscriptionUpdate(former.subscription_update, given.subscription_update),
  }
  checkFeatures(sandbox, features)
  return features
}

/** As Stripe allows at most. */
const MOST_PRODUCTS = 10

/** The page changes neither. */
const UNFOLLOWED_UPDATES = new Set(['shipping', 'tax_id'])

function customerUpdate(
  former: Features['customer_update'],
  { enabled, allowed_updates: allowed }: Partial<
    NonNullable<GivenFeatures['customer_update']>
  > = {},
): Features['customer_update'] {
  if (allowed?.some((field) => UNFOLLOWED_UPDATES.has(field))) {
    throw notFollowed('features.customer_update.allowed_updates')
  }
  return {
    enabled: enabled ?? former.enabled,
    allowed_updates: allowed === undefined ? former.allowed_updates : allowed ?? [],
  }
}

function subscriptionCancel(
  former: Features['subscription_cancel'],
  given: Partial<NonNullable<GivenFeatures['subscription_cancel']>> = {},
): Features['subscription_cancel'] {
  const { cancellation_reason: reason, ...rest } = given
  if (!reason) return { ...former, ...rest }
  return {
    ...former,
    ...rest,
    cancellation_reason: {
      ...former.cancellation_reason,
      enabled: reason.enabled,
      options: reason.options === undefined
        ? former.cancellation_reason.options
        : reason.options ?? [],
    },
  }
}

function subscriptionUpdate(
  former: Features['subscription_update'],
  given: Partial<NonNullable<GivenFeatures['subscription_update']>> = {},
): Features['subscription_update'] {
  const { enabled, default_allowed_updates: allowed, products } = given
  if (allowed?.includes('promotion_code')) {
    throw notFollowed('features.subscription_update.default_allowed_updates')
  }
  return {
    ...former,
    enabled: enabled ?? former.enabled,
    proration_behavior: given.proration_behavior ?? former.proration_behavior,
    default_allowed_updates: allowed === undefined ? former.default_allowed_updates : allowed ?? [],
    products: products === undefined ? former.products ?? null : products && products.map(
      ({ product, prices, adjustable_quantity: adjustable }) => ({
        product,
        prices,
        adjustable_quantity: {
          enabled: adjustable?.enabled ?? false,
          maximum: adjustable?.maximum ?? null,
          minimum: adjustable?.minimum ?? 1,
        },
      }),
    ),
  }
}

function checkFeatures(sandbox: Sandbox, features: Features) {
  const { customer_update: customer, subscription_cancel: cancel } = features
  const { subscription_update: update } = features
  if (customer.enabled && customer.allowed_updates.length === 0) {
    throw missing('features[customer_update][allowed_updates]')
  }
  if (cancel.mode === 'at_period_end' && cancel.proration_behavior !== 'none') {
    throw refused(
      'The proration behavior of subscription_cancel must be none when its mode is at_period_end.',
      { param: 'features[subscription_cancel][proration_behavior]' },
    )
  }
  if (!update.enabled) return
  if (update.default_allowed_updates.length === 0) {
    throw missing('features[subscription_update][default_allowed_updates]')
  }
  if (!update.products?.length) throw missing('features[subscription_update][products]')
  checkProducts(sandbox, update.products)
}

function checkProducts(
  { store }: Sandbox,
  products: NonNullable<Features['subscription_update']['products']>,
) {
  const param = 'features[subscription_update][products]'
  if (products.length > MOST_PRODUCTS) {
    throw refused(`A configuration can have up to ${MOST_PRODUCTS} products.`, { param })
  }
  for (const [index, { product, prices }] of products.entries()) {
    store.products.get(product, `${param}[${index}][product]`)
    for (const [place, id] of prices.entries()) {
      const at = `${param}[${index}][prices][${place}]`
      const price = store.prices.get(id, at)
      if (price.product !== product) {
        throw refused(`The price ${id} is not of the product ${product}.`, { param: at })
      }
      if (!price.recurring) throw refused(`The price ${id} is not recurring.`, { param: at })
    }
  }
}
