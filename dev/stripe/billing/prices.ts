import { missing, nested, requireOne } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { priceObject } from '../objects/price.ts'
import { productObject } from '../objects/product.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Price } from '../wire.ts'

type Recurring = NonNullable<Price['recurring']>

/** What a request says of a new price; of `recurring` an interval is enough. */
type NewPrice = Omit<Parameters<typeof priceObject>[0], 'created' | 'id' | 'recurring'> & {
  id?: string
  recurring?: Pick<Recurring, 'interval'> & Partial<Recurring>
}

/** Makes a price and tells of it. */
export function addPrice(sandbox: Sandbox, { recurring, ...fields }: NewPrice): Price {
  const { store, newId, now } = sandbox
  const price = store.prices.insert(priceObject({
    id: newId('price'),
    created: now(),
    ...fields,
    recurring: recurring ? { ...LICENSED, ...recurring } : null,
  }))
  emit(sandbox, 'price.created', price)
  return price
}

const LICENSED = {
  interval_count: 1,
  meter: null,
  trial_period_days: null,
  usage_type: 'licensed' as const,
}

/** A price as a request describes it. */
export interface DescribedPrice {
  currency: string
  recurring?: Pick<Recurring, 'interval'> & { interval_count?: number }
  tax_behavior?: 'exclusive' | 'inclusive' | 'unspecified'
  unit_amount?: number
}

/**
 * Makes a price for one use, which nobody else can use. `param` is where it is described, and
 * `productAt` finds its product.
 */
export function addDescribedPrice(
  sandbox: Sandbox,
  { currency, recurring, tax_behavior: taxBehavior, unit_amount: amount }: DescribedPrice,
  { param, productAt }: { param: string; productAt: (param: string) => string },
): Price {
  if (amount === undefined) throw missing(nested(param, 'unit_amount'))
  return addPrice(sandbox, {
    active: false,
    currency,
    metadata: {},
    product: productAt(param),
    unit_amount: amount,
    ...(recurring && { recurring }),
    ...(taxBehavior !== undefined && { tax_behavior: taxBehavior }),
  })
}

/** The product that a request names, or one made as it describes it; `param` is where it does. */
export function productOf(
  sandbox: Sandbox,
  { product, product_data: data }: {
    product?: string
    product_data?: {
      active?: boolean
      description?: string
      images?: string[]
      metadata?: Record<string, string>
      name: string
    }
  },
  { param, active }: { param: string; active: boolean },
): string {
  const { store, newId, now } = sandbox
  requireOne({ product, product_data: data }, param)
  if (!data) return store.products.get(product ?? '', nested(param, 'product')).id
  const created = store.products.insert(productObject({
    id: newId('product'),
    created: now(),
    active,
    ...data,
    metadata: mergeMetadata({}, data.metadata),
  }))
  emit(sandbox, 'product.created', created)
  return created.id
}
