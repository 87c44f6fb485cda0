import { expect, test } from 'vitest'
import { catalogue, failure, openSession, type Setup, start } from './support/stripe.ts'

const UNEXPECTED = { type: 'StripeInvalidRequestError', code: 'payment_intent_unexpected_state' }

/** A customer who pays with this card unless something else is said. */
async function payer({ stripe }: Pick<Setup, 'stripe'>, card = 'pm_card_visa') {
  return await stripe.customers.create({
    payment_method: card,
    invoice_settings: { default_payment_method: card },
  })
}

/** An open invoice over this many cents, and the intent that is to pay it. */
async function openInvoice(
  { stripe }: Pick<Setup, 'stripe'>,
  { customer, amount = 2000 }: { customer: string; amount?: number },
) {
  const draft = await stripe.invoices.create({ customer, currency: 'eur', auto_advance: false })
  await stripe.invoiceItems.create({ customer, invoice: draft.id, amount, currency: 'eur' })
  const { id } = await stripe.invoices.finalizeInvoice(draft.id)
  const { data: [payment] } = await stripe.invoicePayments.list({ invoice: id })
  return { id, intent: String(payment?.payment.payment_intent) }
}

async function takenFrom({ stripe }: Pick<Setup, 'stripe'>, customer: string): Promise<number> {
  const { data: charges } = await stripe.charges.list({ customer })
  return charges.filter(({ paid }) => paid).reduce((sum, charge) => sum + charge.amount_captured, 0)
}

test('no less than something can be captured', async () => {
  const { stripe } = start()
  const { id: customer } = await payer({ stripe })
  const { id } = await stripe.paymentIntents.create({
    amount: 1000,
    currency: 'eur',
    customer,
    payment_method: 'pm_card_visa',
    capture_method: 'manual',
    confirm: true,
    off_session: true,
  })
  for (const amount of [-5, 0]) {
    expect(await failure(stripe.paymentIntents.capture(id, { amount_to_capture: amount })))
      .toMatchObject({ code: 'parameter_invalid_integer', param: 'amount_to_capture' })
  }
  expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
    status: 'requires_capture',
    amount_capturable: 1000,
    amount_received: 0,
  })
})

test('an invoice is not paid, voided or settled elsewhere while a debit for it is under way', async () => {
  const { stripe } = start()
  const { id: customer } = await payer({ stripe })
  const { id, intent } = await openInvoice({ stripe }, { customer })
  const debit = await stripe.paymentMethods.create({
    type: 'sepa_debit',
    sepa_debit: { iban: 'DE89370400440532013000' },
    billing_details: { name: 'Ada', email: 'ada@example.com' },
  })
  await stripe.paymentMethods.attach(debit.id, { customer })
  await stripe.invoices.pay(id, { payment_method: debit.id })
  expect(await stripe.paymentIntents.retrieve(intent)).toMatchObject({ status: 'processing' })

  expect(await failure(stripe.invoices.pay(id))).toMatchObject(UNEXPECTED)
  expect(await failure(stripe.invoices.pay(id, { paid_out_of_band: true })))
    .toMatchObject(UNEXPECTED)
  expect(await failure(stripe.invoices.voidInvoice(id))).toMatchObject(UNEXPECTED)
  expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'open', amount_paid: 0 })
  expect((await stripe.charges.list({ customer })).data).toHaveLength(1)
})

test('the intent of an invoice keeps its amount, and ends only with the invoice', async () => {
  const { stripe } = start()
  const { id: customer } = await payer({ stripe })
  const { id, intent } = await openInvoice({ stripe }, { customer })
  expect(await failure(stripe.paymentIntents.update(intent, { amount: 50 })))
    .toMatchObject({ statusCode: 400, message: expect.stringContaining('created by an invoice') })
  expect(await failure(stripe.paymentIntents.cancel(intent)))
    .toMatchObject({ statusCode: 400, message: expect.stringContaining('created by an invoice') })
  await stripe.paymentIntents.update(intent, { metadata: { order: 'ord_1' } })
  await stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa', off_session: true })
  expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'paid', amount_paid: 2000 })
  expect(await takenFrom({ stripe }, customer)).toBe(2000)
})

test('one payment pays one invoice, and only of its own customer', async () => {
  const { stripe } = start()
  const { id: customer } = await payer({ stripe })
  const { id: other } = await payer({ stripe })
  const [first, second, theirs] = [
    await openInvoice({ stripe }, { customer }),
    await openInvoice({ stripe }, { customer }),
    await openInvoice({ stripe }, { customer: other }),
  ]
  const { id: intent } = await stripe.paymentIntents.create({
    amount: 2000,
    currency: 'eur',
    customer,
    payment_method: 'pm_card_visa',
    confirm: true,
    off_session: true,
  })
  const attach = (invoice: string) =>
    stripe.invoices.attachPayment(invoice, { payment_intent: intent })
  expect(await failure(attach(theirs.id))).toMatchObject({ param: 'payment_intent' })
  expect(await attach(first.id)).toMatchObject({ status: 'paid' })
  expect(await failure(attach(second.id))).toMatchObject({ param: 'payment_intent' })
  expect(await stripe.invoices.retrieve(second.id)).toMatchObject({ status: 'open' })
})

