import { isDuplicate, placeholders, type Queryable } from '../db.ts'

/** From the start of a day (UTC) to that of the next. */
export interface Day {
  /** As 2026-11-24. */
  name: string
  from: Date
  to: Date
}

export interface CurrencySum {
  currency: string
  count: number
  /** Minor units. */
  amount: number
}

/** What we wrote down as paid on a day, extra payments included: they are returned as refunds. */
export async function sumPayments(db: Queryable, { from, to }: Day): Promise<CurrencySum[]> {
  return await sums(
    db,
    `SELECT currency, COUNT(*) AS n, SUM(amount) AS amount FROM payments
      WHERE paid_at >= ? AND paid_at < ? GROUP BY currency`,
    [from, to],
  )
}

/** What we wrote down as returned on a day, and did not come back. */
export async function sumRefunds(db: Queryable, { from, to }: Day): Promise<CurrencySum[]> {
  return await sums(
    db,
    `SELECT currency, COUNT(*) AS n, SUM(amount) AS amount FROM refunds
      WHERE created_at >= ? AND created_at < ? AND status NOT IN ('failed', 'canceled')
      GROUP BY currency`,
    [from, to],
  )
}

/** What the bank has not decided yet, of whatever day. */
export async function sumOpenDisputes(db: Queryable): Promise<CurrencySum[]> {
  return await sums(
    db,
    `SELECT currency, COUNT(*) AS n, SUM(amount) AS amount FROM disputes
      WHERE closed_at IS NULL GROUP BY currency`,
    [],
  )
}

export async function sumPaidOrders(db: Queryable, { from, to }: Day): Promise<CurrencySum[]> {
  return await sums(
    db,
    `SELECT currency, COUNT(*) AS n, SUM(unit_amount) AS amount FROM orders
      WHERE paid_at >= ? AND paid_at < ? GROUP BY currency`,
    [from, to],
  )
}

async function sums(db: Queryable, sql: string, params: Date[]): Promise<CurrencySum[]> {
  const rows = await db.query<{ currency: string; n: number; amount: string | number }>(sql, params)
  return rows.map(({ currency, n, amount }) => ({
    currency,
    count: Number(n),
    amount: Number(amount),
  }))
}

export interface Booked {
  stripeRef: string
  currency: string
  amount: number
}

/** What we wrote down as paid on a day, but for what cost nothing. */
export async function listBooked(db: Queryable, { from, to }: Day): Promise<Booked[]> {
  const rows = await db.query<Booked>(
    `SELECT stripe_ref AS stripeRef, currency, amount FROM payments
      WHERE paid_at >= ? AND paid_at < ? AND amount > 0 ORDER BY id`,
    [from, to],
  )
  return rows.map((row) => ({ ...row, amount: Number(row.amount) }))
}

/** Of these references of Stripe's, what we wrote down. */
export async function findBooked(db: Queryable, refs: string[]): Promise<Map<string, Booked>> {
  if (refs.length === 0) return new Map()
  const rows = await db.query<Booked>(
    `SELECT stripe_ref AS stripeRef, currency, amount FROM payments
      WHERE stripe_ref IN (${placeholders(refs)})`,
    refs,
  )
  return new Map(rows.map((row) => [row.stripeRef, { ...row, amount: Number(row.amount) }]))
}

/** The reports that there are, of these days. */
export async function listReported(db: Queryable, days: string[]): Promise<Set<string>> {
  const rows = await db.query<{ day: string }>(
    `SELECT day FROM money_reports WHERE day IN (${placeholders(days)})`,
    days,
  )
  return new Set(rows.map(({ day }) => day))
}

/** False when the day was reported before: once is enough. */
export async function insertReport(tx: Queryable, day: string, body: string): Promise<boolean> {
  try {
    await tx.run('INSERT INTO money_reports (day, body, created_at) VALUES (?, ?, {now})', [
      day,
      body,
    ])
    return true
  } catch (error) {
    if (!isDuplicate(error)) throw error
    return false
  }
}

/** Since when there is money to report; undefined in a shop that sold nothing yet. */
export async function findFirstPayment(db: Queryable): Promise<Date | undefined> {
  const [row] = await db.query<{ at: Date | null }>('SELECT MIN(paid_at) AS at FROM payments')
  return row?.at ?? undefined
}
