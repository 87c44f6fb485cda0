import { Hono } from 'hono'
import type Stripe from 'stripe'
import { addPrice, productOf } from '../billing/prices.ts'
import { ParameterFailure, refused } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { notFollowed, operation, type ParamsOf } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Price } from '../wire.ts'

export function priceRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreatePrice)
      return answer(c, createPrice(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.prices,
        list: ListPrices,
        isListed,
        retrieve: RetrievePrice,
        search: {
          operation: SearchPrices,
          fields: {
            active: ({ active }) => String(active),
            currency: ({ currency }) => currency,
            lookup_key: ({ lookup_key: key }) => key,
            product: ({ product }) => product,
            type: ({ type }) => type,
          },
        },
      }),
    )
    .post('/:id', async (c) => {
      const { metadata, lookup_key, transfer_lookup_key: transfer, ...params } = await read(
        c,
        UpdatePrice,
      )
      const { store } = c.var.sandbox
      const former = store.prices.get(c.req.param('id'))
      if (lookup_key) freeLookupKey(c.var.sandbox, { key: lookup_key, owner: former.id, transfer })
      const price = store.prices.update(former.id, {
        ...params,
        ...(lookup_key !== undefined && { lookup_key }),
        metadata: mergeMetadata(former.metadata, metadata),
      })
      emit(c.var.sandbox, 'price.updated', price, former)
      return answer(c, price)
    })
}

const CreatePrice = operation<Stripe.PriceCreateParams>('POST /v1/prices').follows([
  'active',
  'billing_scheme',
  'currency',
  'lookup_key',
  'metadata',
  'nickname',
  'product',
  'product_data',
  'recurring',
  'tax_behavior',
  'transfer_lookup_key',
  'unit_amount',
], [
  'product_data.id',
  'product_data.statement_descriptor',
  'product_data.tax_code',
  'product_data.tax_details',
  'product_data.unit_label',
  'recurring.meter',
  'recurring.trial_period_days',
])
const UpdatePrice = operation<Stripe.PriceUpdateParams>('POST /v1/prices/{id}').follows([
  'active',
  'lookup_key',
  'metadata',
  'nickname',
  'tax_behavior',
  'transfer_lookup_key',
])
const ListPrices = operation<Stripe.PriceListParams>('GET /v1/prices').follows([
  'active',
  'created',
  'currency',
  'ending_before',
  'limit',
  'lookup_keys',
  'product',
  'recurring',
  'starting_after',
  'type',
], ['recurring.meter'])
const RetrievePrice = operation<Stripe.PriceRetrieveParams>('GET /v1/prices/{id}').follows('all')
const SearchPrices = operation<Stripe.PriceSearchParams>('GET /v1/prices/search').follows('all')

/** The longest interval of a price, three years, in each unit. */
const MOST = { day: 1095, week: 156, month: 36, year: 3 }

/** Creates a price, and its product where the request describes one. */
export function createPrice(sandbox: Sandbox, params: ParamsOf<typeof CreatePrice>): Price {
  const { metadata, product, product_data, recurring, ...rest } = params
  const { transfer_lookup_key: transfer, ...fields } = rest
  checkInterval(recurring)
  refuseUsage(params)
  const { unit_amount: amount } = params
  if (amount === undefined) {
    throw new ParameterFailure(
      'Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.',
      { code: 'parameter_missing', param: 'unit_amount' },
    )
  }
  const productId = productOf(sandbox, { product, product_data }, { param: '', active: true })
  const id = sandbox.newId('price')
  if (fields.lookup_key) {
    freeLookupKey(sandbox, { key: fields.lookup_key, owner: id, transfer })
  }
  return addPrice(sandbox, {
    ...fields,
    unit_amount: amount,
    id,
    product: productId,
    metadata: mergeMetadata({}, metadata),
    ...(recurring && { recurring }),
  })
}

/** Refuses an interval that is longer than Stripe's longest. */
export function checkInterval(recurring: ParamsOf<typeof CreatePrice>['recurring']) {
  if (!recurring || (recurring.interval_count ?? 1) <= MOST[recurring.interval]) return
  throw new ParameterFailure(
    `Invalid interval_count: at most ${MOST[recurring.interval]} for ${recurring.interval}`,
    { param: 'recurring[interval_count]' },
  )
}

/** Prices by tiers and by metered usage are not followed. */
function refuseUsage({ billing_scheme: scheme, recurring }: ParamsOf<typeof CreatePrice>) {
  if (scheme === 'tiered') throw notFollowed('billing_scheme')
  if (recurring?.usage_type === 'metered') throw notFollowed('recurring.usage_type')
}

/** One price at a time has a lookup key; `transfer` takes it from the one that has it. */
function freeLookupKey(sandbox: Sandbox, { key, owner, transfer }: {
  key: string
  owner: string
  transfer: boolean | undefined
}) {
  const holder = sandbox.store.prices.toJSON().find(({ id, lookup_key }) =>
    lookup_key === key && id !== owner
  )
  if (!holder) return
  if (!transfer) {
    throw refused(`A price (\`${holder.id}\`) already uses that lookup key.`, {
      code: 'resource_already_exists',
      param: 'lookup_key',
    })
  }
  const without = sandbox.store.prices.update(holder.id, { lookup_key: null })
  emit(sandbox, 'price.updated', without, holder)
}

function isListed(price: Price, params: ParamsOf<typeof ListPrices>): boolean {
  const { lookup_keys: keys, recurring } = params
  return matches(params.active, price.active) && matches(params.currency, price.currency) &&
    matches(params.product, price.product) && matches(params.type, price.type) &&
    matches(recurring?.interval, price.recurring?.interval) &&
    matches(recurring?.usage_type, price.recurring?.usage_type) &&
    (keys?.includes(price.lookup_key ?? '') ?? true)
}
