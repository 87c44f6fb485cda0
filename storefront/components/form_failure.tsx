import type { Form } from '../use_form.ts'
import type { FailureText } from '../words/problems.ts'
import { ProblemNotice } from './notice.tsx'

/** What a form failed with, unless its fields say it all. */
export function FormFailure(
  { form, words }: { form: Form; words?: Partial<Record<string, FailureText>> },
) {
  return form.unsaid.value ? <ProblemNotice error={form.unsaid.value} words={words} /> : null
}
