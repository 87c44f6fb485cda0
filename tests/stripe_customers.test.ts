import { describe, expect, test } from 'vitest'
import { discountObject } from '../dev/stripe/objects/discount.ts'
import { failure, openSession, start, typesOf } from './support/stripe.ts'

describe('a customer', () => {
  test('keeps all that is said of it, and what is left out stays', async () => {
    const { stripe } = start()
    const { id } = await stripe.customers.create({
      email: 'ada@example.com',
      name: 'Ada',
      address: { city: 'London', country: 'GB' },
      business_name: 'Engines',
      individual_name: 'Ada L.',
      shipping: { name: 'Ada', address: { line1: '1 Row' } },
      preferred_locales: ['en', 'fr'],
      invoice_prefix: 'ADA',
      invoice_settings: { footer: 'Thanks', custom_fields: [{ name: 'PO', value: '7' }] },
      next_invoice_sequence: 5,
      tax_exempt: 'exempt',
    })
    const changed = await stripe.customers.update(id, {
      invoice_settings: { rendering_options: { amount_tax_display: 'exclude_tax' } },
      shipping: null,
      tax_exempt: null,
    })
    expect(changed).toMatchObject({
      address: { city: 'London', country: 'GB', line1: null },
      business_name: 'Engines',
      individual_name: 'Ada L.',
      invoice_prefix: 'ADA',
      invoice_settings: {
        custom_fields: [{ name: 'PO', value: '7' }],
        footer: 'Thanks',
        rendering_options: { amount_tax_display: 'exclude_tax', template: null },
      },
      next_invoice_sequence: 5,
      preferred_locales: ['en', 'fr'],
      shipping: null,
      tax_exempt: 'none',
    })
  })

  test.each([
    [{ invoice_prefix: 'ab' }, 'invoice_prefix'],
    [{ next_invoice_sequence: 0 }, 'next_invoice_sequence'],
    [
      { invoice_settings: { default_payment_method: 'pm_other' } },
      'invoice_settings[default_payment_method]',
    ],
    [{ preferred_locales: ['en'], source: 'tok_visa' }, 'source'],
  ])('refuses %o', async (params, param) => {
    const { stripe } = start()
    const { id } = await stripe.customers.create()
    expect(await failure(stripe.customers.update(id, params)))
      .toMatchObject({ statusCode: 400, param })
  })

  test('has its default payment method among its own', async () => {
    const { stripe, emulator } = start()
    const session = await openSession({ stripe })
    const { customer } = await emulator.pay(session.id).then(() =>
      stripe.checkout.sessions.retrieve(session.id)
    )
    const id = String(customer)
    const { data: [method] } = await stripe.customers.listPaymentMethods(id, { type: 'card' })
    expect(method).toMatchObject({ customer: id, type: 'card' })
    expect(await stripe.customers.retrievePaymentMethod(id, method?.id ?? '')).toEqual(method)
    expect((await stripe.customers.listPaymentMethods(id, { type: 'sepa_debit' })).data)
      .toEqual([])
    const updated = await stripe.customers.update(id, {
      invoice_settings: { default_payment_method: method?.id ?? '' },
      expand: ['invoice_settings.default_payment_method'],
    })
    expect(updated.invoice_settings.default_payment_method).toEqual(method)
    const other = await stripe.customers.create()
    expect(await failure(stripe.customers.retrievePaymentMethod(other.id, method?.id ?? '')))
      .toMatchObject({ statusCode: 404, code: 'resource_missing' })
    expect(
      await failure(stripe.customers.update(other.id, {
        invoice_settings: { default_payment_method: method?.id ?? '' },
      })),
    ).toMatchObject({ code: 'resource_missing' })
  })

  test('can come with a payment method', async () => {
    const { stripe } = start()
    const customer = await stripe.customers.create({
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    })
    const { data: [method] } = await stripe.customers.listPaymentMethods(customer.id)
    expect(method?.card?.brand).toBe('visa')
    expect(customer.invoice_settings.default_payment_method).toBe(method?.id)
    const declined = stripe.customers.create({ payment_method: 'pm_card_visa_chargeDeclined' })
    expect(await failure(declined)).toMatchObject({ statusCode: 402, code: 'card_declined' })
    expect((await stripe.customers.list()).data).toHaveLength(1)
  })

  test('is found by its fields', async () => {
    const { stripe } = start()
    const ada = await stripe.customers.create({ name: 'Ada', metadata: { plan: 'big' } })
    await stripe.customers.create({ name: 'Bob', email: 'bob@example.com' })
    const found = await stripe.customers.search({ query: 'name:"ada" AND metadata["plan"]:"big"' })
    expect(found.data).toEqual([ada])
    expect((await stripe.customers.list({ email: 'bob@example.com' })).data)
      .toMatchObject([{ name: 'Bob' }])
  })
})

