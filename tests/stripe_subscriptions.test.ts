import type Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { catalogue, failure, start, typesOf } from './support/stripe.ts'
import {
  advanceTo,
  at,
  attach,
  DAY,
  HOUR,
  latestInvoice,
  pass,
  subscribe,
  subscribeOnClock,
} from './support/stripe_billing.ts'

describe('subscriptions.create()', () => {
  test('bills and charges the first period, and is active', async () => {
    const setup = start()
    const before = setup.emulator.events.length
    const subscription = await subscribe(setup, {
      description: 'A server',
      metadata: { order_id: 'ord_1' },
    })
    expect(subscription).toMatchObject({
      status: 'active',
      collection_method: 'charge_automatically',
      currency: 'eur',
      description: 'A server',
      metadata: { order_id: 'ord_1' },
      billing_mode: { type: 'flexible' },
      pending_update: null,
      trial_end: null,
    })
    const [item] = subscription.items.data
    expect(item).toMatchObject({ quantity: 1, subscription: subscription.id })
    expect(await latestInvoice(setup, subscription)).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_create',
      amount_due: 900,
      amount_paid: 900,
      attempt_count: 1,
      attempted: true,
      number: expect.stringMatching(/-0001$/),
      hosted_invoice_url: expect.stringContaining('/i/in_'),
      lines: {
        data: [{
          amount: 900,
          description: '1 × Paper 4 GB (at €9.00 / month)',
          period: { start: item?.current_period_start, end: item?.current_period_end },
          parent: { subscription_item_details: { subscription_item: item?.id, proration: false } },
        }],
      },
      parent: {
        subscription_details: {
          subscription: subscription.id,
          metadata: { order_id: 'ord_1' },
        },
      },
      payments: { data: [{ status: 'paid', amount_paid: 900, is_default: true }] },
    })
    const types = typesOf(setup.emulator).slice(before)
    expect(types.filter((type) => /^(customer\.sub|invoice)/.test(type))).toEqual([
      'customer.subscription.created',
      'invoice.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
      'invoice_payment.paid',
      'customer.subscription.updated',
    ])
    const created = setup.emulator.events.find(({ type }) =>
      type === 'customer.subscription.created'
    )
    expect(created?.data.object).toMatchObject({ status: 'incomplete' })
  })

  test('refuses a customer who has nothing to pay with', async () => {
    const setup = start()
    expect(await failure(subscribe(setup, {}, null))).toMatchObject({
      statusCode: 400,
      code: 'resource_missing',
      message: expect.stringContaining('no attached payment source or default payment method'),
    })
    expect((await setup.stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
  })

  test('with default_incomplete waits for the buyer, whose confirmation makes it active', async () => {
    const setup = start()
    const subscription = await subscribe(setup, {
      payment_behavior: 'default_incomplete',
      payment_settings: { save_default_payment_method: 'on_subscription' },
      expand: ['latest_invoice.confirmation_secret', 'latest_invoice.payments'],
    }, null)
    const invoice = subscription.latest_invoice as Stripe.Invoice
    expect([subscription.status, invoice.status, invoice.attempted])
      .toEqual(['incomplete', 'open', false])
    const [payment] = invoice.payments?.data ?? []
    const intent = String(payment?.payment.payment_intent)
    expect(invoice.confirmation_secret).toEqual({
      type: 'payment_intent',
      client_secret: expect.stringContaining(`${intent}_secret_`),
    })
    await setup.stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' })
    const active = await setup.stripe.subscriptions.retrieve(subscription.id)
    expect(active.status).toBe('active')
    expect(active.default_payment_method).toMatch(/^pm_/)
    expect(await latestInvoice(setup, active)).toMatchObject({ status: 'paid', amount_paid: 900 })
  })

  test('that stays incomplete for 23 hours expires with its invoice void', async () => {
    const setup = start()
    const { id } = await subscribe(setup, {}, 'pm_card_chargeCustomerFail')
    const incomplete = await setup.stripe.subscriptions.retrieve(id)
    expect(incomplete.status).toBe('incomplete')
    expect(await latestInvoice(setup, incomplete)).toMatchObject({
      status: 'open',
      attempt_count: 1,
      next_payment_attempt: null,
    })
    expect(typesOf(setup.emulator)).toContain('invoice.payment_failed')
    pass(setup, 23 * HOUR - 60)
    expect((await setup.stripe.subscriptions.retrieve(id)).status).toBe('incomplete')
    pass(setup, 120)
    const expired = await setup.stripe.subscriptions.retrieve(id)
    expect(expired.status).toBe('incomplete_expired')
    expect(await latestInvoice(setup, expired)).toMatchObject({
      status: 'void',
      payments: { data: [{ status: 'canceled' }] },
    })
  })

  test('with error_if_incomplete answers 402 to a declined card, and nothing is made', async () => {
    const setup = start()
    const before = setup.emulator.events.length
    expect(
      await failure(
        subscribe(
          setup,
          { payment_behavior: 'error_if_incomplete' },
          'pm_card_chargeCustomerFail',
        ),
      ),
    ).toMatchObject({ type: 'StripeCardError', statusCode: 402, code: 'card_declined' })
    expect((await setup.stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
    expect((await setup.stripe.invoices.list()).data).toEqual([])
    expect(
      typesOf(setup.emulator).slice(before).filter((type) => /subscription|invoice/.test(type)),
    )
      .toEqual([])
    const paid = await subscribe(setup, { payment_behavior: 'error_if_incomplete' })
    expect(paid.status).toBe('active')
  })

  test('asks for 3-D Secure with invoice.payment_action_required', async () => {
    const setup = start()
    const subscription = await subscribe(setup, {}, 'pm_card_authenticationRequired')
    expect(subscription.status).toBe('incomplete')
    const types = typesOf(setup.emulator)
    expect(types).toContain('invoice.payment_action_required')
    expect(types).not.toContain('invoice.payment_failed')
    const [intent] = (await setup.stripe.paymentIntents.list()).data
    expect(intent?.status).toBe('requires_action')
  })

  test('with a trial bills nothing yet', async () => {
    const setup = start()
    const subscription = await subscribe(setup, { trial_period_days: 14 }, null)
    const [item] = subscription.items.data
    expect(subscription).toMatchObject({
      status: 'trialing',
      trial_start: subscription.created,
      trial_end: subscription.created + 14 * DAY,
      billing_cycle_anchor: subscription.created + 14 * DAY,
    })
    expect(item?.current_period_end).toBe(subscription.trial_end)
    expect(await latestInvoice(setup, subscription)).toMatchObject({
      status: 'paid',
      amount_due: 0,
      lines: { data: [{ amount: 0, description: 'Trial period for Paper 4 GB' }] },
      payments: { data: [] },
    })
  })

  test('that is sent to be paid begins at once, with a draft', async () => {
    const setup = start()
    const sent = { collection_method: 'send_invoice' as const }
    expect(await failure(subscribe(setup, sent, null))).toMatchObject({ param: 'days_until_due' })
    const subscription = await subscribe(setup, { ...sent, days_until_due: 14 }, null)
    expect(subscription).toMatchObject({ status: 'active', days_until_due: 14 })
    const draft = await latestInvoice(setup, subscription)
    expect(draft).toMatchObject({ status: 'draft', collection_method: 'send_invoice' })
    expect(draft.due_date).toBe(draft.created + 14 * DAY)
    pass(setup, HOUR + 60)
    expect(await latestInvoice(setup, subscription))
      .toMatchObject({ status: 'open', amount_remaining: 900 })
  })

  test('up to an anchor bills the part of the period that is left', async () => {
    const setup = start()
    const now = Math.floor(setup.clock.now().getTime() / 1000)
    const anchor = now + 10 * DAY
    const subscription = await subscribe(setup, { billing_cycle_anchor: anchor })
    const [item] = subscription.items.data
    expect(item?.current_period_end).toBe(anchor)
    const { amount_due: due } = await latestInvoice(setup, subscription)
    expect(due).toBeGreaterThan(280)
    expect(due).toBeLessThan(330)
    const free = await subscribe(setup, {
      billing_cycle_anchor: anchor,
      proration_behavior: 'none',
    })
    expect(free).toMatchObject({ status: 'active', latest_invoice: null })
    expect(await failure(subscribe(setup, { billing_cycle_anchor: now + 40 * DAY })))
      .toMatchObject({ param: 'billing_cycle_anchor' })
  })

  test('takes described prices, one-off items, a coupon and an end', async () => {
    const setup = start()
    const { stripe } = setup
    const product = await stripe.products.create({ name: 'Disk' })
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' })
    const subscription = await subscribe(setup, {
      items: [{
        price_data: {
          currency: 'eur',
          product: product.id,
          unit_amount: 500,
          recurring: { interval: 'month' },
        },
        quantity: 2,
      }],
      add_invoice_items: [{
        price_data: { currency: 'eur', product: product.id, unit_amount: 300 },
      }],
      discounts: [{ coupon: coupon.id }],
      cancel_at_period_end: true,
    })
    const invoice = await latestInvoice(setup, subscription)
    expect(invoice).toMatchObject({
      subtotal: 1300,
      total: 650,
      amount_paid: 650,
      total_discount_amounts: [{ amount: 650 }],
      lines: {
        data: [{ amount: 1000 }, { amount: 300, parent: { type: 'invoice_item_details' } }],
      },
    })
    expect(subscription).toMatchObject({
      discounts: [],
      cancel_at_period_end: true,
      cancel_at: subscription.items.data[0]?.current_period_end,
    })
  })

  test.each<[Partial<Stripe.SubscriptionCreateParams>, object]>([
    [{ items: [] }, { param: 'items' }],
    [{ items: [{ price: 'price_x' }] }, { code: 'resource_missing', param: 'items[0][price]' }],
    [{ trial_end: 1 }, { param: 'trial_end' }],
    [{ default_payment_method: 'pm_x' }, { param: 'default_payment_method' }],
    [{ customer: 'cus_x' }, { code: 'resource_missing', param: 'customer' }],
    [{ days_until_due: 3 }, { param: 'days_until_due' }],
    [{ currency: 'usd' }, { param: 'currency' }],
    [{ transfer_data: { destination: 'acct_1' } }, { param: 'transfer_data' }],
    [{ discounts: [{ coupon: 'none' }] }, { code: 'resource_missing' }],
  ])('with %j is refused', async (params, error) => {
    const setup = start()
    expect(await failure(subscribe(setup, params))).toMatchObject({ statusCode: 400, ...error })
    expect((await setup.stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
  })

  test('that is refused late leaves no trace of what was fine', async () => {
    const setup = start()
    const { stripe } = setup
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' })
    const product = await stripe.products.create({ name: 'Disk' })
    const described = {
      price_data: {
        currency: 'eur',
        product: product.id,
        unit_amount: 500,
        recurring: { interval: 'month' as const },
      },
    }
    await failure(subscribe(setup, {
      items: [described],
      discounts: [{ coupon: coupon.id }, { coupon: 'none' }],
    }))
    expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(0)
    expect((await stripe.prices.list({ product: product.id })).data).toEqual([])
  })

  test('refuses prices that are not sold so', async () => {
    const setup = start()
    const { stripe } = setup
    const price = await catalogue(setup)
    const once = await stripe.prices.create({
      product: String(price.product),
      currency: 'eur',
      unit_amount: 5,
    })
    expect(await failure(subscribe(setup, { items: [{ price: once.id }] })))
      .toMatchObject({
        param: 'items[0][price]',
        message: expect.stringContaining('type=one_time'),
      })
    expect(await failure(subscribe(setup, { items: [{ price: price.id }, { price: price.id }] })))
      .toMatchObject({ message: expect.stringContaining('same plan') })
    await stripe.prices.update(price.id, { active: false })
    expect(await failure(subscribe(setup, { items: [{ price: price.id }] })))
      .toMatchObject({ message: expect.stringContaining('inactive') })
  })
})

describe('subscriptions.update()', () => {
  test('upgrades with credit and debit to the second, on the next invoice', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [item] = subscription.items.data
    const bigger = await catalogue(setup, 'eur', 1800)
    const middle = Math.floor(
      ((item?.current_period_start ?? 0) + (item?.current_period_end ?? 0)) / 2,
    )
    const updated = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), price: bigger.id }],
      proration_date: middle,
    })
    expect(updated.items.data).toMatchObject([{ id: item?.id, price: { id: bigger.id } }])
    expect(updated.latest_invoice).toBe(subscription.latest_invoice)
    const waiting = await stripe.invoiceItems.list({ pending: true })
    expect(
      waiting.data.map(({ amount, proration, description }) => ({
        amount,
        proration,
        description,
      })),
    )
      .toEqual([
        {
          amount: 900,
          proration: true,
          description: expect.stringMatching(/^Remaining time on Paper 4 GB after \d\d \w+ \d{4}$/),
        },
        {
          amount: -450,
          proration: true,
          description: expect.stringMatching(/^Unused time on Paper 4 GB after/),
        },
      ])
    expect(waiting.data[1]?.proration_details?.credited_items).toMatchObject({
      type: 'invoice_line_items',
      invoice_line_item_details: { invoice: subscription.latest_invoice },
    })
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), quantity: 3 }],
      proration_date: middle,
    })
    const [debit, credit] = (await stripe.invoiceItems.list({ pending: true })).data
    expect([debit?.amount, credit?.amount]).toEqual([2700, -900])
    expect(credit?.proration_details?.credited_items)
      .toEqual({ type: 'invoice_item', invoice_item: waiting.data[0]?.id })
  })

  test('bills the difference at once with always_invoice, and credits a downgrade', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [item] = subscription.items.data
    const bigger = await catalogue(setup, 'eur', 1800)
    const date = item?.current_period_start ?? 0
    const upgraded = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), price: bigger.id }],
      proration_behavior: 'always_invoice',
      proration_date: date,
    })
    expect(await latestInvoice(setup, upgraded)).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_update',
      total: 900,
      amount_paid: 900,
      lines: {
        data: [
          { amount: -900, parent: { subscription_item_details: { proration: true } } },
          { amount: 1800, parent: { subscription_item_details: { proration: true } } },
        ],
      },
    })
    const smaller = await catalogue(setup, 'eur', 300)
    const downgraded = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), price: smaller.id }],
      proration_behavior: 'always_invoice',
      proration_date: date,
    })
    expect(await latestInvoice(setup, downgraded)).toMatchObject({
      status: 'paid',
      total: -1500,
      amount_due: 0,
      starting_balance: 0,
      ending_balance: -1500,
      payments: { data: [] },
    })
    const customer = await stripe.customers.retrieve(String(subscription.customer))
    expect(customer).toMatchObject({ balance: -1500 })
    expect((await stripe.customers.listBalanceTransactions(customer.id)).data)
      .toMatchObject([{ amount: -1500, type: 'applied_to_invoice', ending_balance: -1500 }])
  })

  test('with none moves no money, and the credit is later that of what was billed', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [item] = subscription.items.data
    const date = item?.current_period_start ?? 0
    const dear = await catalogue(setup, 'eur', 9000)
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), price: dear.id }],
      proration_behavior: 'none',
    })
    expect((await stripe.invoiceItems.list()).data).toEqual([])
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), quantity: 2 }],
      proration_date: date,
    })
    const amounts = (await stripe.invoiceItems.list()).data.map(({ amount }) => amount)
    expect(amounts).toEqual([18000, -900])
  })

  test('adds and removes items, and refuses to remove the last', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [item] = subscription.items.data
    const disk = await catalogue(setup, 'eur', 200)
    const date = item?.current_period_start ?? 0
    const two = await stripe.subscriptions.update(subscription.id, {
      items: [{ price: disk.id, quantity: 3 }],
      proration_date: date,
    })
    expect(two.items.data.map(({ price, quantity }) => [price.id, quantity]))
      .toEqual([[item?.price.id, 1], [disk.id, 3]])
    expect(two.items.data[1]?.current_period_end).toBe(item?.current_period_end)
    const one = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), deleted: true }],
      proration_date: date,
    })
    expect(one.items.data).toHaveLength(1)
    expect((await stripe.invoiceItems.list()).data.map(({ amount }) => amount)).toEqual([-900, 600])
    expect(
      await failure(stripe.subscriptions.update(subscription.id, {
        items: [{ id: String(one.items.data[0]?.id), deleted: true }],
      })),
    ).toMatchObject({ param: 'items' })
    expect(
      await failure(stripe.subscriptions.update(subscription.id, {
        items: [{ id: 'si_x', quantity: 2 }],
      })),
    ).toMatchObject({ code: 'resource_missing', param: 'items[0][id]' })
  })

  test('begins a new period when the interval changes or the anchor is set to now', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [item] = subscription.items.data
    const yearly = await stripe.prices.create({
      product: String(item?.price.product),
      currency: 'eur',
      unit_amount: 9000,
      recurring: { interval: 'year' },
    })
    pass(setup, 10 * DAY)
    const moved = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), price: yearly.id }],
    })
    const [anew] = moved.items.data
    expect(moved.billing_cycle_anchor).toBe(anew?.current_period_start)
    expect(anew?.current_period_start).toBeGreaterThanOrEqual(subscription.created + 10 * DAY)
    const invoice = await latestInvoice(setup, moved)
    const amounts = invoice.lines.data.map(({ amount }) => amount)
    expect(amounts[0]).toBe(9000)
    expect(amounts[1]).toBeLessThan(-550)
    expect(amounts[1]).toBeGreaterThan(-650)
    expect(invoice).toMatchObject({ status: 'paid', billing_reason: 'subscription_update' })
    pass(setup, DAY)
    const again = await stripe.subscriptions.update(subscription.id, {
      billing_cycle_anchor: { type: 'now' },
      proration_behavior: 'none',
    })
    expect(again.billing_cycle_anchor).toBeGreaterThan(moved.billing_cycle_anchor)
    expect(await latestInvoice(setup, again)).toMatchObject({ lines: { data: [{ amount: 9000 }] } })
  })

  test('with pending_if_incomplete waits for its payment, then is applied', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [item] = subscription.items.data
    const bigger = await catalogue(setup, 'eur', 1800)
    const declining = await attach(setup, subscription, 'pm_card_chargeCustomerFail')
    await stripe.subscriptions.update(subscription.id, { default_payment_method: declining })
    const change = {
      items: [{ id: String(item?.id), price: bigger.id }],
      payment_behavior: 'pending_if_incomplete' as const,
      proration_behavior: 'always_invoice' as const,
      proration_date: item?.current_period_start ?? 0,
    }
    expect(
      await failure(stripe.subscriptions.update(subscription.id, {
        ...change,
        cancel_at_period_end: true,
      })),
    ).toMatchObject({ statusCode: 400, param: 'cancel_at_period_end' })
    const pending = await stripe.subscriptions.update(subscription.id, change)
    expect(pending).toMatchObject({
      status: 'active',
      items: { data: [{ price: { id: item?.price.id } }] },
      pending_update: { subscription_items: [{ id: item?.id, price: { id: bigger.id } }] },
    })
    const expires = pending.pending_update?.expires_at ?? 0
    expect(expires - Math.floor(setup.clock.now().getTime() / 1000)).toBeGreaterThan(22 * HOUR)
    await stripe.invoices.pay(String(pending.latest_invoice), {
      payment_method: await attach(setup, subscription, 'pm_card_visa'),
    })
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      pending_update: null,
      items: { data: [{ price: { id: bigger.id } }] },
    })
    expect(typesOf(setup.emulator)).toContain('customer.subscription.pending_update_applied')
  })

  test('a pending update gives way to a later change, and its invoice is void', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const id = String(subscription.items.data[0]?.id)
    const declining = await attach(setup, subscription, 'pm_card_chargeCustomerFail')
    await stripe.subscriptions.update(subscription.id, { default_payment_method: declining })
    const pending = await stripe.subscriptions.update(subscription.id, {
      items: [{ id, quantity: 3 }],
      payment_behavior: 'pending_if_incomplete',
      proration_behavior: 'always_invoice',
    })
    expect(pending.pending_update).not.toBeNull()
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: [{ id, quantity: 2 }],
      proration_behavior: 'none',
    })
    expect(changed).toMatchObject({ pending_update: null, items: { data: [{ quantity: 2 }] } })
    expect((await stripe.invoices.retrieve(String(pending.latest_invoice))).status).toBe('void')
  })

  test('a pending update that nobody pays for expires after 23 hours', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [item] = subscription.items.data
    const bigger = await catalogue(setup, 'eur', 1800)
    const declining = await attach(setup, subscription, 'pm_card_chargeCustomerFail')
    await stripe.subscriptions.update(subscription.id, { default_payment_method: declining })
    const pending = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), price: bigger.id }],
      payment_behavior: 'pending_if_incomplete',
      proration_behavior: 'always_invoice',
    })
    pass(setup, 23 * HOUR + 60)
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      pending_update: null,
      items: { data: [{ price: { id: item?.price.id } }] },
    })
    expect((await stripe.invoices.retrieve(String(pending.latest_invoice))).status).toBe('void')
    expect(typesOf(setup.emulator)).toContain('customer.subscription.pending_update_expired')
  })

  test('with error_if_incomplete answers 402, and nothing has changed', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const [item] = subscription.items.data
    const declining = await attach(setup, subscription, 'pm_card_chargeCustomerFail')
    const kept = await stripe.subscriptions.update(subscription.id, {
      default_payment_method: declining,
    })
    const change = {
      items: [{ id: String(item?.id), quantity: 5 }],
      proration_behavior: 'always_invoice' as const,
    }
    const before = setup.emulator.events.length
    expect(
      await failure(stripe.subscriptions.update(subscription.id, {
        ...change,
        payment_behavior: 'error_if_incomplete',
      })),
    ).toMatchObject({ statusCode: 402, code: 'card_declined' })
    expect(await stripe.subscriptions.retrieve(subscription.id)).toEqual(kept)
    expect(setup.emulator.events).toHaveLength(before)
    const applied = await stripe.subscriptions.update(subscription.id, change)
    expect(applied).toMatchObject({ status: 'past_due', items: { data: [{ quantity: 5 }] } })
  })
})

