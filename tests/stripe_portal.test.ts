import { describe, expect, test } from 'vitest'
import type Stripe from 'stripe'
import { catalogue, failure, openSession, type Setup, start, typesOf } from './support/stripe.ts'

type Features = Stripe.BillingPortal.ConfigurationCreateParams.Features

/** A customer with a running subscription that was bought in the checkout. */
async function subscribed({ stripe, emulator }: Pick<Setup, 'stripe' | 'emulator'>) {
  const opened = await openSession({ stripe })
  await emulator.pay(opened.id)
  const session = await stripe.checkout.sessions.retrieve(opened.id, { expand: ['subscription'] })
  if (typeof session.subscription !== 'object' || !session.subscription) {
    throw new Error('The session has no subscription')
  }
  return { customer: String(session.customer), subscription: session.subscription }
}

describe('portal configurations', () => {
  test('an account has one from the start', async () => {
    const { stripe } = start()
    expect((await stripe.billingPortal.configurations.list({ is_default: true })).data)
      .toMatchObject([{
        active: true,
        features: {
          customer_update: { enabled: true },
          payment_method_update: { enabled: true },
          subscription_cancel: { enabled: true, mode: 'at_period_end' },
          subscription_update: { enabled: false },
        },
      }])
  })

  test('allow what they name, and no more', async () => {
    const { stripe, emulator } = start()
    const price = await catalogue({ stripe })
    const made = await stripe.billingPortal.configurations.create({
      business_profile: { headline: 'Servers' },
      default_return_url: 'https://shop.test/account',
      features: {
        invoice_history: { enabled: true },
        subscription_update: {
          enabled: true,
          default_allowed_updates: ['price'],
          products: [{ product: String(price.product), prices: [price.id] }],
        },
      },
    })
    expect(made).toMatchObject({
      active: true,
      is_default: false,
      business_profile: { headline: 'Servers', privacy_policy_url: null },
      features: {
        customer_update: { enabled: false },
        invoice_history: { enabled: true },
        subscription_cancel: { enabled: false },
        subscription_update: {
          enabled: true,
          proration_behavior: 'none',
          products: [{ prices: [price.id], adjustable_quantity: { enabled: false, minimum: 1 } }],
        },
      },
    })
    const changed = await stripe.billingPortal.configurations.update(made.id, {
      active: false,
      features: { subscription_cancel: { enabled: true, mode: 'immediately' } },
      metadata: { shop: 'a' },
    })
    expect(changed).toMatchObject({
      active: false,
      metadata: { shop: 'a' },
      features: {
        invoice_history: { enabled: true },
        subscription_cancel: { enabled: true, mode: 'immediately' },
      },
    })
    expect((await stripe.billingPortal.configurations.list({ active: false })).data)
      .toEqual([changed])
    expect(typesOf(emulator).slice(-2)).toEqual([
      'billing_portal.configuration.created',
      'billing_portal.configuration.updated',
    ])
  })

  test.each<[string, Features]>([
    ['customer_update][allowed_updates', { customer_update: { enabled: true } }],
    ['customer_update][allowed_updates', {
      customer_update: { enabled: true, allowed_updates: ['shipping'] },
    }],
    ['subscription_cancel][proration_behavior', {
      subscription_cancel: { enabled: true, proration_behavior: 'create_prorations' },
    }],
    ['subscription_update][default_allowed_updates', { subscription_update: { enabled: true } }],
    ['subscription_update][products', {
      subscription_update: { enabled: true, default_allowed_updates: ['price'] },
    }],
    ['subscription_update][products][0][product', {
      subscription_update: {
        enabled: true,
        default_allowed_updates: ['price'],
        products: [{ product: 'prod_no', prices: ['price_no'] }],
      },
    }],
  ])('refuse features[%s]', async (param, features) => {
    const { stripe } = start()
    expect(await failure(stripe.billingPortal.configurations.create({ features })))
      .toMatchObject({ statusCode: 400, param: `features[${param}]` })
  })

  test('the default one stays active', async () => {
    const { stripe } = start()
    const { data: [first] } = await stripe.billingPortal.configurations.list()
    const off = stripe.billingPortal.configurations.update(first?.id ?? '', { active: false })
    expect(await failure(off)).toMatchObject({ param: 'active' })
  })
})

