import type { EggVariable } from '../panel/panel.ts'
import type { FieldError } from '../problem.ts'
import type { OptionBody } from './bodies.ts'
import { compileRules } from './laravel_rules.ts'

/** One variable that buyers of a plan may set, with the egg's rules as they were when applied. */
export interface PlanOption extends OptionBody {
  rules: string
}

export type Environment = Record<string, string>

/**
 * The start-up variables of a new server. `environment` is complete, as the panel wants it;
 * `frozen` holds what the plan fixes and the buyer chose, to be kept on the order. Or the fields
 * that the buyer has to correct, as pointers `#/options/NAME`.
 */
export type EnvironmentResult =
  | { environment: Environment; frozen: Environment; errors?: undefined }
  | { errors: FieldError[] }

/**
 * Checks what a buyer chose by the plan's own limits and by the egg's rules: only variables the
 * plan lists, nothing that a start-up command would expand. An option left empty takes its default.
 */
export function environmentFor(request: {
  variables: EggVariable[]
  fixed: Environment
  options: PlanOption[]
  chosen: Environment
}): EnvironmentResult {
  const { variables, fixed, options, chosen } = request
  const errors = refuseUnlisted(chosen, options)
  const set: Environment = { ...fixed }
  for (const option of options) {
    const value = valueOf(option, chosen)
    const problem = problemOf(option, value)
    if (problem) errors.push(fieldError(option.variable, problem))
    else set[option.variable] = value
  }
  if (errors.length > 0) return { errors }
  const { environment, problems } = fillEnvironment(variables, set)
  if (problems.length === 0) return { environment, frozen: set }
  const offered = new Set(options.map((option) => option.variable))
  return {
    errors: problems.map(({ variable, detail }) =>
      offered.has(variable) ? fieldError(variable, detail) : {
        pointer: '#/planId',
        detail: 'This plan cannot be set up right now; choose another one or try again later',
      }
    ),
  }
}

/**
 * Every variable of the egg with a value: the frozen one, else the egg's default, since the panel
 * fills in no defaults. Frozen variables that the egg no longer has are left out. `problems` names
 * values that the egg's rules, as they are now, refuse.
 */
export function fillEnvironment(
  variables: EggVariable[],
  frozen: Environment,
): { environment: Environment; problems: { variable: string; detail: string }[] } {
  const filled = variables.map(({ envVariable, defaultValue, rules }) => {
    const value = Object.hasOwn(frozen, envVariable) ? frozen[envVariable] ?? '' : defaultValue
    return { variable: envVariable, value, detail: compileRules(rules).problemOf(value) }
  })
  return {
    environment: Object.fromEntries(filled.map(({ variable, value }) => [variable, value])),
    problems: filled.flatMap(({ variable, detail }) => detail ? [{ variable, detail }] : []),
  }
}

/** The panel would cut surrounding blanks as well. */
function valueOf(option: PlanOption, chosen: Environment): string {
  const value = Object.hasOwn(chosen, option.variable) ? chosen[option.variable]?.trim() : ''
  return value || option.default
}

function refuseUnlisted(chosen: Environment, options: PlanOption[]): FieldError[] {
  return Object.keys(chosen)
    .filter((name) => !options.some((option) => option.variable === name))
    .map((name) => fieldError(name, 'This setting cannot be chosen for this plan; leave it out'))
}

function fieldError(variable: string, detail: string): FieldError {
  const name = variable.replaceAll('~', '~0').replaceAll('/', '~1')
  return { pointer: `#/options/${name}`, detail }
}

/** No egg asks for more; keeps a value from being a page of text. */
const MAX_LENGTH = 500

/** What a shell or the panel's own substitution would expand in a start-up command. */
const EXPANDS = /\{\{|\}\}|\$\{|\$\(|`/

function problemOf(option: PlanOption, value: string): string | undefined {
  if (value === '') return option.required ? 'Fill this in' : undefined
  // deno-lint-ignore no-control-regex -- control characters are exactly what is looked for
  if (/[\u0000-\u001f\u007f]/.test(value)) return 'Remove the line breaks and control characters'
  if (EXPANDS.test(value)) return 'Remove {{, }}, ${, $( and backticks'
  if (value.length > MAX_LENGTH) return `Enter at most ${MAX_LENGTH} characters`
  return kindProblem(option, value) ?? lengthProblem(option, value) ?? patternProblem(option, value)
}

function kindProblem(option: PlanOption, value: string): string | undefined {
  switch (option.kind) {
    case 'text':
      return undefined
    case 'boolean':
      return /^[01]$/.test(value) ? undefined : 'Choose yes (1) or no (0)'
    case 'select':
      return option.values?.includes(value)
        ? undefined
        : `Choose one of: ${option.values?.join(', ')}`
    case 'number':
      return numberProblem(option, value)
    default:
      throw new Error(`Unknown kind of option ${option.kind satisfies never}`)
  }
}

function numberProblem({ min, max }: PlanOption, value: string): string | undefined {
  if (!/^-?(0|[1-9]\d{0,14})$/.test(value)) return 'Enter a whole number'
  if (min !== undefined && Number(value) < min) return `Enter ${min} or more`
  if (max !== undefined && Number(value) > max) return `Enter ${max} or less`
}

function lengthProblem({ minLength, maxLength }: PlanOption, value: string): string | undefined {
  const length = [...value].length
  if (minLength !== undefined && length < minLength) return `Enter at least ${minLength} characters`
  if (maxLength !== undefined && length > maxLength) return `Enter at most ${maxLength} characters`
}

/** With the flag and the anchors that browsers give to the `pattern` attribute. */
function patternProblem({ pattern, help }: PlanOption, value: string): string | undefined {
  if (pattern === undefined || new RegExp(`^(?:${pattern})$`, 'v').test(value)) return undefined
  return `This does not have the right form. ${help}`.trim()
}
