import type Stripe from 'stripe'
import { expect, test } from 'vitest'
import {
  catalogue,
  failure,
  openSession,
  type Setup,
  start,
  submit,
  typesOf,
} from './support/stripe.ts'

const NEVER_REDIRECTS = {
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
} as const

/** An intent for €20.00 that is confirmed at once. */
async function pay(
  { stripe }: Pick<Setup, 'stripe'>,
  method: string,
  changes: Partial<Stripe.PaymentIntentCreateParams> = {},
) {
  return await stripe.paymentIntents.create({
    amount: 2000,
    currency: 'eur',
    payment_method: method,
    confirm: true,
    ...NEVER_REDIRECTS,
    ...changes,
  })
}

async function owner({ stripe }: Pick<Setup, 'stripe'>) {
  return await stripe.customers.create({ email: 'ada@example.com', name: 'Ada' })
}

test('a card pays at once, and all that was made is linked', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const intent = await pay(setup, 'pm_card_mastercard', { metadata: { order_id: 'ord_1' } })
  expect(intent).toMatchObject({
    status: 'succeeded',
    amount_received: 2000,
    client_secret: expect.stringMatching(/^pi_3\w+_secret_\w+$/),
    last_payment_error: null,
  })
  expect(await stripe.charges.retrieve(String(intent.latest_charge))).toMatchObject({
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    status: 'succeeded',
    captured: true,
    metadata: { order_id: 'ord_1' },
    outcome: { type: 'authorized', network_status: 'approved_by_network' },
    payment_method_details: { type: 'card', card: { brand: 'mastercard', last4: '4444' } },
  })
  expect(typesOf(emulator)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
  ])
})

const DECLINES = [
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
  ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
  ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
  ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ['pm_card_visa_chargeDeclinedVelocityLimitExceeded', 'card_declined', 'card_velocity_exceeded'],
  ['pm_card_radarBlock', 'card_declined', 'fraudulent'],
] as const

test.each(DECLINES)('%s is declined as %s, %s', async (method, code, declineCode) => {
  const setup = start()
  const { stripe, emulator } = setup
  const error = await pay(setup, method).then(() => undefined, (error) => error)
  expect(error).toMatchObject({
    type: 'StripeCardError',
    statusCode: 402,
    code,
    decline_code: declineCode,
    payment_intent: {
      status: 'requires_payment_method',
      payment_method: null,
      last_payment_error: { code, decline_code: declineCode, payment_method: { type: 'card' } },
    },
  })
  const charge = await stripe.charges.retrieve(error.charge)
  expect(charge).toMatchObject({ status: 'failed', paid: false, failure_code: code })
  expect(charge.outcome?.type).toBe(declineCode === 'fraudulent' ? 'blocked' : 'issuer_declined')
  expect(typesOf(emulator).slice(1)).toEqual(['charge.failed', 'payment_intent.payment_failed'])
})

test('a declined intent is paid with another method', async () => {
  const setup = start()
  const { stripe } = setup
  const { payment_intent: declined } = await pay(setup, 'pm_card_chargeDeclined')
    .then(() => ({ payment_intent: undefined }), (error) => error)
  expect(await failure(stripe.paymentIntents.confirm(declined.id))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  })
  const paid = await stripe.paymentIntents.confirm(declined.id, { payment_method: 'pm_card_visa' })
  expect(paid).toMatchObject({ id: declined.id, status: 'succeeded', last_payment_error: null })
  expect((await stripe.charges.list({ payment_intent: declined.id })).data.map((c) => c.status))
    .toEqual(['succeeded', 'failed'])
  expect(
    await failure(stripe.paymentIntents.confirm(declined.id, { receipt_email: 'a@example.com' })),
  ).toMatchObject({
    code: 'payment_intent_unexpected_state',
    message: expect.stringContaining('already succeeded'),
  })
  expect((await stripe.paymentIntents.retrieve(declined.id)).receipt_email).toBeNull()
})

