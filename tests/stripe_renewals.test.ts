import type Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { catalogue, failure, type Setup, start, typesOf } from './support/stripe.ts'
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
  textOf,
} from './support/stripe_billing.ts'

/** The events about subscriptions and invoices since there were so many. */
function billingEvents({ emulator }: Setup, since: number): string[] {
  return typesOf(emulator).slice(since).filter((type) =>
    /^(customer\.subscription|invoice|charge)/.test(type)
  )
}

async function invoicesOf({ stripe }: Setup, subscription: string) {
  return (await stripe.invoices.list({ subscription })).data
}

describe('a renewal', () => {
  test('moves the period on, drafts, and an hour later finalizes and charges', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    const before = emulator.events.length
    await advanceTo(setup, clock, '2027-04-10T08:00:00')
    expect(billingEvents(setup, before)).toEqual([
      'invoice.upcoming',
      'customer.subscription.updated',
      'invoice.created',
    ])
    const renewed = await stripe.subscriptions.retrieve(subscription.id)
    const [item] = renewed.items.data
    expect([renewed.status, textOf(item?.current_period_start), textOf(item?.current_period_end)])
      .toEqual(['active', '2027-04-10T08:00:00', '2027-05-10T08:00:00'])
    const draft = await latestInvoice(setup, renewed)
    expect(draft).toMatchObject({
      status: 'draft',
      billing_reason: 'subscription_cycle',
      auto_advance: true,
      automatically_finalizes_at: at('2027-04-10T09:00:00'),
      created: at('2027-04-10T08:00:00'),
      period_start: at('2027-03-10T08:00:00'),
      period_end: at('2027-04-10T08:00:00'),
      number: null,
      lines: {
        data: [{
          amount: 900,
          period: { start: at('2027-04-10T08:00:00'), end: at('2027-05-10T08:00:00') },
        }],
      },
    })
    const middle = emulator.events.length
    await advanceTo(setup, clock, '2027-04-10T09:00:00')
    expect(billingEvents(setup, middle)).toEqual([
      'invoice.finalized',
      'charge.succeeded',
      'invoice.paid',
      'invoice.payment_succeeded',
      'invoice_payment.paid',
    ])
    expect(await latestInvoice(setup, renewed)).toMatchObject({
      status: 'paid',
      attempt_count: 1,
      amount_paid: 900,
      next_payment_attempt: null,
      status_transitions: { paid_at: at('2027-04-10T09:00:00') },
    })
  })

  test('is told a week before by an invoice without an id', async () => {
    const setup = start()
    const { clock } = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    await advanceTo(setup, clock, '2027-04-03T07:59:59')
    expect(typesOf(setup.emulator)).not.toContain('invoice.upcoming')
    await advanceTo(setup, clock, '2027-04-03T08:00:00')
    const [upcoming] = setup.emulator.events.filter(({ type }) => type === 'invoice.upcoming')
    expect(upcoming?.data.object).not.toHaveProperty('id')
    expect(upcoming?.data.object).toMatchObject({
      billing_reason: 'upcoming',
      total: 900,
      next_payment_attempt: at('2027-04-10T09:00:00'),
    })
  })

  test('keeps the day of the month, several in one advance, in their order', async () => {
    const setup = start()
    const { clock, subscription } = await subscribeOnClock(setup, '2027-01-31T12:00:00')
    const before = setup.emulator.events.length
    await advanceTo(setup, clock, '2027-03-31T12:00:00')
    await advanceTo(setup, clock, '2027-03-31T14:00:00')
    const periods = (await invoicesOf(setup, subscription.id)).map(({ status, lines }) => [
      status,
      textOf(lines.data[0]?.period.start),
      textOf(lines.data[0]?.period.end),
    ])
    expect(periods).toEqual([
      ['paid', '2027-03-31T12:00:00', '2027-04-30T12:00:00'],
      ['paid', '2027-02-28T12:00:00', '2027-03-31T12:00:00'],
      ['paid', '2027-01-31T12:00:00', '2027-02-28T12:00:00'],
    ])
    const times = setup.emulator.events.slice(before).map(({ created }) => created)
    const onClock = times.filter((time) => time > at('2027-01-31T00:00:00'))
    expect(onClock).toEqual([...onClock].sort((a, b) => a - b))
    const numbers = (await invoicesOf(setup, subscription.id)).map(({ number }) =>
      number?.slice(-4)
    )
    expect(numbers).toEqual(['0003', '0002', '0001'])
  })

  test('bills what waited, takes a repeating coupon off, and uses up the credit', async () => {
    const setup = start()
    const { stripe } = setup
    const coupon = await stripe.coupons.create({
      percent_off: 20,
      duration: 'repeating',
      duration_in_months: 2,
    })
    const { clock, customer, subscription } = await subscribeOnClock(
      setup,
      '2027-03-10T08:00:00',
      { discounts: [{ coupon: coupon.id }] },
    )
    expect(await latestInvoice(setup, subscription)).toMatchObject({ total: 720 })
    await stripe.customers.createBalanceTransaction(customer, { amount: -500, currency: 'eur' })
    await stripe.invoiceItems.create({
      customer,
      subscription: subscription.id,
      amount: 300,
      currency: 'eur',
      description: 'Traffic',
    })
    await advanceTo(setup, clock, '2027-04-10T10:00:00')
    const renewed = await stripe.subscriptions.retrieve(subscription.id)
    expect(await latestInvoice(setup, renewed)).toMatchObject({
      subtotal: 1200,
      total: 960,
      starting_balance: -500,
      ending_balance: 0,
      amount_due: 460,
      amount_paid: 460,
      lines: { data: [{ amount: 900 }, { amount: 300, description: 'Traffic' }] },
    })
    await advanceTo(setup, clock, '2027-05-10T10:00:00')
    const again = await stripe.subscriptions.retrieve(subscription.id)
    expect(await latestInvoice(setup, again)).toMatchObject({ total: 900, amount_paid: 900 })
  })

  test('goes on by the emulator’s own time, also after a restart in between', async () => {
    const first = start()
    const { id } = await subscribe(first)
    pass(first, 32 * DAY - 2 * HOUR)
    const draft = await latestInvoice(first, await first.stripe.subscriptions.retrieve(id))
    expect(draft.billing_reason).toBe('subscription_cycle')
    const state = JSON.parse(JSON.stringify(first.emulator.snapshot()))
    const second = start({ state })
    pass(second, 63 * DAY)
    const billed = (await invoicesOf(second, id)).map(({ status, billing_reason: reason }) => [
      status,
      reason,
    ])
    expect(billed.at(-1)).toEqual(['paid', 'subscription_create'])
    expect(billed.slice(0, -1)).toEqual([
      ['paid', 'subscription_cycle'],
      ['paid', 'subscription_cycle'],
    ])
    expect((await second.stripe.subscriptions.retrieve(id)).status).toBe('active')
  })

  test('that is sent to be paid is overdue after its days', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00', {
      collection_method: 'send_invoice',
      days_until_due: 14,
    }, null)
    await advanceTo(setup, clock, '2027-03-10T09:00:00')
    expect(typesOf(setup.emulator)).toContain('invoice.sent')
    await advanceTo(setup, clock, '2027-03-24T08:00:00')
    expect(typesOf(setup.emulator).filter((type) => type === 'invoice.overdue')).toHaveLength(1)
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due')
    await stripe.invoices.pay(String(subscription.latest_invoice), { paid_out_of_band: true })
    expect(await latestInvoice(setup, subscription)).toMatchObject({
      status: 'paid',
      amount_paid: 0,
      amount_remaining: 0,
    })
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active')
  })
})

