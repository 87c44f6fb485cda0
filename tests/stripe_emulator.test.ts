import { expect, test } from 'vitest'
import { withholdWebhooks } from './support/faults.ts'
import {
  catalogue,
  client,
  failure,
  FORM,
  KEY,
  openSession,
  SECRET,
  start,
  submit,
  typesOf,
  waitFor,
} from './support/stripe.ts'

test('a key other than the configured one is refused with 401', async () => {
  const { url, stripe, call } = start()
  expect(await failure(client(url, 'sk_test_other').account.retrieveCurrent())).toMatchObject({
    type: 'StripeAuthenticationError',
    statusCode: 401,
  })
  expect((await call('/v1/account', { headers: { Authorization: '' } })).body.error.type)
    .toBe('invalid_request_error')
  expect((await stripe.account.retrieveCurrent()).id).toMatch(/^acct_1/)
})

test('answers carry a request id and the version; other versions and paths are refused', async () => {
  const { call } = start()
  const version = { 'Stripe-Version': '2026-10-28.endive' }
  const { status, headers } = await call('/v1/customers', { headers: version })
  expect(status).toBe(200)
  expect(headers.get('Request-Id')).toMatch(/^req_/)
  expect(headers.get('Stripe-Version')).toBe('2026-10-28.endive')
  const old = await call('/v1/customers', { headers: { 'Stripe-Version': '2020-08-27' } })
  expect([old.status, old.body.error.type]).toEqual([400, 'invalid_request_error'])
  const unknown = await call('/v1/dragons')
  expect([unknown.status, unknown.body.error.message])
    .toEqual([404, expect.stringContaining('Unrecognized request URL (GET: /v1/dragons).')])
})

