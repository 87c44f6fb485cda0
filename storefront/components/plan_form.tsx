import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useEffect, useRef } from 'preact/hooks'
import type { PlanBody, RegionBody } from '../../api/plans/bodies.ts'
import { api } from '../api.ts'
import { type Draft, draftOfForm, saveDraft } from '../draft.ts'
import { constraintErrors, type FieldErrors, focusFirstError } from '../form.ts'
import { formatList } from '../format.ts'
import { configureWords } from '../words/configure.ts'
import { withNext } from '../next_path.ts'
import { pricesIn } from '../plans.ts'
import { asProblem, fieldErrorsOf, type ProblemError } from '../problem_error.ts'
import { endSession, user } from '../session.ts'
import { TextField } from './field.tsx'
import { ProblemNotice } from './notice.tsx'
import { OptionField } from './option_field.tsx'
import { PlanSummary } from './plan_summary.tsx'
import { PlanSwitch } from './plan_switch.tsx'
import { RegionChoice, TermChoice } from './plan_choices.tsx'

interface Props {
  plan: PlanBody
  /** The plans of the same game, this one among them. */
  siblings: PlanBody[]
  regions: RegionBody[]
  /** The currency to pay in; undefined when the plan has no price. */
  currency: string | undefined
  currencies: string[]
  initial: Draft
}

/** What the panel takes as a name; the API asks the same. */
const serverNameRule = { maxLength: 40, pattern: '[\\p{L}\\p{N} ._\\-]+' }

/** A region that filled up while the form was open, and where there is room instead. */
interface FullRegion {
  region: string
  withRoom: string[]
}

/** Everything there is to choose about a plan, with the price beside it and payment at its end. */
export function PlanForm(props: Props) {
  const { plan, siblings, regions, currency, currencies, initial } = props
  const form = useRef<HTMLFormElement>(null)
  const order = useOrdering(plan, currency, initial)
  const { draft, errors, problem, full } = order
  const prices = pricesIn(plan, currency)

  useEffect(() => {
    if (form.current && problem.value) focusFirstError(form.current)
  }, [problem.value])

  function submit(event: SubmitEvent) {
    event.preventDefault()
    if (!form.current) return
    errors.value = constraintErrors(form.current)
    if (Object.keys(errors.value).length === 0) return void order.place()
    // The errors are on the page, and so is what to focus, after the next drawing.
    requestAnimationFrame(() => form.current && focusFirstError(form.current))
  }

  function change({ target }: Event) {
    if (!form.current) return
    order.change(new FormData(form.current))
    const name = nameOf(target)
    if (errors.value[name]) check(name)
  }

  /** A field that was left filled in wrongly says so then, not only at the end. */
  function leave({ target }: FocusEvent) {
    const filled = target instanceof HTMLInputElement && target.value !== ''
    if (filled) check(nameOf(target))
  }

  function check(name: string) {
    if (!form.current) return
    const { [name]: _, ...others } = errors.value
    const message = constraintErrors(form.current)[name]
    errors.value = message ? { ...others, [name]: message } : others
  }

  return (
    <form
      class='configure-form'
      ref={form}
      noValidate
      onInput={change}
      onFocusOut={leave}
      onSubmit={submit}
    >
      <div class='configure-fields'>
        {problem.value && <ProblemNotice error={problem.value} />}
        <PlanSwitch plans={siblings} current={plan} term={draft.value.term} currency={currency} />
        <TermChoice
          prices={prices}
          currencies={currencies}
          value={initial.term}
          error={errors.value.term}
        />
        <RegionChoice
          plan={plan}
          regions={regions}
          value={initial.region}
          withRoom={full.value?.withRoom}
          error={regionError(regions, draft.value.region, full.value) ?? errors.value.region}
        />
        <fieldset class='card group'>
          <legend>{configureWords.nameHeading}</legend>
          <TextField
            name='serverName'
            label={configureWords.nameLabel}
            help={configureWords.nameHelp}
            error={errors.value.serverName}
            input={{ ...serverNameRule, autocomplete: 'off', defaultValue: initial.serverName }}
            testId='server-name'
          />
        </fieldset>
        {plan.options.length > 0 && (
          <Settings plan={plan} values={initial.options} errors={errors.value} />
        )}
      </div>
      <PlanSummary
        plan={plan}
        region={regions.find((region) => region.id === draft.value.region)}
        prices={prices}
        term={draft.value.term}
        signedIn={Boolean(user.value)}
        pending={order.pending.value}
      />
    </form>
  )
}

