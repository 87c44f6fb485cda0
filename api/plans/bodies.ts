/** How often a subscription renews: monthly = 1 month, quarterly = 3 months, yearly = 12 months. */
export type Term = 'monthly' | 'quarterly' | 'yearly'

export interface GameBody {
  id: string
  name: string
  summary: string
}

export interface PriceBody {
  term: Term
  /** ISO 4217, lower case, as Stripe writes it. */
  currency: string
  /** In the currency's minor unit, for the whole term. */
  unitAmount: number
}

/** One egg variable a customer may set, in words a form can show. */
export interface OptionBody {
  /** The egg's `env_variable`, e.g. `MINECRAFT_VERSION`. */
  variable: string
  label: string
  help: string
  kind: 'text' | 'number' | 'boolean' | 'select'
  required: boolean
  default: string
  /** Only for `select`. */
  values?: string[]
  minLength?: number
  maxLength?: number
  min?: number
  max?: number
  /** An ECMAScript pattern for the HTML `pattern` attribute, when the rule has one. */
  pattern?: string
}

export interface PlanBody {
  id: string
  gameId: string
  name: string
  summary: string
  limits: { memoryMib: number; diskMib: number; cpuPercent: number }
  featureLimits: { databases: number; backups: number; allocations: number }
  prices: PriceBody[]
  /** Where it is sold; `available` is false when no node there has room now. */
  regions: { id: string; available: boolean }[]
  options: OptionBody[]
}

export interface RegionBody {
  id: string
  name: string
  country: string
}

export interface PlansBody {
  games: GameBody[]
  plans: PlanBody[]
  currencies: string[]
}