test('a parameter that Stripe does not know is refused by its full name', async () => {
  const { call } = start()
  const body = 'mode=subscription&success_url=https://a.test&line_items[0][price]=price_1' +
    '&line_items[0][quantity]=1&line_items[0][colour]=red'
  const answer = await call('/v1/checkout/sessions', { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(answer.body.error).toMatchObject({
    type: 'invalid_request_error',
    code: 'parameter_unknown',
    param: 'line_items[0][colour]',
    message: 'Received unknown parameter: line_items[0][colour]',
    doc_url: 'https://stripe.com/docs/error-codes/parameter-unknown',
  })
  const removed = await call('/v1/checkout/sessions', {
    method: 'POST',
    body: `${body.replace('&line_items[0][colour]=red', '')}&payment_method_types[]=card`,
  })
  expect(removed.body.error).toMatchObject({
    code: 'parameter_unknown',
    param: 'payment_method_types',
  })
})

test.each([
  ['', { code: 'parameter_missing', param: 'currency' }],
  ['currency=eur&unit_amount=1.5', { code: 'parameter_invalid_integer', param: 'unit_amount' }],
  ['currency=eur&unit_amount=-1', { code: 'parameter_invalid_integer', param: 'unit_amount' }],
  ['currency=eur&unit_amount=1&product=', { code: 'parameter_invalid_empty', param: 'product' }],
  ['currency=eur&unit_amount=1&product=a&active=yes', { param: 'active' }],
  ['currency=zzq&unit_amount=1&product=a', { param: 'currency' }],
  ['currency=eur&unit_amount=1&product=a&recurring[interval]=era', {
    param: 'recurring[interval]',
    message: 'Invalid recurring[interval]: must be one of day, month, week, or year',
  }],
  ['currency=eur&unit_amount=1&product=a&tiers[0][up_to]=1', {
    param: 'tiers',
    message: 'Stripe takes tiers, but this emulator does not follow it.',
  }],
  ['currency=eur&unit_amount=1&product=prod_x', { code: 'resource_missing', param: 'product' }],
])('POST /v1/prices with %j is refused', async (body, error) => {
  const { call } = start()
  const answer = await call('/v1/prices', { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(answer.body.error).toMatchObject(error)
})

test('JSON is refused where a form is meant', async () => {
  const { call } = start()
  const answer = await call('/v1/customers', {
    method: 'POST',
    body: 'name=Ada',
    headers: { 'Content-Type': 'application/json' },
  })
  expect([answer.status, answer.body.error.message])
    .toEqual([400, expect.stringContaining('application/x-www-form-urlencoded')])
})

test('metadata is merged, and an empty value removes its key', async () => {
  const { stripe } = start()
  const { id } = await stripe.customers.create({ metadata: { a: '1', b: '2', '0': 'zero' } })
  const changed = await stripe.customers.update(id, { metadata: { a: '', c: '3' } })
  expect(changed.metadata).toEqual({ b: '2', c: '3', '0': 'zero' })
  expect((await stripe.customers.update(id, { metadata: '' })).metadata).toEqual({})
})

test('lists are newest first and can be walked in both directions', async () => {
  const { stripe } = start()
  const ids: string[] = []
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    ids.unshift((await stripe.customers.create({ name })).id)
  }
  const first = await stripe.customers.list({ limit: 2 })
  expect(first).toMatchObject({ object: 'list', has_more: true, url: '/v1/customers' })
  expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2))
  const next = await stripe.customers.list({ limit: 2, starting_after: ids[1] })
  expect(next.data.map(({ id }) => id)).toEqual(ids.slice(2, 4))
  const before = await stripe.customers.list({ limit: 2, ending_before: ids[4] })
  expect(before.data.map(({ id }) => id)).toEqual(ids.slice(2, 4))
  expect(before.has_more).toBe(true)
  const all: string[] = []
  for await (const { id } of stripe.customers.list({ limit: 2 })) all.push(id)
  expect(all).toEqual(ids)
  expect(await failure(stripe.customers.list({ limit: 101 }))).toMatchObject({ param: 'limit' })
  expect(await failure(stripe.customers.list({ starting_after: 'cus_x' })))
    .toMatchObject({ code: 'resource_missing', param: 'starting_after' })
})

test('a lookup key belongs to one price, and moves when it is transferred', async () => {
  const setup = start()
  const { stripe } = setup
  const { product, currency } = await catalogue(setup)
  const params = { product: String(product), currency, unit_amount: 500, lookup_key: 'paper' }
  const old = await stripe.prices.create(params)
  expect(await failure(stripe.prices.create(params))).toMatchObject({ param: 'lookup_key' })
  const current = await stripe.prices.create({ ...params, transfer_lookup_key: true })
  const found = await stripe.prices.list({ lookup_keys: ['paper'], expand: ['data.product'] })
  expect(found.data.map(({ id }) => id)).toEqual([current.id])
  expect(found.data[0]?.product).toMatchObject({ object: 'product', name: 'Paper 4 GB' })
  expect((await stripe.prices.retrieve(old.id)).lookup_key).toBeNull()
  expect(String(current.unit_amount_decimal)).toBe('500')
})

test('a session is opened with its sums, and its lines where they are expanded', async () => {
  const setup = start()
  const { url } = setup
  const session = await openSession(setup, { expand: ['line_items', 'customer'] })
  expect(session).toMatchObject({
    object: 'checkout.session',
    status: 'open',
    payment_status: 'unpaid',
    mode: 'subscription',
    livemode: false,
    currency: 'eur',
    amount_subtotal: 1800,
    amount_total: 1800,
    total_details: { amount_discount: 0, amount_tax: 0 },
    subscription: null,
    invoice: null,
    customer: { object: 'customer', email: 'ada@example.com' },
    client_reference_id: 'ord_1',
    metadata: { order_id: 'ord_1' },
    line_items: { object: 'list', data: [{ quantity: 2, amount_total: 1800 }] },
    payment_method_types: ['card', 'sepa_debit'],
  })
  expect(session.id).toMatch(/^cs_test_a1[0-9A-Za-z]{56}$/)
  expect(session.url).toBe(`${url}/c/pay/${session.id}`)
  expect(session.expires_at - session.created).toBe(24 * 60 * 60)
  const again = await setup.stripe.checkout.sessions.retrieve(session.id)
  expect(again).not.toHaveProperty('line_items')
  const lines = await setup.stripe.checkout.sessions.listLineItems(session.id)
  expect(lines.data[0]?.description).toBe('Paper 4 GB')
})

test('a session lives 30 minutes to 24 hours', async () => {
  const setup = start()
  const now = () => Math.floor(setup.clock.now().getTime() / 1000)
  for (const minutes of [29, 24 * 60 + 2]) {
    expect(await failure(openSession(setup, { expires_at: now() + minutes * 60 })))
      .toMatchObject({ statusCode: 400, param: 'expires_at' })
  }
  const session = await openSession(setup, { expires_at: now() + 31 * 60 })
  setup.clock.advance(31 * 60_000)
  expect(await setup.stripe.checkout.sessions.retrieve(session.id))
    .toMatchObject({ status: 'expired', url: null, subscription: null })
  expect(typesOf(setup.emulator)).toContain('checkout.session.expired')
  await expect(setup.emulator.pay(session.id)).rejects.toThrow('no longer open')
})

test('tick() expires what is due without a request', async () => {
  const setup = start()
  await openSession(setup)
  setup.clock.advance(24 * 60 * 60_000 + 1000)
  setup.emulator.tick()
  expect(typesOf(setup.emulator)).toContain('checkout.session.expired')
})

test('a session cannot be opened for what is not sold together', async () => {
  const setup = start()
  const { stripe } = setup
  const eur = await catalogue(setup)
  const usd = await catalogue(setup, 'usd')
  const once = await stripe.prices.create({
    product: String(eur.product),
    currency: 'eur',
    unit_amount: 1,
  })
  const yearly = await stripe.prices.create({
    product: String(eur.product),
    currency: 'eur',
    unit_amount: 1,
    recurring: { interval: 'year' },
  })
  const open = (...ids: string[]) =>
    failure(openSession(setup, { line_items: ids.map((price) => ({ price, quantity: 1 })) }))
  expect(await open(eur.id, usd.id)).toMatchObject({ param: 'line_items[1][price]' })
  expect((await open(once.id)).message).toContain('at least one recurring price')
  expect((await open(eur.id, yearly.id)).message).toContain('different billing intervals')
  expect(await open('price_x'))
    .toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'line_items[0][price]' })
  await stripe.prices.update(eur.id, { active: false })
  expect((await open(eur.id)).message).toContain('not active')
  expect(await failure(openSession(setup, { customer_email: 'b@example.com' })))
    .toMatchObject({ param: 'customer' })
  expect(await failure(openSession(setup, { customer: 'cus_x' })))
    .toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' })
  expect(await failure(openSession(setup, { mode: 'setup' }))).toMatchObject({ param: 'mode' })
  expect(await failure(openSession(setup, { success_url: 'nowhere' })))
    .toMatchObject({ code: 'url_invalid', param: 'success_url' })
  expect(await failure(openSession(setup, { automatic_tax: { enabled: true } })))
    .toMatchObject({ code: 'customer_tax_location_invalid' })
})

