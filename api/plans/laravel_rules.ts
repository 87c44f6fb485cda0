import { lengthOfRegex, toRegExp } from './pcre.ts'

/** A Laravel rule string, as an egg's variable carries it, ready to check values with. */
export interface RuleSet {
  required: boolean
  nullable: boolean
  /** Rules that cannot be checked here, as written; never guessed. */
  unknown: string[]
  /** What a form can show of the rules. */
  bounds: Bounds
  /** What is wrong with a value, in plain words. The panel reads an empty text as null. */
  problemOf(value: string): string | undefined
}

export interface Bounds {
  minLength?: number
  maxLength?: number
  min?: number
  max?: number
  values?: string[]
}

/**
 * Reads `required|string|max:20`. Semantics are those of Laravel's validator, which the panel runs
 * on every variable of the egg: https://laravel.com/docs/validation#available-validation-rules
 */
export function compileRules(text: string): RuleSet {
  const rules = splitRules(text).map(toRule)
  const names = new Set(rules.map((rule) => rule.name))
  const numeric = NUMERIC.some((name) => names.has(name))
  const required = names.has('required')
  const nullable = names.has('nullable')
  const checks: Check[] = []
  const unknown: string[] = []
  // Null has size 0 and so passes `max`; every other rule refuses it.
  const refusesNull = !nullable &&
    rules.some((rule) => !MARKERS.has(rule.name) && rule.name !== 'max')
  for (const rule of rules) {
    if (MARKERS.has(rule.name)) continue
    const check = checkOf(rule, numeric)
    if (check) checks.push(check)
    else unknown.push(rule.text)
  }
  return {
    required,
    nullable,
    unknown,
    bounds: boundsOf(rules, numeric),
    problemOf(value) {
      const text = value.trim()
      if (text === '') return required || refusesNull ? FILL_IN : undefined
      for (const check of checks) {
        const problem = check(text)
        if (problem) return problem
      }
    },
  }
}

/** Splits at `|`, but not inside the expression of a regex rule. */
export function splitRules(text: string): string[] {
  const rules: string[] = []
  for (let rest = text; rest !== '';) {
    const head = /^\s*(not_)?regex:/.exec(rest)?.[0] ?? ''
    const length = head ? head.length + lengthOfRegex(rest.slice(head.length)) : rest.indexOf('|')
    const end = length < 0 || length === head.length && head ? rest.length : length
    rules.push(rest.slice(0, end))
    rest = rest.slice(end + 1)
  }
  return rules.map((rule) => rule.trim()).filter(Boolean)
}

interface Rule {
  name: string
  argument: string
  text: string
}

type Check = (value: string) => string | undefined

const FILL_IN = 'Fill this in'

/** With one of these, sizes are amounts; without, they count characters. */
const NUMERIC = ['integer', 'int', 'numeric']

/** They say when other rules apply, not what a value must look like. */
const MARKERS = new Set(['required', 'nullable', 'sometimes', 'bail', 'present'])

function toRule(text: string): Rule {
  const [name = '', ...rest] = text.split(':')
  return { name: name.trim(), argument: rest.join(':'), text }
}

function checkOf(rule: Rule, numeric: boolean): Check | undefined {
  if (rule.name === 'regex' || rule.name === 'not_regex') return regexCheck(rule)
  if (Object.hasOwn(sizes, rule.name)) return sizeCheck(rule, numeric)
  if (Object.hasOwn(lists, rule.name)) return lists[rule.name]?.(listOf(rule.argument))
  const [pattern, problem] = rule.argument === '' ? shapes[rule.name] ?? [] : []
  if (!pattern || !problem) return undefined
  return (value) =>
    (typeof pattern === 'function' ? pattern(value) : pattern.test(value)) ? undefined : problem
}

/** Rules about the form of a value alone: what it must match, and what to say when it does not. */
const shapes: Record<string, [RegExp | ((value: string) => boolean), string]> = {
  // Every value we send is a text.
  string: [() => true, 'Enter a text'],
  integer: [isInteger, 'Enter a whole number'],
  int: [isInteger, 'Enter a whole number'],
  numeric: [/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'Enter a number'],
  boolean: [/^[01]$/, 'Choose yes (1) or no (0)'],
  bool: [/^[01]$/, 'Choose yes (1) or no (0)'],
  alpha: [/^[\p{L}\p{M}]+$/u, 'Use letters only'],
  alpha_num: [/^[\p{L}\p{M}\p{N}]+$/u, 'Use letters and digits only'],
  alpha_dash: [/^[\p{L}\p{M}\p{N}_-]+$/u, 'Use letters, digits, dashes and underscores only'],
  url: [isWebAddress, 'Enter a web address such as https://example.com'],
  ip: [(value) => isIpv4(value) || isIpv6(value), 'Enter an IP address'],
  ipv4: [isIpv4, 'Enter an IPv4 address such as 203.0.113.7'],
  ipv6: [isIpv6, 'Enter an IPv6 address'],
  uuid: [/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i, 'Enter a UUID'],
  lowercase: [(value) => value === value.toLowerCase(), 'Use lower case only'],
  uppercase: [(value) => value === value.toUpperCase(), 'Use upper case only'],
}

