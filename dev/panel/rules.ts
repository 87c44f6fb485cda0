/** The rules of Laravel's validator that the panel and the stock eggs use. */

export interface Rule {
  name: string
  args: string[]
}

/** Splits `required|regex:/^(a|b)$/|max:9`: a pipe inside a regular expression does not end it. */
export function parseRules(text: string): Rule[] {
  const parts = text.match(/(?:not_)?regex:(.)(?:\\.|(?!\1).)*\1[a-zA-Z]*|[^|]+/g) ?? []
  return parts.map((part) => {
    const [name = '', ...rest] = part.split(':')
    const argument = rest.join(':')
    if (name === 'regex' || name === 'not_regex') return { name, args: [argument] }
    return { name: aliases[name] ?? name, args: argument === '' ? [] : argument.split(',') }
  })
}

const aliases: Record<string, string> = { int: 'integer', bool: 'boolean' }

/** Rules that look at a field even when it is absent; failing one ends the checks of that field. */
export const implicitRules = ['required', 'required_with', 'required_without', 'present']

/** Whether a value passes; undefined when Laravel knows no such rule and would break. */
export function passes(rule: Rule, value: unknown, all: Rule[]): boolean | undefined {
  if (rule.name === 'nullable' || rule.name === 'sometimes') return true
  return tests[rule.name]?.(value, rule.args, isNumberField(all))
}

/** A number counts as itself only beside `numeric` or `integer`; else its digits are counted. */
export function isNumberField(rules: Rule[]): boolean {
  return rules.some(({ name }) => name === 'numeric' || name === 'integer')
}

const atom = String.raw`[^\s@.<>()[\]\\,;:"]+`
const label = String.raw`[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?`

/** Laravel's plain `email`: dots may neither end a part nor follow each other. */
const emailPattern = new RegExp(
  String.raw`^(?=.{1,64}@)${atom}(\.${atom})*@${label}(\.${label})*$`,
  'u',
)

type Test = (value: unknown, args: string[], numeric: boolean) => boolean

const tests: Record<string, Test> = {
  string: (value) => typeof value === 'string',
  array: (value) => typeof value === 'object' && value !== null,
  numeric: isNumeric,
  integer: (value) => matches(value, /^-?\d+$/),
  boolean: (value) => [true, false, 1, 0, '1', '0'].some((one) => one === value),
  in: (value, args) => args.includes(String(value ?? '')),
  not_in: (value, args) => !args.includes(String(value ?? '')),
  min: (value, [min], numeric) => sizeOf(value, numeric) >= Number(min),
  max: (value, [max], numeric) => sizeOf(value, numeric) <= Number(max),
  size: (value, [size], numeric) => sizeOf(value, numeric) === Number(size),
  between: (value, [min, max], numeric) =>
    sizeOf(value, numeric) >= Number(min) && sizeOf(value, numeric) <= Number(max),
  digits: (value, [count]) => matches(value, new RegExp(`^\\d{${Number(count)}}$`)),
  digits_between: (value, [min, max]) =>
    matches(value, new RegExp(`^\\d{${Number(min)},${Number(max)}}$`)),
  regex: (value, [pattern = '']) => matches(value, parsePattern(pattern)),
  not_regex: (value, [pattern = '']) => !matches(value, parsePattern(pattern)),
  alpha: (value) => matches(value, /^[\p{L}\p{M}]+$/u),
  alpha_num: (value) => matches(value, /^[\p{L}\p{M}\p{N}]+$/u),
  alpha_dash: (value) => matches(value, /^[\p{L}\p{M}\p{N}_-]+$/u),
  email: (value) => matches(value, emailPattern),
  url: (value) => matches(value, /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+/i),
  ip: (value) => matches(value, /^(\d{1,3}(\.\d{1,3}){3}|[\da-f:]*:[\da-f:]+)$/i),
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || matches(value, /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i)
}

function matches(value: unknown, pattern: RegExp): boolean {
  return (typeof value === 'string' || typeof value === 'number') && pattern.test(String(value))
}

function sizeOf(value: unknown, numeric: boolean): number {
  if (numeric && isNumeric(value)) return Number(value)
  if (typeof value === 'object' && value !== null) return Object.keys(value).length
  return [...String(value ?? '')].length
}

/** `/^a$/i` as PHP writes it, between delimiters of its own choice. */
function parsePattern(pattern: string): RegExp {
  const delimiter = pattern[0] ?? '/'
  const end = pattern.lastIndexOf(delimiter)
  const flags = pattern.slice(end + 1).replace(/[^imsu]/g, '')
  return new RegExp(pattern.slice(1, end), flags)
}