test('paying makes the subscription, the paid invoice and the payment, all linked', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id } = await openSession(setup)
  expect(await emulator.pay(id))
    .toEqual({ outcome: 'paid', redirectTo: `https://shop.test/return?session_id=${id}` })
  const session = await stripe.checkout.sessions.retrieve(id)
  expect(session).toMatchObject({ status: 'complete', payment_status: 'paid', url: null })

  const subscription = await stripe.subscriptions.retrieve(String(session.subscription), {
    expand: ['latest_invoice.payments', 'items.data.price.product'],
  })
  expect(subscription).toMatchObject({
    status: 'active',
    currency: 'eur',
    customer: session.customer,
    metadata: { order_id: 'ord_1' },
    billing_mode: { type: 'flexible' },
    items: { data: [{ quantity: 2, price: { product: { name: 'Paper 4 GB' } } }] },
    latest_invoice: {
      id: session.invoice,
      status: 'paid',
      billing_reason: 'subscription_create',
      amount_due: 1800,
      amount_paid: 1800,
      amount_remaining: 0,
      parent: {
        type: 'subscription_details',
        subscription_details: { metadata: { order_id: 'ord_1' }, subscription: subscription.id },
      },
      payments: {
        data: [{ status: 'paid', amount_paid: 1800, payment: { type: 'payment_intent' } }],
      },
    },
  })
  const invoice = await stripe.invoices.retrieve(String(session.invoice))
  expect(invoice).not.toHaveProperty('payments')
  const [item] = subscription.items.data
  expect(invoice.lines.data[0]).toMatchObject({
    amount: 1800,
    parent: { subscription_item_details: { subscription_item: item?.id } },
    period: { start: item?.current_period_start, end: item?.current_period_end },
  })
  const [payment] = (await stripe.invoicePayments.list({
    invoice: invoice.id,
    expand: ['data.payment.payment_intent'],
  })).data
  expect(payment?.payment.payment_intent).toMatchObject({ status: 'succeeded' })
  const [intent = ''] = (await stripe.paymentIntents.list()).data.map(({ id }) => id)
  const [charge] = (await stripe.charges.list({ payment_intent: intent })).data
  expect(charge).toMatchObject({ paid: true, amount: 1800, amount_captured: 1800 })
  expect(
    (await stripe.invoicePayments.list({
      payment: { type: 'payment_intent', payment_intent: intent },
    })).data,
  ).toHaveLength(1)
  expect((await stripe.checkout.sessions.list({ subscription: subscription.id })).data[0]?.id)
    .toBe(id)
  expect((await stripe.checkout.sessions.list({ status: 'open' })).data).toEqual([])
})

