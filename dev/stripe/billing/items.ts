import type Stripe from 'stripe'
import { nested, refused, requireOne } from '../errors.ts'
import type { Given } from '../openapi/operation.ts'
import { checkMost } from '../payments/amounts.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Price } from '../wire.ts'
import { fullAmount } from './lines.ts'
import { addDescribedPrice, type DescribedPrice } from './prices.ts'

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
  price_data?: DescribedPrice & { product?: string }
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
  requireOne({ price: id, price_data: described }, param)
  if (described) {
    return addDescribedPrice(sandbox, described, {
      param: nested(param, 'price_data'),
      productAt: (param) =>
        sandbox.store.products.get(described.product ?? '', nested(param, 'product')).id,
    })
  }
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
