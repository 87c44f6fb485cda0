import * as z from 'zod'
import { minorUnits } from '../openapi/fields.ts'

export const Term = z.enum(['monthly', 'quarterly', 'yearly']).meta({
  id: 'Term',
  description: 'How often a subscription renews: every month, every 3 months, every 12 months.',
})

export type Term = z.output<typeof Term>

export const Currency = z.string().regex(/^[a-z]{3}$/).meta({
  description: 'ISO 4217, lower case, as Stripe writes it.',
  examples: ['eur'],
})

export const Limits = z.object({
  memoryMib: z.int().meta({ description: 'Memory in MiB.' }),
  diskMib: z.int().meta({ description: 'Disk in MiB.' }),
  cpuPercent: z.int().meta({ description: 'CPU in percent of one thread: 200 is two threads.' }),
}).meta({ id: 'Limits', description: 'What the server may use.' })

export const FeatureLimits = z.object({
  databases: z.int(),
  backups: z.int(),
  allocations: z.int().meta({ description: 'Further ports beside the one of the game.' }),
}).meta({ id: 'FeatureLimits', description: 'How many of each the customer may create.' })

export const GameBody = z.object({
  id: z.string(),
  name: z.string(),
  summary: z.string(),
}).meta({ id: 'Game', description: 'A game that plans are sold for.' })

export type GameBody = z.output<typeof GameBody>

export const PriceBody = z.object({
  term: Term,
  currency: Currency,
  unitAmount: minorUnits(
    'For the whole term, in the currency’s minor unit: 999 is 9.99 in eur, 999 in jpy.',
  ),
}).meta({ id: 'Price', description: 'What a plan costs for one term in one currency.' })

export type PriceBody = z.output<typeof PriceBody>

export const OptionBody = z.object({
  variable: z.string().meta({ description: 'The egg’s variable, e.g. `MINECRAFT_VERSION`.' }),
  label: z.string(),
  help: z.string(),
  kind: z.enum(['text', 'number', 'boolean', 'select']),
  required: z.boolean(),
  default: z.string().meta({ description: 'What an option left out or empty becomes.' }),
  values: z.array(z.string()).optional().meta({ description: 'Only for `select`.' }),
  minLength: z.int().optional(),
  maxLength: z.int().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  pattern: z.string().optional().meta({
    description: 'An ECMAScript pattern for the HTML `pattern` attribute, when the rule has one.',
  }),
}).meta({
  id: 'PlanOption',
  description: 'One egg variable that a customer may set, in words a form can show.',
})

export type OptionBody = z.output<typeof OptionBody>

export const PlanBody = z.object({
  id: z.string(),
  gameId: z.string(),
  name: z.string(),
  summary: z.string(),
  limits: Limits,
  featureLimits: FeatureLimits,
  prices: z.array(PriceBody),
  regions: z.array(z.object({
    id: z.string(),
    available: z.boolean().meta({ description: 'False when no node there has room now.' }),
  })).meta({ description: 'Where it is sold.' }),
  options: z.array(OptionBody),
}).meta({ id: 'Plan', description: 'A plan with its prices, regions and options.' })

export type PlanBody = z.output<typeof PlanBody>

export const RegionBody = z.object({
  id: z.string(),
  name: z.string(),
  country: z.string().meta({ description: 'ISO 3166-1, two letters.', examples: ['DE'] }),
  available: z.boolean().meta({ description: 'Whether some plan has room there right now.' }),
}).meta({ id: 'Region', description: 'A place where servers stand.' })

export type RegionBody = z.output<typeof RegionBody>

export const PlansBody = z.object({
  games: z.array(GameBody),
  plans: z.array(PlanBody),
  currencies: z.array(Currency).meta({
    description: 'Every currency that some plan has a price in.',
  }),
}).meta({ id: 'Plans', description: 'Everything that is sold now.' })

export type PlansBody = z.output<typeof PlansBody>

export const RegionsBody = z.object({ regions: z.array(RegionBody) }).meta({
  id: 'Regions',
  description: 'Every region that plans are sold in.',
})