test('a paid checkout tells its events in the order of Stripe', async () => {
  const setup = start()
  const { id } = await openSession(setup)
  const before = setup.emulator.events.length
  await setup.emulator.pay(id)
  expect(typesOf(setup.emulator).slice(before)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
    'payment_method.attached',
    'checkout.session.completed',
    'customer.subscription.created',
    'invoice.created',
    'invoice.finalized',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
    'customer.subscription.updated',
    'customer.updated',
  ])
  const [updated] = setup.emulator.events.filter(({ type }) => type === 'customer.updated')
  expect(updated?.data.previous_attributes).toEqual({ currency: null, next_invoice_sequence: 1 })
})

test('a one-time line is billed once beside the subscription', async () => {
  const setup = start()
  const { stripe } = setup
  const monthly = await catalogue(setup)
  const setUp = await stripe.prices.create({
    product: String(monthly.product),
    currency: 'eur',
    unit_amount: 250,
  })
  const { id } = await openSession(setup, {
    line_items: [{ price: monthly.id, quantity: 1 }, { price: setUp.id, quantity: 1 }],
  })
  await setup.emulator.pay(id)
  const session = await stripe.checkout.sessions.retrieve(id, {
    expand: ['subscription', 'invoice'],
  })
  expect(session).toMatchObject({
    amount_total: 1150,
    subscription: { items: { data: [{ price: { id: monthly.id } }] } },
    invoice: {
      total: 1150,
      lines: { data: [{ amount: 900 }, { amount: 250, parent: { type: 'invoice_item_details' } }] },
    },
  })
})

test('a month that lacks the day ends on its last', async () => {
  const setup = start()
  setup.clock.advance(Date.UTC(2027, 0, 31, 12) - setup.clock.now().getTime())
  const { id } = await openSession(setup)
  await setup.emulator.pay(id)
  const [subscription] = (await setup.stripe.subscriptions.list()).data
  const end = subscription?.items.data[0]?.current_period_end ?? 0
  expect(new Date(end * 1000).toISOString().slice(0, 10)).toBe('2027-02-28')
})

test('what costs nothing is complete without a payment', async () => {
  const setup = start()
  const free = await catalogue(setup, 'eur', 0)
  const { id } = await openSession(setup, { line_items: [{ price: free.id, quantity: 1 }] })
  await setup.emulator.pay(id)
  expect(await setup.stripe.checkout.sessions.retrieve(id, { expand: ['invoice.payments'] }))
    .toMatchObject({
      payment_status: 'no_payment_required',
      invoice: { status: 'paid', payments: { data: [] } },
    })
})

test('a declined card leaves the session open, and the next attempt uses the same intent', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id } = await openSession(setup)
  expect(await emulator.pay(id, { card: 'declined' }))
    .toEqual({ outcome: 'declined', message: 'Your card was declined.' })
  expect(await stripe.checkout.sessions.retrieve(id))
    .toMatchObject({ status: 'open', payment_status: 'unpaid', subscription: null })
  expect(typesOf(emulator)).toEqual(
    expect.arrayContaining(['charge.failed', 'payment_intent.payment_failed']),
  )
  await emulator.pay(id)
  const intents = (await stripe.paymentIntents.list()).data
  expect(intents).toHaveLength(1)
  expect(intents[0]).toMatchObject({ status: 'succeeded', last_payment_error: null })
  expect((await stripe.charges.list()).data.map(({ status }) => status))
    .toEqual(['succeeded', 'failed'])
})

test('a delayed payment completes the session unpaid and ends later', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id } = await openSession(setup)
  expect(await emulator.pay(id, { delayed: 'processing' })).toMatchObject({ outcome: 'processing' })
  expect(await stripe.checkout.sessions.retrieve(id, { expand: ['subscription', 'invoice'] }))
    .toMatchObject({
      status: 'complete',
      payment_status: 'unpaid',
      subscription: { status: 'active' },
      invoice: { status: 'open' },
    })
  await emulator.settle(id, 'succeeded')
  expect(await stripe.checkout.sessions.retrieve(id, { expand: ['invoice'] }))
    .toMatchObject({ payment_status: 'paid', invoice: { status: 'paid' } })
  expect(typesOf(emulator)).toEqual(
    expect.arrayContaining(['checkout.session.async_payment_succeeded', 'invoice.paid']),
  )
  await expect(emulator.settle(id, 'failed')).rejects.toThrow('no payment under way')
})

