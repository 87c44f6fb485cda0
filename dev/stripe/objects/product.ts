import type { Product } from '../wire.ts'

export function productObject(
  product: Pick<Product, 'id' | 'created' | 'name' | 'metadata'> & Partial<Product>,
): Product {
  return {
    object: 'product',
    active: true,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: product.created,
    url: null,
    ...product,
  }
}