/** `[lower, upper]` of a size, undefined where it has no end. */
const sizes: Record<string, (numbers: number[]) => [number?, number?] | undefined> = {
  min: ([min, ...rest]) => rest.length ? undefined : [min],
  max: ([max, ...rest]) => rest.length ? undefined : [undefined, max],
  size: ([size, ...rest]) => rest.length ? undefined : [size, size],
  between: ([min, max, ...rest]) => max === undefined || rest.length ? undefined : [min, max],
  digits: ([count, ...rest]) => rest.length ? undefined : [count, count],
  digits_between: ([min, max, ...rest]) =>
    max === undefined || rest.length ? undefined : [min, max],
}

const lists: Record<string, (items: string[]) => Check> = {
  in: (items) => (value) => items.includes(value) ? undefined : `Choose one of: ${say(items)}`,
  not_in: (items) => (value) => items.includes(value) ? `Do not use: ${say(items)}` : undefined,
  starts_with: (items) => (value) =>
    items.some((item) => value.startsWith(item)) ? undefined : `Begin with: ${say(items)}`,
  ends_with: (items) => (value) =>
    items.some((item) => value.endsWith(item)) ? undefined : `End with: ${say(items)}`,
}

function regexCheck({ name, argument }: Rule): Check | undefined {
  const pattern = toRegExp(argument)
  if (!pattern) return undefined
  const wanted = name === 'regex'
  return (value) =>
    pattern.test(value) === wanted ? undefined : 'This has characters or a form not allowed here'
}

function sizeCheck(rule: Rule, numeric: boolean): Check | undefined {
  const range = rangeOf(rule)
  if (!range) return undefined
  const [min = -Infinity, max = Infinity] = range
  if (rule.name.startsWith('digits')) {
    const problem = `Enter ${span(min, max)} digits`
    return (value) =>
      /^\d+$/.test(value) && value.length >= min && value.length <= max ? undefined : problem
  }
  const problem = numeric
    ? `Enter a number: ${span(min, max)}`
    : `Enter ${span(min, max)} ${max === 1 || max === -Infinity ? 'character' : 'characters'}`
  return (value) => {
    const size = numeric ? Number(value) : [...value].length
    return size >= min && size <= max ? undefined : problem
  }
}

function rangeOf({ name, argument }: Rule): [number?, number?] | undefined {
  const numbers = argument.split(',').map((part) => part.trim() === '' ? NaN : Number(part))
  return numbers.every(Number.isFinite) ? sizes[name]?.(numbers) : undefined
}

function span(min: number, max: number): string {
  if (min === max) return `exactly ${min}`
  if (min === -Infinity) return `at most ${max}`
  if (max === Infinity) return `at least ${min}`
  return `${min} to ${max}`
}

function say(items: string[]): string {
  return items.join(', ')
}

/** `a,"b,c",d` as PHP reads a line of CSV. */
function listOf(argument: string): string[] {
  return [...argument.matchAll(/"((?:[^"]|"")*)"(?:,|$)|([^,]*)(?:,|$)/g)]
    .slice(0, argument.endsWith(',') ? undefined : -1)
    .map((match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
}

function boundsOf(rules: Rule[], numeric: boolean): Bounds {
  const bounds: Bounds = {}
  for (const rule of rules) {
    if (rule.name === 'in') bounds.values = listOf(rule.argument)
    if (!['min', 'max', 'size', 'between'].includes(rule.name)) continue
    const [min, max] = rangeOf(rule) ?? []
    if (min !== undefined) bounds[numeric ? 'min' : 'minLength'] = min
    if (max !== undefined) bounds[numeric ? 'max' : 'maxLength'] = max
  }
  return bounds
}

/** As PHP's FILTER_VALIDATE_INT: no leading zeros, 64 bits; here what a double holds exactly. */
function isInteger(value: string): boolean {
  return /^[+-]?(0|[1-9]\d*)$/.test(value) && Number.isSafeInteger(Number(value))
}

function isWebAddress(value: string): boolean {
  const url = URL.parse(value)
  return /^https?:\/\/[^\s"'<>\\]+$/i.test(value) && url !== null && url.hostname !== ''
}

function isIpv4(value: string): boolean {
  const parts = value.split('.')
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
}

function isIpv6(value: string): boolean {
  return /^[\da-f:.]+$/i.test(value) && value.includes(':') && URL.canParse(`http://[${value}]/`)
}
