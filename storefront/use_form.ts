import { type ReadonlySignal, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { constraintErrors, type FieldErrors, focusFirstError } from './form.ts'
import { asProblem, fieldErrorsOf, type ProblemError } from './problem_error.ts'
import { useLogInFirst } from './use_log_in_first.ts'

export interface Form {
  ref: RefObject<HTMLFormElement | null>
  errors: ReadonlySignal<FieldErrors>
  /** What the last sending failed with, until the next. */
  failure: ReadonlySignal<ProblemError | undefined>
  pending: ReadonlySignal<boolean>
  onSubmit(event: SubmitEvent): void
}

/**
 * Checks a form, sends it, and says at the fields what is wrong; the fields themselves belong to
 * the browser. Whoever turns out not to be signed in is led to log in and back.
 */
export function useForm(send: (data: FormData) => Promise<void>): Form {
  const logInFirst = useLogInFirst()
  const ref = useRef<HTMLFormElement>(null)
  const errors = useSignal<FieldErrors>({})
  const failure = useSignal<ProblemError | undefined>(undefined)
  const pending = useSignal(false)

  // What is wrong is on the page, and so is what to focus, once this runs.
  useEffect(() => {
    const wrong = failure.value || Object.keys(errors.value).length > 0
    if (ref.current && wrong) focusFirstError(ref.current)
  }, [failure.value, errors.value])

  async function submit(form: HTMLFormElement) {
    failure.value = undefined
    errors.value = constraintErrors(form)
    if (Object.keys(errors.value).length > 0) return
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
    errors.value = Object.fromEntries(told.filter(([name]) => form.elements.namedItem(name)))
    failure.value = error
  }

  return {
    ref,
    errors,
    failure,
    pending,
    onSubmit(event) {
      event.preventDefault()
      if (ref.current && !pending.value) void submit(ref.current)
    },
  }
}

/** A field of a sent form, trimmed. */
export function textOf(data: FormData, name: string): string {
  return String(data.get(name) ?? '').trim()
}

/** A password of a sent form: every character of it counts. */
export function passwordOf(data: FormData, name: string): string {
  return String(data.get(name) ?? '')
}
