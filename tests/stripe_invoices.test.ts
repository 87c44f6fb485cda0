import { describe, expect, test } from 'vitest'
import { catalogue, failure, type Setup, start, typesOf } from './support/stripe.ts'
import { attach, customerWith, DAY, HOUR, pass, subscribe } from './support/stripe_billing.ts'

async function oncePrice({ stripe }: Setup, amount = 250) {
  const product = await stripe.products.create({ name: 'Set-up' })
  return await stripe.prices.create({
    product: product.id,
    currency: 'eur',
    unit_amount: amount,
  })
}

/** A draft with one line of 10.00 EUR. */
async function draftOf(setup: Setup, card?: string | null) {
  const { stripe } = setup
  const customer = await customerWith(setup, card)
  const draft = await stripe.invoices.create({ customer: customer.id, currency: 'eur' })
  await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: draft.id,
    amount: 1000,
    currency: 'eur',
    description: 'Advice',
  })
  return { customer, id: String(draft.id) }
}

describe('an invoice made by hand', () => {
  test('is empty, takes lines, is finalized, paid, and tells of each', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const { customer, id } = await draftOf(setup)
    const draft = await stripe.invoices.retrieve(id)
    expect(draft).toMatchObject({
      status: 'draft',
      billing_reason: 'manual',
      auto_advance: false,
      automatically_finalizes_at: null,
      number: null,
      hosted_invoice_url: null,
      total: 1000,
      parent: null,
      lines: { data: [{ amount: 1000, description: 'Advice' }] },
    })
    const before = emulator.events.length
    const open = await stripe.invoices.finalizeInvoice(id, { expand: ['payments'] })
    expect(open).toMatchObject({
      status: 'open',
      number: `${customer.invoice_prefix}-0001`,
      customer_email: 'ada@example.com',
      amount_due: 1000,
      payments: { data: [{ status: 'open', amount_requested: 1000, amount_paid: null }] },
    })
    const paid = await stripe.invoices.pay(id)
    expect(paid).toMatchObject({
      status: 'paid',
      amount_paid: 1000,
      amount_remaining: 0,
      attempted: true,
    })
    expect(typesOf(emulator).slice(before).filter((type) => !type.startsWith('charge'))).toEqual([
      'invoice.finalized',
      'payment_intent.created',
      'payment_intent.succeeded',
      'invoice.paid',
      'invoice.payment_succeeded',
      'invoice_payment.paid',
    ])
    expect(await failure(stripe.invoices.pay(id))).toMatchObject({
      statusCode: 400,
      message: 'Invoice is already paid',
    })
    expect(await failure(stripe.invoices.finalizeInvoice(id)))
      .toMatchObject({ statusCode: 400, code: 'invoice_not_editable' })
    const second = await draftOf(setup)
    expect((await stripe.invoices.finalizeInvoice(second.id)).number).toMatch(/-0001$/)
  })

  test('takes what waits for its customer when asked to', async () => {
    const setup = start()
    const { stripe } = setup
    const customer = await customerWith(setup)
    const price = await oncePrice(setup)
    const item = await stripe.invoiceItems.create({
      customer: customer.id,
      pricing: { price: price.id },
      quantity: 3,
    })
    expect(item).toMatchObject({ amount: 750, invoice: null, description: 'Set-up', quantity: 3 })
    const without = await stripe.invoices.create({ customer: customer.id, currency: 'eur' })
    expect(without.lines.data).toEqual([])
    const draft = await stripe.invoices.create({
      customer: customer.id,
      currency: 'eur',
      pending_invoice_items_behavior: 'include',
    })
    expect(draft).toMatchObject({
      total: 750,
      lines: { data: [{ parent: { invoice_item_details: { invoice_item: item.id } } }] },
    })
    expect((await stripe.invoiceItems.list({ pending: true })).data).toEqual([])
    expect((await stripe.invoiceItems.list({ invoice: draft.id })).data).toHaveLength(1)
  })

  test('can be changed line by line while it is a draft', async () => {
    const setup = start()
    const { stripe } = setup
    const { customer, id } = await draftOf(setup)
    const price = await oncePrice(setup)
    const waiting = await stripe.invoiceItems.create({
      customer: customer.id,
      amount: 70,
      currency: 'eur',
    })
    const added = await stripe.invoices.addLines(id, {
      lines: [
        { pricing: { price: price.id }, quantity: 2 },
        { invoice_item: waiting.id },
        { amount: 30, description: 'Stamp' },
      ],
    })
    expect(added.lines.data.map(({ amount }) => amount)).toEqual([1000, 500, 70, 30])
    expect(added.total).toBe(1600)
    const [advice, setUp, , stamp] = added.lines.data
    const updated = await stripe.invoices.updateLines(id, {
      lines: [
        { id: String(advice?.id), amount: 1100, description: 'More advice' },
        { id: String(setUp?.id), quantity: 1 },
      ],
    })
    expect(updated.lines.data.map(({ amount, description }) => [amount, description])).toEqual([
      [1100, 'More advice'],
      [250, 'Set-up'],
      [70, ''],
      [30, 'Stamp'],
    ])
    const line = await stripe.invoices.updateLineItem(id, String(stamp?.id), { amount: 40 })
    expect(line).toMatchObject({ amount: 40, description: 'Stamp' })
    const removed = await stripe.invoices.removeLines(id, {
      lines: [
        { id: String(stamp?.id), behavior: 'delete' },
        { id: String(added.lines.data[2]?.id), behavior: 'unassign' },
      ],
    })
    expect(removed.total).toBe(1350)
    expect((await stripe.invoiceItems.list({ pending: true })).data.map((item) => item.id))
      .toEqual([waiting.id])
    expect((await stripe.invoices.listLineItems(id)).data).toHaveLength(2)
    await stripe.invoices.finalizeInvoice(id)
    expect(await failure(stripe.invoices.addLines(id, { lines: [{ amount: 1 }] })))
      .toMatchObject({ code: 'invoice_not_editable' })
    expect(await failure(stripe.invoices.update(id, { footer: 'x' })))
      .toMatchObject({ code: 'invoice_not_editable' })
    expect(await stripe.invoices.update(id, { metadata: { a: '1' } }))
      .toMatchObject({ metadata: { a: '1' } })
  })

  test('takes all of the lines that are asked for, or none', async () => {
    const setup = start()
    const { stripe } = setup
    const { id } = await draftOf(setup)
    expect(await failure(stripe.invoices.addLines(id, { lines: [{ amount: 1 }, { quantity: 2 }] })))
      .toMatchObject({ code: 'parameter_missing', param: 'lines[1][amount]' })
    expect((await stripe.invoices.retrieve(id)).total).toBe(1000)
  })

  test('that is a draft can be deleted; what was on it waits again', async () => {
    const setup = start()
    const { stripe } = setup
    const { id } = await draftOf(setup)
    expect(await stripe.invoices.del(id)).toEqual(expect.objectContaining({ id, deleted: true }))
    expect(await failure(stripe.invoices.retrieve(id))).toMatchObject({ statusCode: 404 })
    expect((await stripe.invoiceItems.list({ pending: true })).data).toMatchObject([{
      amount: 1000,
    }])
    const subscription = await subscribe(setup)
    expect(await failure(stripe.invoices.del(String(subscription.latest_invoice))))
      .toMatchObject({ statusCode: 400 })
  })

  test('can be void, which gives the balance back that it took', async () => {
    const setup = start()
    const { stripe } = setup
    const { customer, id } = await draftOf(setup)
    await stripe.customers.createBalanceTransaction(customer.id, { amount: -300, currency: 'eur' })
    expect(await failure(stripe.invoices.voidInvoice(id))).toMatchObject({ statusCode: 400 })
    const open = await stripe.invoices.finalizeInvoice(id)
    expect(open).toMatchObject({ starting_balance: -300, ending_balance: 0, amount_due: 700 })
    const voided = await stripe.invoices.voidInvoice(id, { expand: ['payments'] })
    expect(voided).toMatchObject({ status: 'void', payments: { data: [{ status: 'canceled' }] } })
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -300 })
    const [intent] = (await stripe.paymentIntents.list()).data
    expect(intent).toMatchObject({ status: 'canceled', cancellation_reason: 'void_invoice' })
    expect(await failure(stripe.invoices.pay(id))).toMatchObject({ statusCode: 400 })
  })

  test('can be given up, sent, and paid elsewhere', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const { id } = await draftOf(setup, null)
    expect((await stripe.invoices.sendInvoice(id)).status).toBe('open')
    expect((await stripe.invoices.markUncollectible(id)).status).toBe('uncollectible')
    expect(typesOf(emulator)).toContain('invoice.marked_uncollectible')
    const paid = await stripe.invoices.pay(id, { paid_out_of_band: true })
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 0 })
    expect(typesOf(emulator).filter((type) => type === 'invoice.payment_succeeded')).toEqual([])
    expect(typesOf(emulator)).toContain('invoice.paid')
  })

  test('that advances by itself is finalized after an hour, and retried', async () => {
    const setup = start()
    const { stripe } = setup
    const { id } = await draftOf(setup, 'pm_card_chargeCustomerFail')
    await stripe.invoices.update(id, { auto_advance: true })
    pass(setup, HOUR + 60)
    const tried = await stripe.invoices.retrieve(id)
    expect(tried).toMatchObject({ status: 'open', attempt_count: 1 })
    expect(tried.next_payment_attempt).toBe(
      (tried.status_transitions.finalized_at ?? 0) + 3 * DAY,
    )
    pass(setup, 3 * DAY)
    expect((await stripe.invoices.retrieve(id)).attempt_count).toBe(2)
    expect(await stripe.invoices.update(id, { auto_advance: false }))
      .toMatchObject({ auto_advance: false, next_payment_attempt: null })
    pass(setup, 10 * DAY)
    expect((await stripe.invoices.retrieve(id)).attempt_count).toBe(2)
  })

  test('is paid by an intent that is attached in place of its own', async () => {
    const setup = start()
    const { stripe } = setup
    const { customer, id } = await draftOf(setup)
    await stripe.invoices.finalizeInvoice(id)
    const intent = await stripe.paymentIntents.create({
      amount: 1000,
      currency: 'eur',
      customer: customer.id,
      payment_method: await attach(setup, { customer: customer.id }, 'pm_card_visa'),
      confirm: true,
      off_session: true,
    })
    const attached = await stripe.invoices.attachPayment(id, {
      payment_intent: intent.id,
      expand: ['payments'],
    })
    expect(attached).toMatchObject({ status: 'paid', amount_paid: 1000 })
    expect(attached.payments?.data.map(({ status, payment }) => [status, payment.payment_intent]))
      .toEqual([['paid', intent.id], ['canceled', expect.not.stringMatching(intent.id)]])
  })

  test('refuses an intent of another sum', async () => {
    const setup = start()
    const { stripe } = setup
    const { id } = await draftOf(setup)
    await stripe.invoices.finalizeInvoice(id)
    const intent = await stripe.paymentIntents.create({ amount: 500, currency: 'eur' })
    expect(await failure(stripe.invoices.attachPayment(id, { payment_intent: intent.id })))
      .toMatchObject({ param: 'payment_intent' })
  })

  test('has discounts of its own', async () => {
    const setup = start()
    const { stripe } = setup
    const { id } = await draftOf(setup)
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'once' })
    const updated = await stripe.invoices.update(id, { discounts: [{ coupon: coupon.id }] })
    expect(updated).toMatchObject({
      subtotal: 1000,
      total: 750,
      total_discount_amounts: [{ amount: 250 }],
      lines: { data: [{ discount_amounts: [{ amount: 250 }] }] },
    })
    expect((await stripe.invoices.update(id, { discounts: '' })).total).toBe(1000)
  })
})

