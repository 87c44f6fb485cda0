import { expect, test } from 'vitest'
import type { EggVariable } from '../api/panel/panel.ts'
import { environmentFor, fillEnvironment, type PlanOption } from '../api/plans/egg_rules.ts'
import { compileRules, splitRules } from '../api/plans/laravel_rules.ts'
import { toRegExp } from '../api/plans/pcre.ts'

/** rules, values the panel takes, values it refuses. Empty is null to the panel. */
const rulesTable: [rules: string, taken: string[], refused: string[]][] = [
  ['required|string|max:20', ['latest', 'ä'.repeat(20)], ['', '  ', 'x'.repeat(21)]],
  ['nullable|string', ['', 'anything'], []],
  ['string', ['x'], ['']],
  ['max:5', ['', '12345'], ['123456']],
  ['required|string|between:3,15', ['abc', 'x'.repeat(15)], ['ab', 'x'.repeat(16)]],
  ['required|integer', ['0', '5', '-5', '+7'], [
    '05',
    '1.5',
    'five',
    '1e3',
    '99999999999999999999',
  ]],
  ['required|integer|max:128', ['128', '-200'], ['129']],
  ['required|integer|between:1,65535', ['1', '65535'], ['0', '65536']],
  ['required|numeric|min:0.5', ['0.5', '.75', '1e3'], ['0.4', 'abc']],
  ['required|integer|size:5', ['5'], ['12345']],
  ['nullable|string|alpha_num|size:32', ['', 'a1'.repeat(16)], ['a1', '-'.repeat(32)]],
  ['required|boolean', ['0', '1'], ['true', 'yes', '2', '']],
  ['required|bool', ['1'], ['on']],
  ['required|in:carbon,oxide,vanilla', ['oxide'], ['Oxide', 'forge', '']],
  ['required|in:"a,b",c', ['a,b', 'c'], ['a', 'b']],
  ['required|not_in:root,admin', ['bob'], ['root']],
  ['required|string|alpha_dash', ['gm_flat-grass1'], ['gm flatgrass', 'a.b', 'a/b']],
  ['required|alpha', ['Käse'], ['abc1']],
  ['required|digits:4', ['0123'], ['123', '12a4']],
  ['required|digits_between:2,3', ['12', '123'], ['1', '1234']],
  ['nullable|url', ['', 'https://example.com/a?b=c'], [
    'example.com',
    'javascript:alert(1)',
    'http://',
  ]],
  ['required|ip', ['203.0.113.7', '2001:db8::1'], ['203.0.113.256', '1.2.3', 'localhost']],
  ['required|ipv4', ['203.0.113.7'], ['2001:db8::1', '01.2.3.4']],
  ['required|ipv6', ['::1'], ['203.0.113.7', ':::1']],
  ['required|starts_with:a,b', ['box'], ['xbox']],
  ['required|ends_with:.jar', ['server.jar'], ['server.zip']],
  ['required|regex:/^([\\w\\d._-]+)(\\.jar)$/', ['server.jar'], ['server jar.jar', 'x.jarr', '']],
  ['required|regex:/^[\\w.-]*$/|max:8', ['a.b-c_d'], ['a b', 'toolonger']],
  ['required|regex:/^(easy|hard)$/i|max:5', ['easy', 'HARD'], ['medium', 'easyhard']],
  ['regex:#^(a|b|/)+$#', ['a/b'], ['c', '']],
  ['required|regex:{^(x|y)$}', ['x'], ['z']],
  ['required|not_regex:/[;|&]/', ['plain'], ['a|b', 'a;b']],
  ['nullable|regex:/^[0-9\\.\\-]+$/', ['', '1.20.1-47.3.0'], ['v1']],
]

test.each(rulesTable)('compileRules() of "%s" takes and refuses what the panel does', (...row) => {
  const [rules, taken, refused] = row
  const { problemOf, unknown } = compileRules(rules)
  expect(unknown).toEqual([])
  for (const value of taken) expect([value, problemOf(value)]).toEqual([value, undefined])
  for (const value of refused) {
    expect([value, problemOf(value)]).toEqual([value, expect.any(String)])
  }
})

test('compileRules() says in plain words what is wrong', () => {
  const say = (rules: string, value: string) => compileRules(rules).problemOf(value)
  expect(say('required|string|max:20', '')).toBe('Fill this in')
  expect(say('required|string|max:20', 'x'.repeat(21))).toBe('Enter at most 20 characters')
  expect(say('required|integer|between:1,65535', '0')).toBe('Enter a number: 1 to 65535')
  expect(say('in:recommended,latest', 'old')).toBe('Choose one of: recommended, latest')
  expect(say('size:32', 'x')).toBe('Enter exactly 32 characters')
})

test.each([
  'required_if:a,b',
  'active_url',
  'max:many',
  'max:1,2',
  'between:3',
  'string:x',
  'regex:/^a',
  'regex:/^(?>a)$/',
  'regex:/(?i)a/',
  'regex:/^[[:alpha:]]$/',
  'regex:/^\\R$/',
  'regex:/a/x',
  'regex:abc',
])('compileRules() does not guess what "%s" means', (rule) => {
  expect(compileRules(`required|${rule}`).unknown).toEqual([rule])
})

test('splitRules() keeps the pipes of an expression', () => {
  expect(splitRules('required|regex:/^(a|b)$/i|max:5|in:a,b'))
    .toEqual(['required', 'regex:/^(a|b)$/i', 'max:5', 'in:a,b'])
  expect(splitRules('regex:/^a\\/|b$/|nullable')).toEqual(['regex:/^a\\/|b$/', 'nullable'])
})