describe('a change', () => {
  test('with default_incomplete is made, and past_due until the buyer confirms', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(subscription.items.data[0]?.id), quantity: 3 }],
      payment_behavior: 'default_incomplete',
      proration_behavior: 'always_invoice',
    })
    expect(changed).toMatchObject({ status: 'past_due', items: { data: [{ quantity: 3 }] } })
    const { payments } = await latestInvoice(setup, changed)
    const intent = String(payments?.data[0]?.payment.payment_intent)
    await stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' })
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active')
  })

  test('that must be approved waits, and is given up with its invoice', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const subscription = await subscribe(setup)
    const card = await attach(setup, subscription, 'pm_card_authenticationRequired')
    await stripe.subscriptions.update(subscription.id, { default_payment_method: card })
    const pending = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(subscription.items.data[0]?.id), quantity: 3 }],
      payment_behavior: 'pending_if_incomplete',
      proration_behavior: 'always_invoice',
    })
    expect(pending.pending_update?.subscription_items).toMatchObject([{ quantity: 3 }])
    expect(pending.items.data).toMatchObject([{ quantity: 1 }])
    await stripe.invoices.voidInvoice(String(pending.latest_invoice))
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'active',
      pending_update: null,
      items: { data: [{ quantity: 1 }] },
    })
    expect(typesOf(emulator)).toContain('customer.subscription.pending_update_expired')
  })

  test('that must be paid at once is refused to who has nothing to pay with', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const kept = await stripe.customers.listPaymentMethods(String(subscription.customer))
    for (const { id } of kept.data) await stripe.paymentMethods.detach(id)
    const before = await stripe.subscriptions.retrieve(subscription.id)
    expect(
      await failure(stripe.subscriptions.update(subscription.id, {
        items: [{ id: String(subscription.items.data[0]?.id), quantity: 3 }],
        proration_behavior: 'always_invoice',
      })),
    ).toMatchObject({ statusCode: 400, code: 'resource_missing' })
    expect(await stripe.subscriptions.retrieve(subscription.id)).toEqual(before)
  })

  test('that begins a trial gives the rest back and bills nothing until its end', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-04-01T00:00:00')
    await advanceTo(setup, clock, '2027-04-16T00:00:00')
    const trialing = await stripe.subscriptions.update(subscription.id, {
      trial_end: at('2027-05-01T00:00:00'),
    })
    expect(trialing).toMatchObject({
      status: 'trialing',
      billing_cycle_anchor: at('2027-05-01T00:00:00'),
      trial_start: at('2027-04-16T00:00:00'),
    })
    expect(await latestInvoice(setup, trialing)).toMatchObject({
      total: -450,
      ending_balance: -450,
      lines: { data: [{ amount: 0 }, { amount: -450 }] },
    })
    await advanceTo(setup, clock, '2027-05-01T02:00:00')
    expect(await latestInvoice(setup, await stripe.subscriptions.retrieve(subscription.id)))
      .toMatchObject({ status: 'paid', total: 900, amount_paid: 450 })
  })

  test('that ends a trial tells of the end at once', async () => {
    const setup = start()
    const subscription = await subscribe(setup, { trial_period_days: 14 })
    expect(typesOf(setup.emulator)).not.toContain('customer.subscription.trial_will_end')
    await setup.stripe.subscriptions.update(subscription.id, { trial_end: 'now' })
    expect(typesOf(setup.emulator)).toContain('customer.subscription.trial_will_end')
  })

  test('to less than can be charged is owed, and added to the next invoice', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, customer, subscription } = await subscribeOnClock(setup, '2027-04-01T00:00:00')
    const dearer = await catalogue(setup, 'eur', 930)
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(subscription.items.data[0]?.id), price: dearer.id }],
      proration_behavior: 'always_invoice',
    })
    expect(await latestInvoice(setup, changed)).toMatchObject({
      status: 'paid',
      total: 30,
      amount_due: 0,
      amount_paid: 0,
      ending_balance: 30,
      payments: { data: [] },
    })
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 30 })
    await advanceTo(setup, clock, '2027-05-01T02:00:00')
    expect(await latestInvoice(setup, await stripe.subscriptions.retrieve(subscription.id)))
      .toMatchObject({ total: 930, starting_balance: 30, amount_paid: 960, ending_balance: 0 })
  })

  test('in the classic mode is credited by the price, whatever was billed', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup, { billing_mode: { type: 'classic' } })
    const [item] = subscription.items.data
    const dear = await catalogue(setup, 'eur', 9000)
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), price: dear.id }],
      proration_behavior: 'none',
    })
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(item?.id), quantity: 2 }],
      proration_date: item?.current_period_start ?? 0,
    })
    expect((await stripe.invoiceItems.list()).data.map(({ amount }) => amount))
      .toEqual([18000, -9000])
  })

  test.each<[Stripe.SubscriptionUpdateParams, object]>([
    [{ proration_date: 1 }, { param: 'proration_date' }],
    [{ cancel_at: 1 }, { param: 'cancel_at' }],
    [{ cancel_at: '', cancel_at_period_end: true }, { message: /only specify one/ }],
    [{ trial_end: 1 }, { param: 'trial_end' }],
    [{ default_payment_method: 'pm_x' }, { param: 'default_payment_method' }],
    [{ collection_method: 'send_invoice' }, { param: 'days_until_due' }],
    [{ automatic_tax: { enabled: true } }, { param: 'automatic_tax' }],
  ])('of %j is refused', async (params, { message = /./, ...error }: { message?: RegExp }) => {
    const setup = start()
    const subscription = await subscribe(setup)
    const refusal = await failure(setup.stripe.subscriptions.update(subscription.id, params))
    expect(refusal).toMatchObject({ statusCode: 400, ...error })
    expect(refusal.message).toMatch(message)
    expect(await setup.stripe.subscriptions.retrieve(subscription.id)).toEqual(subscription)
  })
})