test('credit in one currency pays nothing in another', async () => {
  const { stripe } = start()
  const { id: customer } = await payer({ stripe })
  await stripe.customers.createBalanceTransaction(customer, { amount: -5000, currency: 'eur' })
  const price = await catalogue({ stripe }, 'usd')
  expect(await failure(stripe.subscriptions.create({ customer, items: [{ price: price.id }] })))
    .toMatchObject({ message: expect.stringContaining('cannot combine currencies') })
  const draft = await stripe.invoices.create({ customer, currency: 'usd', auto_advance: false })
  await stripe.invoiceItems.create({
    customer,
    invoice: draft.id,
    amount: 900,
    currency: 'usd',
  })
  expect(await stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({
    amount_due: 900,
    starting_balance: 0,
    ending_balance: 0,
  })
  expect(await stripe.customers.retrieve(customer)).toMatchObject({
    balance: -5000,
    currency: 'eur',
  })
})

test('a subscription costs no more than can be charged', async () => {
  const { stripe } = start()
  const { id: customer } = await payer({ stripe })
  const price = await catalogue({ stripe }, 'eur', 99_999_999)
  const items = [{ price: price.id, quantity: 2 }]
  expect(await failure(stripe.subscriptions.create({ customer, items })))
    .toMatchObject({ code: 'amount_too_large', param: 'items' })
  const created = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] })
  const [item] = created.items.data
  const more = { items: [{ id: item?.id ?? '', quantity: 2 }] }
  expect(await failure(stripe.subscriptions.update(created.id, more)))
    .toMatchObject({ code: 'amount_too_large', param: 'items' })
  expect(await takenFrom({ stripe }, customer)).toBe(99_999_999)
})

test('a code for one buyer is not redeemed by the second whose session has it', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' })
  const { id: code } = await stripe.promotionCodes.create({
    promotion: { type: 'coupon', coupon: coupon.id },
    max_redemptions: 1,
  })
  const discounts = [{ promotion_code: code }]
  const first = await openSession(setup, { discounts })
  const second = await openSession(setup, { discounts })
  await emulator.pay(first.id)
  await expect(emulator.pay(second.id)).rejects.toMatchObject({
    body: { code: 'coupon_expired' },
  })
  expect(await stripe.promotionCodes.retrieve(code)).toMatchObject({ times_redeemed: 1 })
  expect(await stripe.checkout.sessions.retrieve(second.id)).toMatchObject({ status: 'open' })
  expect(await takenFrom(setup, String(second.customer))).toBe(0)
})

test('a subscription is active again when the change that it waited for is paid', async () => {
  const { stripe, clock } = start()
  const { id: customer } = await payer({ stripe })
  const [price, dearer] = [await catalogue({ stripe }), await catalogue({ stripe }, 'eur', 1500)]
  const { id, items } = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
  })
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer })
  await stripe.subscriptions.update(id, { default_payment_method: bad.id })
  for (const hours of [31 * 24, 2]) {
    clock.advance(hours * 60 * 60 * 1000)
    await stripe.subscriptions.retrieve(id)
  }
  const item = { id: items.data[0]?.id ?? '', price: dearer.id }
  const waiting = await stripe.subscriptions.update(id, {
    items: [item],
    payment_behavior: 'pending_if_incomplete',
    proration_behavior: 'always_invoice',
  })
  expect(waiting).toMatchObject({
    status: 'past_due',
    pending_update: { subscription_items: [{ price: { id: dearer.id } }] },
  })
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer })
  await stripe.invoices.pay(String(waiting.latest_invoice), { payment_method: good.id })
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: 'active',
    pending_update: null,
    items: { data: [{ price: { id: dearer.id } }] },
  })
})

test('nothing comes back of a subscription that was never paid', async () => {
  const { stripe } = start()
  const { id: customer } = await payer({ stripe })
  const price = await catalogue({ stripe }, 'eur', 1500)
  const { id } = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    payment_behavior: 'default_incomplete',
  })
  for (
    const change of [{ billing_cycle_anchor: { type: 'now' } }, { trial_end: 'now' }] as const
  ) {
    expect(
      await failure(
        stripe.subscriptions.update(id, { ...change, proration_behavior: 'always_invoice' }),
      ),
    ).toMatchObject({ statusCode: 400, param: Object.keys(change)[0] })
  }
  await stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true })
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 0 })
  expect((await stripe.invoices.list({ customer })).data)
    .toMatchObject([{ status: 'void', total: 1500 }])
})

