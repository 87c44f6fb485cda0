import { describe, expect, test } from 'vitest'
import type Stripe from 'stripe'
import { catalogue, type Setup, start, submit, typesOf } from './support/stripe.ts'

type Features = Stripe.BillingPortal.ConfigurationCreateParams.Features

const ALL: Features = {
  customer_update: { enabled: true, allowed_updates: ['name', 'email', 'address'] },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true },
  subscription_cancel: {
    enabled: true,
    cancellation_reason: { enabled: true, options: ['unused', 'other'] },
  },
  subscription_pause: { enabled: true },
}

/** The portal of a customer who pays 9.00 EUR a month, opened with these features. */
async function open(
  setup: Setup,
  { features = ALL, session = {} }: {
    features?: Features
    session?: Partial<Stripe.BillingPortal.SessionCreateParams>
  } = {},
) {
  const { stripe } = setup
  const price = await catalogue(setup)
  const customer = await stripe.customers.create({
    name: 'Ada',
    email: 'ada@example.com',
    phone: '+44 1',
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  })
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
  })
  const configuration = await stripe.billingPortal.configurations.create({ features })
  const visit = (changes: Partial<Stripe.BillingPortal.SessionCreateParams>) =>
    stripe.billingPortal.sessions.create({
      customer: customer.id,
      configuration: configuration.id,
      return_url: 'https://shop.test/account',
      ...changes,
    })
  const { url } = await visit(session)
  return { price, customer, subscription, configuration, visit, url }
}

