import type { Egg, EggVariable } from '../panel/panel.ts'
import {
  type Catalogue,
  type CatalogueOption,
  type CataloguePlan,
  environmentOf,
  optionsOf,
} from './catalogue.ts'
import type { PlanOption } from './egg_rules.ts'
import { type Bounds, compileRules } from './laravel_rules.ts'
import { isEggOf } from './panel_facts.ts'
import type { Plan, Region } from './store.ts'

/** A plan of the catalogue with its names looked up at the panel; prices are not part of it. */
export type ResolvedPlan = Omit<Plan, 'stripeProductId' | 'refusedReason' | 'prices'>

/**
 * Resolves every plan. One whose egg the panel lacks is refused; it keeps what was `stored` of the
 * egg, so that it is sold again as soon as the egg is back.
 */
export function resolvePlans(
  catalogue: Catalogue,
  { eggs, stored }: { eggs: Egg[]; stored: Plan[] },
): ResolvedPlan[] {
  return catalogue.plans.map((plan) => {
    const { nest, egg: eggName, image } = eggOf(catalogue, plan)
    const names = { nestName: nest, eggName }
    const egg = eggs.find((egg) => isEggOf(names, egg))
    const before = egg
      ? undefined
      : stored.find((one) => one.id === plan.id && one.nestName === nest && one.eggName === eggName)
    return {
      id: plan.id,
      gameId: plan.game,
      name: plan.name,
      summary: plan.summary,
      limits: plan.limits,
      featureLimits: plan.featureLimits,
      ...names,
      dockerImage: before?.dockerImage ?? imageOf(egg, image),
      environment: environmentOf(catalogue, plan),
      options: before?.options ??
        optionsOf(catalogue, plan).map((option) => toPlanOption(option, egg)),
      regionIds: plan.regions,
    }
  })
}

export function regionsOf(catalogue: Catalogue): Region[] {
  return catalogue.regions.map(({ id, name, country, location, nodeCpuPercent }) => ({
    id,
    name,
    country,
    panelLocation: location,
    nodeCpuPercent,
  }))
}

/** What the buyer reads at Stripe: `Minecraft: Paper 4 GB`, but not `Rust: Rust 8 GB`. */
export function productName(gameName: string, planName: string): string {
  return planName.startsWith(gameName) ? planName : `${gameName}: ${planName}`
}

function eggOf(catalogue: Catalogue, plan: CataloguePlan) {
  const egg = catalogue.eggs[plan.egg]
  if (!egg) {
    throw new RangeError(`Cannot resolve a plan as the catalogue lacks its egg: ${plan.egg}`)
  }
  return egg
}

function imageOf(egg: Egg | undefined, label: string | undefined): string {
  if (!egg) return ''
  return (label === undefined ? Object.values(egg.dockerImages)[0] : egg.dockerImages[label]) ?? ''
}

/** The form's view of an option: the catalogue's words, the tighter of the two rules. */
function toPlanOption(option: CatalogueOption, egg: Egg | undefined): PlanOption {
  const variable = egg?.variables.find((variable) => variable.envVariable === option.variable)
  const rules = compileRules(variable?.rules ?? '')
  return {
    variable: option.variable,
    label: option.label,
    help: option.help,
    kind: option.kind,
    required: option.required ?? rules.required,
    default: defaultOf(option, variable),
    ...(option.kind === 'select' ? { values: option.values ?? [] } : {}),
    ...(option.kind === 'text' ? lengths(option, rules.bounds) : {}),
    ...(option.kind === 'number' ? amounts(option, rules.bounds) : {}),
    ...(option.pattern === undefined ? {} : { pattern: option.pattern }),
    rules: variable?.rules ?? '',
  }
}

function defaultOf(option: CatalogueOption, variable: EggVariable | undefined): string {
  return option.default ?? variable?.defaultValue ?? ''
}

function lengths(option: CatalogueOption, egg: Bounds): Bounds {
  return present({
    minLength: larger(option.minLength, egg.minLength),
    maxLength: smaller(option.maxLength, egg.maxLength),
  })
}

function amounts(option: CatalogueOption, egg: Bounds): Bounds {
  return present({ min: larger(option.min, egg.min), max: smaller(option.max, egg.max) })
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.max(a, b)
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.min(a, b)
}

function present(bounds: Bounds): Bounds {
  return Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined))
}
