import { afterAll, expect, test } from 'vitest'
import type { MoneyReport } from '../api/payments/money_report.ts'
import { withholdWebhooks } from './support/faults.ts'
import { deliveredOrder, openAlerts, paymentsOf, refundByHand } from './support/money.ts'
import { placeOrder, sessionOf, startShop } from './support/shop.ts'

const HOUR_MS = 3_600_000

const shop = await startShop()

afterAll(() => shop.stop())

async function reports(): Promise<MoneyReport[]> {
  const rows = await shop.db.query<{ body: string }>('SELECT body FROM money_reports ORDER BY day')
  return rows.map(({ body }) => JSON.parse(body))
}

async function sweepMoney(): Promise<number> {
  const [report] = await shop.sweep('money')
  expect(report?.error).toBeUndefined()
  return report?.found.money ?? 0
}

/** Some hours after the end of the day that the shop is in. Gives the name of that day. */
async function endDay(): Promise<string> {
  const now = shop.clock.now().getTime()
  const day = 24 * HOUR_MS
  shop.clock.advance((Math.floor(now / day) + 1) * day + 3 * HOUR_MS - now)
  await shop.drain()
  return new Date(now).toISOString().slice(0, 10)
}

async function detailOf(kind: string, subject: string): Promise<Record<string, unknown>> {
  const [row] = await shop.db.query<{ detail: string }>(
    'SELECT detail FROM alerts WHERE kind = ? AND subject = ?',
    [kind, subject],
  )
  return JSON.parse(row?.detail ?? '{}')
}

test('a shop that sold nothing reports nothing', async () => {
  await endDay()
  await sweepMoney()
  expect(await reports()).toEqual([])
})

test('a day is reported once, per currency, with what Stripe says of it', async () => {
  const customer = await shop.customer()
  for (const currency of ['eur', 'usd']) {
    const { orderId } = await placeOrder(customer, { currency })
    await shop.stripe.pay(await sessionOf(shop.db, orderId))
    await shop.drain()
  }
  const { orderId } = await deliveredOrder(shop)
  await refundByHand(shop, (await paymentsOf(shop, orderId))[0]?.intent ?? '')
  await shop.drain()
  const amounts = await shop.db.query<{ currency: string; amount: string }>(
    'SELECT currency, SUM(amount) AS amount FROM payments GROUP BY currency ORDER BY currency',
  )
  await sweepMoney()
  expect(await reports()).toEqual([])
  const day = await endDay()
  expect(await Promise.all([sweepMoney(), sweepMoney()])).toEqual([0, 0])
  await sweepMoney()
  expect(await shop.db.query('SELECT times_seen AS n FROM alerts')).toEqual([{ n: 1 }])
  const [report, ...others] = await reports()
  expect(others).toEqual([])
  const [eur, usd] = amounts.map(({ currency, amount }) => ({
    currency,
    amount: Number(amount),
    count: currency === 'eur' ? 2 : 1,
  }))
  expect(report).toMatchObject({ day, deviations: [], openDisputes: [] })
  for (const sums of [report?.settled, report?.atStripe]) {
    expect(sums).toHaveLength(2)
    expect(sums).toEqual(expect.arrayContaining([eur, usd]))
  }
  expect(report?.ordersPaid.map(({ count }) => count).toSorted()).toEqual([1, 2])
  expect(report?.refunded).toEqual([{ currency: 'eur', count: 1, amount: (eur?.amount ?? 0) / 2 }])
  expect(await openAlerts(shop, 'money_report')).toEqual([day])
  expect(await detailOf('money_report', day)).toMatchObject({
    settled: expect.stringMatching(/€\d+\.\d\d in 2/),
    refunded: expect.stringMatching(/^€\d+\.\d\d in 1$/),
    ordersPaid: 3,
    deviations: 0,
  })
  expect((await detailOf('money_report', day)).settledSaysStripe)
    .toEqual(expect.stringMatching(/€\d+\.\d\d in 2/))
})

test('money that only one side knows, or knows otherwise, deviates until both agree', async () => {
  const wrong = await deliveredOrder(shop)
  const extra = await deliveredOrder(shop)
  const withheld = withholdWebhooks(shop)
  const { orderId: unseen } = await placeOrder(await shop.customer())
  await shop.stripe.pay(await sessionOf(shop.db, unseen))
  await shop.db.run('UPDATE payments SET amount = amount - 1 WHERE order_id = ?', [wrong.orderId])
  await shop.db.run("UPDATE payments SET stripe_ref = 'in_madeup' WHERE order_id = ?", [
    extra.orderId,
  ])
  const day = await endDay()
  expect(await sweepMoney()).toBe(4)
  expect(await openAlerts(shop, 'money_deviation')).toEqual([day])
  const deviations = (await reports()).at(-1)?.deviations ?? []
  expect(deviations.filter(({ ours }) => ours === null)).toHaveLength(2)
  expect(deviations.filter(({ stripe }) => stripe === null))
    .toMatchObject([{ stripeRef: 'in_madeup' }])
  expect(deviations.filter(({ stripe, ours }) => stripe && ours && stripe === ours + 1))
    .toHaveLength(1)

  await sweepMoney()
  expect(await openAlerts(shop, 'money_deviation')).toEqual([day])
  withheld.cancel()
  await shop.db.run('UPDATE payments SET amount = amount + 1 WHERE order_id = ?', [wrong.orderId])
  await shop.sweep('open-orders', 'stripe')
  await shop.drain()
  const known = new Set(
    (await shop.db.query<{ ref: string }>('SELECT stripe_ref AS ref FROM payments'))
      .map(({ ref }) => ref),
  )
  const lost = deviations.filter(({ ours }) => ours === null)
    .find(({ stripeRef }) => !known.has(stripeRef))
  await shop.db.run("UPDATE payments SET stripe_ref = ? WHERE stripe_ref = 'in_madeup'", [
    lost?.stripeRef ?? '',
  ])
  await sweepMoney()
  expect(await openAlerts(shop, 'money_deviation')).toEqual([])
  expect(await reports()).toHaveLength(2)
})