describe('a declined renewal', () => {
  async function declining(setup: Setup) {
    const made = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    const card = await attach(setup, made.subscription, 'pm_card_chargeCustomerFail')
    await setup.stripe.subscriptions.update(made.subscription.id, { default_payment_method: card })
    return made
  }

  test('makes it past_due and is tried again after 3, 5 and 7 days, then canceled', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const { clock, subscription } = await declining(setup)
    const before = emulator.events.length
    await advanceTo(setup, clock, '2027-04-10T09:00:00')
    expect(billingEvents(setup, before)).toEqual([
      'invoice.upcoming',
      'customer.subscription.updated',
      'invoice.created',
      'invoice.finalized',
      'charge.failed',
      'invoice.payment_failed',
      'invoice.updated',
      'customer.subscription.updated',
    ])
    const pastDue = emulator.events.at(-2)
    expect(pastDue).toMatchObject({
      type: 'customer.subscription.updated',
      data: { object: { status: 'past_due' }, previous_attributes: { status: 'active' } },
    })
    const due = await stripe.subscriptions.retrieve(subscription.id)
    const attempt = async () => {
      const { attempt_count: count, next_payment_attempt: next } = await latestInvoice(setup, due)
      return [count, textOf(next)]
    }
    expect(await attempt()).toEqual([1, '2027-04-13T09:00:00'])
    expect(await stripe.customers.retrieve(String(subscription.customer)))
      .toMatchObject({ delinquent: true })
    await advanceTo(setup, clock, '2027-04-13T09:00:00')
    expect(await attempt()).toEqual([2, '2027-04-18T09:00:00'])
    await advanceTo(setup, clock, '2027-04-18T09:00:00')
    expect(await attempt()).toEqual([3, '2027-04-25T09:00:00'])
    await advanceTo(setup, clock, '2027-04-25T09:00:00')
    expect(await attempt()).toEqual([4, null])
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'payment_failed' },
      ended_at: at('2027-04-25T09:00:00'),
    })
    expect(await latestInvoice(setup, due)).toMatchObject({ status: 'open', auto_advance: false })
  })

  test('is recovered by a new card, and the schedule ends', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await declining(setup)
    await advanceTo(setup, clock, '2027-04-11T09:00:00')
    const visa = await attach(setup, subscription, 'pm_card_visa')
    const due = await stripe.subscriptions.update(subscription.id, {
      default_payment_method: visa,
    })
    expect(due.status).toBe('past_due')
    await advanceTo(setup, clock, '2027-04-13T09:00:00')
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active')
    expect(await latestInvoice(setup, due)).toMatchObject({ status: 'paid', attempt_count: 2 })
    expect(await stripe.customers.retrieve(String(subscription.customer)))
      .toMatchObject({ delinquent: false })
  })

  test('is over when its invoice is given up', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await declining(setup)
    await advanceTo(setup, clock, '2027-04-10T09:00:00')
    const due = await stripe.subscriptions.retrieve(subscription.id)
    await stripe.invoices.markUncollectible(String(due.latest_invoice))
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active')
  })

  test('by somebody’s hand answers 402 and does not move the schedule', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await declining(setup)
    await advanceTo(setup, clock, '2027-04-10T09:00:00')
    await advanceTo(setup, clock, '2027-04-11T09:00:00')
    const due = await stripe.subscriptions.retrieve(subscription.id)
    expect(await failure(stripe.invoices.pay(String(due.latest_invoice))))
      .toMatchObject({ type: 'StripeCardError', statusCode: 402, code: 'card_declined' })
    expect(await latestInvoice(setup, due)).toMatchObject({
      attempt_count: 1,
      next_payment_attempt: at('2027-04-13T09:00:00'),
    })
  })

  test.each(['unpaid', 'past_due'] as const)('ends as %s where that is set', async (end) => {
    const setup = start({ billing: { afterLastRetry: end, retryDays: [1] } })
    const { stripe } = setup
    const { clock, subscription } = await declining(setup)
    await advanceTo(setup, clock, '2027-04-11T09:00:00')
    const given = await stripe.subscriptions.retrieve(subscription.id)
    expect(given.status).toBe(end)
    await advanceTo(setup, clock, '2027-05-10T10:00:00')
    const next = await latestInvoice(setup, await stripe.subscriptions.retrieve(subscription.id))
    expect(next.status).toBe(end === 'unpaid' ? 'draft' : 'open')
    expect(next.billing_reason).toBe('subscription_cycle')
  })

  test('that its bank wants approved tells payment_action_required', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    const card = await attach(setup, subscription, 'pm_card_authenticationRequired')
    await stripe.subscriptions.update(subscription.id, { default_payment_method: card })
    const before = setup.emulator.events.length
    await advanceTo(setup, clock, '2027-04-10T09:00:00')
    expect(billingEvents(setup, before)).toContain('invoice.payment_action_required')
    expect(billingEvents(setup, before)).toContain('invoice.payment_failed')
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due')
  })
})