test('a delayed payment that fails voids the invoice and leaves the subscription active', async () => {
  const setup = start()
  const { id } = await openSession(setup)
  await setup.emulator.pay(id, { delayed: 'processing' })
  await setup.emulator.settle(id, 'failed')
  expect(
    await setup.stripe.checkout.sessions.retrieve(id, { expand: ['subscription', 'invoice'] }),
  ).toMatchObject({
    payment_status: 'unpaid',
    subscription: { status: 'active' },
    invoice: { status: 'void' },
  })
  expect(typesOf(setup.emulator)).toEqual(
    expect.arrayContaining(['checkout.session.async_payment_failed', 'invoice.payment_failed']),
  )
})

test('a session for cards alone takes no delayed payment', async () => {
  const setup = start()
  const { id, url } = await openSession(setup, { allowed_payment_method_types: ['card'] })
  await expect(setup.emulator.pay(id, { delayed: 'processing' })).rejects.toThrow('takes only card')
  expect(await (await fetch(String(url))).text()).not.toContain('data-testid="delayed"')
})

test('a customer does not pay in two currencies while a subscription runs', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const eur = await openSession(setup)
  const usd = await catalogue(setup, 'usd')
  const inDollars = {
    customer: String(eur.customer),
    line_items: [{ price: usd.id, quantity: 1 }],
  }
  const early = await openSession(setup, inDollars)
  await emulator.pay(eur.id)
  await expect(emulator.pay(early.id)).rejects.toThrow('combine currencies')
  expect((await failure(openSession(setup, inDollars))).message).toContain('combine currencies')
  const [subscription] = (await stripe.subscriptions.list()).data
  await stripe.subscriptions.cancel(subscription?.id ?? '')
  expect(await emulator.pay(early.id)).toMatchObject({ outcome: 'paid' })
})

test('expire() works on open sessions only', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id } = await openSession(setup)
  expect(await stripe.checkout.sessions.expire(id)).toMatchObject({ status: 'expired', url: null })
  expect(await failure(stripe.checkout.sessions.expire(id)))
    .toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError' })
  await expect(emulator.expire(id)).rejects.toThrow('can be expired')
})

test('a subscription ends at once, or with its period', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const now = await openSession(setup)
  const later = await openSession(setup)
  await Promise.all([emulator.pay(now.id), emulator.pay(later.id)])
  const [second, first] = (await stripe.subscriptions.list()).data.map(({ id }) => id)
  expect(
    await stripe.subscriptions.cancel(first ?? '', {
      cancellation_details: { comment: 'unpaid' },
    }),
  ).toMatchObject({
    status: 'canceled',
    cancellation_details: { comment: 'unpaid', reason: 'cancellation_requested' },
  })
  expect(await failure(stripe.subscriptions.cancel(first ?? '')))
    .toMatchObject({ statusCode: 404, code: 'resource_missing' })
  expect(await failure(stripe.subscriptions.update(first ?? '', { cancel_at_period_end: true })))
    .toMatchObject({ statusCode: 400 })
  expect((await stripe.subscriptions.list()).data.map(({ id }) => id)).toEqual([second])
  expect((await stripe.subscriptions.list({ status: 'all' })).data).toHaveLength(2)

  const updated = await stripe.subscriptions.update(second ?? '', { cancel_at_period_end: true })
  expect(updated).toMatchObject({
    status: 'active',
    cancel_at: updated.items.data[0]?.current_period_end,
  })
  clock.advance(32 * 24 * 60 * 60_000)
  expect((await stripe.subscriptions.retrieve(second ?? '')).status).toBe('canceled')
  expect(typesOf(emulator).filter((type) => type === 'customer.subscription.deleted'))
    .toHaveLength(2)
})

