import { listOpenAlerts, raiseAlert, resolveAbsent, resolveAlert } from '../alerts/alerts.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Swept } from '../jobs/sweep.ts'
import { formatMoney } from '../mail/format.ts'
import { shopId } from '../plans/shop_id.ts'
import type { PaidInvoice } from './payments.ts'
import {
  type CurrencySum,
  type Day,
  findBooked,
  findFirstPayment,
  insertReport,
  listBooked,
  listReported,
  sumOpenDisputes,
  sumPaidOrders,
  sumPayments,
  sumRefunds,
} from './report_store.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** By then the day's last events are in. */
const AFTER_MS = 2 * HOUR_MS

/** A shop that stood still for longer reports its last week only. */
const AT_MOST_DAYS = 7

/** Longer than Stripe goes on trying to be paid for an invoice. */
const INVOICE_LIVES_MS = 30 * DAY_MS

/** Amounts in minor units; `atStripe` is what Stripe's own invoices of this shop say of the day. */
export interface MoneyReport {
  day: string
  settled: CurrencySum[]
  atStripe: CurrencySum[]
  refunded: CurrencySum[]
  openDisputes: CurrencySum[]
  ordersPaid: CurrencySum[]
  deviations: Deviation[]
}

/** Where Stripe and we do not say the same of one invoice. Null: nothing. */
export interface Deviation {
  stripeRef: string
  currency: string
  stripe: number | null
  ours: number | null
}

/**
 * Reports each day's money once, some time after it is over: what was settled and returned, what is
 * disputed, and where Stripe says otherwise. A deviation stays an alert until it is no longer so.
 */
export async function sweepMoney(db: Db, deps: Deps): Promise<Swept> {
  let found = 0
  for (const day of await daysToReport(db, deps)) {
    const report = await reportOf(db, deps, day)
    found += report.deviations.length
    await record(db, deps, report)
  }
  await lookAgain(db, deps)
  return { found: { money: found } }
}

async function daysToReport(db: Db, deps: Deps): Promise<Day[]> {
  const first = await findFirstPayment(db)
  if (!first) return []
  const today = Math.floor((deps.now().getTime() - AFTER_MS) / DAY_MS) * DAY_MS
  const days = Array.from({ length: AT_MOST_DAYS }, (_, nth) => dayFrom(today - (nth + 1) * DAY_MS))
    .filter(({ to }) => to > first).reverse()
  if (days.length === 0) return []
  const reported = await listReported(db, days.map(({ name }) => name))
  return days.filter(({ name }) => !reported.has(name))
}

function dayFrom(ms: number): Day {
  const from = new Date(ms)
  return { name: from.toISOString().slice(0, 10), from, to: new Date(ms + DAY_MS) }
}

async function reportOf(db: Db, deps: Deps, day: Day): Promise<MoneyReport> {
  const invoices = await invoicesOf(db, deps, day)
  return {
    day: day.name,
    settled: await sumPayments(db, day),
    atStripe: sumInvoices(invoices),
    refunded: await sumRefunds(db, day),
    openDisputes: await sumOpenDisputes(db),
    ordersPaid: await sumPaidOrders(db, day),
    deviations: await deviationsOf(db, deps, day, invoices),
  }
}

/** The invoices of this shop that Stripe says were paid on the day. */
async function invoicesOf(db: Db, deps: Deps, { from, to }: Day): Promise<PaidInvoice[]> {
  const shop = await shopId(db, deps.randomBytes)
  const paid: PaidInvoice[] = []
  const since = new Date(from.getTime() - INVOICE_LIVES_MS)
  for await (const invoice of deps.payments.listPaidInvoices(since)) {
    const { orderId, shopId: of } = invoice.metadata
    const isOurs = orderId?.startsWith('ord_') && (!of || of === shop)
    const isOfDay = invoice.paidAt >= from && invoice.paidAt < to
    if (isOurs && isOfDay && invoice.amountPaid > 0) paid.push(invoice)
  }
  return paid
}

function sumInvoices(invoices: PaidInvoice[]): CurrencySum[] {
  const sums = new Map<string, CurrencySum>()
  for (const { currency, amountPaid } of invoices) {
    const { count, amount } = sums.get(currency) ?? { count: 0, amount: 0 }
    sums.set(currency, { currency, count: count + 1, amount: amount + amountPaid })
  }
  return [...sums.values()]
}

/** By reference and not by sum: what one side books a minute after midnight is no deviation. */
async function deviationsOf(
  db: Db,
  deps: Deps,
  day: Day,
  invoices: PaidInvoice[],
): Promise<Deviation[]> {
  const deviations: Deviation[] = []
  const booked = await findBooked(db, invoices.map(({ id }) => id))
  for (const { id: stripeRef, currency, amountPaid: stripe } of invoices) {
    const ours = booked.get(stripeRef)
    if (ours?.amount === stripe && ours.currency === currency) continue
    deviations.push({ stripeRef, currency, stripe, ours: ours?.amount ?? null })
  }
  for (const ours of await listBooked(db, day)) {
    if (booked.has(ours.stripeRef)) continue
    const there = await deps.payments.getInvoice(ours.stripeRef)
    const stripe = there?.status === 'paid' ? there.amountPaid : null
    if (stripe === ours.amount && there?.currency === ours.currency) continue
    const { stripeRef, currency, amount } = ours
    deviations.push({ stripeRef, currency, stripe, ours: amount })
  }
  return deviations
}

async function record(db: Db, deps: Deps, report: MoneyReport): Promise<void> {
  const { day, deviations } = report
  await db.transaction(async (tx) => {
    if (!await insertReport(tx, day, JSON.stringify(report))) return
    const detail = inWords(report)
    await resolveAbsent(tx, 'money_report', [day])
    await raiseAlert(tx, deps, { kind: 'money_report', subject: day, detail })
    if (deviations.length === 0) return
    await raiseAlert(tx, deps, { kind: 'money_deviation', subject: day, detail: { deviations } })
  })
}

/** The report as a person reads it. */
function inWords(report: MoneyReport): Record<string, unknown> {
  const words = (sums: CurrencySum[]) =>
    sums.map(({ currency, count, amount }) => `${formatMoney(amount, currency)} in ${count}`)
      .join(', ') || 'nothing'
  return {
    settled: words(report.settled),
    settledSaysStripe: words(report.atStripe),
    refunded: words(report.refunded),
    openDisputes: words(report.openDisputes),
    ordersPaid: report.ordersPaid.reduce((all, { count }) => all + count, 0),
    deviations: report.deviations.length,
  }
}

/** Days that deviated are held against Stripe again, until they do no more. */
async function lookAgain(db: Db, deps: Deps): Promise<void> {
  for (const name of (await listOpenAlerts(db, 'money_deviation')).keys()) {
    const day = dayFrom(Date.parse(name))
    const deviations = await deviationsOf(db, deps, day, await invoicesOf(db, deps, day))
    const alert = { kind: 'money_deviation', subject: name } as const
    if (deviations.length === 0) await resolveAlert(db, alert)
  }
}