test('an intent is refused below the least amount, above the most, and in what is no currency', async () => {
  const setup = start()
  const { stripe } = setup
  const amountOf = (amount: number, currency = 'eur') =>
    failure(pay(setup, 'pm_card_visa', { amount, currency }))
  expect(await amountOf(49)).toMatchObject({ code: 'amount_too_small', param: 'amount' })
  expect(await amountOf(1499, 'czk')).toMatchObject({ code: 'amount_too_small' })
  expect(await amountOf(100_000_000)).toMatchObject({ code: 'amount_too_large' })
  expect(await amountOf(2000, 'xyz')).toMatchObject({ param: 'currency', statusCode: 400 })
  expect((await stripe.paymentIntents.list()).data).toEqual([])
})

test('what only confirms is refused without confirm, and a redirect needs a return_url', async () => {
  const { stripe } = start()
  const base = { amount: 2000, currency: 'eur' }
  expect(await failure(stripe.paymentIntents.create({ ...base, off_session: true })))
    .toMatchObject({ param: 'off_session', statusCode: 400 })
  expect(
    await failure(
      stripe.paymentIntents.create({ ...base, confirm: true, payment_method: 'pm_card_visa' }),
    ),
  ).toMatchObject({ message: expect.stringContaining('you must provide a `return_url`') })
  expect(
    await stripe.paymentIntents.create({
      ...base,
      confirm: true,
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.test/return',
    }),
  ).toMatchObject({ status: 'succeeded' })
})

test('an intent goes from its method to its confirmation, and can be changed until then', async () => {
  const { stripe } = start()
  const intent = await stripe.paymentIntents.create({
    amount: 2000,
    currency: 'eur',
    ...NEVER_REDIRECTS,
  })
  expect(intent).toMatchObject({ status: 'requires_payment_method', latest_charge: null })
  expect(
    await stripe.paymentIntents.update(intent.id, {
      amount: 2500,
      payment_method: 'pm_card_visa',
      metadata: { order_id: 'ord_1' },
    }),
  ).toMatchObject({ status: 'requires_confirmation', amount: 2500 })
  expect(await stripe.paymentIntents.confirm(intent.id))
    .toMatchObject({ status: 'succeeded', amount_received: 2500 })
  expect(await failure(stripe.paymentIntents.update(intent.id, { amount: 1 })))
    .toMatchObject({ code: 'payment_intent_unexpected_state' })
  expect(await stripe.paymentIntents.update(intent.id, { description: 'Two months' }))
    .toMatchObject({ description: 'Two months', metadata: { order_id: 'ord_1' } })
  expect((await stripe.paymentIntents.search({ query: 'metadata["order_id"]:"ord_1"' })).data)
    .toMatchObject([{ id: intent.id }])
})

test('money is set aside, captured in part, or free again', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const held = await pay(setup, 'pm_card_visa', { capture_method: 'manual' })
  expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 2000 })
  expect(
    await failure(stripe.paymentIntents.capture(held.id, { amount_to_capture: 2001 })),
  ).toMatchObject({ param: 'amount_to_capture' })
  expect(await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1500 }))
    .toMatchObject({ status: 'succeeded', amount_received: 1500, amount_capturable: 0 })
  expect(await stripe.charges.retrieve(String(held.latest_charge)))
    .toMatchObject({ captured: true, amount_captured: 1500, amount_refunded: 500 })
  expect(typesOf(emulator)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.amount_capturable_updated',
    'charge.captured',
    'payment_intent.succeeded',
  ])
  expect(await failure(stripe.paymentIntents.capture(held.id)))
    .toMatchObject({ code: 'payment_intent_unexpected_state' })

  const given = await pay(setup, 'pm_card_visa', { capture_method: 'manual' })
  expect(
    await stripe.paymentIntents.cancel(given.id, { cancellation_reason: 'requested_by_customer' }),
  ).toMatchObject({ status: 'canceled', cancellation_reason: 'requested_by_customer' })
  expect(await stripe.charges.retrieve(String(given.latest_charge)))
    .toMatchObject({ refunded: true, captured: false })

  const forgotten = await pay(setup, 'pm_card_visa', { capture_method: 'manual' })
  clock.advance(7 * 24 * 60 * 60 * 1000)
  expect(await stripe.paymentIntents.retrieve(forgotten.id))
    .toMatchObject({ status: 'canceled', cancellation_reason: 'automatic' })
  expect(typesOf(emulator).slice(-2)).toEqual(['charge.expired', 'payment_intent.canceled'])
})

