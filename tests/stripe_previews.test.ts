import fc from 'fast-check'
import type Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { failure, type Setup, start } from './support/stripe.ts'
import {
  advanceTo,
  at,
  customerWith,
  DAY,
  latestInvoice,
  subscribe,
  subscribeOnClock,
  textOf,
} from './support/stripe_billing.ts'

const BEGIN = at('2027-01-31T12:00:00')
const END = at('2027-02-28T12:00:00')

/** What an invoice bills, without what makes it another object. */
function sumsOf(invoice: Stripe.Invoice) {
  const { subtotal, total, amount_due, starting_balance, total_discount_amounts, lines } = invoice
  return {
    subtotal,
    total,
    amount_due,
    starting_balance,
    discounts: total_discount_amounts?.map(({ amount }) => amount),
    lines: lines.data.map(({ amount, description, period, quantity, discount_amounts: taken }) => ({
      amount,
      description,
      period,
      quantity,
      discounts: taken?.map((discount) => discount.amount),
    })),
  }
}

async function priceOf(
  { stripe }: Setup,
  amount: number,
  interval: 'month' | 'year' = 'month',
) {
  return await stripe.prices.create({
    currency: 'eur',
    unit_amount: amount,
    recurring: { interval },
    product_data: { name: 'Server' },
  })
}

const amount = fc.integer({ min: 1, max: 200_000 })
const quantity = fc.integer({ min: 1, max: 40 })
const moment = fc.integer({ min: BEGIN, max: END - 1 })
const change = fc.record({ amount, quantity, moment })

describe('invoices.createPreview()', () => {
  test('of a change has the sums that the same change then bills', async () => {
    const setup = start()
    const { stripe } = setup
    const cases = fc.record({
      from: fc.record({ amount, quantity }),
      to: change,
      interval: fc.constantFrom('month' as const, 'year' as const),
      behavior: fc.constantFrom('always_invoice' as const, 'create_prorations' as const),
      percentOff: fc.constantFrom(0, 10, 33),
      credit: fc.constantFrom(0, -777),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ from, to, interval, behavior, percentOff, credit }) => {
        const [before, after] = [
          await priceOf(setup, from.amount),
          await priceOf(setup, to.amount, interval),
        ]
        const coupon = percentOff === 0
          ? undefined
          : await stripe.coupons.create({ percent_off: percentOff, duration: 'forever' })
        const { clock, customer, subscription } = await subscribeOnClock(
          setup,
          '2027-01-31T12:00:00',
          {
            items: [{ price: before.id, quantity: from.quantity }],
            ...(coupon && { discounts: [{ coupon: coupon.id }] }),
          },
        )
        if (credit !== 0) {
          await stripe.customers.createBalanceTransaction(customer, {
            amount: credit,
            currency: 'eur',
          })
        }
        if (to.moment > BEGIN) await advanceTo(setup, clock, String(textOf(to.moment)))
        const details = {
          items: [{
            id: String(subscription.items.data[0]?.id),
            price: after.id,
            quantity: to.quantity,
          }],
          proration_behavior: behavior,
          proration_date: to.moment,
        }
        const preview = await stripe.invoices.createPreview({
          subscription: subscription.id,
          subscription_details: details,
        })
        expect(preview).toMatchObject({ status: 'draft', number: null, amount_paid: 0 })
        const updated = await stripe.subscriptions.update(subscription.id, details)
        if (updated.latest_invoice === subscription.latest_invoice) {
          await advanceTo(setup, clock, '2027-02-28T12:00:00')
        }
        const billed = await latestInvoice(
          setup,
          await stripe.subscriptions.retrieve(subscription.id),
        )
        expect(billed.id).not.toBe(subscription.latest_invoice)
        expect(sumsOf(preview)).toEqual(sumsOf(billed))
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  test('leaves no trace', async () => {
    const setup = start()
    const { stripe, emulator } = setup
    const subscription = await subscribe(setup)
    const bigger = await priceOf(setup, 1800)
    const saved = JSON.stringify(emulator.snapshot())
    await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: {
        items: [{ id: String(subscription.items.data[0]?.id), price: bigger.id }],
        proration_behavior: 'always_invoice',
      },
      invoice_items: [{ amount: 5, currency: 'eur', description: 'Stamp' }],
    }, { idempotencyKey: 'preview' })
    const { replies: _, ...now } = JSON.parse(JSON.stringify(emulator.snapshot()))
    const { replies: __, ...then } = JSON.parse(saved)
    expect(now).toEqual(then)
  })

  test('without a change is the next renewal, with what waits', async () => {
    const setup = start()
    const { stripe } = setup
    const { customer, subscription } = await subscribeOnClock(setup, '2027-03-10T08:00:00')
    await stripe.invoiceItems.create({
      customer,
      subscription: subscription.id,
      amount: 120,
      currency: 'eur',
    })
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id })
    expect(preview).toMatchObject({
      total: 1020,
      created: at('2027-04-10T08:00:00'),
      lines: { data: [{ amount: 900 }, { amount: 120 }] },
    })
    expect(preview.id).toMatch(/^upcoming_in_/)
  })

  test('of a new subscription, of a trial, and of an end', async () => {
    const setup = start()
    const { stripe } = setup
    const customer = await customerWith(setup, null)
    const price = await priceOf(setup, 900)
    const fresh = await stripe.invoices.createPreview({
      customer: customer.id,
      subscription_details: { items: [{ price: price.id, quantity: 2 }] },
    })
    expect(fresh).toMatchObject({ total: 1800, billing_reason: 'subscription_create' })
    expect((await stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
    const { clock, subscription } = await subscribeOnClock(setup, '2027-04-01T00:00:00')
    await advanceTo(setup, clock, '2027-04-16T00:00:00')
    const ended = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { cancel_now: true },
    })
    expect(ended.total).toBe(-450)
    const extended = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { trial_end: at('2027-05-16T00:00:00') },
    })
    expect(extended.total).toBe(-450)
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true })
    await stripe.subscriptions.cancel(subscription.id)
    expect(await failure(stripe.invoices.createPreview({ subscription: subscription.id })))
      .toMatchObject({ statusCode: 400, code: 'invoice_upcoming_none' })
  })

  test.each<[Partial<Stripe.InvoiceCreatePreviewParams>, object]>([
    [{}, { param: 'customer' }],
    [{ customer: 'cus_x' }, { code: 'resource_missing', param: 'customer' }],
    [{ subscription: 'sub_x' }, { code: 'resource_missing', param: 'subscription' }],
    [{ preview_mode: 'recurring' }, { param: 'preview_mode' }],
    [{ schedule: 'sub_sched_1' }, { param: 'schedule' }],
  ])('with %j is refused', async (params, error) => {
    const setup = start()
    expect(await failure(setup.stripe.invoices.createPreview(params)))
      .toMatchObject({ statusCode: 400, ...error })
  })
})

