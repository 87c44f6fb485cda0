import { Hono } from 'hono'
import type Stripe from 'stripe'
import { missing, refused } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { productObject } from '../objects/product.ts'
import { operation, type ParamsOf } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Product } from '../wire.ts'
import { checkInterval, createPrice } from './prices.ts'

export function productRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateProduct)
      return answer(c, createProduct(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.products,
        list: ListProducts,
        isListed: (product, params) =>
          (params.ids?.includes(product.id) ?? true) && matches(params.active, product.active) &&
          matches(params.type, product.type) && matches(params.url, product.url ?? undefined),
        retrieve: RetrieveProduct,
        search: {
          operation: SearchProducts,
          fields: {
            active: ({ active }) => String(active),
            description: ({ description }) => description,
            name: ({ name }) => name,
            url: ({ url }) => url,
          },
        },
      }),
    )
    .post('/:id', async (c) => {
      const { metadata, default_price: price, ...params } = await read(c, UpdateProduct)
      const { store, now } = c.var.sandbox
      const former = store.products.get(c.req.param('id'))
      if (price !== undefined) store.prices.get(price, 'default_price')
      const product = store.products.update(former.id, {
        ...params,
        ...(price !== undefined && { default_price: price }),
        images: changedList(params.images, former.images),
        marketing_features: changedList(params.marketing_features, former.marketing_features),
        metadata: mergeMetadata(former.metadata, metadata),
        updated: now(),
      })
      emit(c.var.sandbox, 'product.updated', product, former)
      return answer(c, product)
    })
    .delete('/:id', async (c) => {
      await read(c, DeleteProduct)
      const { store } = c.var.sandbox
      const product = store.products.get(c.req.param('id'))
      if (store.prices.toJSON().some((price) => price.product === product.id)) {
        throw refused(
          'This product cannot be deleted because it has one or more user-created prices.',
        )
      }
      store.products.delete(product.id)
      emit(c.var.sandbox, 'product.deleted', product)
      return answer(c, { id: product.id, object: 'product', deleted: true })
    })
}

const FIELDS = [
  'active',
  'description',
  'images',
  'marketing_features',
  'metadata',
  'name',
  'package_dimensions',
  'shippable',
  'statement_descriptor',
  'tax_code',
  'unit_label',
  'url',
] as const

const CreateProduct = operation<Stripe.ProductCreateParams>('POST /v1/products')
  .follows([...FIELDS, 'default_price_data', 'id', 'type'], [
    'default_price_data.currency_options',
    'default_price_data.custom_unit_amount',
    'default_price_data.unit_amount_decimal',
  ])
const UpdateProduct = operation<Stripe.ProductUpdateParams>('POST /v1/products/{id}')
  .follows([...FIELDS, 'default_price'])
const ListProducts = operation<Stripe.ProductListParams>('GET /v1/products').follows([
  'active',
  'created',
  'ending_before',
  'ids',
  'limit',
  'starting_after',
  'type',
  'url',
])
const RetrieveProduct = operation<Stripe.ProductRetrieveParams>('GET /v1/products/{id}')
  .follows('all')
const SearchProducts = operation<Stripe.ProductSearchParams>('GET /v1/products/search')
  .follows('all')
const DeleteProduct = operation<Stripe.ProductDeleteParams>('DELETE /v1/products/{id}')
  .follows('all')

function createProduct(sandbox: Sandbox, params: ParamsOf<typeof CreateProduct>): Product {
  const { store, newId, now } = sandbox
  const { default_price_data: priceData, metadata, ...fields } = params
  const { id = newId('product') } = params
  if (store.products.find(id)) {
    throw refused('Product already exists.', { code: 'resource_already_exists', param: 'id' })
  }
  if (priceData && priceData.unit_amount === undefined) {
    throw missing('default_price_data[unit_amount]')
  }
  checkInterval(priceData?.recurring)
  const product = store.products.insert(
    productObject({ ...fields, id, created: now(), metadata: mergeMetadata({}, metadata) }),
  )
  emit(sandbox, 'product.created', product)
  if (!priceData) return product
  const price = createPrice(sandbox, { ...priceData, product: id })
  const priced = store.products.update(id, { default_price: price.id })
  emit(sandbox, 'product.updated', priced, product)
  return priced
}

/** A list as it is after a change: `null` empties it. */
function changedList<Item>(asked: Item[] | null | undefined, former: Item[]): Item[] {
  return asked === undefined ? former : asked ?? []
}