test('a card that asks its owner waits for the answer on the page', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const asking = () =>
    pay(setup, 'pm_card_authenticationRequired', { return_url: 'https://shop.test/return?a=1' })
  const approved = await asking()
  const { url } = approved.next_action?.redirect_to_url ?? {}
  expect(approved).toMatchObject({ status: 'requires_action', latest_charge: null })
  expect(await (await fetch(String(url))).text()).toContain('€20.00')
  const answer = await submit(String(url), { action: 'approve' })
  expect(answer.status).toBe(303)
  expect(answer.headers.get('Location')).toBe(
    `https://shop.test/return?a=1&payment_intent=${approved.id}` +
      `&payment_intent_client_secret=${approved.client_secret}&redirect_status=succeeded`,
  )
  expect(
    await stripe.paymentIntents.retrieve(approved.id, { expand: ['latest_charge'] }),
  ).toMatchObject({
    status: 'succeeded',
    next_action: null,
    latest_charge: {
      payment_method_details: { card: { three_d_secure: { result: 'authenticated' } } },
    },
  })
  expect((await submit(String(url), { action: 'approve' })).status).toBe(400)

  const refused = await asking()
  const { url: other } = refused.next_action?.redirect_to_url ?? {}
  expect((await submit(String(other), { action: 'refuse' })).headers.get('Location'))
    .toContain('redirect_status=failed')
  expect(await stripe.paymentIntents.retrieve(refused.id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'payment_intent_authentication_failure' },
  })
  expect(typesOf(emulator).slice(-3)).toEqual([
    'payment_intent.created',
    'payment_intent.requires_action',
    'payment_intent.payment_failed',
  ])
})

test('without its owner such a card is declined, until it was set up', async () => {
  const setup = start()
  const { stripe } = setup
  const customer = (await owner(setup)).id
  const absent = { customer, off_session: true }
  for (
    const card of [
      'pm_card_authenticationRequired',
      'pm_card_authenticationRequiredOnSetup',
      'pm_card_threeDSecure2Required',
    ]
  ) {
    const { id } = await stripe.paymentMethods.attach(card, { customer })
    expect(await failure(pay(setup, id, absent)))
      .toMatchObject({ type: 'StripeCardError', code: 'authentication_required' })
    const present = await pay(setup, id, { customer, setup_future_usage: 'off_session' })
    const { url } = { url: '', ...present.next_action?.use_stripe_sdk }
    await submit(String(url), { action: 'approve' })
    const again = pay(setup, id, absent)
    if (card === 'pm_card_authenticationRequiredOnSetup') {
      expect(await again).toMatchObject({ status: 'succeeded' })
    } else {
      expect(await failure(again)).toMatchObject({ code: 'authentication_required' })
    }
  }
  expect(
    await failure(
      pay(setup, 'pm_card_authenticationRequired', { error_on_requires_action: true }),
    ),
  ).toMatchObject({ code: 'authentication_required' })
})

test('a card can be declined after its owner approved', async () => {
  const setup = start()
  const intent = await pay(
    setup,
    'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
    { return_url: 'https://shop.test/return' },
  )
  await submit(String(intent.next_action?.redirect_to_url?.url), { action: 'approve' })
  expect(await setup.stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { decline_code: 'insufficient_funds' },
  })
})

