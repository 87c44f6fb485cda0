import * as z from 'zod'
import type { FeatureLimits, ServerLimits } from '../panel/panel.ts'
import type { Term } from './bodies.ts'

/** What the shop sells, as `catalog.json` says it. */
export type Catalogue = z.output<typeof Catalogue>
export type CataloguePlan = Catalogue['plans'][number]
export type CatalogueEgg = Catalogue['eggs'][string]
export type CatalogueOption = CatalogueEgg['options'][number]

/** The catalogue file cannot be used; the message has one line a mistake, with where and what to do. */
export class CatalogueError extends Error {
  override name = 'CatalogueError'
}

const TERMS = ['monthly', 'quarterly', 'yearly'] as const satisfies readonly Term[]

/** Reads the text of `catalog.json`. Throws a CatalogueError that names every mistake. */
export function parseCatalogue(text: string): Catalogue {
  const result = Catalogue.safeParse(parseJson(text), { error: toWords })
  const mistakes = result.success ? referenceMistakes(result.data) : issueLines(result.error)
  if (result.success && mistakes.length === 0) return result.data
  throw new CatalogueError(
    `Cannot use the catalogue as it has ${count(mistakes.length)}:\n${mistakes.join('\n')}`,
  )
}

/** The JSON Schema of `catalog.json`, by which editors complete and check it. */
export function catalogueJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(Catalogue, { io: 'input' })
  return { ...schema, title: 'The catalogue of a Spawnpoint shop' }
}

/** A plan's options: those of its egg with the plan's own changes. */
export function optionsOf(catalogue: Catalogue, plan: CataloguePlan): CatalogueOption[] {
  const egg = catalogue.eggs[plan.egg]
  return (egg?.options ?? []).map((option) => ({
    ...option,
    ...plan.optionChanges[option.variable],
  }))
}

/** The variables a plan fixes: those of its egg, overruled by the plan's own. */
export function environmentOf(catalogue: Catalogue, plan: CataloguePlan): Record<string, string> {
  return { ...catalogue.eggs[plan.egg]?.environment, ...plan.environment }
}

/** The plan's prices as Stripe is to know them; `lookupKey` finds each again. */
export function pricesOf(plan: CataloguePlan) {
  return TERMS.flatMap((term) =>
    Object.entries(plan.prices[term] ?? {}).map(([currency, unitAmount]) => ({
      term,
      currency,
      unitAmount,
      lookupKey: `spawnpoint_${plan.id}_${term}_${currency}`,
    }))
  )
}

const Id = z.string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'use lower-case letters, digits and single dashes')
  .max(60)
const Variable = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'write it as the egg does: MAX_PLAYERS')
const Currency = z.string().regex(/^[a-z]{3}$/, 'use the ISO code in lower case, such as eur')
const Title = z.string().min(1).max(80)
const Summary = z.string().min(1).max(300)
const Value = z.string('put the value in quotes: the panel takes texts only').max(500)
const Whole = z.int()

/** 0 means no limit to the panel: one slip would sell the whole node. */
const Limit = z.int().min(1, 'use 1 or more: to the panel 0 means no limit')

const Environment = z.record(Variable, Value)

const Bounds = {
  required: z.boolean().optional().describe('True asks the buyer even where the egg does not'),
  default: Value.optional().describe("Used when left empty; without it the egg's own default"),
  values: z.array(Value.min(1)).min(1).optional().describe('The choices of a select'),
  minLength: Whole.min(0).optional(),
  maxLength: Whole.min(1).optional(),
  min: Whole.optional(),
  max: Whole.optional(),
  pattern: z.string().refine(isPattern, 'is not a regular expression that browsers take (flag v)')
    .optional().describe('As in the HTML attribute: anchored at both ends'),
}

const Option = z.strictObject({
  variable: Variable,
  label: Title,
  help: z.string().max(300),
  kind: z.enum(['text', 'number', 'boolean', 'select']),
  ...Bounds,
}).refine((option) => option.kind !== 'select' || option.values, 'a select needs its values')

const Egg = z.strictObject({
  nest: z.string().min(1).describe("The nest's name at the panel"),
  egg: z.string().min(1).describe("The egg's name within the nest"),
  image: z.string().min(1).optional()
    .describe("The label of one of the egg's Docker images; without it the egg's first"),
  environment: Environment.default({}).describe('Variables that every plan with this egg fixes'),
  options: z.array(Option).default([]).describe('Variables that buyers may set, in form order'),
})

const Limits = z.strictObject({
  memoryMib: Limit,
  diskMib: Limit,
  cpuPercent: Limit.describe('Percent of one core'),
}) satisfies z.ZodType<ServerLimits>

const FeatureLimitsSchema = z.strictObject({
  databases: Whole.min(0),
  backups: Whole.min(0),
  allocations: Whole.min(0).max(100).describe('Ports, the first included; 0 is the first alone'),
}) satisfies z.ZodType<FeatureLimits>

