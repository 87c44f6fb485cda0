import type { OptionBody, PlanBody, Term } from '../api/plans/bodies.ts'
import { hasTerm, terms } from './plans.ts'
import { recall, remember } from './storage.ts'

/** Where what was typed last is kept, whatever the plan. */
const LATEST = 'latest-draft'

/** A plan's form as it is filled in: kept for the tab, so that it survives signing up and going back. */
export interface Draft {
  term: Term
  region: string
  serverName: string
  options: Record<string, string>
  /** Sent with this filled form until it succeeds; a changed form gets a new one. */
  idempotencyKey?: string
  /** The order this form became, so that coming back from Stripe offers it again. */
  orderId?: string
}

/** The form of a plan nobody has touched yet: what has room, and the egg's own defaults. */
export function newDraft(plan: PlanBody, term: Term): Draft {
  return {
    term,
    region: plan.regions.find((region) => region.available)?.id ?? '',
    serverName: '',
    options: Object.fromEntries(
      plan.options.map((option) => [option.variable, option.default]),
    ),
  }
}

/**
 * The stored draft, with its choices held against what the plan still offers. A plan nobody has filled
 * in takes over what was typed for another one.
 */
export function readDraft(plan: PlanBody, fallback: Draft): Draft | undefined {
  const stored = parse(recall('session', keyOf(plan.id))) ?? parse(recall('session', LATEST))
  if (!stored) return undefined
  const { term, region } = stored
  const known = plan.options.flatMap(({ variable }) => {
    const value = stored.options[variable]
    return value === undefined ? [] : [[variable, value]]
  })
  return {
    ...fallback,
    ...stored,
    term: hasTerm(plan, term) ? term : fallback.term,
    region: plan.regions.some(({ id, available }) => available && id === region)
      ? region
      : fallback.region,
    options: { ...fallback.options, ...Object.fromEntries(known) },
  }
}

export function saveDraft(planId: string, draft: Draft): void {
  const { term, region, serverName, options } = draft
  remember('session', keyOf(planId), JSON.stringify(draft))
  remember('session', LATEST, JSON.stringify({ term, region, serverName, options }))
}

/** The draft as the form's fields say it now. */
export function draftOfForm(form: FormData, options: OptionBody[], before: Draft): Draft {
  const value = (name: string) => String(form.get(name) ?? '')
  return {
    ...before,
    term: terms.find((term) => term === value('term')) ?? before.term,
    region: value('region'),
    serverName: value('serverName'),
    options: Object.fromEntries(
      options.map((option) => [option.variable, optionValue(form, option)]),
    ),
  }
}

function optionValue(form: FormData, option: OptionBody): string {
  const name = `options/${option.variable}`
  if (option.kind !== 'boolean') return String(form.get(name) ?? '')
  return form.has(name) ? '1' : '0'
}

function keyOf(planId: string): string {
  return `draft:${planId}`
}

/** Only this file writes the value, so its shape is known; a broken one counts as none. */
function parse(stored: string | undefined): Draft | undefined {
  try {
    return stored === undefined ? undefined : JSON.parse(stored)
  } catch {
    return undefined
  }
}
