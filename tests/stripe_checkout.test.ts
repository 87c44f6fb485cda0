import type Stripe from 'stripe'
import { expect, test } from 'vitest'
import { failure, openSession, type Setup, start, submit, typesOf } from './support/stripe.ts'

type Params = Stripe.Checkout.SessionCreateParams

const LINE = {
  quantity: 2,
  price_data: {
    currency: 'eur',
    unit_amount: 1000,
    product_data: { name: 'Setup', description: 'By hand' },
  },
}

/** A session in payment mode, for two of €10.00 unless `changes` say otherwise. */
async function openPayment({ stripe }: Pick<Setup, 'stripe'>, changes: Partial<Params> = {}) {
  return await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [LINE],
    success_url: 'https://shop.test/return?session_id={CHECKOUT_SESSION_ID}',
    ...changes,
  })
}

test('a single payment by a guest makes no customer and no invoice', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const session = await openPayment(setup, {
    payment_intent_data: {
      metadata: { order_id: 'ord_1' },
      description: 'Order 1',
      shipping: { name: 'Eve', address: { line1: 'Weg 1', country: 'DE' } },
    },
  })
  expect(session).toMatchObject({
    amount_total: 2000,
    customer_creation: 'if_required',
    invoice_creation: { enabled: false },
    payment_intent: null,
    payment_method_collection: 'if_required',
  })
  await emulator.pay(session.id, { email: 'eve@example.com', name: 'Eve' })
  const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] })
  expect(paid).toMatchObject({
    status: 'complete',
    payment_status: 'paid',
    customer: null,
    invoice: null,
    subscription: null,
    customer_details: { email: 'eve@example.com', name: 'Eve' },
    payment_intent: {
      status: 'succeeded',
      amount_received: 2000,
      customer: null,
      description: 'Order 1',
      metadata: { order_id: 'ord_1' },
      setup_future_usage: null,
      shipping: { name: 'Eve', address: { line1: 'Weg 1', country: 'DE', city: null } },
    },
  })
  expect(typesOf(emulator)).toEqual([
    'product.created',
    'price.created',
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
    'checkout.session.completed',
  ])
  expect(
    (await stripe.checkout.sessions.listLineItems(session.id)).data,
  ).toMatchObject([{ amount_total: 2000, description: 'Setup', price: { active: false } }])
  expect((await stripe.customers.list()).data).toEqual([])
})

test('a single payment makes a customer where one is wanted or needed', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  for (
    const changes of [
      { customer_creation: 'always' },
      { payment_intent_data: { setup_future_usage: 'off_session' } },
    ] as const
  ) {
    const { id } = await openPayment(setup, changes)
    await emulator.pay(id, { email: 'eve@example.com' })
    const { customer } = await stripe.checkout.sessions.retrieve(id)
    const methods = await stripe.customers.listPaymentMethods(String(customer))
    expect(methods.data).toHaveLength('customer_creation' in changes ? 0 : 1)
  }
})

test('a single payment makes a paid invoice on request', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id } = await openPayment(setup, {
    invoice_creation: { enabled: true, invoice_data: { footer: 'Thanks', metadata: { a: 'b' } } },
  })
  await emulator.pay(id)
  const session = await stripe.checkout.sessions.retrieve(id, {
    expand: ['invoice.payments', 'customer'],
  })
  expect(session).toMatchObject({
    customer: { email: 'buyer@example.com' },
    invoice: {
      status: 'paid',
      total: 2000,
      amount_paid: 2000,
      footer: 'Thanks',
      metadata: { a: 'b' },
      parent: null,
      lines: { data: [{ amount: 2000, quantity: 2 }] },
      payments: {
        data: [{ status: 'paid', payment: { payment_intent: session.payment_intent } }],
      },
    },
  })
  expect(typesOf(emulator).slice(-6)).toEqual(expect.arrayContaining([
    'invoice.created',
    'invoice.finalized',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
  ]))
})

