import { expect, test } from 'vitest'
import { failure, start, typesOf } from './support/stripe.ts'

test('a product keeps what is said of it, and what is left out stays', async () => {
  const { stripe } = start()
  const { id } = await stripe.products.create({
    name: 'Paper 4 GB',
    marketing_features: [{ name: 'Backups' }, { name: 'DDoS protection' }],
    package_dimensions: { height: 1, length: 2, weight: 3, width: 4 },
    shippable: false,
    images: ['https://shop.test/paper.png'],
  })
  const changed = await stripe.products.update(id, { marketing_features: [{ name: 'Backups' }] })
  expect(changed).toMatchObject({
    images: ['https://shop.test/paper.png'],
    marketing_features: [{ name: 'Backups' }],
    package_dimensions: { height: 1, length: 2, weight: 3, width: 4 },
    shippable: false,
  })
  expect(await stripe.products.update(id, { marketing_features: '', images: '' }))
    .toMatchObject({ marketing_features: [], images: [] })
})

test('a product can come with its price', async () => {
  const { stripe, emulator } = start()
  const product = await stripe.products.create({
    name: 'Paper 4 GB',
    default_price_data: { currency: 'eur', unit_amount: 900, recurring: { interval: 'month' } },
    expand: ['default_price'],
  })
  expect(product.default_price).toMatchObject({
    currency: 'eur',
    product: product.id,
    recurring: { interval: 'month', interval_count: 1 },
    unit_amount: 900,
  })
  expect(typesOf(emulator)).toEqual(['product.created', 'price.created', 'product.updated'])
})

test.each(
  [
    [{ currency: 'eur' }, 'default_price_data[unit_amount]'],
    [
      { currency: 'eur', unit_amount: 1, recurring: { interval: 'year', interval_count: 4 } },
      'recurring[interval_count]',
    ],
  ] as const,
)('a product whose price would be %o is not made', async (data, param) => {
  const { stripe } = start()
  expect(await failure(stripe.products.create({ name: 'Paper', default_price_data: data })))
    .toMatchObject({ statusCode: 400, param })
  expect((await stripe.products.list()).data).toEqual([])
})
