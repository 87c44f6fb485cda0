import { afterEach, expect, test } from 'vitest'
import type { PlanBody } from '../api/plans/bodies.ts'
import { draftOfForm, newDraft, readDraft, saveDraft } from '../storefront/draft.ts'
import { safeNext, withNext } from '../storefront/next_path.ts'
import { FIRST_DELAY_MS, LAST_DELAY_MS, nextDelay } from '../storefront/order_follow.ts'
import {
  amountAMonth,
  cheapestMonth,
  isSoldOut,
  pricesIn,
  savingAmount,
  savingPercent,
  shownTerm,
  termsOf,
} from '../storefront/plans.ts'

const plan: PlanBody = {
  id: 'paper',
  gameId: 'minecraft',
  name: 'Paper',
  summary: '',
  limits: { memoryMib: 2048, diskMib: 10240, cpuPercent: 100 },
  featureLimits: { databases: 0, backups: 1, allocations: 0 },
  prices: [
    { term: 'yearly', currency: 'eur', unitAmount: 10_000 },
    { term: 'monthly', currency: 'eur', unitAmount: 1_000 },
    { term: 'monthly', currency: 'usd', unitAmount: 1_100 },
  ],
  regions: [{ id: 'oslo', available: false }, { id: 'bern', available: true }],
  options: [
    { variable: 'VERSION', label: '', help: '', kind: 'text', required: true, default: 'latest' },
    { variable: 'PVP', label: '', help: '', kind: 'boolean', required: true, default: '1' },
  ],
}

afterEach(() => sessionStorage.clear())

test('newDraft() starts with a region that has room and the defaults of the options', () => {
  expect(newDraft(plan, 'yearly')).toEqual({
    term: 'yearly',
    region: 'bern',
    serverName: '',
    options: { VERSION: 'latest', PVP: '1' },
  })
})

test('a draft survives, but not what the plan no longer offers', () => {
  const fresh = newDraft(plan, 'monthly')
  const options = { VERSION: '1.21' }
  saveDraft('paper', {
    ...fresh,
    term: 'quarterly',
    region: 'oslo',
    serverName: 'Kestrel',
    options,
  })
  expect(readDraft(plan, fresh)).toEqual({
    ...fresh,
    serverName: 'Kestrel',
    options: { VERSION: '1.21', PVP: '1' },
  })
})

test('what was typed for one plan is there for the next one, as far as that has it, and its order is not', () => {
  const typed = { ...newDraft(plan, 'yearly'), serverName: 'Kestrel', options: { VERSION: '1.21' } }
  saveDraft('paper', { ...typed, orderId: 'ord_1', idempotencyKey: 'key' })
  const other = { ...plan, id: 'other', options: plan.options.slice(1) }
  expect(readDraft(other, newDraft(other, 'monthly'))).toEqual({
    term: 'yearly',
    region: 'bern',
    serverName: 'Kestrel',
    options: { PVP: '1' },
  })
})

test('a draft that cannot be read counts as none', () => {
  sessionStorage.setItem('draft:paper', '{')
  expect(readDraft(plan, newDraft(plan, 'monthly'))).toBeUndefined()
})

test('draftOfForm() reads a box that is not ticked as no, and keeps the order it led to', () => {
  const form = new FormData()
  form.set('term', 'yearly')
  form.set('region', 'bern')
  form.set('serverName', 'Kestrel')
  form.set('options/VERSION', '1.21')
  const before = { ...newDraft(plan, 'monthly'), orderId: 'ord_1' }
  expect(draftOfForm(form, plan.options, before)).toEqual({
    term: 'yearly',
    region: 'bern',
    serverName: 'Kestrel',
    options: { VERSION: '1.21', PVP: '0' },
    orderId: 'ord_1',
  })
})

test('prices: shortest term first, a month rounded up, the saving rounded down', () => {
  const prices = pricesIn(plan, 'eur')
  expect(prices.map((price) => price.term)).toEqual(['monthly', 'yearly'])
  expect(prices.map(amountAMonth)).toEqual([1_000, 834])
  expect(prices.map((price) => savingPercent(price, prices))).toEqual([0, 16])
  expect(prices.map((price) => savingAmount(price, prices))).toEqual([0, 2_000])
  expect(termsOf([plan])).toEqual(['monthly', 'yearly'])
  expect(isSoldOut(plan)).toBe(false)
})

test('a saving needs a monthly price in its currency, and what costs more saves nothing', () => {
  const yearly = { term: 'yearly' as const, currency: 'jpy', unitAmount: 13_000 }
  const monthly = { term: 'monthly' as const, currency: 'jpy', unitAmount: 1_000 }
  expect(savingAmount(yearly, [yearly, { ...monthly, currency: 'eur' }])).toBe(0)
  expect([savingAmount(yearly, [yearly, monthly]), savingPercent(yearly, [yearly, monthly])])
    .toEqual([0, 0])
})

test('cheapestMonth() is the least of a term and a currency; shownTerm() keeps to what is sold', () => {
  const dear = { ...plan, prices: plan.prices.map((price) => ({ ...price, unitAmount: 99_000 })) }
  expect(cheapestMonth([dear, plan], 'yearly', 'eur')).toBe(834)
  expect(cheapestMonth([dear, plan], 'quarterly', 'eur')).toBeUndefined()
  expect(cheapestMonth([dear, plan], 'yearly', undefined)).toBeUndefined()
  expect([shownTerm([plan], 'yearly'), shownTerm([plan], 'quarterly'), shownTerm([], 'yearly')])
    .toEqual(['yearly', 'monthly', 'monthly'])
})

test.each([
  ['/plans/paper?term=yearly', '/plans/paper?term=yearly'],
  [undefined, '/servers'],
  ['https://evil.example/', '/servers'],
  ['//evil.example/', '/servers'],
  ['/\\evil.example/', '/servers'],
  ['/\t/evil.example/', '/servers'],
  ['/.//evil.example/', '/servers'],
  ['javascript:alert(1)', '/servers'],
  ['orders', '/servers'],
])('safeNext(%j) stays on this site', (next, path) => {
  expect(safeNext(next)).toBe(path)
})

test('withNext() carries a whole address', () => {
  expect(withNext('/signup', '/plans/paper?term=yearly'))
    .toBe('/signup?next=%2Fplans%2Fpaper%3Fterm%3Dyearly')
})

test('nextDelay() grows to ten seconds and starts over when something changed', () => {
  let delay = FIRST_DELAY_MS
  for (let look = 0; look < 20; look++) delay = nextDelay(delay, false)
  expect(delay).toBe(LAST_DELAY_MS)
  expect(nextDelay(delay, true)).toBe(FIRST_DELAY_MS)
})
