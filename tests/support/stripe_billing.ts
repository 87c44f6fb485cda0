import type Stripe from 'stripe'
import { expect } from 'vitest'
import { catalogue, type Setup, waitFor } from './stripe.ts'

export const HOUR = 60 * 60
export const DAY = 24 * HOUR

/** Seconds of a time in UTC, as `2027-01-31T12:00:00`. */
export function at(text: string): number {
  return Date.parse(`${text}Z`) / 1000
}

/** The reverse of `at`. */
export function textOf(seconds: number | null | undefined): string | null {
  if (seconds === null || seconds === undefined) return null
  return new Date(seconds * 1000).toISOString().slice(0, 19)
}

/** A customer who pays with this test card; `null` for one who has nothing to pay with. */
export async function customerWith(
  { stripe }: Pick<Setup, 'stripe'>,
  card: string | null = 'pm_card_visa',
  clock?: string,
) {
  return await stripe.customers.create({
    email: 'ada@example.com',
    ...(clock !== undefined && { test_clock: clock }),
    ...(card !== null && {
      payment_method: card,
      invoice_settings: { default_payment_method: card },
    }),
  })
}

/** A subscription to something that costs 9.00 EUR a month. */
export async function subscribe(
  setup: Setup,
  params: Partial<Stripe.SubscriptionCreateParams> = {},
  card?: string | null,
) {
  const price = await catalogue(setup)
  const customer = params.customer ?? (await customerWith(setup, card)).id
  return await setup.stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    ...params,
  })
}

/** The same on a test clock that stands at this time. */
export async function subscribeOnClock(
  setup: Setup,
  time: string,
  params: Partial<Stripe.SubscriptionCreateParams> = {},
  card?: string | null,
) {
  const clock = await setup.stripe.testHelpers.testClocks.create({ frozen_time: at(time) })
  const customer = await customerWith(setup, card, clock.id)
  const subscription = await subscribe(setup, { customer: customer.id, ...params })
  return { clock: clock.id, customer: customer.id, subscription }
}

/** Brings a test clock to a time, and waits until it is there. */
export async function advanceTo({ stripe }: Pick<Setup, 'stripe'>, clock: string, time: string) {
  const advancing = await stripe.testHelpers.testClocks.advance(clock, { frozen_time: at(time) })
  expect(advancing.status).toBe('advancing')
  await waitFor(async () => {
    const { status } = await stripe.testHelpers.testClocks.retrieve(clock)
    return status === 'ready' ? status : undefined
  })
}

/** The last invoice of a subscription with all that can be seen of its payment. */
export async function latestInvoice(
  { stripe }: Pick<Setup, 'stripe'>,
  { latest_invoice: id }: Stripe.Subscription,
) {
  return await stripe.invoices.retrieve(String(id), {
    expand: ['payments', 'confirmation_secret'],
  })
}

/** Lets the emulator's own time pass. */
export function pass({ clock, emulator }: Setup, seconds: number) {
  clock.advance(seconds * 1000)
  emulator.tick()
}

/** The id of a method that this customer has, by its test id. */
export async function attach(
  { stripe }: Pick<Setup, 'stripe'>,
  { customer }: Pick<Stripe.Subscription, 'customer'>,
  card: string,
) {
  return (await stripe.paymentMethods.attach(card, { customer: String(customer) })).id
}
