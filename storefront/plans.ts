import type { PlanBody, PriceBody, Term } from '../api/plans/bodies.ts'

/** Shortest first, as every list of terms shows them. */
export const terms: Term[] = ['monthly', 'quarterly', 'yearly']

export const termMonths: Record<Term, number> = { monthly: 1, quarterly: 3, yearly: 12 }

/** The plan's prices in one currency, shortest term first. */
export function pricesIn(plan: PlanBody, currency: string | undefined): PriceBody[] {
  return plan.prices
    .filter((price) => price.currency === currency)
    .sort((a, b) => termMonths[a.term] - termMonths[b.term])
}

/** The terms that any of the plans is sold for, shortest first. */
export function termsOf(plans: PlanBody[]): Term[] {
  return terms.filter((term) => plans.some((plan) => hasTerm(plan, term)))
}

export function hasTerm(plan: PlanBody, term: Term): boolean {
  return plan.prices.some((price) => price.term === term)
}

/** What one month costs, in minor units, rounded up so that it never looks cheaper than it is. */
export function amountAMonth(price: PriceBody): number {
  return Math.ceil(price.unitAmount / termMonths[price.term])
}

/** Whole percent saved against paying monthly, rounded down; 0 when there is nothing to compare. */
export function savingPercent(price: PriceBody, prices: PriceBody[]): number {
  const monthly = monthlyOf(price, prices)
  if (!monthly) return 0
  return Math.floor(
    savingAmount(price, prices) * 100 / (monthly.unitAmount * termMonths[price.term]),
  )
}

/** What the price saves against paying monthly for as long, in minor units; 0 when it saves nothing. */
export function savingAmount(price: PriceBody, prices: PriceBody[]): number {
  const monthly = monthlyOf(price, prices)
  if (!monthly) return 0
  return Math.max(0, monthly.unitAmount * termMonths[price.term] - price.unitAmount)
}

/** The least that a month costs among the plans for the term; undefined where none is sold so. */
export function cheapestMonth(
  plans: PlanBody[],
  term: Term,
  currency: string | undefined,
): number | undefined {
  const amounts = plans.flatMap((plan) => pricesIn(plan, currency))
    .filter((price) => price.term === term)
    .map(amountAMonth)
  return amounts.length > 0 ? Math.min(...amounts) : undefined
}

/** `wanted` where one of the plans is sold so, else the shortest term there is. */
export function shownTerm(plans: PlanBody[], wanted: string | undefined): Term {
  const sold = termsOf(plans)
  return sold.find((term) => term === wanted) ?? sold[0] ?? 'monthly'
}

export function isSoldOut(plan: PlanBody): boolean {
  return !plan.regions.some((region) => region.available)
}

function monthlyOf(price: PriceBody, prices: PriceBody[]): PriceBody | undefined {
  return prices.find(({ term, currency }) => term === 'monthly' && currency === price.currency)
}