describe('deleting a customer', () => {
  test('ends its subscriptions, and leaves only that it was deleted', async () => {
    const { stripe, emulator } = start()
    const session = await openSession({ stripe })
    await emulator.pay(session.id)
    const { customer, subscription } = await stripe.checkout.sessions.retrieve(session.id)
    const before = emulator.events.length
    const deleted = { id: String(customer), object: 'customer', deleted: true }
    expect(await stripe.customers.del(String(customer))).toMatchObject(deleted)
    expect(typesOf(emulator).slice(before)).toEqual([
      'customer.subscription.deleted',
      'customer.deleted',
    ])
    expect(await stripe.customers.retrieve(String(customer))).toMatchObject(deleted)
    expect((await stripe.customers.list()).data).toEqual([])
    expect(
      await stripe.subscriptions.retrieve(String(subscription), { expand: ['customer'] }),
    ).toMatchObject({ status: 'canceled', customer: deleted })
    expect(await failure(stripe.customers.update(String(customer), { name: 'Ada' })))
      .toMatchObject({ statusCode: 404, code: 'resource_missing' })
    expect(await failure(openSession({ stripe }, { customer: String(customer) })))
      .toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' })
  })
})

describe('the balance of a customer', () => {
  test('changes by transactions, each with what came of it', async () => {
    const { stripe, emulator } = start()
    const { id } = await stripe.customers.create()
    const credit = await stripe.customers.createBalanceTransaction(id, {
      amount: -500,
      currency: 'eur',
      description: 'Sorry',
      metadata: { ticket: '7' },
    })
    expect(credit).toMatchObject({ type: 'adjustment', ending_balance: -500, description: 'Sorry' })
    await stripe.customers.createBalanceTransaction(id, { amount: 200, currency: 'eur' })
    expect(await stripe.customers.retrieve(id)).toMatchObject({ balance: -300, currency: 'eur' })
    const { data } = await stripe.customers.listBalanceTransactions(id)
    expect(data.map(({ ending_balance: ending }) => ending)).toEqual([-300, -500])
    const noted = await stripe.customers.updateBalanceTransaction(id, credit.id, {
      description: 'Gift',
    })
    expect(await stripe.customers.retrieveBalanceTransaction(id, credit.id)).toEqual(noted)
    expect(emulator.events.at(-1)).toMatchObject({
      type: 'customer.updated',
      data: { previous_attributes: { balance: -500 } },
    })
  })

  test('is in one currency', async () => {
    const { stripe } = start()
    const { id } = await stripe.customers.create()
    await stripe.customers.createBalanceTransaction(id, { amount: -500, currency: 'eur' })
    expect(
      await failure(
        stripe.customers.createBalanceTransaction(id, { amount: -500, currency: 'usd' }),
      ),
    ).toMatchObject({ statusCode: 400, param: 'currency' })
  })

  test('can be said outright', async () => {
    const { stripe } = start()
    const customer = await stripe.customers.create({ balance: -700 })
    expect(customer.balance).toBe(-700)
    expect((await stripe.customers.update(customer.id, { balance: -200 })).balance).toBe(-200)
    const { data } = await stripe.customers.listBalanceTransactions(customer.id)
    expect(data.map(({ type, amount }) => [type, amount]))
      .toEqual([['adjustment', 500], ['initial', -700]])
  })

  test('belongs to one customer', async () => {
    const { stripe } = start()
    const [ada, bob] = [await stripe.customers.create(), await stripe.customers.create()]
    const { id } = await stripe.customers.createBalanceTransaction(ada.id, {
      amount: 1,
      currency: 'eur',
    })
    expect(await failure(stripe.customers.retrieveBalanceTransaction(bob.id, id)))
      .toMatchObject({ statusCode: 404 })
  })
})