test('nobody has the discount of somebody else', async () => {
  const { stripe } = start()
  const [first, second] = [await payer({ stripe }), await payer({ stripe })]
  const items = [{ price: (await catalogue({ stripe })).id }]
  const coupon = await stripe.coupons.create({ percent_off: 90, duration: 'forever' })
  const { id, discounts: [own] } = await stripe.subscriptions.create({
    customer: first.id,
    items,
    discounts: [{ coupon: coupon.id }],
  })
  const discounts = [{ discount: String(own) }]
  const stranger = { code: 'resource_missing', param: 'discounts[0][discount]' }
  expect(await failure(stripe.subscriptions.create({ customer: second.id, items, discounts })))
    .toMatchObject(stranger)
  const theirs = await stripe.subscriptions.create({ customer: second.id, items })
  expect(await failure(stripe.subscriptions.update(theirs.id, { discounts })))
    .toMatchObject(stranger)
  const invoice = await stripe.invoices.create({ customer: second.id, currency: 'eur' })
  expect(await failure(stripe.invoices.update(invoice.id, { discounts }))).toMatchObject(stranger)
  expect(await stripe.subscriptions.update(id, { discounts })).toMatchObject({ discounts: [own] })
})

test('nobody pays for somebody else, or is billed for it', async () => {
  const { stripe } = start()
  const [{ id: first }, other] = [await payer({ stripe }), await payer({ stripe })]
  const { id: second } = other
  const theirMethod = String(other.invoice_settings.default_payment_method)
  const items = [{ price: (await catalogue({ stripe })).id }]
  const { id: subscription } = await stripe.subscriptions.create({ customer: first, items })
  const { id: draft } = await stripe.invoices.create({ customer: first, currency: 'eur' })
  const fee = { customer: second, amount: 500, currency: 'eur' }
  expect(await failure(stripe.invoiceItems.create({ ...fee, invoice: draft })))
    .toMatchObject({ statusCode: 400, param: 'invoice' })
  expect(await failure(stripe.invoiceItems.create({ ...fee, subscription })))
    .toMatchObject({ statusCode: 400, param: 'subscription' })
  expect(await failure(stripe.invoices.create({ customer: second, subscription })))
    .toMatchObject({ statusCode: 400, param: 'subscription' })
  const { id } = await openInvoice({ stripe }, { customer: first })
  expect(await failure(stripe.invoices.pay(id, { payment_method: theirMethod })))
    .toMatchObject({ statusCode: 400, param: 'payment_method' })
  expect(await takenFrom({ stripe }, second)).toBe(0)
})

test('what waits in one currency is not billed in another', async () => {
  const { stripe, clock } = start()
  const { id: customer } = await payer({ stripe })
  const items = [{ price: (await catalogue({ stripe })).id }]
  const credit = { customer, amount: -800, currency: 'usd' }
  const { id: waiting } = await stripe.invoiceItems.create(credit)
  expect(await failure(stripe.subscriptions.create({ customer, items })))
    .toMatchObject({ message: expect.stringContaining('cannot combine currencies') })
  await stripe.invoiceItems.del(waiting)
  const { id } = await stripe.subscriptions.create({ customer, items })
  await stripe.invoiceItems.create(credit)
  clock.advance(31 * 24 * 60 * 60 * 1000)
  const { data: [renewal] } = await stripe.invoices.list({ subscription: id })
  expect(renewal).toMatchObject({ billing_reason: 'subscription_cycle', total: 900 })
})

test('a refund names either the charge or the intent', async () => {
  const { stripe } = start()
  const both = { charge: 'ch_1', payment_intent: 'pi_1' }
  expect(await failure(stripe.refunds.create(both)))
    .toMatchObject({ message: expect.stringContaining('You may only specify one of') })
})

test('an invoice comes to no more than can be charged', async () => {
  const { stripe } = start()
  const { id: customer } = await payer({ stripe })
  const { id: invoice } = await stripe.invoices.create({ customer, currency: 'eur' })
  for (let items = 0; items < 2; items++) {
    await stripe.invoiceItems.create({ customer, invoice, amount: 99_999_999, currency: 'eur' })
  }
  for (const ask of [stripe.invoices.pay(invoice), stripe.invoices.finalizeInvoice(invoice)]) {
    expect(await failure(ask)).toMatchObject({ code: 'amount_too_large' })
  }
  expect(await takenFrom({ stripe }, customer)).toBe(0)
})

test('text where an object should be, or nothing, is told as that', async () => {
  const { call } = start()
  const { status, body } = await call('/v1/customers', { method: 'POST', body: 'address=Berlin' })
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ message: 'Invalid object', param: 'address' })
})

test('the open session of a customer who was deleted cannot be paid', async () => {
  const setup = start()
  const { id: customer } = await payer(setup)
  const { id } = await openSession(setup, { customer })
  await setup.stripe.customers.del(customer)
  await expect(setup.emulator.pay(id)).rejects.toThrow(`No such customer: '${customer}'`)
  expect((await setup.stripe.customers.list()).data.map(({ id }) => id)).not.toContain(customer)
  expect((await setup.stripe.customers.list()).data).toHaveLength(1)
  expect((await setup.stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
})
