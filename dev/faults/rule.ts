import * as z from 'zod'
import { CALLS } from './calls.ts'
import { CALL_PATTERN, canBegin, EVENT_PATTERN } from './pattern.ts'
import { Fault, faultFacts, type Point, type Service, SERVICES } from './vocabulary.ts'

/** What the panel asks of a node, as far as a rule can name it. */
export const WINGS_ACTIONS = [
  'create',
  /** After a change that the node has to know of. */
  'sync',
  'reinstall',
  'delete',
  /** The settings of the node itself. */
  'update',
  'details',
  'power',
  'command',
] as const
export type WingsAction = typeof WINGS_ACTIONS[number]

const On = z.strictObject({
  service: z.enum(SERVICES),
  call: z.string()
    .regex(CALL_PATTERN, "must be like 'POST /v1/customers/:id' or '/api/application/*'")
    .optional(),
  event: z.string().regex(EVENT_PATTERN, "must be like 'invoice.paid' or 'invoice.*'").optional(),
  wings: z.enum(WINGS_ACTIONS).optional(),
})

const Count = z.int().min(1)

const When = z.strictObject({
  /** Which of the occasions, the first being 1; after the last of them the rule is used up. */
  nth: z.union([Count, z.array(Count).min(1)]).optional(),
  /** So many occasions from the first on; then the rule is used up. */
  first: Count.optional(),
  /** How often by chance, decided by the seed. */
  probability: z.number().gt(0).max(1).optional(),
  seed: z.int().optional(),
}).superRefine(({ nth, first, probability, seed }, context) => {
  if ([nth, first, probability].filter((one) => one !== undefined).length > 1) {
    context.addIssue('takes one of nth, first and probability')
  }
  if (seed !== undefined && probability === undefined) {
    context.addIssue('takes a seed beside a probability only')
  }
})

/** One order: on which occasions which fault strikes. A fault without settings may be its name. */
export const Rule = z.strictObject({
  on: On,
  when: When.default({}),
  fault: z.preprocess((fault) => typeof fault === 'string' ? { name: fault } : fault, Fault),
}).superRefine(({ on, fault }, context) => {
  const reason = misfit(on, fault)
  if (reason) context.addIssue(reason)
})

export type Rule = z.output<typeof Rule>

/** What is ordered, before the defaults are filled in. */
export interface RuleOrder {
  on: z.input<typeof On>
  when?: z.input<typeof When>
  fault: z.input<typeof Fault> | z.output<typeof Fault>['name']
}

/** Parses an order. A wrong one throws, and the message says all that is wrong with it. */
export function parseRule(order: unknown, services: readonly Service[]): Rule {
  const { data, error } = Rule.safeParse(order)
  if (error) throw new RuleError(error.issues.map(explain).join('; '))
  if (services.includes(data.on.service)) return data
  throw new RuleError(`on.service: this emulator is ${services.join(', ')} only`)
}

/** An order that cannot be carried out as it stands. */
export class RuleError extends Error {
  override name = 'RuleError'

  constructor(reason: string) {
    super(`Cannot order this fault: ${reason}`)
  }
}

/** What a rule may name beside the service, by the point at which its fault strikes. */
const narrowing: Record<Point, readonly ('call' | 'event' | 'wings')[]> = {
  call: ['call'],
  key: ['call'],
  create: [],
  wings: ['wings'],
  install: ['wings'],
  webhook: ['event'],
}

function misfit(on: Rule['on'], { name }: Fault): string | undefined {
  const { at, services } = faultFacts[name]
  if (!services.some((one) => one === on.service)) {
    return `${name} strikes at ${services.join(', ')} only, not at ${on.service}`
  }
  const stray = (['call', 'event', 'wings'] as const)
    .find((key) => on[key] !== undefined && !narrowing[at].includes(key))
  if (stray) return `${name} takes no on.${stray}`
  if (on.call !== undefined && !canBegin(on.call, CALLS[on.service])) {
    return `on.call: the calls of ${on.service} begin with ${CALLS[on.service]}`
  }
  if (at === 'install' && !['create', 'reinstall', undefined].includes(on.wings)) {
    return `${name} takes create or reinstall as on.wings`
  }
}

function explain({ path, message, code, ...issue }: z.core.$ZodIssue): string {
  const where = path.length > 0 ? `${path.join('.')}: ` : ''
  if (code === 'invalid_union' && path.at(-1) === 'name') {
    return `fault: there is none of this name; there are ${Object.keys(faultFacts).join(', ')}`
  }
  if (code === 'unrecognized_keys' && 'keys' in issue) {
    return `${where}knows no ${issue.keys}`
  }
  return `${where}${message}`
}
