import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { refused } from '../errors.ts'
import { answer, answerList, inRange, matches, readParams } from '../http.ts'
import { productObject } from '../objects/product.ts'
import {
  boolean,
  clearable,
  expand,
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
  url,
} from '../params.ts'
import { emit, type StripeEnv } from '../sandbox.ts'

export function productRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const { expand, metadata, ...params } = await readParams(c, CreateProduct)
      const { store, newId, now } = c.var.sandbox
      if (params.id !== undefined && store.products.find(params.id)) {
        throw refused('Product already exists.', { code: 'resource_already_exists', param: 'id' })
      }
      const product = store.products.insert(productObject({
        ...params,
        id: params.id ?? newId('product'),
        created: now(),
        metadata: mergeMetadata({}, metadata),
      }))
      emit(c.var.sandbox, 'product.created', product)
      return answer(c, product, expand)
    })
    .get('/', async (c) => {
      const params = await readParams(c, ListProducts)
      const products = c.var.sandbox.store.products.newestFirst().filter((product) =>
        (params.ids?.includes(product.id) ?? true) && matches(params.active, product.active) &&
        matches(params.type, product.type) && inRange(product.created, params.created)
      )
      return answerList(c, products, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.products.get(c.req.param('id')), expand)
    })
    .post('/:id', async (c) => {
      const { expand, metadata, default_price: price, ...params } = await readParams(
        c,
        UpdateProduct,
      )
      const { store, now } = c.var.sandbox
      const former = store.products.get(c.req.param('id'))
      if (price !== undefined) store.prices.get(price, 'default_price')
      const product = store.products.update(former.id, {
        ...params,
        ...(price !== undefined && { default_price: price }),
        metadata: mergeMetadata(former.metadata, metadata),
        updated: now(),
      })
      emit(c.var.sandbox, 'product.updated', product, former)
      return answer(c, product, expand)
    })
}

const shared = {
  active: boolean.optional(),
  expand,
  images: list(url).optional(),
  marketing_features: notEmulated,
  metadata: metadata.optional(),
  package_dimensions: notEmulated,
  shippable: notEmulated,
  statement_descriptor: text(22).optional(),
  tax_details: notEmulated,
}

const CreateProduct = z.strictObject(
  {
    ...shared,
    default_price_data: notEmulated,
    description: text(40_000).optional(),
    id: text().optional(),
    name: text(),
    tax_code: text().optional(),
    type: oneOf('good', 'service').optional(),
    unit_label: text(12).optional(),
    url: url.optional(),
  } satisfies Shape<Stripe.ProductCreateParams>,
)

const UpdateProduct = z.strictObject(
  {
    ...shared,
    default_price: text().optional(),
    description: clearable(text(40_000)).optional(),
    name: text().optional(),
    tax_code: clearable(text()).optional(),
    unit_label: clearable(text(12)).optional(),
    url: clearable(url).optional(),
  } satisfies Shape<Stripe.ProductUpdateParams>,
)

const ListProducts = z.strictObject(
  {
    ...paging,
    active: boolean.optional(),
    created: range.optional(),
    ids: list(text()).optional(),
    shippable: notEmulated,
    type: oneOf('good', 'service').optional(),
    url: notEmulated,
  } satisfies Shape<Stripe.ProductListParams>,
)