describe('paying an invoice', () => {
  test('asks for the owner’s approval with 402', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const { customer, id } = await draftOf(setup)
    const card = await attach(setup, { customer: customer.id }, 'pm_card_authenticationRequired')
    expect(await failure(stripe.invoices.pay(id, { payment_method: card, off_session: false })))
      .toMatchObject({ statusCode: 402, code: 'invoice_payment_intent_requires_action' })
    expect(typesOf(emulator)).toContain('invoice.payment_action_required')
  })

  test('waits for a debit, and is paid when that arrives', async () => {
    const setup = start()
    const { stripe } = setup
    const { customer, id } = await draftOf(setup)
    const debit = await attach(setup, { customer: customer.id }, 'pm_success_de')
    const under = await stripe.invoices.pay(id, { payment_method: debit })
    expect(under).toMatchObject({ status: 'open', attempted: true, attempt_count: 1 })
    pass(setup, 14 * DAY)
    expect((await stripe.invoices.retrieve(id)).status).toBe('paid')
  })

  test('without anything to pay with is refused', async () => {
    const setup = start()
    const { id } = await draftOf(setup, null)
    expect(await failure(setup.stripe.invoices.pay(id)))
      .toMatchObject({ statusCode: 400, code: 'resource_missing' })
  })
})

