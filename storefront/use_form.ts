import { type ReadonlySignal, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { constraintErrors, type FieldErrors, focusFirstError } from './form.ts'
import { asProblem, fieldErrorsOf, type ProblemError } from './problem_error.ts'
import { useLogInFirst } from './use_log_in_first.ts'

export interface Form {
  /** For the form element itself. */
  attributes: {
    ref: RefObject<HTMLFormElement | null>
    method: 'post'
    noValidate: true
    onSubmit(event: SubmitEvent): void
    onInput(event: InputEvent): void
  }
  errors: ReadonlySignal<FieldErrors>
  /** What the last sending failed with, until the next. */
  failure: ReadonlySignal<ProblemError | undefined>
  /** The same, unless the fields say all of it. */
  unsaid: ReadonlySignal<ProblemError | undefined>
  pending: ReadonlySignal<boolean>
}

/**
 * Checks a form, sends it, and says at the fields what is wrong; the fields themselves belong to
 * the browser. Whoever turns out not to be signed in is led to log in and back.
 */
export function useForm(send: (data: FormData) => Promise<void>): Form {
  const logInFirst = useLogInFirst()
  const ref = useRef<HTMLFormElement | null>(null)
  const errors = useSignal<FieldErrors>({})
  const failure = useSignal<ProblemError | undefined>(undefined)
  const unsaid = useSignal<ProblemError | undefined>(undefined)
  const pending = useSignal(false)
  const refusals = useSignal(0)

  // What is wrong is on the page, and so is what to focus, once this runs.
  useEffect(() => {
    if (refusals.value > 0 && ref.current) focusFirstError(ref.current)
  }, [refusals.value])

  async function submit(form: HTMLFormElement) {
    failure.value = unsaid.value = undefined
    errors.value = constraintErrors(form)
    if (Object.keys(errors.value).length > 0) return refusals.value++
    pending.value = true
    try {
      await send(new FormData(form))
    } catch (thrown) {
      refuse(form, asProblem(thrown))
    }
    pending.value = false
  }

  function refuse(form: HTMLFormElement, error: ProblemError) {
    if (logInFirst(error)) return
    const told = Object.entries(fieldErrorsOf(error.problem))
    const here = told.filter(([name]) => form.elements.namedItem(name))
    errors.value = Object.fromEntries(here)
    failure.value = error
    unsaid.value = here.length > 0 && here.length === told.length ? undefined : error
    refusals.value++
  }

  function onSubmit(event: SubmitEvent) {
    event.preventDefault()
    if (ref.current && !pending.value) void submit(ref.current)
  }

  /** What is being put right is no longer called wrong. */
  function onInput({ target }: InputEvent) {
    if (!(target instanceof HTMLInputElement) || !errors.value[target.name]) return
    const { [target.name]: _, ...others } = errors.value
    errors.value = others
  }

  const attributes = { ref, method: 'post', noValidate: true, onSubmit, onInput } as const
  return { attributes, errors, failure, unsaid, pending }
}

/** A field of a sent form, trimmed. */
export function textOf(data: FormData, name: string): string {
  return String(data.get(name) ?? '').trim()
}

/** A password of a sent form: every character of it counts. */
export function passwordOf(data: FormData, name: string): string {
  return String(data.get(name) ?? '')
}
