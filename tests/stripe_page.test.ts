import type Stripe from 'stripe'
import { expect, test } from 'vitest'
import { catalogue, openSession, type Setup, start, submit } from './support/stripe.ts'

async function bodyOf(url: string | null): Promise<string> {
  return await (await fetch(String(url))).text()
}

/** What the page says when this is posted to it, and its status. */
async function answerTo(session: Stripe.Checkout.Session, fields: Record<string, string>) {
  const answer = await submit(String(session.url), fields)
  const [, alert = ''] = /data-testid="alert">([^<]*)/.exec(await answer.clone().text()) ?? []
  return { status: answer.status, alert, location: answer.headers.get('Location') }
}

async function promotionCode({ stripe }: Pick<Setup, 'stripe'>, code: string) {
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' })
  return await stripe.promotionCodes.create({
    code,
    promotion: { type: 'coupon', coupon: coupon.id },
  })
}

const CARD = { action: 'pay', number: '4242 4242 4242 4242', expiry: '12 / 34', cvc: '123' }

test.each([
  [{ number: '4000 0000 0000 9995' }, 'Your card has insufficient funds.'],
  [{ number: '4000000000000069' }, 'Your card has expired.'],
  [{ number: '4000-0000-0000-0127' }, 'Your card&#39;s security code is incorrect.'],
  [{ number: '4242 4242 4242 4241' }, 'Your card number is incorrect.'],
  [{ number: '' }, 'Your card number is incorrect.'],
  [{ number: '4111 1111 1111 1111' }, 'used a non test card'],
  [{ expiry: '01 / 20' }, 'expiration date'],
  [{ expiry: '13 / 34' }, 'expiration date'],
  [{ cvc: '1' }, 'security code is invalid'],
])('the card %j is refused: %s', async (typed, alert) => {
  const setup = start()
  const session = await openSession(setup)
  const answer = await answerTo(session, { ...CARD, ...typed, email: 'eve@example.com' })
  expect([answer.status, answer.alert]).toEqual([402, expect.stringContaining(alert)])
  expect((await setup.stripe.checkout.sessions.retrieve(session.id)).status).toBe('open')
  expect(await bodyOf(session.url)).toContain('data-testid="pay"')
})

test('a card that is about to expire still pays, by its number or from the list of test cards', async () => {
  const setup = start()
  const { stripe, clock } = setup
  const [typed, chosen] = [await openSession(setup), await openSession(setup)]
  const now = clock.now()
  const expiry = `${now.getUTCMonth() + 1}/${now.getUTCFullYear()}`
  expect(await answerTo(typed, { ...CARD, number: '5555 5555 5555 4444', expiry }))
    .toMatchObject({ status: 303 })
  expect(await bodyOf(chosen.url)).toContain('4242 · pm_card_visa')
  expect(await answerTo(chosen, { action: 'pay_with', method: 'pm_card_amex' }))
    .toMatchObject({ status: 303 })
  expect(
    (await stripe.charges.list()).data.map((charge) => charge.payment_method_details?.card?.brand),
  ).toEqual(['amex', 'mastercard'])
})

test('the page keeps what was typed when it was not taken', async () => {
  const setup = start()
  const price = await catalogue(setup)
  const { url } = await setup.stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: 'https://shop.test/',
  })
  const answer = await submit(String(url), {
    ...CARD,
    number: '4000000000000002',
    email: 'eve@example.com',
    name: 'Eve <Moneypenny>',
  })
  const text = await answer.text()
  expect(text).toContain('value="eve@example.com"')
  expect(text).toContain('value="Eve &lt;Moneypenny&gt;"')
})

test('the owner of a card is asked, refuses, is asked again and approves', async () => {
  const setup = start()
  const session = await openSession(setup)
  const asked = await answerTo(session, { action: 'authenticate' })
  expect(asked.location).toMatch(/\/authenticate\/pi_3\w+$/)
  const bank = String(asked.location)
  expect(await bodyOf(bank)).toContain('€18.00')
  expect((await submit(bank, { action: 'refuse' })).headers.get('Location'))
    .toBe(`/c/pay/${session.id}`)
  expect(await bodyOf(session.url)).toContain('has failed authentication')
  const again = String((await answerTo(session, { ...CARD, number: '4000002500003155' })).location)
  expect((await submit(again, { action: 'approve' })).headers.get('Location'))
    .toBe(`https://shop.test/return?session_id=${session.id}`)
  expect(await bodyOf(again)).toContain('succeeded')
  expect((await submit(bank, { action: 'nothing' })).status).toBe(400)
})