describe('a chain of changes', () => {
  test(
    'bills each stretch of time once, to the cent, and gives the rest back at the end',
    async () => {
      const setup = start()
      const { stripe } = setup
      const chains = fc.tuple(
        fc.record({ amount, quantity }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        moment,
      )
      await fc.assert(
        fc.asyncProperty(chains, async ([first, changes, end]) => {
          const price = await priceOf(setup, first.amount)
          const { clock, customer, subscription } = await subscribeOnClock(
            setup,
            '2027-01-31T12:00:00',
            { items: [{ price: price.id, quantity: first.quantity }] },
          )
          const item = String(subscription.items.data[0]?.id)
          const inOrder = changes.toSorted((a, b) => a.moment - b.moment)
            .filter(({ moment }) => moment > BEGIN && moment < Math.max(end, BEGIN + 2))
          let now = BEGIN
          for (const { amount, quantity, moment } of inOrder) {
            if (moment > now) await advanceTo(setup, clock, String(textOf(moment)))
            now = moment
            await stripe.subscriptions.update(subscription.id, {
              items: [{ id: item, price: (await priceOf(setup, amount)).id, quantity }],
              proration_behavior: 'always_invoice',
            })
          }
          const last = Math.max(end, now)
          if (last > now) await advanceTo(setup, clock, String(textOf(last)))
          await stripe.subscriptions.cancel(subscription.id, { prorate: true, invoice_now: true })

          const stretches = [
            { ...first, moment: BEGIN },
            ...inOrder,
          ].map(({ amount, quantity, moment }, index) => {
            const until = inOrder[index]?.moment ?? last
            return amount * quantity * (until - moment) / (END - BEGIN)
          })
          const exact = stretches.reduce((sum, part) => sum + part, 0)
          const invoices = (await stripe.invoices.list({ customer, limit: 100 })).data
          const billed = invoices.reduce((sum, { total }) => sum + total, 0)
          expect(Math.abs(billed - exact)).toBeLessThanOrEqual(stretches.length)
          const paid = invoices.reduce((sum, { amount_paid: part }) => sum + part, 0)
          const owner = await stripe.customers.retrieve(customer)
          expect(paid + ('balance' in owner ? owner.balance : NaN)).toBe(billed)
        }),
        { numRuns: 25 },
      )
    },
    60_000,
  )

  test('of one price and quantity costs nothing', async () => {
    const setup = start()
    const { stripe } = setup
    const { clock, subscription } = await subscribeOnClock(setup, '2027-01-31T12:00:00')
    const [item] = subscription.items.data
    for (const day of [3, 9, 17]) {
      await advanceTo(setup, clock, String(textOf(BEGIN + day * DAY)))
      const other = await priceOf(setup, 900)
      await stripe.subscriptions.update(subscription.id, {
        items: [{ id: String(item?.id), price: other.id }],
      })
    }
    const amounts = (await stripe.invoiceItems.list()).data.map((waiting) => waiting.amount)
    expect(amounts).toHaveLength(6)
    expect(amounts.reduce((sum, part) => sum + part, 0)).toBe(0)
  })
})
