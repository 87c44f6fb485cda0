import type { FailureText } from '../words/problems.ts'
import type { Form } from '../use_form.ts'
import { ProblemNotice } from './notice.tsx'

/** What a form failed with, unless its fields say it all. */
export function FormFailure(
  { form, words }: { form: Form; words?: Partial<Record<string, FailureText>> },
) {
  const failure = form.failure.value
  if (!failure) return null
  const faults = failure.problem.errors?.length ?? 0
  if (faults > 0 && Object.keys(form.errors.value).length === faults) return null
  return <ProblemNotice error={failure} words={words} />
}