const REFUSED: [string, Partial<Params>, object][] = [
  ['subscription_data in payment mode', { subscription_data: { description: 'x' } }, {
    param: 'subscription_data',
  }],
  ['two discounts', { discounts: [{ coupon: 'a' }, { coupon: 'b' }] }, { param: 'discounts' }],
  [
    'a discount and codes',
    { discounts: [{ coupon: 'a' }], allow_promotion_codes: true },
    { param: 'allow_promotion_codes' },
  ],
  [
    'a recovery after it expired',
    { after_expiration: { recovery: { enabled: true } } },
    { param: 'after_expiration' },
  ],
  ['no line', { line_items: [] }, { code: 'parameter_missing' }],
  ['no quantity', { line_items: [{ price_data: LINE.price_data }] }, {
    param: 'line_items[0][quantity]',
  }],
  ['a quantity of nothing', { line_items: [{ ...LINE, quantity: 0 }] }, {
    code: 'parameter_invalid_integer',
  }],
  ['no price', { line_items: [{ quantity: 1 }] }, { param: 'line_items[0][price]' }],
  ['too little', {
    line_items: [{ quantity: 1, price_data: { ...LINE.price_data, unit_amount: 49 } }],
  }, { code: 'amount_too_small' }],
  ['too much', {
    line_items: [{ quantity: 2, price_data: { ...LINE.price_data, unit_amount: 50_000_000 } }],
  }, { code: 'amount_too_large' }],
  ['another currency', { currency: 'usd' }, { param: 'line_items[0][price]' }],
  ['a recurring price', {
    line_items: [{ ...LINE, price_data: { ...LINE.price_data, recurring: { interval: 'month' } } }],
  }, { message: expect.stringContaining('passed a recurring price') }],
  ['an embedded page', { ui_mode: 'embedded_page' }, { param: 'ui_mode' }],
  ['a coupon that is none', { discounts: [{ coupon: 'none' }] }, { code: 'resource_missing' }],
]

test.each(REFUSED)('a session with %s is refused', async (_, changes, error) => {
  const setup = start()
  expect(await failure(openPayment(setup, changes))).toMatchObject({ statusCode: 400, ...error })
  expect((await setup.stripe.checkout.sessions.list()).data).toEqual([])
})

test('a free trial takes a card, and no money before it ends', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const session = await openSession(setup, {
    subscription_data: {
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
    },
  })
  expect(session).toMatchObject({ amount_total: 0, amount_subtotal: 0 })
  clock.advance(60_000)
  await emulator.pay(session.id)
  const { subscription, payment_status: status } = await stripe.checkout.sessions.retrieve(
    session.id,
    { expand: ['subscription.latest_invoice'] },
  )
  expect(status).toBe('no_payment_required')
  const trial = subscription as Stripe.Subscription
  expect(trial).toMatchObject({
    status: 'trialing',
    trial_start: trial.start_date,
    trial_end: trial.start_date + 7 * 24 * 60 * 60,
    billing_cycle_anchor: trial.trial_end,
    default_payment_method: expect.stringMatching(/^pm_1/),
    trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
    items: { data: [{ current_period_end: trial.trial_end }] },
    latest_invoice: { status: 'paid', total: 0, billing_reason: 'subscription_create' },
  })
  expect((await stripe.paymentIntents.list()).data).toEqual([])
  expect(typesOf(emulator)).toContain('payment_method.attached')
  const declined = await openSession(setup, { subscription_data: { trial_period_days: 7 } })
  expect(await emulator.pay(declined.id, { card: 'declined' })).toMatchObject({
    outcome: 'declined',
  })
  expect((await stripe.checkout.sessions.retrieve(declined.id)).status).toBe('open')
})

test('a trial begins without a card where none is required', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const end = Math.floor(clock.now().getTime() / 1000) + 49 * 60 * 60
  const { id } = await openSession(setup, {
    payment_method_collection: 'if_required',
    subscription_data: { trial_end: end },
  })
  await emulator.pay(id)
  const { subscription } = await stripe.checkout.sessions.retrieve(id, {
    expand: ['subscription'],
  })
  expect(subscription).toMatchObject({
    status: 'trialing',
    trial_end: end,
    default_payment_method: null,
  })
  expect((await stripe.paymentMethods.list()).data).toEqual([])
  const trial = (data: Params['subscription_data']) =>
    failure(openSession(setup, { subscription_data: data ?? {} }))
  expect(await trial({ trial_end: end - 2 * 60 * 60 }))
    .toMatchObject({ param: 'subscription_data[trial_end]' })
  expect(await trial({ trial_end: end, trial_period_days: 7 })).toMatchObject({ statusCode: 400 })
  expect(await trial({ trial_period_days: 0 }))
    .toMatchObject({ param: 'subscription_data[trial_period_days]' })
})