async function look(url: string) {
  const response = await fetch(url, { redirect: 'manual' })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

/** What was sent after this moment. */
function watch({ emulator }: Setup) {
  const before = emulator.events.length
  return () => typesOf(emulator).slice(before)
}

describe('the home of the portal', () => {
  test('shows what runs, what it is paid with, the details and the invoices', async () => {
    const setup = start()
    const { url } = await open(setup)
    const { status, text, headers } = await look(url)
    expect(status).toBe(200)
    expect(text).toContain('Paper 4 GB, €9.00 per month')
    expect(text).toMatch(/The next invoice is of \d+ \w+ \d{4}: €9\.00\./)
    expect(text).toContain('Visa •••• 4242')
    expect(text).toContain('ada@example.com')
    expect(text.match(/data-testid="invoice"/g)).toHaveLength(1)
    expect(text).toContain('href="https://shop.test/account"')
    expect(text).not.toContain('<script')
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
  })

  test('shows no button for what is not allowed, and refuses it', async () => {
    const setup = start()
    const { url, subscription } = await open(setup, {
      features: { invoice_history: { enabled: true } },
    })
    const { text } = await look(url)
    expect(text).not.toMatch(/Cancel|Change|Pause/)
    const sent = watch(setup)
    for (
      const path of [
        `/subscriptions/${subscription.id}/cancel`,
        `/subscriptions/${subscription.id}/renew`,
        `/subscriptions/${subscription.id}/pause`,
        `/subscriptions/${subscription.id}/resume`,
        `/subscriptions/${subscription.id}/update`,
        '/payment-method',
        '/customer',
      ]
    ) {
      const answer = await submit(url + path, { number: '4242424242424242', name: 'Eve' })
      expect([path, answer.status]).toEqual([path, 400])
      expect(await answer.text()).toContain('This portal does not allow that.')
    }
    expect(sent()).toEqual([])
  })

  test('shows nobody else’s subscriptions and invoices', async () => {
    const setup = start()
    const { url } = await open(setup)
    const other = await open(setup)
    const sent = watch(setup)
    const cancel = await submit(`${url}/subscriptions/${other.subscription.id}/cancel`, {})
    expect(cancel.status).toBe(404)
    const invoice = String(other.subscription.latest_invoice)
    expect((await submit(`${url}/invoices/${invoice}/pay`, {})).status).toBe(404)
    expect(sent()).toEqual([])
  })
})

describe('the address of the portal', () => {
  test('is good for five minutes, and an hour after each use', async () => {
    const setup = start()
    const { url, visit } = await open(setup)
    const { url: unused } = await visit({})
    setup.clock.advance(4 * 60_000)
    expect((await look(url)).status).toBe(200)
    setup.clock.advance(2 * 60_000)
    expect((await look(unused)).status).toBe(410)
    expect((await submit(`${unused}/customer`, { name: 'Eve' })).status).toBe(410)
    expect((await look(url)).status).toBe(200)
    setup.clock.advance(61 * 60_000)
    expect(await look(url))
      .toMatchObject({ status: 410, text: expect.stringContaining('This link has expired') })
  })

  test('that nobody made shows nothing', async () => {
    const { url } = start()
    expect((await look(`${url}/p/session/test_guess`)).status).toBe(410)
  })
})

describe('in the portal', () => {
  test('a subscription is canceled at its end, and that is taken back', async () => {
    const setup = start()
    const { url, subscription } = await open(setup)
    const path = `${url}/subscriptions/${subscription.id}`
    expect((await look(`${path}/cancel`)).text).toContain('<option value="unused">Unused</option>')
    const sent = watch(setup)
    const answer = await submit(`${path}/cancel`, { feedback: 'unused', comment: 'Winter' })
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, new URL(url).pathname])
    expect(await setup.stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'active',
      cancel_at: subscription.items.data[0]?.current_period_end,
      cancellation_details: {
        comment: 'Winter',
        feedback: 'unused',
        reason: 'cancellation_requested',
      },
    })
    expect((await look(url)).text).toMatch(/Ends \d+ \w+ \d{4}/)
    await submit(`${path}/renew`, {})
    expect(await setup.stripe.subscriptions.retrieve(subscription.id))
      .toMatchObject({ cancel_at: null, cancel_at_period_end: false })
    expect(sent()).toEqual(['customer.subscription.updated', 'customer.subscription.updated'])
  })

  test('a subscription is canceled at once where the configuration says so', async () => {
    const setup = start()
    const { url, subscription } = await open(setup, {
      features: { subscription_cancel: { enabled: true, mode: 'immediately' } },
    })
    const sent = watch(setup)
    await submit(`${url}/subscriptions/${subscription.id}/cancel`, {})
    expect(await setup.stripe.subscriptions.retrieve(subscription.id))
      .toMatchObject({ status: 'canceled' })
    expect(sent()).toContain('customer.subscription.deleted')
    expect((await look(url)).text).toContain('There is no subscription now.')
    const again = await submit(`${url}/subscriptions/${subscription.id}/cancel`, {})
    expect(again.status).toBe(400)
  })

  test('a subscription is paused and goes on', async () => {
    const setup = start()
    const { url, subscription } = await open(setup)
    const path = `${url}/subscriptions/${subscription.id}`
    expect((await look(`${path}/pause`)).status).toBe(200)
    const sent = watch(setup)
    await submit(`${path}/pause`, {})
    expect(sent()).toContain('customer.subscription.paused')
    expect((await look(url)).text).toContain('Nothing is billed until you resume it.')
    await submit(`${path}/resume`, {})
    expect(sent()).toContain('customer.subscription.resumed')
    expect(await setup.stripe.subscriptions.retrieve(subscription.id))
      .toMatchObject({ status: 'active' })
  })

  test('a subscription gets another price and quantity, of those that are sold', async () => {
    const setup = start()
    const { price: bigger } = await open(setup)
    const { url, subscription } = await open(setup, {
      features: {
        subscription_update: {
          enabled: true,
          default_allowed_updates: ['price', 'quantity'],
          products: [{
            product: String(bigger.product),
            prices: [bigger.id],
            adjustable_quantity: { enabled: true, maximum: 3 },
          }],
        },
      },
    })
    const path = `${url}/subscriptions/${subscription.id}/update`
    expect((await look(path)).text).toContain(`value="${bigger.id}"`)
    const tooMany = await submit(path, { price: bigger.id, quantity: '4' })
    expect(tooMany.status).toBe(400)
    expect((await submit(path, { price: 'price_other' })).status).toBe(400)
    const sent = watch(setup)
    expect((await submit(path, { price: bigger.id, quantity: '3' })).status).toBe(303)
    expect(sent()).toContain('customer.subscription.updated')
    const { items } = await setup.stripe.subscriptions.retrieve(subscription.id)
    expect(items.data).toMatchObject([{ price: { id: bigger.id }, quantity: 3 }])
  })

  test('another card pays from now on', async () => {
    const setup = start()
    const { url, customer } = await open(setup)
    const sent = watch(setup)
    const wrong = await submit(`${url}/payment-method`, { number: '1234' })
    expect([wrong.status, await wrong.text()])
      .toEqual([400, expect.stringContaining('Your card number is not that of a test card.')])
    const declined = await submit(`${url}/payment-method`, { number: '4000 0000 0000 0002' })
    expect([declined.status, await declined.text()])
      .toEqual([402, expect.stringContaining('Your card was declined.')])
    expect(sent()).toEqual([])
    await submit(`${url}/payment-method`, { number: '5555 5555 5555 4444' })
    expect(sent()).toEqual(expect.arrayContaining(['payment_method.attached', 'customer.updated']))
    expect((await look(url)).text).toContain('Mastercard •••• 4444')
    expect(
      await setup.stripe.customers.retrieve(customer.id, {
        expand: ['invoice_settings.default_payment_method'],
      }),
    ).toMatchObject({ invoice_settings: { default_payment_method: { card: { last4: '4444' } } } })
  })

  test('details change, but only those that may', async () => {
    const setup = start()
    const { url, customer } = await open(setup)
    expect((await look(`${url}/customer`)).text).not.toContain('name="phone"')
    const sent = watch(setup)
    await submit(`${url}/customer`, { name: 'Ada L.', phone: '7', city: 'Bath', country: 'GB' })
    expect(await setup.stripe.customers.retrieve(customer.id)).toMatchObject({
      name: 'Ada L.',
      email: 'ada@example.com',
      phone: '+44 1',
      address: { city: 'Bath', country: 'GB', line1: null },
    })
    expect(sent()).toEqual(['customer.updated'])
    const wrong = await submit(`${url}/customer`, { email: 'ada' })
    expect([wrong.status, await wrong.text()])
      .toEqual([400, expect.stringContaining('Invalid email address: ada')])
  })

  test('an open invoice is paid', async () => {
    const setup = start()
    const { url, customer } = await open(setup)
    await setup.stripe.invoiceItems.create({
      customer: customer.id,
      amount: 300,
      currency: 'eur',
    })
    const draft = await setup.stripe.invoices.create({
      customer: customer.id,
      auto_advance: false,
      pending_invoice_items_behavior: 'include',
    })
    const invoice = await setup.stripe.invoices.finalizeInvoice(draft.id ?? '')
    const path = `/invoices/${invoice.id}/pay`
    expect((await look(url)).text).toContain(path)
    const sent = watch(setup)
    expect((await submit(url + path, {})).status).toBe(303)
    expect(sent()).toContain('invoice.paid')
    expect((await look(url)).text).not.toContain(path)
    const again = await submit(url + path, {})
    expect([again.status, await again.text()])
      .toEqual([400, expect.stringContaining('This invoice is paid.')])
  })
})