test('a debit is under way for some seconds, minutes, or until somebody says how it ends', async () => {
  const setup = start()
  const { stripe, clock, emulator } = setup
  const soon = await pay(setup, 'pm_success_de')
  const later = await pay(setup, 'pm_successDelayed_de')
  const failing = await pay(setup, 'pm_usBankAccount_accountClosed', { currency: 'usd' })
  const undecided = await pay(setup, 'pm_usBankAccount_processing', { currency: 'usd' })
  expect([soon, later, failing, undecided].map(({ status }) => status))
    .toEqual(Array(4).fill('processing'))
  expect(String(soon.latest_charge)).toMatch(/^py_3/)
  const statusOf = async ({ id }: Stripe.PaymentIntent) =>
    (await stripe.paymentIntents.retrieve(id)).status
  clock.advance(5000)
  expect(await statusOf(soon)).toBe('succeeded')
  expect(await statusOf(later)).toBe('processing')
  expect(await stripe.paymentIntents.retrieve(failing.id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'account_closed', type: 'invalid_request_error' },
  })
  clock.advance(24 * 60 * 60 * 1000)
  expect(await statusOf(later)).toBe('succeeded')
  expect(await statusOf(undecided)).toBe('processing')
  expect(typesOf(emulator)).toContain('charge.pending')
  expect(await failure(pay(setup, 'pm_success_de', { currency: 'usd' })))
    .toMatchObject({ param: 'payment_method', statusCode: 400 })
})

test('a method is made of a token or of a test account, never of a card number', async () => {
  const { stripe } = start()
  expect(
    await stripe.paymentMethods.create({
      type: 'card',
      card: { token: 'tok_visa_debit' },
      billing_details: { email: 'ada@example.com', address: { country: 'DE' } },
    }),
  ).toMatchObject({
    id: expect.stringMatching(/^pm_1/),
    card: { funding: 'debit', last4: '5556' },
    billing_details: {
      email: 'ada@example.com',
      name: null,
      address: { country: 'DE', city: null },
    },
  })
  expect(
    await stripe.paymentMethods.create({
      type: 'sepa_debit',
      sepa_debit: { iban: 'DE89 3704 0044 0532 0130 00' },
    }),
  ).toMatchObject({ sepa_debit: { last4: '3000', country: 'DE', bank_code: '37040044' } })
  const number = { number: '4242424242424242', exp_month: 1, exp_year: 2040 }
  expect(await failure(stripe.paymentMethods.create({ type: 'card', card: number })))
    .toMatchObject({ statusCode: 402, message: expect.stringContaining('generally unsafe') })
  expect(
    await failure(
      stripe.paymentMethods.create({ type: 'sepa_debit', sepa_debit: { iban: 'DE00' } }),
    ),
  ).toMatchObject({ param: 'sepa_debit[iban]' })
  expect(await failure(stripe.paymentMethods.create({ type: 'klarna' })))
    .toMatchObject({ param: 'type', message: expect.stringContaining('does not follow') })
})

