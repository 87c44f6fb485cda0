import { Input } from './input.ts'
import type { Egg } from './model.ts'
import type { PanelStore } from './store.ts'
import { type RuleSet, validate } from './validation.ts'

/**
 * The values of an egg's variables, or 422. Hidden variables are checked too, defaults are not filled
 * in, what is missing counts as null, and names that the egg does not know are dropped.
 */
export function readEnvironment(
  store: PanelStore,
  egg: Egg,
  input: Input,
): Record<string, string> {
  const variables = store.variablesOf(egg.id).map(({ envVariable, name, rules }) => ({
    envVariable,
    field: `environment.${envVariable}`,
    label: `${name} variable`,
    rules,
  }))
  const values = variables.map(({ envVariable, field }) => [envVariable, input.value(field)])
  const rules: RuleSet = Object.fromEntries(variables.map(({ field, rules }) => [field, [rules]]))
  const labels = Object.fromEntries(variables.map(({ field, label }) => [field, label]))
  validate({ environment: Object.fromEntries(values) }, rules, labels)
  return Object.fromEntries(values.map(([name, value]) => [name, phpText(value)]))
}

function phpText(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : ''
  return String(value ?? '')
}
