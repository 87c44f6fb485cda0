import { addDescribedPrice, productOf } from '../billing/prices.ts'
import { missing, ParameterFailure, refused, requireOne } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { lineItemObject } from '../objects/session.ts'
import type { Sandbox } from '../sandbox.ts'
import type { LineItem, Price } from '../wire.ts'
import type { CreateSession } from './params.ts'

type Asked = NonNullable<CreateSession['line_items']>[number]

/** The lines that a request asks for, which must be sellable together in its mode. */
export function lineItemsOf(
  sandbox: Sandbox,
  { line_items: asked = [], mode }: CreateSession,
): LineItem[] {
  if (asked.length === 0) throw missing('line_items')
  const lineItems = asked.map((item, index) => lineItemOf(sandbox, item, `line_items[${index}]`))
  if (mode === 'subscription') checkSubscription(lineItems)
  else checkOneTime(lineItems)
  return lineItems
}

/** The one currency of a session. */
export function currencyOf(lineItems: LineItem[], asked: string | undefined): string {
  const currency = asked ?? lineItems[0]?.currency ?? ''
  const index = lineItems.findIndex((item) => item.currency !== currency)
  if (index < 0) return currency
  throw refused(
    `The price specified only supports \`${lineItems[index]?.currency}\`. This doesn't match the ` +
      `expected currency: \`${currency}\`.`,
    { param: `line_items[${index}][price]` },
  )
}

/** How many of a line its buyer can choose; without `adjustable_quantity` only what it has. */
export function checkQuantity(
  { quantity, adjustable_quantity: adjustable }: LineItem,
  wanted: number,
) {
  const [least, most] = adjustable?.enabled
    ? [Math.max(adjustable.minimum ?? 1, 1), adjustable.maximum ?? MOST_BY_BUYER]
    : [quantity ?? 1, quantity ?? 1]
  if (Number.isInteger(wanted) && wanted >= least && wanted <= most) return
  throw refused(`The quantity must be between ${least} and ${most}.`)
}

const MOST_BY_BUYER = 99
const MOST_QUANTITY = 999_999
const MOST_LINES = 20
const MOST_ONE_TIME_LINES = 100

function lineItemOf(sandbox: Sandbox, asked: Asked, param: string): LineItem {
  const { store, newId } = sandbox
  const price = priceOf(sandbox, asked, param)
  const product = store.products.get(price.product)
  return lineItemObject({
    id: newId('line_item'),
    price,
    quantity: quantityOf(asked, param),
    description: product.name,
    adjustable_quantity: adjustmentOf(asked, param),
    metadata: mergeMetadata({}, asked.metadata),
  })
}

function quantityOf({ quantity }: Asked, param: string): number {
  if (quantity === undefined) throw missing(`${param}[quantity]`)
  if (quantity >= 1 && quantity <= MOST_QUANTITY) return quantity
  throw new ParameterFailure(
    quantity < 1
      ? 'This value must be greater than or equal to 1.'
      : `This value must be less than or equal to ${MOST_QUANTITY}.`,
    { code: 'parameter_invalid_integer', param: `${param}[quantity]` },
  )
}

function adjustmentOf(
  { adjustable_quantity: asked, quantity = 1 }: Asked,
  param: string,
): LineItem['adjustable_quantity'] {
  if (!asked?.enabled) return null
  const { minimum = 0, maximum = MOST_BY_BUYER } = asked
  if (minimum > quantity || quantity > maximum) {
    throw refused('The quantity of a line must lie between its `minimum` and its `maximum`.', {
      param: `${param}[adjustable_quantity]`,
    })
  }
  return { enabled: true, maximum, minimum }
}

function priceOf(sandbox: Sandbox, { price: id, price_data: data }: Asked, param: string): Price {
  requireOne({ price: id, price_data: data }, param)
  if (data) {
    return addDescribedPrice(sandbox, data, {
      param: `${param}[price_data]`,
      productAt: (param) => productOf(sandbox, data, { param, active: false }),
    })
  }
  const price = sandbox.store.prices.get(id ?? '', `${param}[price]`)
  const product = sandbox.store.products.get(price.product)
  if (price.active && product.active) return price
  const what = price.active ? `product (\`${product.id}\`)` : `price (\`${price.id}\`)`
  throw refused(`The ${what} of ${param} is not active.`, { param: `${param}[price]` })
}

function checkSubscription(lineItems: LineItem[]) {
  const recurring = lineItems.flatMap(({ price }) => price?.recurring ?? [])
  const [first, ...others] = recurring
  if (!first) {
    throw refused(
      'You must provide at least one recurring price in `subscription` mode when using prices.',
      { param: 'line_items' },
    )
  }
  const { interval, interval_count: count } = first
  if (others.some((other) => other.interval !== interval || other.interval_count !== count)) {
    throw refused('Checkout does not support multiple prices with different billing intervals.', {
      param: 'line_items',
    })
  }
  if (recurring.length > MOST_LINES || lineItems.length - recurring.length > MOST_LINES) {
    throw refused('A session takes up to 20 recurring and 20 one-time line items.', {
      param: 'line_items',
    })
  }
}

function checkOneTime(lineItems: LineItem[]) {
  if (lineItems.some(({ price }) => price?.recurring)) {
    throw refused(
      'You specified `payment` mode but passed a recurring price. Either switch to ' +
        '`subscription` mode or use only one-time prices.',
      { param: 'line_items' },
    )
  }
  if (lineItems.length > MOST_ONE_TIME_LINES) {
    throw refused('A session takes up to 100 line items in `payment` mode.', {
      param: 'line_items',
    })
  }
}