describe('a flow', () => {
  test('leads to its page, and from there where it says', async () => {
    const setup = start()
    const { visit, subscription } = await open(setup)
    const { url } = await visit({
      flow_data: {
        type: 'subscription_cancel',
        subscription_cancel: { subscription: subscription.id },
        after_completion: { type: 'redirect', redirect: { return_url: 'https://shop.test/bye' } },
      },
    })
    const path = `${new URL(url).pathname}/subscriptions/${subscription.id}/cancel`
    expect((await look(url)).headers.get('Location')).toBe(path)
    const answer = await submit(new URL(path, url).href, {})
    expect(answer.headers.get('Location')).toBe('https://shop.test/bye')
    expect((await look(url)).status).toBe(200)
  })

  test('can offer a coupon to who is about to cancel', async () => {
    const setup = start()
    const { visit, subscription } = await open(setup)
    const coupon = await setup.stripe.coupons.create({
      percent_off: 20,
      duration: 'repeating',
      duration_in_months: 3,
    })
    const { url } = await visit({
      flow_data: {
        type: 'subscription_cancel',
        subscription_cancel: {
          subscription: subscription.id,
          retention: { type: 'coupon_offer', coupon_offer: { coupon: coupon.id } },
        },
      },
    })
    const path = `${url}/subscriptions/${subscription.id}`
    expect((await look(`${path}/cancel`)).text).toContain('pay 20 % less for 3 months')
    const sent = watch(setup)
    expect((await submit(`${path}/stay`, {})).status).toBe(303)
    expect(sent()).toEqual(['customer.discount.created', 'customer.subscription.updated'])
    const stayed = await setup.stripe.subscriptions.retrieve(subscription.id, {
      expand: ['discounts'],
    })
    expect(stayed).toMatchObject({
      cancel_at: null,
      discounts: [{ source: { coupon: coupon.id } }],
    })
    expect((await look(`${path}/cancel`)).text).not.toContain('Take the offer')
    expect((await submit(`${path}/stay`, {})).status).toBe(400)
    expect((await look(url)).text).toContain('€7.20')
  })

  test('offers nothing that it does not have', async () => {
    const setup = start()
    const { url, subscription } = await open(setup)
    const stay = await submit(`${url}/subscriptions/${subscription.id}/stay`, {})
    expect([stay.status, await stay.text()])
      .toEqual([400, expect.stringContaining('There is no such offer.')])
  })

  test('can end with a word of its own', async () => {
    const setup = start()
    const { url } = await open(setup, {
      session: {
        flow_data: {
          type: 'payment_method_update',
          after_completion: {
            type: 'hosted_confirmation',
            hosted_confirmation: { custom_message: 'Thanks for the card' },
          },
        },
      },
    })
    const answer = await submit(`${url}/payment-method`, { number: '4242424242424242' })
    const done = new URL(answer.headers.get('Location') ?? '', url)
    expect((await look(done.href)).text).toContain('Thanks for the card')
  })

  test('that is not done is not ended by something else', async () => {
    const setup = start()
    const { url, customer } = await open(setup, {
      session: { flow_data: { type: 'customer_update' } },
    })
    await submit(`${url}/payment-method`, { number: '4242424242424242' })
    expect((await look(url)).headers.get('Location')).toMatch(/\/customer$/)
    await submit(`${url}/customer`, { name: 'Eve' })
    expect((await look(url)).status).toBe(200)
    expect(await setup.stripe.customers.retrieve(customer.id)).toMatchObject({ name: 'Eve' })
  })

  test('shows the one change that it is to confirm', async () => {
    const setup = start()
    const { price: bigger } = await open(setup)
    const { visit, subscription } = await open(setup)
    const { id: configuration } = await setup.stripe.billingPortal.configurations.create({
      features: {
        subscription_update: {
          enabled: true,
          default_allowed_updates: ['price'],
          products: [{ product: String(bigger.product), prices: [bigger.id] }],
        },
      },
    })
    const { url } = await visit({
      configuration,
      flow_data: {
        type: 'subscription_update_confirm',
        subscription_update_confirm: {
          subscription: subscription.id,
          items: [{ id: subscription.items.data[0]?.id ?? '', price: bigger.id }],
        },
      },
    })
    const path = `${url}/subscriptions/${subscription.id}/update`
    expect((await look(path)).text).toMatch(/Confirm the change[^]*checked/)
    await submit(path, { price: bigger.id, quantity: '1' })
    const { items } = await setup.stripe.subscriptions.retrieve(subscription.id)
    expect(items.data).toMatchObject([{ price: { id: bigger.id } }])
  })
})
