import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { ParameterFailure, refused } from '../errors.ts'
import { answer, answerList, inRange, matches, readParams } from '../http.ts'
import { priceObject } from '../objects/price.ts'
import { productObject } from '../objects/product.ts'
import {
  boolean,
  currency,
  expand,
  integer,
  list,
  mergeMetadata,
  metadata,
  notEmulated,
  oneOf,
  paging,
  range,
  Retrieve,
  type Shape,
  text,
} from '../params.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Price } from '../wire.ts'

export function priceRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await readParams(c, CreatePrice)
      return answer(c, createPrice(c.var.sandbox, params), params.expand)
    })
    .get('/', async (c) => {
      const params = await readParams(c, ListPrices)
      const prices = c.var.sandbox.store.prices.newestFirst().filter((price) =>
        isListed(price, params)
      )
      return answerList(c, prices, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.prices.get(c.req.param('id')), expand)
    })
    .post('/:id', async (c) => {
      const { expand, metadata, lookup_key, transfer_lookup_key: transfer, ...params } =
        await readParams(c, UpdatePrice)
      const { store } = c.var.sandbox
      const former = store.prices.get(c.req.param('id'))
      if (lookup_key) freeLookupKey(c.var.sandbox, { key: lookup_key, owner: former.id, transfer })
      const price = store.prices.update(former.id, {
        ...params,
        ...(lookup_key !== undefined && { lookup_key }),
        metadata: mergeMetadata(former.metadata, metadata),
      })
      emit(c.var.sandbox, 'price.updated', price, former)
      return answer(c, price, expand)
    })
}

const CreatePrice = z.strictObject(
  {
    active: boolean.optional(),
    billing_scheme: oneOf('per_unit').optional(),
    currency,
    currency_options: notEmulated,
    custom_unit_amount: notEmulated,
    expand,
    lookup_key: text(200).optional(),
    metadata: metadata.optional(),
    nickname: text().optional(),
    product: text().optional(),
    product_data: z.strictObject(
      {
        active: boolean.optional(),
        id: notEmulated,
        metadata: metadata.optional(),
        name: text(),
        statement_descriptor: notEmulated,
        tax_code: notEmulated,
        tax_details: notEmulated,
        unit_label: notEmulated,
      } satisfies Shape<Stripe.PriceCreateParams.ProductData>,
    ).optional(),
    recurring: z.strictObject(
      {
        interval: oneOf('day', 'month', 'week', 'year'),
        interval_count: integer({ min: 1 }).optional(),
        meter: notEmulated,
        trial_period_days: notEmulated,
        usage_type: oneOf('licensed').optional(),
      } satisfies Shape<Stripe.PriceCreateParams.Recurring>,
    ).optional(),
    tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified').optional(),
    tiers: notEmulated,
    tiers_mode: notEmulated,
    transfer_lookup_key: boolean.optional(),
    transform_quantity: notEmulated,
    unit_amount: integer({ max: 99_999_999 }),
    unit_amount_decimal: notEmulated,
  } satisfies Shape<Stripe.PriceCreateParams>,
)

const UpdatePrice = z.strictObject(
  {
    active: boolean.optional(),
    currency_options: notEmulated,
    expand,
    lookup_key: text(200).optional(),
    metadata: metadata.optional(),
    nickname: text().optional(),
    tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified').optional(),
    transfer_lookup_key: boolean.optional(),
  } satisfies Shape<Stripe.PriceUpdateParams>,
)

const ListPrices = z.strictObject(
  {
    ...paging,
    active: boolean.optional(),
    created: range.optional(),
    currency: currency.optional(),
    lookup_keys: list(text()).refine((keys) => keys.length <= 10, 'Up to 10 lookup keys')
      .optional(),
    product: text().optional(),
    recurring: z.strictObject(
      {
        interval: oneOf('day', 'month', 'week', 'year').optional(),
        meter: notEmulated,
        usage_type: oneOf('licensed').optional(),
      } satisfies Shape<Stripe.PriceListParams.Recurring>,
    ).optional(),
    type: oneOf('one_time', 'recurring').optional(),
  } satisfies Shape<Stripe.PriceListParams>,
)

/** The longest interval of a price, three years, in each unit. */
const MOST = { day: 1095, week: 156, month: 36, year: 3 }

function createPrice(sandbox: Sandbox, params: z.output<typeof CreatePrice>): Price {
  const { expand: _, metadata, product, product_data, recurring, ...rest } = params
  const { transfer_lookup_key: transfer, ...fields } = rest
  const { store, newId, now } = sandbox
  checkInterval(recurring)
  const productId = productOf(sandbox, product, product_data)
  const id = newId('price')
  if (fields.lookup_key) {
    freeLookupKey(sandbox, { key: fields.lookup_key, owner: id, transfer })
  }
  const price = store.prices.insert(priceObject({
    ...fields,
    id,
    created: now(),
    product: productId,
    recurring: recurring ? { interval_count: 1, ...RECURRING, ...recurring } : null,
    metadata: mergeMetadata({}, metadata),
  }))
  emit(sandbox, 'price.created', price)
  return price
}

const RECURRING = { meter: null, trial_period_days: null, usage_type: 'licensed' as const }

function checkInterval(recurring: z.output<typeof CreatePrice>['recurring']) {
  if (!recurring || (recurring.interval_count ?? 1) <= MOST[recurring.interval]) return
  throw new ParameterFailure(
    `Invalid interval_count: at most ${MOST[recurring.interval]} for ${recurring.interval}`,
    { param: 'recurring[interval_count]' },
  )
}

function productOf(
  sandbox: Sandbox,
  product: string | undefined,
  data: z.output<typeof CreatePrice>['product_data'],
): string {
  const { store, newId, now } = sandbox
  if ((product === undefined) === (data === undefined)) {
    throw new ParameterFailure('You must specify one of: product, product_data', {
      param: 'product',
    })
  }
  if (product !== undefined) return store.products.get(product, 'product').id
  const created = store.products.insert(productObject({
    id: newId('product'),
    created: now(),
    name: data?.name ?? '',
    active: data?.active ?? true,
    metadata: mergeMetadata({}, data?.metadata),
  }))
  emit(sandbox, 'product.created', created)
  return created.id
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

function isListed(price: Price, params: z.output<typeof ListPrices>): boolean {
  const { lookup_keys: keys, recurring } = params
  return matches(params.active, price.active) && matches(params.currency, price.currency) &&
    matches(params.product, price.product) && matches(params.type, price.type) &&
    matches(recurring?.interval, price.recurring?.interval) &&
    matches(recurring?.usage_type, price.recurring?.usage_type) &&
    (keys?.includes(price.lookup_key ?? '') ?? true) && inRange(price.created, params.created)
}