test('refunds give back what was paid, in parts and never more', async () => {
  const setup = start()
  const { stripe } = setup
  const { id } = await openSession(setup)
  await setup.emulator.pay(id)
  const [intent] = (await stripe.paymentIntents.list()).data
  const payment_intent = intent?.id ?? ''
  const part = await stripe.refunds.create({ payment_intent, amount: 800, metadata: { a: 'b' } })
  expect(part).toMatchObject({ amount: 800, status: 'succeeded', metadata: { a: 'b' } })
  expect((await failure(stripe.refunds.create({ payment_intent, amount: 1001 }))).param)
    .toBe('amount')
  expect((await stripe.refunds.create({ payment_intent })).amount).toBe(1000)
  expect(await failure(stripe.refunds.create({ payment_intent })))
    .toMatchObject({ code: 'charge_already_refunded' })
  const charge = await stripe.charges.retrieve(String(part.charge), { expand: ['refunds'] })
  expect(charge).toMatchObject({
    refunded: true,
    amount_refunded: 1800,
    refunds: { data: [{ amount: 1000 }, { amount: 800 }] },
  })
  expect((await stripe.refunds.list({ payment_intent })).data).toHaveLength(2)
  expect(typesOf(setup.emulator).slice(-3))
    .toEqual(['refund.created', 'charge.refunded', 'refund.updated'])
})

test('expand refuses what is no object, and lists without "data."', async () => {
  const setup = start()
  const { id } = await openSession(setup)
  const { sessions } = setup.stripe.checkout
  for (const path of ['amount_total', 'nothing', 'metadata.order_id', 'a.b.c.d.e']) {
    expect(await failure(sessions.retrieve(id, { expand: [path] }))).toMatchObject({
      statusCode: 400,
      param: 'expand[0]',
    })
  }
  expect(await failure(sessions.list({ expand: ['customer'] }))).toMatchObject({ statusCode: 400 })
  const { data } = await sessions.list({ expand: ['data.customer'] })
  expect(data[0]?.customer).toMatchObject({ email: 'ada@example.com' })
  expect(await failure(sessions.retrieve('cs_test_x')))
    .toMatchObject({ statusCode: 404, code: 'resource_missing', param: 'id' })
})

test('an idempotency key replays its answer, and refuses another request', async () => {
  const { call, stripe } = start()
  const post = (body: string) =>
    call('/v1/customers', { method: 'POST', body, headers: { 'Idempotency-Key': 'key' } })
  const first = await post('name=Ada')
  const second = await post('name=Ada')
  expect(second.body).toEqual(first.body)
  expect([first, second].map(({ headers }) => headers.get('Idempotent-Replayed')))
    .toEqual([null, 'true'])
  expect(second.headers.get('Original-Request')).toBe(first.headers.get('Request-Id'))
  expect(second.headers.get('Request-Id')).not.toBe(first.headers.get('Request-Id'))
  const other = await post('name=Bob')
  expect([other.status, other.body.error.type]).toEqual([400, 'idempotency_error'])
  expect((await stripe.customers.list()).data).toHaveLength(1)
})

test('an idempotency key keeps failures, but not those of the parameter check', async () => {
  const setup = start()
  const { stripe } = setup
  const options = { idempotencyKey: 'refund' }
  expect(await failure(stripe.refunds.create({}, options))).toMatchObject({ statusCode: 400 })
  const missing = { payment_intent: 'pi_x' }
  expect(await failure(stripe.refunds.create(missing, options)))
    .toMatchObject({ code: 'resource_missing' })
  expect(await failure(stripe.refunds.create({ charge: 'ch_x' }, options)))
    .toMatchObject({ type: 'StripeIdempotencyError' })
  setup.clock.advance(24 * 60 * 60_000 + 1000)
  expect(await failure(stripe.refunds.create({ charge: 'ch_x' }, options)))
    .toMatchObject({ code: 'resource_missing' })
})

test('an idempotency key in flight is refused with 409', async () => {
  const { emulator, url } = start()
  const headers = { 'Idempotency-Key': 'slow', Authorization: `Bearer ${KEY}`, ...FORM }
  const create = (body: BodyInit) =>
    emulator.fetch(new Request(`${url}/v1/customers`, { method: 'POST', headers, body }))
  const body = new TransformStream<Uint8Array, Uint8Array>()
  const slow = create(body.readable)
  const busy = await create('name=Ada')
  expect([busy.status, (await busy.json()).error.code]).toEqual([409, 'idempotency_key_in_use'])
  const writer = body.writable.getWriter()
  await writer.write(new TextEncoder().encode('name=Ada'))
  await writer.close()
  expect((await slow).status).toBe(200)
})