test('a method is attached, changed and detached, and then never used again', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const [ada, eve] = [await owner(setup), await owner(setup)]
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: ada.id })
  expect(method).toMatchObject({ id: expect.stringMatching(/^pm_1/), customer: ada.id })
  expect(await failure(stripe.paymentMethods.attach(method.id, { customer: eve.id })))
    .toMatchObject({ code: 'payment_method_already_attached' })
  expect(await stripe.paymentMethods.update(method.id, { card: { exp_year: 2040 } }))
    .toMatchObject({ card: { exp_year: 2040, last4: '4242' } })
  await pay(setup, method.id, { customer: ada.id })
  await pay(setup, method.id, { customer: ada.id })
  expect(await failure(pay(setup, method.id)))
    .toMatchObject({ message: expect.stringContaining('must provide the customer') })
  expect(await failure(pay(setup, method.id, { customer: eve.id })))
    .toMatchObject({ message: expect.stringContaining('does not belong') })
  expect((await stripe.paymentMethods.list({ customer: ada.id, type: 'card' })).data)
    .toMatchObject([{ id: method.id }])
  expect(await stripe.paymentMethods.detach(method.id)).toMatchObject({ customer: null })
  expect(await failure(stripe.paymentMethods.attach(method.id, { customer: ada.id })))
    .toMatchObject({ message: expect.stringContaining('may not be used again') })
  expect(await failure(pay(setup, method.id)))
    .toMatchObject({ message: expect.stringContaining('may not be used again') })
  expect(await failure(stripe.paymentMethods.detach(method.id))).toMatchObject({ statusCode: 400 })
  expect(typesOf(emulator).filter((type) => type.startsWith('payment_method'))).toEqual([
    'payment_method.attached',
    'payment_method.updated',
    'payment_method.detached',
  ])
})

test('a card that declines cannot be attached; one declines only later', async () => {
  const setup = start()
  const { stripe } = setup
  const customer = (await owner(setup)).id
  expect(await failure(stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer })))
    .toMatchObject({ type: 'StripeCardError', code: 'card_declined' })
  const { id } = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer })
  expect(await failure(pay(setup, id, { customer }))).toMatchObject({ code: 'card_declined' })
})

test('a method without a customer pays once, and stays when it is meant for later', async () => {
  const setup = start()
  const { stripe } = setup
  const once = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } })
  await pay(setup, once.id)
  expect(await failure(pay(setup, once.id)))
    .toMatchObject({ message: expect.stringContaining('may not be used again') })
  const customer = (await owner(setup)).id
  const kept = await pay(setup, 'pm_card_visa', { customer, setup_future_usage: 'off_session' })
  expect(await stripe.paymentMethods.retrieve(String(kept.payment_method)))
    .toMatchObject({ customer })
})

test('charges are searched and described', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { latest_charge: id } = await pay(setup, 'pm_card_visa')
  const charge = await stripe.charges.update(String(id), {
    description: 'One month',
    metadata: { order_id: 'ord_1' },
    fraud_details: { user_report: 'safe' },
  })
  expect(charge).toMatchObject({ description: 'One month', fraud_details: { user_report: 'safe' } })
  expect(emulator.events.at(-1)).toMatchObject({
    type: 'charge.updated',
    data: { previous_attributes: { description: null, metadata: { order_id: null } } },
  })
  expect((await stripe.charges.search({ query: "status:'succeeded' AND amount>1999" })).data)
    .toMatchObject([{ id }])
})

test('what Checkout made is not touched by the API of intents', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const session = await openSession(setup)
  await emulator.pay(session.id, { card: 'declined' })
  const [intent] = (await stripe.paymentIntents.list()).data
  for (const verb of ['cancel', 'confirm'] as const) {
    expect(await failure(stripe.paymentIntents[verb](String(intent?.id))))
      .toMatchObject({ message: expect.stringContaining('created by Checkout') })
  }
})

test('what an invoice made is confirmed, and neither changed nor canceled', async () => {
  const setup = start()
  const { stripe } = setup
  const customer = (await owner(setup)).id
  const price = await catalogue(setup)
  const subscription = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    payment_behavior: 'default_incomplete',
  })
  const [{ id } = { id: '' }] = (await stripe.paymentIntents.list({ customer })).data
  for (
    const attempt of [
      () => stripe.paymentIntents.cancel(id),
      () => stripe.paymentIntents.update(id, { amount: 100 }),
    ]
  ) {
    expect(await failure(attempt()))
      .toMatchObject({ message: expect.stringContaining('created by an invoice') })
  }
  await stripe.paymentIntents.confirm(id, {
    payment_method: 'pm_card_visa',
    return_url: 'https://shop.test/return',
  })
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active')
})