test('a code is taken, once, and can be taken back', async () => {
  const setup = start()
  const { stripe } = setup
  const { id } = await promotionCode(setup, 'SPRING')
  const closed = await openSession(setup)
  expect(await bodyOf(closed.url)).not.toContain('data-testid="code"')
  expect(await answerTo(closed, { action: 'promotion', code: 'SPRING' })).toMatchObject({
    status: 400,
  })

  const session = await openSession(setup, { allow_promotion_codes: true })
  expect(await answerTo(session, { action: 'promotion', code: 'WINTER' }))
    .toMatchObject({ status: 400, alert: 'This code is invalid.' })
  expect(await answerTo(session, { action: 'promotion', code: ' spring ' }))
    .toMatchObject({ status: 303 })
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
    amount_subtotal: 1800,
    amount_total: 900,
    discounts: [{ coupon: null, promotion_code: id }],
  })
  expect(await bodyOf(session.url)).toMatch(/SPRING[\s\S]*Pay €9\.00/)
  await answerTo(session, { action: 'drop_promotion' })
  expect(await bodyOf(session.url)).toContain('Pay €18.00')
  await answerTo(session, { action: 'promotion', code: 'SPRING' })
  expect((await stripe.promotionCodes.retrieve(id)).times_redeemed).toBe(0)
  await answerTo(session, CARD)
  expect((await stripe.promotionCodes.retrieve(id)).times_redeemed).toBe(1)
  expect((await stripe.paymentIntents.list()).data).toMatchObject([{ amount_received: 900 }])
})

test('how many is chosen between the least and the most', async () => {
  const setup = start()
  const { stripe } = setup
  const price = await catalogue(setup)
  const adjustable = { enabled: true, minimum: 2, maximum: 5 }
  const session = await openSession(setup, {
    line_items: [{ price: price.id, quantity: 2, adjustable_quantity: adjustable }],
  })
  const [line] = (await stripe.checkout.sessions.listLineItems(session.id)).data
  const choose = (quantity: string) =>
    answerTo(session, { action: 'quantity', [`quantity:${line?.id}`]: quantity })
  for (const wrong of ['1', '6', '2.5', 'x']) {
    expect(await choose(wrong)).toMatchObject({
      status: 400,
      alert: expect.stringContaining('between 2 and 5'),
    })
  }
  expect(await choose('5')).toMatchObject({ status: 303 })
  expect(await bodyOf(session.url)).toContain('Pay €45.00')
  await answerTo(session, CARD)
  expect((await stripe.subscriptions.list()).data)
    .toMatchObject([{ items: { data: [{ quantity: 5 }] } }])
  const fixed = await openSession(setup)
  const [other] = (await stripe.checkout.sessions.listLineItems(fixed.id)).data
  expect(await answerTo(fixed, { action: 'quantity', [`quantity:${other?.id}`]: '1' }))
    .toMatchObject({ status: 400 })
})

test('who was asked to approve one sum does not approve another', async () => {
  const setup = start()
  const { stripe } = setup
  await promotionCode(setup, 'SPRING')
  const session = await openSession(setup, { allow_promotion_codes: true })
  const { location } = await answerTo(session, { action: 'authenticate' })
  await answerTo(session, { action: 'promotion', code: 'SPRING' })
  expect((await submit(String(location), { action: 'approve' })).status).toBe(400)
  expect((await stripe.charges.list()).data).toEqual([])
})

test('terms of service must be agreed to', async () => {
  const setup = start()
  const session = await openSession(setup, {
    consent_collection: { terms_of_service: 'required' },
    custom_text: { terms_of_service_acceptance: { message: 'I waive my right.' } },
  })
  expect(await bodyOf(session.url)).toContain('I waive my right.')
  expect(await answerTo(session, CARD)).toMatchObject({
    status: 400,
    alert: expect.stringContaining('agree'),
  })
  expect(await answerTo(session, { ...CARD, terms: 'on' })).toMatchObject({ status: 303 })
  expect((await setup.stripe.checkout.sessions.retrieve(session.id)).consent)
    .toEqual({ promotions: null, terms_of_service: 'accepted' })
})

test('a trial says how long it is free and what it costs then', async () => {
  const setup = start()
  const trial = { subscription_data: { trial_period_days: 7 } }
  const withCard = await bodyOf((await openSession(setup, trial)).url)
  expect(withCard).toMatch(/7 days free[\s\S]*Then €18\.00[\s\S]*€0\.00[\s\S]*Start trial/)
  expect(withCard).toContain('name="number"')
  const without = await openSession(setup, { ...trial, payment_method_collection: 'if_required' })
  expect(await bodyOf(without.url)).not.toContain('name="number"')
  expect(await answerTo(without, { action: 'pay' })).toMatchObject({ status: 303 })
})