describe('a trial', () => {
  test('is told of three days before its end, and then billed', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00', {
      trial_period_days: 10,
    })
    await advanceTo(setup, clock, '2027-03-17T07:59:59')
    expect(typesOf(emulator)).not.toContain('customer.subscription.trial_will_end')
    await advanceTo(setup, clock, '2027-03-17T08:00:00')
    expect(typesOf(emulator)).toContain('customer.subscription.trial_will_end')
    await advanceTo(setup, clock, '2027-03-20T09:00:00')
    const begun = await stripe.subscriptions.retrieve(subscription.id)
    const [item] = begun.items.data
    expect([begun.status, textOf(item?.current_period_start), textOf(item?.current_period_end)])
      .toEqual(['active', '2027-03-20T08:00:00', '2027-04-20T08:00:00'])
    expect(await latestInvoice(setup, begun)).toMatchObject({
      status: 'paid',
      amount_paid: 900,
      billing_reason: 'subscription_cycle',
    })
    expect(typesOf(emulator).filter((type) => type === 'customer.subscription.trial_will_end'))
      .toHaveLength(1)
  })

  test.each<
    [
      Stripe.SubscriptionCreateParams.TrialSettings.EndBehavior['missing_payment_method'],
      string,
      string,
    ]
  >([
    ['cancel', 'canceled', 'customer.subscription.deleted'],
    ['pause', 'paused', 'customer.subscription.paused'],
    ['create_invoice', 'past_due', 'invoice.payment_failed'],
  ])('without a card ends as %s says', async (missing, status, event) => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00', {
      trial_period_days: 10,
      trial_settings: { end_behavior: { missing_payment_method: missing } },
    }, null)
    await advanceTo(setup, clock, '2027-03-20T10:00:00')
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe(status)
    expect(typesOf(setup.emulator)).toContain(event)
  })

  test.each(
    [
      ['cancel', 'canceled', 'customer.subscription.deleted'],
      ['pause', 'paused', 'customer.subscription.paused'],
    ] as const,
  )('ended now without a card ends as %s says', async (missing, status, event) => {
    const { stripe, emulator } = start()
    const { id: customer } = await stripe.customers.create()
    const price = await catalogue({ stripe })
    const { id } = await stripe.subscriptions.create({
      customer,
      items: [{ price: price.id }],
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method: missing } },
    })
    const ended = await stripe.subscriptions.update(id, { trial_end: 'now' })
    expect(ended).toMatchObject({ status, trial_end: ended.trial_start })
    expect(typesOf(emulator)).toContain(event)
    expect((await stripe.invoices.list({ customer })).data).toMatchObject([{ total: 0 }])
  })

  test('can be ended now, which bills at once', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00', {
      trial_period_days: 10,
    })
    await advanceTo(setup, clock, '2027-03-12T08:00:00')
    const begun = await stripe.subscriptions.update(subscription.id, { trial_end: 'now' })
    expect(begun).toMatchObject({
      status: 'active',
      billing_cycle_anchor: at('2027-03-12T08:00:00'),
      trial_end: at('2027-03-12T08:00:00'),
    })
    expect(await latestInvoice(setup, begun)).toMatchObject({
      status: 'paid',
      total: 900,
      lines: { data: [{ amount: 900 }] },
    })
  })
})