describe('tax ids', () => {
  test('are kept with the customer, and told', async () => {
    const { stripe, emulator } = start()
    const { id } = await stripe.customers.create({
      tax_id_data: [{ type: 'eu_vat', value: 'DE123456789' }],
    })
    const made = await stripe.customers.createTaxId(id, { type: 'ch_uid', value: 'CHE-1.2.3' })
    expect(made).toMatchObject({ country: 'CH', verification: { status: 'unavailable' } })
    expect((await stripe.customers.listTaxIds(id)).data).toMatchObject([
      { id: made.id },
      { country: 'DE', value: 'DE123456789', verification: { status: 'pending' } },
    ])
    expect(await stripe.customers.retrieve(id, { expand: ['tax_ids'] }))
      .toMatchObject({ tax_ids: { data: [{ id: made.id }, { type: 'eu_vat' }] } })
    expect(await stripe.customers.deleteTaxId(id, made.id)).toMatchObject({ deleted: true })
    expect(await failure(stripe.customers.retrieveTaxId(id, made.id)))
      .toMatchObject({ statusCode: 404, code: 'resource_missing' })
    expect(typesOf(emulator)).toEqual([
      'customer.created',
      'customer.tax_id.created',
      'customer.tax_id.created',
      'customer.tax_id.deleted',
    ])
  })

  test.each([
    ['EL000000000', 'verified', 'GR'],
    ['DE111111111', 'unverified', 'DE'],
    ['DE222222222', 'pending', 'DE'],
  ])('%s becomes %s', async (value, status, country) => {
    const { stripe } = start()
    const customer = await stripe.customers.create()
    const made = await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value })
    expect(made.verification?.status).toBe('pending')
    expect(await stripe.customers.retrieveTaxId(customer.id, made.id))
      .toMatchObject({ country, verification: { status } })
  })

  test('must have the form of their type', async () => {
    const { stripe } = start()
    const { id } = await stripe.customers.create()
    expect(await failure(stripe.customers.createTaxId(id, { type: 'eu_vat', value: '12' })))
      .toMatchObject({ code: 'tax_id_invalid', param: 'value' })
    const data = [{ type: 'eu_vat' as const, value: 'QQ1234' }]
    expect(await failure(stripe.customers.create({ tax_id_data: data })))
      .toMatchObject({ code: 'tax_id_invalid', param: 'tax_id_data[0][value]' })
    expect((await stripe.customers.list()).data).toHaveLength(1)
  })
})

describe('the discount of a customer', () => {
  test('can be taken away', async () => {
    const { stripe, emulator } = start()
    const { id } = await stripe.customers.create()
    const coupon = await stripe.coupons.create({ percent_off: 10 })
    expect(await failure(stripe.customers.deleteDiscount(id))).toMatchObject({ statusCode: 404 })
    // no request of this API version gives a customer a discount: it comes from an older one
    const discount = discountObject({
      id: 'di_1',
      customer: id,
      start: 1,
      source: { type: 'coupon', coupon: coupon.id },
    })
    const state = emulator.snapshot() as Record<string, object[]>
    const later = start({
      state: {
        ...state,
        customers: state.customers?.map((customer) => ({ ...customer, discount })),
        discounts: [discount],
      },
    })
    expect(await later.stripe.customers.deleteDiscount(id))
      .toMatchObject({ id: 'di_1', deleted: true, source: { coupon: coupon.id } })
    expect(await later.stripe.customers.retrieve(id)).toMatchObject({ discount: null })
    expect(typesOf(later.emulator).slice(-2))
      .toEqual(['customer.discount.deleted', 'customer.updated'])
  })
})