test('a discount is told by the session, its invoice and its subscription', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'forever' })
  const session = await openSession(setup, { discounts: [{ coupon: coupon.id }] })
  expect(session).toMatchObject({
    amount_subtotal: 1800,
    amount_total: 1350,
    total_details: { amount_discount: 450 },
    discounts: [{ coupon: coupon.id, promotion_code: null }],
  })
  await emulator.pay(session.id)
  const { subscription } = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['subscription.discounts', 'subscription.latest_invoice'],
  })
  expect(subscription).toMatchObject({
    discounts: [{
      source: { coupon: coupon.id },
      checkout_session: session.id,
      subscription: (subscription as Stripe.Subscription).id,
    }],
    latest_invoice: { subtotal: 1800, total: 1350, amount_paid: 1350 },
  })
  expect((await stripe.paymentIntents.list()).data).toMatchObject([{ amount_received: 1350 }])
  expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(1)
})

test('a discount that is given once is gone after the first invoice', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const coupon = await stripe.coupons.create({
    amount_off: 1800,
    currency: 'eur',
    duration: 'once',
  })
  const { id } = await openSession(setup, { discounts: [{ coupon: coupon.id }] })
  await emulator.pay(id)
  const session = await stripe.checkout.sessions.retrieve(id, { expand: ['subscription'] })
  expect(session).toMatchObject({
    amount_total: 0,
    payment_status: 'no_payment_required',
    subscription: { status: 'active', discounts: [] },
  })
})

test('a card that asks its owner leaves the session open until the answer', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id } = await openSession(setup)
  const asked = await emulator.pay(id, { method: 'pm_card_authenticationRequired' })
  expect(asked).toMatchObject({ outcome: 'requires_action' })
  const { redirectTo } = { redirectTo: '', ...asked }
  expect((await submit(redirectTo, { action: 'refuse' })).headers.get('Location'))
    .toBe(`/c/pay/${id}`)
  expect((await stripe.checkout.sessions.retrieve(id)).status).toBe('open')

  const again = {
    redirectTo: '',
    ...await emulator.pay(id, { method: 'pm_card_authenticationRequired' }),
  }
  const done = await submit(again.redirectTo, { action: 'approve' })
  expect(done.headers.get('Location')).toBe(`https://shop.test/return?session_id=${id}`)
  expect(await stripe.checkout.sessions.retrieve(id, { expand: ['subscription'] })).toMatchObject({
    status: 'complete',
    payment_status: 'paid',
    subscription: { status: 'active', default_payment_method: expect.stringMatching(/^pm_1/) },
  })
  expect((await stripe.paymentIntents.list()).data).toHaveLength(1)
  expect(typesOf(emulator).filter((type) => type === 'checkout.session.completed')).toHaveLength(1)
})

test('what was asked of an owner cannot be approved once the session expired', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id } = await openSession(setup)
  const asked = {
    redirectTo: '',
    ...await emulator.pay(id, { method: 'pm_card_authenticationRequired' }),
  }
  await stripe.checkout.sessions.expire(id)
  expect((await submit(asked.redirectTo, { action: 'approve' })).status).toBe(400)
  expect((await stripe.charges.list()).data).toEqual([])
  expect((await stripe.paymentIntents.list()).data).toMatchObject([{ status: 'canceled' }])
})

test('of two who pay one session at once only one does', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id, url } = await openSession(setup)
  const fields = { action: 'pay', number: '4242 4242 4242 4242' }
  const answers = await Promise.all([submit(String(url), fields), submit(String(url), fields)])
  expect(answers.map(({ status }) => status)).toEqual([303, 303])
  expect((await stripe.charges.list()).data).toHaveLength(1)
  expect((await stripe.subscriptions.list()).data).toHaveLength(1)
  expect(typesOf(emulator).filter((type) => type === 'checkout.session.completed')).toHaveLength(1)
  await expect(emulator.pay(id)).rejects.toThrow('no longer open')
})

test('an expired session takes no money', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id, url } = await openSession(setup)
  await stripe.checkout.sessions.expire(id)
  await expect(emulator.pay(id)).rejects.toThrow('expired')
  expect((await submit(String(url), { action: 'pay' })).status).toBe(400)
  expect((await stripe.charges.list()).data).toEqual([])
})

test('a debit that ends by the clock ends its session, too', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const [good, bad] = [await openSession(setup), await openSession(setup)]
  await emulator.pay(good.id, { method: 'pm_success_de' })
  await emulator.pay(bad.id, { method: 'pm_failed_de' })
  clock.advance(5000)
  expect((await stripe.checkout.sessions.retrieve(good.id)).payment_status).toBe('paid')
  expect((await stripe.checkout.sessions.retrieve(bad.id)).payment_status).toBe('unpaid')
  expect(typesOf(emulator)).toEqual(expect.arrayContaining([
    'checkout.session.async_payment_succeeded',
    'checkout.session.async_payment_failed',
    'invoice.payment_failed',
  ]))
})