describe('the first invoice', () => {
  test('that is void ends a subscription which waited for it', async () => {
    const setup = start()
    const { stripe } = setup
    const { id, latest_invoice: invoice } = await subscribe(setup, {
      payment_behavior: 'default_incomplete',
    })
    await stripe.invoices.voidInvoice(String(invoice))
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('incomplete_expired')
  })

  test('that is given up does not begin a subscription', async () => {
    const setup = start()
    const { stripe } = setup
    const { id, latest_invoice: invoice } = await subscribe(setup, {
      payment_behavior: 'default_incomplete',
    })
    await stripe.invoices.markUncollectible(String(invoice))
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('incomplete')
  })
})

describe('subscriptions.cancel()', () => {
  test('ends at once, and gives nothing back unless asked', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const ended = await stripe.subscriptions.cancel(subscription.id, {
      cancellation_details: { feedback: 'too_expensive' },
    })
    expect(ended).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'cancellation_requested', feedback: 'too_expensive' },
    })
    expect((await stripe.invoiceItems.list()).data).toEqual([])
    expect(await failure(stripe.subscriptions.cancel(subscription.id)))
      .toMatchObject({ statusCode: 404 })
    expect(await failure(stripe.subscriptions.update(subscription.id, { description: 'x' })))
      .toMatchObject({ statusCode: 400 })
  })

  test('with invoice_now charges what waited', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    await stripe.invoiceItems.create({
      customer: String(subscription.customer),
      subscription: subscription.id,
      amount: 700,
      currency: 'eur',
    })
    const ended = await stripe.subscriptions.cancel(subscription.id, { invoice_now: true })
    expect(await latestInvoice(setup, ended)).toMatchObject({ status: 'paid', amount_paid: 700 })
  })

  test('with prorate and invoice_now credits what is left to the balance', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    pass(setup, 15 * DAY)
    const ended = await stripe.subscriptions.cancel(subscription.id, {
      prorate: true,
      invoice_now: true,
    })
    const invoice = await latestInvoice(setup, ended)
    expect(invoice.total).toBeLessThan(-400)
    expect(await stripe.customers.retrieve(String(subscription.customer)))
      .toMatchObject({ balance: invoice.total })
  })
})

