import type { Need } from '../checkout/capacity.ts'
import { fillEnvironment, type PlanOption } from './egg_rules.ts'
import { compileRules } from './laravel_rules.ts'
import { type EggSnapshot, needOf, type Plan } from './store.ts'

/** What of a plan decides whether it can be set up. */
export type PlanSetup = Pick<
  Plan,
  | 'limits'
  | 'featureLimits'
  | 'nestName'
  | 'eggName'
  | 'dockerImage'
  | 'environment'
  | 'options'
  | 'regionIds'
>

/**
 * Why the plan cannot be sold, in words an operator can act on; undefined when it can. A server of
 * it must be one the panel would accept and some node could hold when empty.
 */
export function refusalOf(
  plan: PlanSetup,
  egg: EggSnapshot | undefined,
  nodes: { regionId: string; limit: Need }[],
): string | undefined {
  if (!egg) {
    return `the panel has no egg "${plan.eggName}" in the nest "${plan.nestName}": ` +
      'import it there, or correct the names in the catalogue'
  }
  const reasons = [
    ...imageProblems(plan, egg),
    ...strangers(plan, egg),
    ...rulesNotUnderstood(egg),
    ...valuesRefused(plan, egg),
    ...choicesRefused(plan.options, egg),
    ...(plan.regionIds.some((id) => canHold(plan, id, nodes)) ? [] : [TOO_LARGE]),
  ]
  return reasons.length ? reasons.join('; ').slice(0, MAX_REASON) : undefined
}

/** Whether some node of the region could hold a server of the plan if nothing else were on it. */
export function canHold(
  plan: Pick<PlanSetup, 'limits' | 'featureLimits'>,
  regionId: string,
  nodes: { regionId: string; limit: Need }[],
): boolean {
  const need = needOf(plan)
  return nodes.some(({ regionId: id, limit }) =>
    id === regionId && need.memoryMib <= limit.memoryMib && need.diskMib <= limit.diskMib &&
    need.cpuPercent <= limit.cpuPercent && need.ports <= limit.ports
  )
}

/** The width of the column. */
const MAX_REASON = 500

const TOO_LARGE = 'no node in its regions is large enough: lower its limits, add a node, ' +
  "or correct the regions' locations and nodeCpuPercent"

function imageProblems({ dockerImage }: PlanSetup, egg: EggSnapshot): string[] {
  const images = Object.entries(egg.dockerImages)
  if (images.some(([, image]) => image === dockerImage)) return []
  const labels = images.map(([label]) => `"${label}"`).join(', ') || 'none'
  return [
    `the egg does not offer the image of the plan: name one of its labels (${labels}) and apply ` +
    'the catalogue',
  ]
}

/** Variables the egg does not know: the panel would ignore them without a word. */
function strangers(plan: PlanSetup, egg: EggSnapshot): string[] {
  const known = new Set(egg.variables.map((variable) => variable.envVariable))
  const named = [
    ...Object.keys(plan.environment),
    ...plan.options.map((option) => option.variable),
  ]
  return named.filter((name) => !known.has(name))
    .map((name) => `the egg has no variable ${name}: remove it from the catalogue or rename it`)
}

function rulesNotUnderstood(egg: EggSnapshot): string[] {
  return egg.variables.flatMap(({ envVariable, rules }) =>
    compileRules(rules).unknown.map((rule) =>
      `the rule "${rule}" of ${envVariable} is not understood: write it another way in the egg`
    )
  )
}

/** Values that the panel would refuse when the buyer sets nothing, those a buyer must set apart. */
function valuesRefused(plan: PlanSetup, egg: EggSnapshot): string[] {
  const mustChoose = new Set(
    plan.options.filter(({ required, default: value }) => required && value === '')
      .map((option) => option.variable),
  )
  const defaults = plan.options.map((option) => [option.variable, option.default])
  const set = { ...plan.environment, ...Object.fromEntries(defaults) }
  return fillEnvironment(egg.variables, set).problems
    .filter(({ variable }) => !mustChoose.has(variable))
    .map(({ variable, detail }) =>
      `the value "${set[variable] ?? ''}" of ${variable} is refused by the egg (${detail}): ` +
      'fix it in environment, or offer it as a required option'
    )
}

function choicesRefused(options: PlanOption[], egg: EggSnapshot): string[] {
  return options.flatMap(({ variable, values = [] }) => {
    const rules = egg.variables.find((one) => one.envVariable === variable)?.rules ?? ''
    return values.filter((value) => compileRules(rules).problemOf(value))
      .map((value) => `the egg refuses the choice "${value}" of ${variable}: remove it`)
  })
}