describe('the end of a subscription', () => {
  test('comes with the end of its period, without a renewal', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    const asked = await stripe.subscriptions.update(subscription.id, {
      cancel_at_period_end: true,
    })
    expect(asked).toMatchObject({ status: 'active', cancel_at: at('2027-04-10T08:00:00') })
    await advanceTo(setup, clock, '2027-04-10T10:00:00')
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'canceled',
      ended_at: at('2027-04-10T08:00:00'),
      cancellation_details: { reason: 'cancellation_requested' },
    })
    expect(await invoicesOf(setup, subscription.id)).toHaveLength(1)
    expect(typesOf(emulator)).not.toContain('invoice.upcoming')
  })

  test('can be undone, and set to a time within a later period, which costs its part', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-04-01T00:00:00')
    await stripe.subscriptions.update(subscription.id, { cancel_at: 'min_period_end' })
    const undone = await stripe.subscriptions.update(subscription.id, { cancel_at: '' })
    expect(undone).toMatchObject({ cancel_at: null, canceled_at: null })
    await stripe.subscriptions.update(subscription.id, { cancel_at: at('2027-05-16T12:00:00') })
    await advanceTo(setup, clock, '2027-05-01T02:00:00')
    const renewed = await stripe.subscriptions.retrieve(subscription.id)
    expect(renewed.items.data[0]?.current_period_end).toBe(at('2027-05-16T12:00:00'))
    expect(await latestInvoice(setup, renewed)).toMatchObject({ total: 450 })
    await advanceTo(setup, clock, '2027-05-16T12:00:00')
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled')
  })

  test('bills what still waited', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-04-01T00:00:00')
    const bigger = await catalogue(setup, 'eur', 1800)
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: String(subscription.items.data[0]?.id), price: bigger.id }],
      cancel_at_period_end: true,
      proration_date: at('2027-04-01T00:00:00'),
    })
    await advanceTo(setup, clock, '2027-05-01T02:00:00')
    const ended = await stripe.subscriptions.retrieve(subscription.id)
    expect(ended.status).toBe('canceled')
    expect(await latestInvoice(setup, ended)).toMatchObject({ status: 'paid', total: 900 })
  })
})