function Settings(
  { plan, values, errors }: {
    plan: PlanBody
    values: Record<string, string>
    errors: FieldErrors
  },
) {
  return (
    <fieldset class='card group'>
      <legend>{configureWords.optionsHeading}</legend>
      <p class='field-help'>{configureWords.optionsHelp}</p>
      <div class='settings-grid'>
        {plan.options.map((option) => (
          <OptionField
            key={option.variable}
            option={option}
            value={values[option.variable] ?? option.default}
            error={errors[`options/${option.variable}`]}
          />
        ))}
      </div>
    </fieldset>
  )
}

function nameOf(target: EventTarget | null): string {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement
    ? target.name
    : ''
}

/** The form's state and what can be done with it. The fields themselves belong to the browser. */
function useOrdering(plan: PlanBody, currency: string | undefined, initial: Draft) {
  const { route, path } = useLocation()
  const draft = useSignal(initial)
  const errors = useSignal<FieldErrors>({})
  const problem = useSignal<ProblemError | undefined>(undefined)
  const pending = useSignal(false)
  const full = useSignal<FullRegion | undefined>(undefined)

  useEffect(() => {
    // Back from Stripe out of the browser's memory: the page is as it was left, mid-payment.
    function onPageShow(event: PageTransitionEvent) {
      if (event.persisted) location.reload()
    }
    addEventListener('pageshow', onPageShow)
    return () => removeEventListener('pageshow', onPageShow)
  }, [])

  function keep(changed: Draft) {
    draft.value = changed
    saveDraft(plan.id, changed)
  }

  function change(form: FormData) {
    keep({ ...draftOfForm(form, plan.options, draft.value), idempotencyKey: undefined })
  }

  function toSignUp() {
    keep(draft.value)
    route(withNext('/signup', path))
  }

  async function place() {
    if (!currency || pending.value) return
    if (!user.value) return toSignUp()
    pending.value = true
    problem.value = undefined
    const idempotencyKey = draft.value.idempotencyKey ?? crypto.randomUUID()
    keep({ ...draft.value, idempotencyKey })
    try {
      const session = await api.createCheckoutSession(
        requestOf(plan, currency, draft.value),
        idempotencyKey,
      )
      keep({ ...draft.value, idempotencyKey: undefined, orderId: session.orderId })
      location.assign(session.url)
    } catch (thrown) {
      pending.value = false
      refuse(asProblem(thrown))
    }
  }

  function refuse(error: ProblemError) {
    const { status, code, regionsWithRoom: withRoom = [] } = error.problem
    if (status === 401) {
      endSession()
      return route(withNext('/login', path))
    }
    if (code === 'idempotency-mismatch') keep({ ...draft.value, idempotencyKey: undefined })
    if (code === 'region-full' && !withRoom.includes(draft.value.region)) {
      full.value = { region: draft.value.region, withRoom }
      keep({ ...draft.value, region: '', idempotencyKey: undefined })
    }
    errors.value = fieldErrorsOf(error.problem)
    problem.value = error
  }

  return { draft, errors, problem, pending, full, change, place }
}

function requestOf(plan: PlanBody, currency: string, draft: Draft) {
  const { term, region, serverName, options } = draft
  return { planId: plan.id, term, currency, region, serverName: serverName.trim(), options }
}

/** Said at the region the API found full, until another one is chosen. */
function regionError(regions: RegionBody[], chosen: string, full: FullRegion | undefined) {
  if (!full || chosen) return undefined
  const nameOf = (id: string) => regions.find((region) => region.id === id)?.name ?? id
  const others = full.withRoom.length > 0
    ? configureWords.regionOthers(formatList(full.withRoom.map(nameOf)))
    : configureWords.regionNone
  return `${configureWords.regionJustFilled(nameOf(full.region))} ${others}`
}
