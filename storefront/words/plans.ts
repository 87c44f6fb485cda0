import type { Term } from '../../api/plans/bodies.ts'

/** Said of a plan wherever plans are shown. */
export const planWords = {
  termLabel: 'Billed',
  currencyLabel: 'Currency',
  choose: 'Choose',
  chooseNamed: (name: string) => `Choose ${name}`,
  soldOut: 'Sold out',
  soldOutEverywhere: 'Sold out in every region. Look at the other plans, or come back later.',
  notInCurrency: 'Not sold in this currency',
  memory: 'Memory',
  disk: 'Disk',
  cpu: 'CPU',
  databases: 'Databases',
  backups: 'Backups',
  ports: 'Extra ports',
}

const terms: Record<Term, { short: string; choice: string; per: string; every: string }> = {
  monthly: { short: 'Monthly', choice: 'Every month', per: 'per month', every: 'every month' },
  quarterly: {
    short: 'Every 3 months',
    choice: 'Every 3 months',
    per: 'per 3 months',
    every: 'every 3 months',
  },
  yearly: { short: 'Yearly', choice: 'Once a year', per: 'per year', every: 'every year' },
}

/** "Every 3 months", for a choice among terms. */
export function termChoice(term: Term): string {
  return terms[term].choice
}

/** "Monthly", for a choice where there is little room. */
export function termName(term: Term): string {
  return terms[term].short
}

/** "per 3 months", after a price. */
export function perTerm(term: Term): string {
  return terms[term].per
}

/** "€7.20 a month". */
export function aMonth(amount: string): string {
  return `${amount} a month`
}

/** "saves €16.39 (16 %)". */
export function saves(amount: string, percent: number): string {
  return `saves ${amount} (${percent} %)`
}

/** "Then €21.60 every 3 months, until you cancel." */
export function renewsAt(amount: string, term: Term): string {
  return `Then ${amount} ${terms[term].every}, until you cancel.`
}

/** "then every 3 months", where there is little room. */
export function renewsEvery(term: Term): string {
  return `then ${terms[term].every}`
}