test('a session for bank accounts alone takes a test account', async () => {
  const setup = start()
  const { stripe } = setup
  const session = await openSession(setup, { allowed_payment_method_types: ['sepa_debit'] })
  const text = await bodyOf(session.url)
  expect(text).toContain('DE89370400440532013000')
  expect(text).not.toContain('data-testid="decline"')
  expect(await answerTo(session, CARD)).toMatchObject({ status: 402 })
  expect(await answerTo(session, { action: 'pay', number: 'DE62 3704 0044 0532 0130 01' }))
    .toMatchObject({ status: 303 })
  expect((await stripe.paymentIntents.list()).data).toMatchObject([{ status: 'processing' }])
})

test('what a shop and a buyer write cannot become part of the page', async () => {
  const setup = start()
  const name = '<script>alert(1)</script>'
  const session = await openSession(setup, {
    custom_text: { submit: { message: name } },
    line_items: [{
      quantity: 1,
      price_data: {
        currency: 'eur',
        unit_amount: 900,
        recurring: { interval: 'month' },
        product_data: { name },
      },
    }],
  })
  const answer = await fetch(String(session.url))
  expect(await answer.text()).not.toContain('<script>')
  expect(answer.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
})

test('an address is asked for where it is required, and changes the customer where it may', async () => {
  const setup = start()
  const { stripe } = setup
  const required = { billing_address_collection: 'required' } as const
  const [strict, lax] = [
    await openSession(setup, required),
    await openSession(setup, { ...required, customer_update: { address: 'auto', name: 'auto' } }),
  ]
  expect(await bodyOf(strict.url)).toContain('name="postal_code"')
  expect(await bodyOf((await openSession(setup)).url)).not.toContain('name="postal_code"')
  const typed = {
    ...CARD,
    name: 'Ada',
    line1: 'Weg 1',
    postal_code: '1',
    city: 'Bonn',
    country: 'de',
  }
  for (const session of [strict, lax]) await answerTo(session, typed)
  const address = { line1: 'Weg 1', postal_code: '1', city: 'Bonn', country: 'DE', line2: null }
  for (const [{ id }, changed] of [[strict, false], [lax, true]] as const) {
    expect(await stripe.checkout.sessions.retrieve(id, { expand: ['customer'] })).toMatchObject({
      customer_details: { name: 'Ada', address },
      customer: changed ? { name: 'Ada', address } : { name: null, address: null },
    })
  }
  expect((await stripe.charges.list()).data[0]?.billing_details).toMatchObject({
    name: 'Ada',
    address,
  })
})

/** A subscription that is billed to this card, and its first invoice. */
async function subscribed({ stripe }: Pick<Setup, 'stripe'>, card: string) {
  const price = await catalogue({ stripe })
  const customer = (await stripe.customers.create({ email: 'ada@example.com' })).id
  const { id: method } = await stripe.paymentMethods.attach(card, { customer })
  const subscription = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    default_payment_method: method,
    expand: ['latest_invoice'],
  })
  const invoice = subscription.latest_invoice as Stripe.Invoice
  return { id: subscription.id, status: subscription.status, url: invoice.hosted_invoice_url }
}

test("an invoice's page asks the owner of the card, and lets the subscription begin", async () => {
  const setup = start()
  const { id, status, url } = await subscribed(setup, 'pm_card_authenticationRequired')
  expect(status).toBe('incomplete')
  const [, path] = /href="(\/authenticate\/pi_\w+)"/.exec(await bodyOf(String(url))) ?? []
  const answer = await submit(`${setup.url}${path}`, { action: 'approve' })
  expect(answer.headers.get('Location')).toMatch(/^\/i\/in_/)
  expect(await bodyOf(String(url))).toContain('€9.00, paid')
  expect((await setup.stripe.subscriptions.retrieve(id)).status).toBe('active')
})

test("an invoice's page takes another card for one that was declined", async () => {
  const setup = start()
  const { id, url } = await subscribed(setup, 'pm_card_chargeCustomerFail')
  expect(await bodyOf(String(url))).toContain('Pay €9.00')
  const declined = await submit(String(url), { ...CARD, number: '4000000000009995' })
  expect([declined.status, await declined.text()])
    .toEqual([402, expect.stringContaining('insufficient funds')])
  const asked = await submit(String(url), { ...CARD, number: '4000002760003184' })
  expect(asked.headers.get('Location')).toMatch(/^\/authenticate\/pi_/)
  expect((await submit(String(url), CARD)).status).toBe(303)
  expect((await setup.stripe.subscriptions.retrieve(id)).status).toBe('active')
  expect((await submit(String(url), CARD)).status).toBe(400)
})