describe('subscriptions.pause() and resume()', () => {
  test('credits what is left, and a resumption bills a new period', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    const paused = await stripe.subscriptions.pause(subscription.id)
    expect(paused).toMatchObject({
      status: 'paused',
      status_details: { paused: { subscription: { type: 'pause_requested' } } },
    })
    const [credit] = (await stripe.invoiceItems.list()).data
    expect(credit?.amount).toBeLessThanOrEqual(-899)
    pass(setup, 40 * DAY)
    const resumed = await stripe.subscriptions.resume(subscription.id)
    expect(resumed.status).toBe('active')
    expect(resumed).not.toHaveProperty('status_details')
    expect(await latestInvoice(setup, resumed)).toMatchObject({
      billing_reason: 'subscription_update',
      lines: { data: [{ amount: 900 }, { amount: credit?.amount }] },
      status: 'paid',
    })
    const types = typesOf(setup.emulator)
    expect(types).toContain('customer.subscription.paused')
    expect(types).toContain('customer.subscription.resumed')
    expect(await failure(stripe.subscriptions.resume(subscription.id)))
      .toMatchObject({ statusCode: 400 })
  })

  test('with the anchor unchanged it bills what is left of the running period', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-04-01T00:00:00')
    await stripe.subscriptions.pause(subscription.id, {
      bill_for: { unused_time_from: { type: 'none' } },
    })
    await advanceTo(setup, clock, '2027-05-16T12:00:00')
    const resumed = await stripe.subscriptions.resume(subscription.id, {
      billing_cycle_anchor: { type: 'unchanged' },
      proration_behavior: 'always_invoice',
    })
    expect(resumed).toMatchObject({
      status: 'active',
      billing_cycle_anchor: at('2027-04-01T00:00:00'),
      items: { data: [{ current_period_end: at('2027-06-01T00:00:00') }] },
    })
    expect(await latestInvoice(setup, resumed)).toMatchObject({ status: 'paid', total: 450 })
  })

  test('with resume_on_payment_success it stays paused until somebody pays', async () => {
    const setup = start()
    const { stripe } = setup
    const subscription = await subscribe(setup)
    await stripe.subscriptions.pause(subscription.id, {
      bill_for: { unused_time_from: { type: 'none' } },
    })
    const declining = await attach(setup, subscription, 'pm_card_chargeCustomerFail')
    await stripe.subscriptions.update(subscription.id, { default_payment_method: declining })
    const asked = await stripe.subscriptions.resume(subscription.id, {
      payment_behavior: 'resume_on_payment_success',
    })
    expect(asked.status).toBe('paused')
    const visa = await attach(setup, subscription, 'pm_card_visa')
    await stripe.invoices.pay(String(asked.latest_invoice), { payment_method: visa })
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active')
  })
})