test('webhooks are signed, filtered and rendered at the version of the API', async () => {
  const setup = start()
  const { emulator, received, hook, stripe } = setup
  emulator.addWebhookEndpoint({
    url: hook,
    secret: SECRET,
    enabledEvents: ['checkout.session.completed', 'invoice.paid'],
  })
  const { id } = await openSession(setup)
  await emulator.pay(id)
  await emulator.idle()
  expect(received.map(({ event }) => event.type).sort())
    .toEqual(['checkout.session.completed', 'invoice.paid'])
  const [completed] = received.map(({ event }) => event)
  expect(completed).toMatchObject({
    api_version: '2026-10-28.endive',
    livemode: false,
    request: { id: null },
  })
  const [read] = (await stripe.events.list({ type: 'checkout.session.*' })).data
  expect(read).toMatchObject({ id: completed?.id, pending_webhooks: 0 })
  const [created] = (await stripe.events.list({ types: ['customer.created'] })).data
  expect(created?.request?.id).toMatch(/^req_/)
})

test('a webhook is tried again with a fresh signature until it is taken', async () => {
  const setup = start({ retryDelaysMs: [20, 20] })
  const { emulator, received, receiver, hook, stripe, clock } = setup
  emulator.addWebhookEndpoint({ url: hook, secret: SECRET, enabledEvents: ['product.created'] })
  receiver.answer = () => {
    clock.advance(2000)
    return new Response(null, { status: received.length < 3 ? 500 : 204 })
  }
  await catalogue(setup)
  await waitFor(() => Promise.resolve(received.length === 1 || undefined))
  expect((await stripe.events.list({ delivery_success: false })).data.map(({ type }) => type))
    .toEqual(['product.created'])
  await waitFor(() => Promise.resolve(received.length === 3 || undefined))
  await emulator.idle()
  expect(new Set(received.map(({ event }) => event.id)).size).toBe(1)
  expect(new Set(received.map(({ body }) => body)).size).toBe(1)
  expect(new Set(received.map(({ header }) => header)).size).toBe(3)
  expect((await stripe.events.list({ delivery_success: false })).data).toEqual([])
})

test('a webhook is given up after the last retry, and can be sent by hand', async () => {
  const setup = start({ retryDelaysMs: [10] })
  const { emulator, received, receiver, hook, stripe } = setup
  emulator.addWebhookEndpoint({ url: hook, secret: SECRET, enabledEvents: ['product.created'] })
  // a redirect is a failure, too
  receiver.answer = () => Response.redirect('http://127.0.0.1:1/', 302)
  await catalogue(setup)
  await waitFor(() => Promise.resolve(received.length === 2 || undefined))
  await emulator.idle()
  const [event] = (await stripe.events.list({ delivery_success: false })).data
  expect(event?.pending_webhooks).toBe(1)
  receiver.answer = () => new Response(null)
  await emulator.deliver(event?.id ?? '')
  expect(received).toHaveLength(3)
  expect((await stripe.events.retrieve(event?.id ?? '')).pending_webhooks).toBe(0)
})

test('held webhooks go out when they are released', async () => {
  const setup = start()
  const { emulator, received, hook } = setup
  emulator.addWebhookEndpoint({ url: hook, secret: SECRET, enabledEvents: ['product.created'] })
  const withheld = withholdWebhooks(emulator)
  await catalogue(setup)
  await emulator.idle()
  expect(received).toEqual([])
  withheld.cancel()
  await emulator.idle()
  expect(received).toHaveLength(1)
})

test('events can be read for 30 days', async () => {
  const setup = start()
  await catalogue(setup)
  const [event] = (await setup.stripe.events.list()).data
  setup.clock.advance(30 * 24 * 60 * 60_000)
  expect((await setup.stripe.events.list()).data).toEqual([])
  expect(await failure(setup.stripe.events.retrieve(event?.id ?? '')))
    .toMatchObject({ statusCode: 404 })
})

test('an endpoint made by the API tells its secret once', async () => {
  const { stripe, hook } = start()
  const made = await stripe.webhookEndpoints.create({ url: hook, enabled_events: ['invoice.paid'] })
  expect(made.secret).toMatch(/^whsec_/)
  expect(await stripe.webhookEndpoints.retrieve(made.id)).not.toHaveProperty('secret')
  expect((await stripe.webhookEndpoints.list()).data[0]).not.toHaveProperty('secret')
  expect(await stripe.webhookEndpoints.del(made.id)).toMatchObject({ deleted: true })
  expect((await stripe.webhookEndpoints.list()).data).toEqual([])
})