test('a subscription paid by a debit begins, and stays when the debit bounces', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const subscription = await subscribe(setup, {}, 'pm_failed_de')
  expect(subscription.status).toBe('active')
  pass(setup, 14 * DAY)
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active')
  expect((await stripe.invoices.retrieve(String(subscription.latest_invoice))).status).toBe('void')
  expect(typesOf(emulator)).toContain('invoice.payment_failed')
})

describe('invoice items', () => {
  test('can be changed and deleted while they wait', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const customer = await customerWith(setup)
    const price = await oncePrice(setup)
    const item = await stripe.invoiceItems.create({
      customer: customer.id,
      pricing: { price: price.id },
    })
    const changed = await stripe.invoiceItems.update(item.id, {
      quantity: 4,
      description: 'Four',
      metadata: { a: '1' },
    })
    expect(changed).toMatchObject({
      amount: 1000,
      quantity: 4,
      description: 'Four',
      metadata: { a: '1' },
    })
    expect(await stripe.invoiceItems.del(item.id)).toMatchObject({ deleted: true })
    expect(await failure(stripe.invoiceItems.retrieve(item.id))).toMatchObject({ statusCode: 404 })
    expect(typesOf(emulator)).toContain('invoiceitem.deleted')
  })

  test.each([
    [{ currency: 'eur' }, { code: 'parameter_missing', param: 'amount' }],
    [{ amount: 1, currency: 'eur', customer: 'cus_x' }, { code: 'resource_missing' }],
    [{ amount: 1, currency: 'eur', invoice: 'in_x' }, { param: 'invoice' }],
    [{ amount: 1, currency: 'eur', tax_code: 'txcd_1' }, { param: 'tax_code' }],
  ])('with %j are refused', async (params, error) => {
    const setup = start()
    const customer = await customerWith(setup)
    expect(await failure(setup.stripe.invoiceItems.create({ customer: customer.id, ...params })))
      .toMatchObject({ statusCode: 400, ...error })
  })
})