test('subscriptions.deleteDiscount() takes the coupon off', async () => {
  const setup = start()
  const { stripe } = setup
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'forever' })
  const subscription = await subscribe(setup, { discounts: [{ coupon: coupon.id }] })
  expect(subscription.discounts).toHaveLength(1)
  expect(await stripe.subscriptions.deleteDiscount(subscription.id))
    .toMatchObject({ id: subscription.discounts[0], deleted: true })
  expect((await stripe.subscriptions.retrieve(subscription.id)).discounts).toEqual([])
  expect(await failure(stripe.subscriptions.deleteDiscount(subscription.id)))
    .toMatchObject({ statusCode: 400 })
})

test('subscriptions.migrate() makes a classic subscription flexible, once', async () => {
  const setup = start()
  const { stripe } = setup
  const classic = await subscribe(setup, { billing_mode: { type: 'classic' } })
  expect(classic.billing_mode).toMatchObject({ type: 'classic' })
  const migrated = await stripe.subscriptions.migrate(classic.id, {
    billing_mode: { type: 'flexible' },
  })
  expect(migrated.billing_mode.type).toBe('flexible')
  expect(
    await failure(stripe.subscriptions.migrate(classic.id, {
      billing_mode: { type: 'flexible' },
    })),
  ).toMatchObject({ statusCode: 400 })
})

test('subscriptions are listed and searched by what they are', async () => {
  const setup = start()
  const { stripe } = setup
  const kept = await subscribe(setup, { metadata: { tier: 'paper' } })
  const gone = await subscribe(setup)
  await stripe.subscriptions.cancel(gone.id)
  const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id)
  expect(idsOf(await stripe.subscriptions.list())).toEqual([kept.id])
  expect(idsOf(await stripe.subscriptions.list({ status: 'ended' }))).toEqual([gone.id])
  expect(idsOf(await stripe.subscriptions.list({ status: 'all' }))).toEqual([gone.id, kept.id])
  expect(idsOf(await stripe.subscriptions.search({ query: "metadata['tier']:'paper'" })))
    .toEqual([kept.id])
  expect(idsOf(await stripe.subscriptions.search({ query: "status:'canceled'" })))
    .toEqual([gone.id])
})
