import type { Need } from '../checkout/capacity.ts'
import type { FoundPrice } from '../payments/payments.ts'
import type { GameBody } from './bodies.ts'
import type { Catalogue } from './catalogue.ts'
import { comparePrices } from './check_prices.ts'
import { isEggOf, type PanelFacts } from './panel_facts.ts'
import { canHold, refusalOf } from './refusal.ts'
import { regionsOf, type ResolvedPlan, resolvePlans } from './resolve.ts'
import type { EggSnapshot, Plan, Region } from './store.ts'

/** What the catalogue is held against; `fetchFacts` reads it. */
export interface CatalogueFacts {
  shop: { regions: Region[]; games: GameBody[]; plans: Plan[]; eggs: EggSnapshot[] }
  stripePrices: FoundPrice[]
  panel: PanelFacts
}

export interface Difference {
  /**
   * add, change, remove: applying the catalogue will do it. refuse: the plan will not be sold.
   * warn: a person should look, nothing is kept from being sold.
   */
  kind: 'add' | 'change' | 'remove' | 'refuse' | 'warn'
  subject: string
  detail: string
}

/** Holds the catalogue against database, Stripe and panel; empty when all four agree. */
export function checkCatalogue(catalogue: Catalogue, facts: CatalogueFacts): Difference[] {
  const resolved = resolvePlans(catalogue, {
    eggs: facts.panel.eggs,
    stored: facts.shop.plans,
  })
  return [
    ...compareLists('region', facts.shop.regions, regionsOf(catalogue)),
    ...compareLists('game', facts.shop.games, catalogue.games),
    ...comparePlans(facts.shop.plans, resolved),
    ...catalogue.plans.flatMap((plan) => comparePrices(catalogue, plan, facts)),
    ...compareEggs(facts),
    ...unknownLocations(catalogue, facts.panel),
    ...resolved.flatMap((plan) => setupProblems(plan, facts.panel)),
  ]
}

/** Whether applying the catalogue would write anything. */
export function wouldChange(differences: Difference[]): boolean {
  return differences.some(({ kind }) => kind !== 'refuse' && kind !== 'warn')
}

/** One line a difference, with a sign a reader can scan. */
export function printDifferences(differences: Difference[]): string {
  if (differences.length === 0) return 'The catalogue, the database, Stripe and the panel agree.'
  const signs = { add: '+', change: '~', remove: '-', refuse: '!', warn: '?' }
  const lines = differences.map(({ kind, subject, detail }) => {
    const suffix = kind === 'refuse' ? ' (not sold until then)' : ''
    return `${signs[kind]} ${subject}: ${detail}${suffix}`
  })
  return lines.join('\n')
}

/** The fields in which a stored plan is not what the catalogue resolves to. */
export function changedFields(stored: Plan, wanted: ResolvedPlan): string[] {
  const fields = Object.keys(wanted) as (keyof ResolvedPlan)[]
  return fields.filter((field) => !same(stored[field], wanted[field]))
}

/** Whether two JSON values are equal, whatever the order of their keys. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, one]) => [
    key,
    sorted(one),
  ])
}

function compareLists<T extends { id: string }>(
  what: string,
  stored: T[],
  wanted: T[],
): Difference[] {
  const known = new Map(stored.map((one) => [one.id, one]))
  const stays = new Set(wanted.map((one) => one.id))
  return [
    ...wanted.flatMap((one): Difference[] => {
      const before = known.get(one.id)
      const subject = `${what} ${one.id}`
      if (!before) return [{ kind: 'add', subject, detail: 'is new' }]
      return same(before, one) ? [] : [{ kind: 'change', subject, detail: 'is described anew' }]
    }),
    ...stored.filter((one) => !stays.has(one.id)).map((one): Difference => ({
      kind: 'remove',
      subject: `${what} ${one.id}`,
      detail: 'left the catalogue',
    })),
    ...reordered(what, stored, wanted),
  ]
}

/** Only when both have the same members; otherwise the other lines say enough. */
function reordered(what: string, stored: { id: string }[], wanted: { id: string }[]): Difference[] {
  const [before, after] = [stored, wanted].map((list) => list.map((one) => one.id))
  if (same(before, after) || !same(before?.toSorted(), after?.toSorted())) return []
  return [{ kind: 'change', subject: `${what}s`, detail: 'are in another order' }]
}

function comparePlans(stored: Plan[], wanted: ResolvedPlan[]): Difference[] {
  const known = new Map(stored.map((plan) => [plan.id, plan]))
  const stays = new Set(wanted.map((plan) => plan.id))
  return [
    ...wanted.flatMap((plan): Difference[] => {
      const before = known.get(plan.id)
      const subject = `plan ${plan.id}`
      if (!before) return [{ kind: 'add', subject, detail: 'is new' }]
      const fields = changedFields(before, plan)
      return fields.length ? [{ kind: 'change', subject, detail: `new ${fields.join(', ')}` }] : []
    }),
    ...stored.filter((plan) => !stays.has(plan.id)).map((plan): Difference => ({
      kind: 'remove',
      subject: `plan ${plan.id}`,
      detail: 'left the catalogue: it is sold no more, its servers stay',
    })),
    ...reordered('plan', stored, wanted),
  ]
}

/** Eggs that are not what they were when last looked at; a missing one is its plans' refusal. */
function compareEggs({ shop, panel }: CatalogueFacts): Difference[] {
  return shop.eggs.flatMap((stored): Difference[] => {
    const egg = panel.eggs.find((egg) =>
      isEggOf({ nestName: stored.nestName, eggName: stored.name }, egg)
    )
    if (!egg) return []
    const fields = (['uuid', 'startup', 'dockerImages', 'variables'] as const)
      .filter((field) => !same(stored[field], egg[field]))
    const subject = `egg ${stored.nestName}/${stored.name}`
    return fields.length
      ? [{ kind: 'change', subject, detail: `changed at the panel: ${fields.join(', ')}` }]
      : []
  })
}

function unknownLocations(catalogue: Catalogue, panel: PanelFacts): Difference[] {
  return catalogue.regions.filter((region) => !panel.locations.includes(region.location))
    .map(({ id, location }): Difference => ({
      kind: 'warn',
      subject: `region ${id}`,
      detail: `the panel has no location "${location}", only ${
        panel.locations.join(', ') || 'none'
      }`,
    }))
}

function setupProblems(plan: ResolvedPlan, panel: PanelFacts): Difference[] {
  const egg = panel.eggs.find((egg) => isEggOf(plan, egg))
  const subject = `plan ${plan.id}`
  const reason = refusalOf(plan, egg, panel.nodes)
  if (reason) return [{ kind: 'refuse', subject, detail: reason }]
  return plan.regionIds.filter((id) => !canHold(plan, id, panel.nodes)).map((id): Difference => ({
    kind: 'warn',
    subject,
    detail: `no node in ${id} is large enough (${say(plan.limits)})`,
  }))
}

function say({ memoryMib, diskMib, cpuPercent }: Omit<Need, 'ports'>): string {
  return `${memoryMib} MiB memory, ${diskMib} MiB disk, ${cpuPercent} % CPU`
}