const Amount = z.int('use whole minor units: 499 is 4.99 euro').min(1).max(99_999_999)

const Prices = z.strictObject({
  monthly: z.record(Currency, Amount).optional(),
  quarterly: z.record(Currency, Amount).optional(),
  yearly: z.record(Currency, Amount).optional(),
}).refine((prices) => Object.keys(prices).length > 0, 'name at least one term')

const Plan = z.strictObject({
  id: Id.describe('Stays for good: orders and Stripe refer to it'),
  game: Id,
  egg: Id,
  name: Title,
  summary: Summary,
  limits: Limits,
  featureLimits: FeatureLimitsSchema,
  environment: Environment.default({}),
  optionChanges: z.record(Variable, z.strictObject(Bounds)).default({})
    .describe("What this plan changes in its egg's options, by variable"),
  prices: Prices.describe('Per term and currency, in minor units for the whole term'),
  regions: z.array(Id).min(1),
})

const Game = z.strictObject({ id: Id, name: Title, summary: Summary })

const RegionSchema = z.strictObject({
  id: Id,
  name: Title,
  country: z.string().regex(/^[A-Z]{2}$/, 'use the two-letter code, such as DE'),
  location: z.string().min(1).describe("The panel's short name of the location"),
  nodeCpuPercent: Limit.describe('What each node here offers: 800 is eight cores'),
})

const Catalogue = z.strictObject({
  $schema: z.string().optional(),
  regions: z.array(RegionSchema).min(1),
  games: z.array(Game).min(1),
  eggs: z.record(Id, Egg),
  plans: z.array(Plan).min(1),
})

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CatalogueError(`Cannot use the catalogue as it is not JSON: ${reason}`)
  }
}

/** For what the schema itself says nothing about: a person reads this, not a programmer. */
function toWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    return issue.input === undefined
      ? `is missing: add ${nameOf(issue.expected)}`
      : `must be ${nameOf(issue.expected)}`
  }
  if (issue.code === 'too_small' && issue.origin !== 'int') return 'must not be empty'
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`
}

function nameOf(type: string): string {
  const names: Record<string, string> = {
    string: 'a text in quotes',
    array: 'a list [ ]',
    object: 'an object { }',
    record: 'an object { }',
    int: 'a whole number',
    number: 'a whole number',
  }
  return names[type] ?? type
}

function issueLines(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const where = issue.path.map(String).join('.') || 'the file'
    if (issue.code !== 'unrecognized_keys') return `  ${where}: ${issue.message}`
    return `  ${where}: remove ${issue.keys.join(', ')}, or correct the name`
  })
}

/** Mistakes between parts of the file: doubles, and names that lead nowhere. */
function referenceMistakes(catalogue: Catalogue): string[] {
  const { regions, games, plans } = catalogue
  return [
    ...doubles('regions', regions.map((region) => region.id)),
    ...doubles('regions', regions.map((region) => region.location)),
    ...doubles('games', games.map((game) => game.id)),
    ...doubles('plans', plans.map((plan) => plan.id)),
    ...Object.entries(catalogue.eggs).flatMap(([id, egg]) =>
      doubles(`eggs.${id}`, [
        ...egg.options.map((option) => option.variable),
        ...Object.keys(egg.environment),
      ])
    ),
    ...plans.flatMap((plan, index) => planMistakes(catalogue, plan, `plans.${index}`)),
  ]
}

function planMistakes(catalogue: Catalogue, plan: CataloguePlan, at: string): string[] {
  const regions = new Set(catalogue.regions.map((region) => region.id))
  const games = new Set(catalogue.games.map((game) => game.id))
  const options = new Map(optionsOf(catalogue, plan).map((option) => [option.variable, option]))
  return [
    ...(games.has(plan.game) ? [] : [`  ${at}.game: there is no game ${plan.game} under games`]),
    ...(catalogue.eggs[plan.egg] ? [] : [`  ${at}.egg: there is no egg ${plan.egg} under eggs`]),
    ...doubles(`${at}.regions`, plan.regions),
    ...plan.regions.filter((id) => !regions.has(id))
      .map((id) => `  ${at}.regions: there is no region ${id} under regions`),
    ...Object.keys(plan.optionChanges).filter((name) => !options.has(name))
      .map((name) => `  ${at}.optionChanges: the egg has no option ${name}`),
    ...Object.keys(plan.environment).filter((name) => options.has(name))
      .map((name) => `  ${at}.environment: ${name} is an option already; fix it or offer it`),
  ]
}

function doubles(at: string, names: string[]): string[] {
  const again = names.filter((name, index) => names.indexOf(name) !== index)
  return [...new Set(again)].map((name) => `  ${at}: ${name} appears twice`)
}

function count(mistakes: number): string {
  return mistakes === 1 ? 'a mistake' : `${mistakes} mistakes`
}

function isPattern(text: string): boolean {
  try {
    new RegExp(`^(?:${text})$`, 'v')
    return true
  } catch {
    return false
  }
}
