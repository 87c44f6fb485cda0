import type Stripe from 'stripe'
import { missing, ParameterFailure, refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { priceObject } from '../objects/price.ts'
import type { Given } from '../openapi/operation.ts'
import { checkMost } from '../payments/amounts.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Price } from '../wire.ts'
import { fullAmount } from './lines.ts'

/** An item as a request asks for it. */
export type AskedItem = Given<
  Pick<
    Stripe.SubscriptionUpdateParams.Item,
    'deleted' | 'id' | 'metadata' | 'price' | 'price_data' | 'quantity'
  >
>

/** A price as a request names it, or describes it for this one use. */
export interface AskedPrice {
  price?: string
  price_data?: {
    currency: string
    product?: string
    recurring?: { interval: 'day' | 'week' | 'month' | 'year'; interval_count?: number }
    tax_behavior?: 'exclusive' | 'inclusive' | 'unspecified'
    unit_amount?: number
  }
}

/** The parameters of items that nothing here follows. */
export const UNFOLLOWED_ITEM = [
  'billing_thresholds',
  'clear_usage',
  'current_trial',
  'discounts',
  'plan',
  'price_data.unit_amount_decimal',
  'tax_rates',
].map((name) => `items.${name}`)

/** The most items that a subscription has. */
const MOST_ITEMS = 20

/** The price of an item; `param` is where it stands, as `items[0]`. A described one is made. */
export function priceOf(
  sandbox: Sandbox,
  asked: AskedPrice,
  { param, type }: { param: string; type: 'one_time' | 'recurring' },
): Price {
  const { price: id, price_data: described } = asked
  if ((id === undefined) === (described === undefined)) {
    throw new ParameterFailure('You must specify one of: price, price_data', {
      param: nested(param, 'price'),
    })
  }
  if (described) return describedPrice(sandbox, described, nested(param, 'price_data'))
  return checked(sandbox.store.prices.get(id ?? '', nested(param, 'price')), {
    param: nested(param, 'price'),
    type,
  })
}

/** Refuses items that no subscription can have together. */
export function checkItems(items: { price: Price; quantity?: number }[], flexible: boolean) {
  const [first, ...others] = items
  if (!first) {
    throw refused('A subscription must have at least one active plan.', { param: 'items' })
  }
  if (items.length > MOST_ITEMS) {
    throw refused(`Subscriptions can have at most ${MOST_ITEMS} items.`, { param: 'items' })
  }
  for (const [index, { price }] of others.entries()) {
    const param = `items[${index + 1}][price]`
    if (price.currency !== first.price.currency) throw mismatch('currency', param)
    if (!flexible && intervalOf(price) !== intervalOf(first.price)) {
      throw mismatch('interval', param)
    }
  }
  const amount = items.reduce((sum, item) => sum + fullAmount(item), 0)
  checkMost(amount, first.price.currency, { what: 'The amount of the items', param: 'items' })
  const ids = items.map(({ price }) => price.id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice === undefined) return
  throw refused(`Cannot add multiple subscription items with the same plan: ${twice}`, {
    param: 'items',
  })
}

/** What of a price decides when it is billed. */
export function intervalOf({ recurring }: Price): string {
  return `${recurring?.interval_count} ${recurring?.interval}`
}

/** `items[0][price]` of `items[0]`; `price` of nothing. */
function nested(param: string, key: string): string {
  return param === '' ? key : `${param}[${key}]`
}

function describedPrice(
  sandbox: Sandbox,
  { product, unit_amount: amount, recurring, ...fields }: NonNullable<AskedPrice['price_data']>,
  param: string,
): Price {
  const { store, newId, now } = sandbox
  if (amount === undefined) throw missing(`${param}[unit_amount]`)
  const price = store.prices.insert(priceObject({
    ...fields,
    id: newId('price'),
    active: false,
    created: now(),
    metadata: mergeMetadata({}, undefined),
    product: store.products.get(product ?? '', `${param}[product]`).id,
    recurring: recurring
      ? {
        interval_count: 1,
        meter: null,
        trial_period_days: null,
        usage_type: 'licensed',
        ...recurring,
      }
      : null,
    unit_amount: amount,
  }))
  emit(sandbox, 'price.created', price)
  return price
}

function checked(
  price: Price,
  { param, type }: { param: string; type: 'one_time' | 'recurring' },
): Price {
  if (!price.active) {
    throw refused('The price specified is inactive. This field only accepts active prices.', {
      param,
    })
  }
  if (price.type === type) return price
  throw refused(
    `The price specified is set to \`type=${price.type}\` but this field only accepts prices ` +
      `with \`type=${type}\`.`,
    { param },
  )
}

function mismatch(field: string, param: string) {
  return refused(
    'Currency and interval fields must match across all plans on this subscription. Found ' +
      `mismatch in ${field} field.`,
    { param },
  )
}
