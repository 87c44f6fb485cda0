import { PanelFailure, type PanelIssue, unexpected } from './failure.ts'
import { Input } from './input.ts'
import { implicitRules, parseRules, passes, type Rule } from './rules.ts'

/** A rule that asks the database. */
export interface Check {
  rule: 'unique' | 'exists' | 'p_username'
  passes: (value: unknown) => boolean
}

/**
 * Rules by field, in Laravel's own notation, followed by the checks that need the database. A field
 * that ends in `.*` stands for every element of a list.
 */
export type RuleSet = Record<string, readonly [string, ...Check[]]>

/** Answers 422 with every failed rule of every field; `labels` are the names used in the texts. */
export function validate(
  body: unknown,
  ruleSet: RuleSet,
  labels: Record<string, string> = {},
): void {
  const input = new Input(body)
  const issues = Object.entries(ruleSet).flatMap(([pattern, [rules, ...checks]]) =>
    input.expand(pattern).flatMap((field) => {
      const label = labels[pattern] ?? field.replaceAll('_', ' ')
      return fieldIssues(input, { field, label, rules: parseRules(rules), checks })
    })
  )
  if (issues.length > 0) throw new PanelFailure(422, 'ValidationException', issues)
}

export function unique(isTaken: (value: unknown) => boolean): Check {
  return { rule: 'unique', passes: (value) => !isTaken(value) }
}

export function exists(isThere: (value: unknown) => boolean): Check {
  return { rule: 'exists', passes: isThere }
}

interface Field {
  field: string
  label: string
  rules: Rule[]
  checks: Check[]
}

function fieldIssues(input: Input, { field, label, rules, checks }: Field): PanelIssue[] {
  const value = input.value(field)
  const implicit = rules.find((rule) => implicitRules.includes(rule.name))
  if (implicit && !passesImplicit(input, field, implicit)) return [issue(field, label, implicit)]
  if (!input.has(field)) return []
  if (value === null && rules.some((rule) => rule.name === 'nullable')) return []
  const failed = rules.filter((rule) => rule !== implicit && !passesKnown(rule, value, rules))
  if (failed.length > 0) return failed.map((rule) => issue(field, label, rule))
  const check = checks.find((check) => !check.passes(value))
  return check ? [issue(field, label, { name: check.rule, args: [] })] : []
}

function passesImplicit(input: Input, field: string, rule: Rule): boolean {
  if (rule.name === 'present') return input.has(field)
  if (rule.name === 'required') return !input.isEmpty(field)
  return !input.isEmpty(field) || rule.args.every((other) => !input.isEmpty(other))
}

function passesKnown(rule: Rule, value: unknown, rules: Rule[]): boolean {
  const passed = passes(rule, value, rules)
  if (passed === undefined) throw unexpected('BadMethodCallException')
  return passed
}

function issue(field: string, label: string, { name, args }: Rule): PanelIssue {
  const detail = texts[name]?.(label, args) ?? `The ${label} format is invalid.`
  return { detail, meta: { source_field: field, rule: name } }
}

const texts: Record<string, (label: string, args: string[]) => string> = {
  required: (label) => `The ${label} field is required.`,
  required_without: (label, [other]) =>
    `The ${label} field is required when ${other} is not present.`,
  present: (label) => `The ${label} field must be present.`,
  unique: (label) => `The ${label} has already been taken.`,
  exists: (label) => `The selected ${label} is invalid.`,
  in: (label) => `The selected ${label} is invalid.`,
  string: (label) => `The ${label} must be a string.`,
  array: (label) => `The ${label} must be an array.`,
  numeric: (label) => `The ${label} must be a number.`,
  integer: (label) => `The ${label} must be an integer.`,
  boolean: (label) => `The ${label} field must be true or false.`,
  min: (label, [min]) => `The ${label} must be at least ${min}.`,
  max: (label, [max]) => `The ${label} may not be greater than ${max}.`,
  between: (label, [min, max]) => `The ${label} must be between ${min} and ${max}.`,
  p_username: (label) =>
    `The ${label} must start and end with alpha-numeric characters and\n                contain ` +
    'only letters, numbers, dashes, underscores, and periods.',
}