test("a session's metadata can be changed, also when it is over", async () => {
  const setup = start()
  const { stripe } = setup
  const { id } = await openSession(setup)
  await stripe.checkout.sessions.expire(id)
  expect(await stripe.checkout.sessions.update(id, { metadata: { order_id: '', note: 'late' } }))
    .toMatchObject({ status: 'expired', metadata: { note: 'late' } })
  expect(
    await failure(
      stripe.checkout.sessions.update(id, {
        collected_information: {
          shipping_details: { name: 'Ada', address: { country: 'DE', line1: 'Weg 1' } },
        },
      }),
    ),
  ).toMatchObject({ param: 'collected_information' })
})

test('sessions are listed by whom and what they are for', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const [paid, open] = [await openPayment(setup), await openPayment(setup)]
  await emulator.pay(paid.id, { email: 'eve@example.com' })
  const { payment_intent: intent } = await stripe.checkout.sessions.retrieve(paid.id)
  const ids = async (filter: Stripe.Checkout.SessionListParams) =>
    (await stripe.checkout.sessions.list(filter)).data.map(({ id }) => id)
  expect(await ids({ payment_intent: String(intent) })).toEqual([paid.id])
  expect(await ids({ status: 'open' })).toEqual([open.id])
  expect(await ids({ customer_details: { email: 'eve@example.com' } })).toEqual([paid.id])
  expect(await ids({})).toEqual([open.id, paid.id])
})

test("what Stripe's command-line client does to complete a session works", async () => {
  const setup = start()
  const { stripe, call, emulator } = setup
  const session = await openPayment(setup)
  const path = `/v1/payment_pages/${session.id}`
  const method = await stripe.paymentMethods.create({
    type: 'card',
    card: { token: 'tok_visa' },
    billing_details: { email: 'stripe@example.com' },
  })
  const confirm = (amount: number) =>
    call(`${path}/confirm`, {
      method: 'POST',
      body: `payment_method=${method.id}&expected_amount=${amount}`,
    })
  expect((await call(path)).body).toMatchObject({ object: 'payment_page', status: 'open' })
  expect(await confirm(3000)).toMatchObject({
    status: 400,
    body: { error: { code: 'checkout_amount_mismatch' } },
  })
  expect(await confirm(2000)).toMatchObject({
    status: 200,
    body: { status: 'complete', payment_status: 'paid', payment_intent: { status: 'succeeded' } },
  })
  expect((await confirm(2000)).status).toBe(400)
  expect(await stripe.checkout.sessions.retrieve(session.id))
    .toMatchObject({ customer_details: { email: 'stripe@example.com' } })
  expect(typesOf(emulator).at(-1)).toBe('checkout.session.completed')
})

test("a customer's credit pays a part of the first invoice, or all of it", async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const [part, all] = [await openSession(setup), await openSession(setup)]
  await stripe.customers.createBalanceTransaction(String(part.customer), {
    amount: -500,
    currency: 'eur',
  })
  await stripe.customers.createBalanceTransaction(String(all.customer), {
    amount: -2000,
    currency: 'eur',
  })
  expect(await (await fetch(String(part.url))).text()).toMatch(/-€5\.00[\s\S]*Pay €13\.00/)
  for (const { id } of [part, all]) await emulator.pay(id)
  const paid = async ({ id }: Stripe.Checkout.Session) =>
    await stripe.checkout.sessions.retrieve(id, { expand: ['invoice', 'customer'] })
  expect(await paid(part)).toMatchObject({
    amount_total: 1800,
    payment_status: 'paid',
    invoice: { total: 1800, amount_due: 1300, amount_paid: 1300, starting_balance: -500 },
    customer: { balance: 0 },
  })
  expect(await paid(all)).toMatchObject({
    payment_status: 'no_payment_required',
    invoice: { amount_due: 0, status: 'paid' },
    customer: { balance: -200 },
  })
  expect((await stripe.charges.list()).data).toMatchObject([{ amount: 1300 }])
})

test("a customer's credit pays a part of a single payment only where there is an invoice", async () => {
  const setup = start()
  const { stripe, emulator } = setup
  for (const [enabled, amount] of [[false, 2000], [true, 1500]] as const) {
    const customer = (await stripe.customers.create()).id
    await stripe.customers.createBalanceTransaction(customer, { amount: -500, currency: 'eur' })
    const { id } = await openPayment(setup, { customer, invoice_creation: { enabled } })
    await emulator.pay(id)
    expect((await stripe.paymentIntents.list({ customer })).data).toMatchObject([{ amount }])
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: enabled ? 0 : -500 })
  }
})