test('toRegExp() gives PHP expressions their meaning, or none', () => {
  expect(toRegExp('/\\Aa\\z/')?.test('a')).toBe(true)
  expect(toRegExp('/\\Aa\\z/')?.test('Aaz')).toBe(false)
  expect(toRegExp('/^[\\w-.]+$/')?.test('a-b.c')).toBe(true)
  expect(toRegExp('/^[]x]+$/')?.test(']x')).toBe(true)
  expect(toRegExp('/^a{2}{$/')?.test('aa{')).toBe(true)
  expect(toRegExp("/^\\'\\@\\-$/")?.test("'@-")).toBe(true)
  expect(toRegExp('/a++/')).toBeUndefined()
})

function variable(envVariable: string, rules: string, defaultValue = ''): EggVariable {
  return {
    name: envVariable,
    description: '',
    envVariable,
    defaultValue,
    rules,
    userViewable: true,
    userEditable: true,
  }
}

const variables = [
  variable('HOSTNAME', 'required|string|max:60', 'A Rust Server'),
  variable('MAX_PLAYERS', 'required|integer', '40'),
  variable('RCON_PASS', 'required|regex:/^[\\w.-]*$/|max:64'),
  variable('SERVER_URL', 'nullable|url', 'http://pterodactyl.io'),
  variable('LEVEL', 'required|string|max:20', 'Procedural Map'),
]

function option(changes: Partial<PlanOption> & { variable: string }): PlanOption {
  return { label: '', help: '', kind: 'text', required: false, default: '', rules: '', ...changes }
}

const options = [
  option({ variable: 'HOSTNAME', required: true, default: 'My server', maxLength: 40 }),
  option({ variable: 'MAX_PLAYERS', kind: 'number', default: '20', min: 1, max: 50 }),
  option({ variable: 'RCON_PASS', required: true, minLength: 8 }),
]

function choose(chosen: Record<string, string>) {
  return environmentFor({ variables, fixed: { SERVER_URL: '' }, options, chosen })
}

/** The one message for a choice. */
function problemWith(name: string, value: string): string | undefined {
  const result = choose({ RCON_PASS: 'longenough', [name]: value })
  expect(result.errors?.map((error) => error.pointer)).toEqual([`#/options/${name}`])
  return result.errors?.[0]?.detail
}

test('environmentFor() fills every variable of the egg: chosen, fixed, offered default, default', () => {
  const result = choose({ RCON_PASS: 'longenough', MAX_PLAYERS: ' 30 ' })
  expect(result).toEqual({
    environment: {
      HOSTNAME: 'My server',
      MAX_PLAYERS: '30',
      RCON_PASS: 'longenough',
      SERVER_URL: '',
      LEVEL: 'Procedural Map',
    },
    frozen: {
      HOSTNAME: 'My server',
      MAX_PLAYERS: '30',
      RCON_PASS: 'longenough',
      SERVER_URL: '',
    },
  })
})

test('environmentFor() wants what the egg requires and no default gives', () => {
  expect(choose({}).errors).toEqual([{ pointer: '#/options/RCON_PASS', detail: 'Fill this in' }])
  expect(choose({ RCON_PASS: '  ' }).errors).toHaveLength(1)
})

test('environmentFor() takes only what the plan offers', () => {
  for (const name of ['LEVEL', 'SERVER_URL', 'STARTUP', '__proto__', 'constructor', 'a/b~c']) {
    const chosen = JSON.parse(
      JSON.stringify({ RCON_PASS: 'longenough' }).replace(
        '}',
        `,${JSON.stringify(name)}:"x"}`,
      ),
    )
    const pointer = `#/options/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    expect(choose(chosen).errors?.map((error) => error.pointer)).toEqual([pointer])
  }
})

test("environmentFor() holds a value to the plan's limits and to the egg's rules", () => {
  expect(problemWith('MAX_PLAYERS', '51')).toBe('Enter 50 or less')
  expect(problemWith('MAX_PLAYERS', '0')).toBe('Enter 1 or more')
  expect(problemWith('MAX_PLAYERS', 'many')).toBe('Enter a whole number')
  expect(problemWith('HOSTNAME', 'x'.repeat(41))).toBe('Enter at most 40 characters')
  expect(problemWith('RCON_PASS', 'short')).toBe('Enter at least 8 characters')
  expect(problemWith('RCON_PASS', 'has spaces in it')).toMatch(/not allowed/)
})

test.each(['{{SERVER_PORT}}', '${HOME}', '$(id)', '`id`', 'a\nb', 'a\u0000b', 'x}}'])(
  'environmentFor() keeps %j out of a start-up command',
  (value) => {
    expect(problemWith('HOSTNAME', value)).toMatch(/^Remove/)
  },
)

test('environmentFor() blames the plan, not the buyer, for a fixed value the egg refuses', () => {
  const result = environmentFor({ variables, fixed: { LEVEL: '' }, options: [], chosen: {} })
  expect(result.errors?.map((error) => error.pointer)).toEqual(['#/planId', '#/planId'])
})

test('fillEnvironment() follows an egg that changed since the order', () => {
  const frozen = { HOSTNAME: 'Mine', RCON_PASS: 'longenough', REMOVED: 'x' }
  const now = [...variables, variable('NEW_ONE', 'required|boolean', '1')]
  expect(fillEnvironment(now, frozen)).toEqual({
    environment: {
      HOSTNAME: 'Mine',
      MAX_PLAYERS: '40',
      RCON_PASS: 'longenough',
      SERVER_URL: 'http://pterodactyl.io',
      LEVEL: 'Procedural Map',
      NEW_ONE: '1',
    },
    problems: [],
  })
  expect(fillEnvironment([variable('RCON_PASS', 'required|max:4')], frozen).problems)
    .toEqual([{ variable: 'RCON_PASS', detail: 'Enter at most 4 characters' }])
})