describe('subscription items', () => {
  test('are made, changed and deleted one by one, with their prorations', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [first] = subscription.items.data
    const disk = await catalogue(setup, 'eur', 200)
    const item = await stripe.subscriptionItems.create({
      subscription: subscription.id,
      price: disk.id,
      quantity: 2,
      proration_date: first?.current_period_start ?? 0,
    })
    expect(item).toMatchObject({ object: 'subscription_item', quantity: 2, price: { id: disk.id } })
    const homeless = await setup.call('/v1/subscription_items', {
      method: 'POST',
      body: `price=${disk.id}`,
    })
    expect(homeless.body.error).toMatchObject({ code: 'parameter_missing', param: 'subscription' })
    expect((await stripe.invoiceItems.list()).data.map(({ amount }) => amount)).toEqual([400])
    const updated = await stripe.subscriptionItems.update(item.id, {
      quantity: 3,
      metadata: { a: '1' },
      proration_behavior: 'none',
    })
    expect(updated).toMatchObject({ quantity: 3, metadata: { a: '1' } })
    const list = await stripe.subscriptionItems.list({ subscription: subscription.id })
    expect(list.data.map(({ id }) => id)).toEqual([first?.id, item.id])
    expect(await stripe.subscriptionItems.del(item.id)).toMatchObject({ deleted: true })
    expect(await failure(stripe.subscriptionItems.retrieve(item.id)))
      .toMatchObject({ statusCode: 404 })
    expect((await stripe.subscriptions.retrieve(subscription.id)).items.data).toHaveLength(1)
  })
})