describe('pause_collection', () => {
  test.each<[Stripe.SubscriptionUpdateParams.PauseCollection['behavior'], string]>([
    ['keep_as_draft', 'draft'],
    ['void', 'void'],
    ['mark_uncollectible', 'uncollectible'],
  ])('with %s leaves the next invoice %s', async (behavior, status) => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    const paused = await stripe.subscriptions.update(subscription.id, {
      pause_collection: { behavior, resumes_at: at('2027-05-01T00:00:00') },
    })
    expect(paused).toMatchObject({ status: 'active', pause_collection: { behavior } })
    await advanceTo(setup, clock, '2027-04-10T10:00:00')
    const renewed = await stripe.subscriptions.retrieve(subscription.id)
    expect((await latestInvoice(setup, renewed)).status).toBe(status)
    await advanceTo(setup, clock, '2027-05-10T10:00:00')
    const resumed = await stripe.subscriptions.retrieve(subscription.id)
    expect(resumed.pause_collection).toBeNull()
    expect((await latestInvoice(setup, resumed)).status).toBe('paid')
  })
})

describe('test clocks', () => {
  test('tell their advance, and refuse to go back or too far', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock } = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    const advance = (time: string) =>
      failure(stripe.testHelpers.testClocks.advance(clock, { frozen_time: at(time) }))
    expect(await advance('2027-03-10T08:00:00')).toMatchObject({ param: 'frozen_time' })
    expect(await advance('2027-05-10T08:00:01')).toMatchObject({ param: 'frozen_time' })
    await advanceTo(setup, clock, '2027-05-10T08:00:00')
    expect(await stripe.testHelpers.testClocks.retrieve(clock)).toMatchObject({
      status: 'ready',
      frozen_time: at('2027-05-10T08:00:00'),
      status_details: {},
    })
    const types = typesOf(setup.emulator)
    expect(types.filter((type) => type.startsWith('test_helpers'))).toEqual([
      'test_helpers.test_clock.created',
      'test_helpers.test_clock.advancing',
      'test_helpers.test_clock.ready',
    ])
  })

  test('go on after a restart in the middle of an advance', async () => {
    const first = start()
    const { clock, subscription } = await subscribeOnClock(first, '2027-03-10T08:00:00')
    await first.stripe.testHelpers.testClocks.advance(clock, {
      frozen_time: at('2027-05-10T09:00:00') - HOUR,
    })
    const state = JSON.parse(JSON.stringify(first.emulator.snapshot()))
    const second = start({ state })
    expect((await second.stripe.testHelpers.testClocks.retrieve(clock)).status).toBe('ready')
    expect((await invoicesOf(second, subscription.id)).map(({ status }) => status))
      .toEqual(['draft', 'paid', 'paid'])
  })

  test('leave the objects of other clocks and of none alone', async () => {
    const setup = start()
    const { stripe } = setup
    const plain = await subscribe(setup)
    const one = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    const other = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    await advanceTo(setup, one.clock, '2027-04-20T08:00:00')
    const startOf = async (id: string) =>
      (await stripe.subscriptions.retrieve(id)).items.data[0]?.current_period_start
    expect(await startOf(one.subscription.id)).toBe(at('2027-04-10T08:00:00'))
    expect(await startOf(other.subscription.id)).toBe(at('2027-03-10T08:00:00'))
    expect(await startOf(plain.id)).toBe(plain.created)
    expect((await stripe.subscriptions.list({ test_clock: other.clock })).data.map(({ id }) => id))
      .toEqual([other.subscription.id])
  })

  test('are listed, and take their customers with them', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, customer, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    expect((await stripe.testHelpers.testClocks.list()).data.map(({ id }) => id)).toEqual([clock])
    expect(await stripe.testHelpers.testClocks.del(clock)).toMatchObject({ deleted: true })
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ deleted: true })
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled')
    expect(await failure(stripe.testHelpers.testClocks.retrieve(clock)))
      .toMatchObject({ statusCode: 404 })
  })
})