test('the page shows what is sold and leads back to the shop when it is paid', async () => {
  const setup = start()
  const session = await openSession(setup)
  const url = String(session.url)
  const page = await (await fetch(url)).text()
  for (const id of ['pay', 'decline', 'delayed', 'expire', 'back']) {
    expect(page).toContain(`data-testid="${id}"`)
  }
  expect(page).toContain('Paper 4 GB')
  expect(page).toContain('€18.00')
  expect(page).toContain('per month')
  expect(page).toContain('4242 4242 4242 4242')
  expect(page).toContain('Local Stripe emulator')
  expect(page).toContain('href="https://shop.test/plans"')

  const declined = await submit(url, { action: 'pay', number: '4000 0000 0000 0002' })
  expect([declined.status, await declined.text()])
    .toEqual([402, expect.stringContaining('Your card was declined.')])
  const paid = await submit(url, { action: 'pay', number: '4242 4242 4242 4242' })
  expect(paid.status).toBe(303)
  const back = `https://shop.test/return?session_id=${session.id}`
  expect(paid.headers.get('Location')).toBe(back)
  const again = await submit(url, { action: 'pay' })
  expect(again.headers.get('Location')).toBe(back)
  expect(await (await fetch(url)).text()).toContain('This checkout is complete')
  expect((await setup.stripe.subscriptions.list()).data).toHaveLength(1)
})

test('the page ends delayed payments, expires sessions and knows who pays', async () => {
  const setup = start()
  const { stripe } = setup
  const price = await catalogue(setup)
  const open = () =>
    stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: price.id, quantity: 1 }],
      success_url: 'https://shop.test/',
    })
  const [first, second] = [await open(), await open()]
  await submit(String(first.url), { action: 'delayed', email: 'eve@example.com' })
  expect(await (await fetch(String(first.url))).text()).toContain('data-testid="succeeded"')
  await submit(String(first.url), { action: 'succeeded' })
  expect(await stripe.checkout.sessions.retrieve(first.id, { expand: ['customer'] })).toMatchObject(
    {
      payment_status: 'paid',
      customer: { email: 'eve@example.com' },
    },
  )
  await submit(String(second.url), { action: 'expire' })
  expect((await stripe.checkout.sessions.retrieve(second.id)).status).toBe('expired')
  expect(await (await fetch(String(second.url))).text()).toContain('has expired')
  expect((await submit(String(second.url), { action: 'pay' })).status).toBe(400)
  expect((await fetch(`${setup.url}/c/pay/cs_test_x`)).status).toBe(404)
  expect(await (await fetch(setup.url)).text()).toContain('eve@example.com')
})

test('the redirect waits for the answer to checkout.session.completed', async () => {
  const setup = start()
  const { emulator, receiver, hook, received } = setup
  const only = ['checkout.session.completed']
  emulator.addWebhookEndpoint({ url: hook, secret: SECRET, enabledEvents: only })
  const session = await openSession(setup)
  const { promise: answer, resolve } = Promise.withResolvers<Response>()
  receiver.answer = () => answer
  let redirected = false
  const paid = submit(String(session.url), { action: 'pay' }).then((response) => {
    redirected = true
    return response
  })
  await waitFor(() => Promise.resolve(received.length === 1 || undefined))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(redirected).toBe(false)
  resolve(new Response(null))
  expect((await paid).status).toBe(303)
})

test('a snapshot is all there is: another emulator goes on with it', async () => {
  const before = start({ retryDelaysMs: [10] })
  const { id } = await openSession(before)
  await before.emulator.pay(id)
  before.emulator.addWebhookEndpoint({ url: before.hook, secret: SECRET })
  before.emulator.addWebhookEndpoint({ url: before.hook, secret: SECRET })
  withholdWebhooks(before.emulator)
  const key = { idempotencyKey: 'once' }
  const customer = await before.stripe.customers.create({ name: 'Ada' }, key)
  expect(before.changes()).toBeGreaterThan(0)
  const state = JSON.parse(JSON.stringify(before.emulator.snapshot()))

  const after = start({ state, retryDelaysMs: [10] })
  expect((await after.stripe.customers.create({ name: 'Ada' }, key)).id).toBe(customer.id)
  expect((await after.stripe.checkout.sessions.retrieve(id, { expand: ['line_items'] })).line_items)
    .toMatchObject({ data: [{ quantity: 2 }] })
  expect((await after.stripe.webhookEndpoints.list()).data).toHaveLength(1)
  await waitFor(() => Promise.resolve(before.received.length === 1 || undefined))
  expect(() => start({ state: { version: 0 } })).toThrow('another version')
})