describe('portal sessions', () => {
  test('open for a customer, with the configuration’s return address', async () => {
    const { stripe, emulator, url } = start()
    const { id } = await stripe.customers.create()
    const configuration = await stripe.billingPortal.configurations.create({
      default_return_url: 'https://shop.test/account',
      features: { invoice_history: { enabled: true } },
    })
    const session = await stripe.billingPortal.sessions.create({
      customer: id,
      configuration: configuration.id,
      expand: ['configuration'],
    })
    expect(session).toMatchObject({
      configuration,
      customer: id,
      flow: null,
      return_url: 'https://shop.test/account',
    })
    expect(session.url).toMatch(new RegExp(`^${url}/p/session/test_\\w{40}$`))
    expect(emulator.events.at(-1)?.type).toBe('billing_portal.session.created')
  })

  test('know where a flow leads', async () => {
    const { stripe, emulator } = start()
    const { customer, subscription } = await subscribed({ stripe, emulator })
    const session = await stripe.billingPortal.sessions.create({
      customer,
      flow_data: {
        type: 'subscription_cancel',
        subscription_cancel: { subscription: subscription.id },
        after_completion: { type: 'redirect', redirect: { return_url: 'https://shop.test/' } },
      },
    })
    expect(session.flow).toMatchObject({
      type: 'subscription_cancel',
      subscription_cancel: { subscription: subscription.id, retention: null },
      after_completion: { type: 'redirect', redirect: { return_url: 'https://shop.test/' } },
    })
  })

  test('refuse flows that cannot be gone through', async () => {
    const { stripe, emulator } = start()
    const { customer, subscription } = await subscribed({ stripe, emulator })
    const other = await stripe.customers.create()
    const open = (
      flow: Stripe.BillingPortal.SessionCreateParams.FlowData,
      changes: Partial<Stripe.BillingPortal.SessionCreateParams> = {},
    ) => failure(stripe.billingPortal.sessions.create({ customer, flow_data: flow, ...changes }))
    const cancel = { subscription: subscription.id }
    expect(await open({ type: 'subscription_cancel' }))
      .toMatchObject({ code: 'parameter_missing', param: 'flow_data[subscription_cancel]' })
    expect(
      await open({ type: 'subscription_cancel', subscription_cancel: cancel }, {
        customer: other.id,
      }),
    ).toMatchObject({ param: 'flow_data[subscription_cancel][subscription]' })
    expect(await open({ type: 'subscription_update', subscription_update: cancel }))
      .toMatchObject({ param: 'flow_data[type]' })
    expect(
      await open({ type: 'payment_method_update', after_completion: { type: 'redirect' } }),
    ).toMatchObject({ param: 'flow_data[after_completion][redirect]' })
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true })
    expect(await open({ type: 'subscription_cancel', subscription_cancel: cancel }))
      .toMatchObject({ message: 'This subscription is already set to be canceled.' })
  })

  test('confirm one change of a price that the configuration has', async () => {
    const { stripe, emulator } = start()
    const { customer, subscription } = await subscribed({ stripe, emulator })
    const [item] = subscription.items.data
    const { id: price, product } = await catalogue({ stripe })
    const { id: configuration } = await stripe.billingPortal.configurations.create({
      features: {
        subscription_update: {
          enabled: true,
          default_allowed_updates: ['price'],
          products: [{ product: String(product), prices: [price] }],
        },
      },
    })
    const open = (items: { id: string; price?: string }[]) =>
      stripe.billingPortal.sessions.create({
        customer,
        configuration,
        flow_data: {
          type: 'subscription_update_confirm',
          subscription_update_confirm: { subscription: subscription.id, items },
        },
      })
    const id = item?.id ?? ''
    expect((await open([{ id, price }])).flow?.subscription_update_confirm)
      .toMatchObject({ items: [{ id, price }], subscription: subscription.id })
    const param = 'flow_data[subscription_update_confirm][items]'
    expect(await failure(open([]))).toMatchObject({ statusCode: 400 })
    expect(await failure(open([{ id: 'si_no' }]))).toMatchObject({ param: `${param}[0][id]` })
    expect(await failure(open([{ id, price: item?.price.id ?? '' }])))
      .toMatchObject({ param: `${param}[0][price]` })
  })
})
