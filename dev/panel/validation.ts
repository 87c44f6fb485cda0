import { PanelFailure, type PanelIssue, unexpected } from './failure.ts'
import { Input } from './input.ts'
import { implicitRules, isNumberField, parseRules, passes, type Rule } from './rules.ts'

/** A rule that asks the database. */
export interface Check {
  rule: 'unique' | 'exists' | 'p_username' | 'confirmed'
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
  if (rules.some((rule) => rule.name === 'sometimes') && !input.has(field)) return []
  const value = input.value(field)
  const kind = kindOf(rules)
  const implicit = rules.filter((rule) => implicitRules.includes(rule.name))
    .find((rule) => !passesImplicit(input, field, rule))
  if (implicit) return [issue(field, implicit, { label, kind })]
  if (!input.has(field)) return []
  if (value === null && rules.some((rule) => rule.name === 'nullable')) return []
  const failed = rules.filter((rule) => !passesKnown(rule, value, rules))
  return checks.reduce((issues, check) => {
    // The database is asked only about what is well formed.
    if (issues.length > 0 && check.rule !== 'p_username') return issues
    if (check.passes(value)) return issues
    return [...issues, issue(field, { name: check.rule, args: [] }, { label, kind })]
  }, failed.map((rule) => issue(field, rule, { label, kind })))
}

/** Whether an implicit rule holds; only the absence of a value can break one. */
function passesImplicit(input: Input, field: string, { name, args }: Rule): boolean {
  if (name === 'present') return input.has(field)
  if (!input.isEmpty(field)) return true
  if (name === 'required_with') return args.every((other) => input.isEmpty(other))
  if (name === 'required_without') return args.every((other) => !input.isEmpty(other))
  return false
}

function passesKnown(rule: Rule, value: unknown, rules: Rule[]): boolean {
  if (implicitRules.includes(rule.name)) return true
  const passed = passes(rule, value, rules)
  if (passed === undefined) throw unexpected('BadMethodCallException')
  return passed
}

/** What the sizes of a field are counted in, which its texts name. */
type Kind = 'number' | 'list' | 'text'

function kindOf(rules: Rule[]): Kind {
  if (isNumberField(rules)) return 'number'
  return rules.some(({ name }) => name === 'array') ? 'list' : 'text'
}

interface Wording {
  label: string
  kind: Kind
}

function issue(field: string, { name, args }: Rule, { label, kind }: Wording): PanelIssue {
  const write = sizeTexts[kind][name] ?? texts[name]
  const detail = write?.(label, args) ?? `The ${label} format is invalid.`
  return { detail, meta: { source_field: field, rule: name } }
}

type Texts = Record<string, (label: string, args: string[]) => string>

const texts: Texts = {
  required: (label) => `The ${label} field is required.`,
  required_with: (label, others) =>
    `The ${label} field is required when ${others.join(' / ')} is present.`,
  required_without: (label, others) =>
    `The ${label} field is required when ${others.join(' / ')} is not present.`,
  present: (label) => `The ${label} field must be present.`,
  unique: (label) => `The ${label} has already been taken.`,
  exists: (label) => `The selected ${label} is invalid.`,
  in: (label) => `The selected ${label} is invalid.`,
  not_in: (label) => `The selected ${label} is invalid.`,
  string: (label) => `The ${label} must be a string.`,
  array: (label) => `The ${label} must be an array.`,
  numeric: (label) => `The ${label} must be a number.`,
  integer: (label) => `The ${label} must be an integer.`,
  boolean: (label) => `The ${label} field must be true or false.`,
  digits: (label, [digits]) => `The ${label} must be ${digits} digits.`,
  digits_between: (label, [min, max]) => `The ${label} must be between ${min} and ${max} digits.`,
  alpha: (label) => `The ${label} may only contain letters.`,
  alpha_num: (label) => `The ${label} may only contain letters and numbers.`,
  alpha_dash: (label) => `The ${label} may only contain letters, numbers, and dashes.`,
  email: (label) => `The ${label} must be a valid email address.`,
  ip: (label) => `The ${label} must be a valid IP address.`,
  p_username: (label) =>
    `The ${label} must start and end with alpha-numeric characters and\n                contain ` +
    'only letters, numbers, dashes, underscores, and periods.',
}

const sizeTexts: Record<Kind, Texts> = {
  number: {
    min: (label, [min]) => `The ${label} must be at least ${min}.`,
    max: (label, [max]) => `The ${label} may not be greater than ${max}.`,
    between: (label, [min, max]) => `The ${label} must be between ${min} and ${max}.`,
    size: (label, [size]) => `The ${label} must be ${size}.`,
  },
  text: {
    min: (label, [min]) => `The ${label} must be at least ${min} characters.`,
    max: (label, [max]) => `The ${label} may not be greater than ${max} characters.`,
    between: (label, [min, max]) => `The ${label} must be between ${min} and ${max} characters.`,
    size: (label, [size]) => `The ${label} must be ${size} characters.`,
  },
  list: {
    min: (label, [min]) => `The ${label} must have at least ${min} items.`,
    max: (label, [max]) => `The ${label} may not have more than ${max} items.`,
    between: (label, [min, max]) => `The ${label} must have between ${min} and ${max} items.`,
    size: (label, [size]) => `The ${label} must contain ${size} items.`,
  },
}
