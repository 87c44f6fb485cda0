import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useEffect, useRef } from 'preact/hooks'
import type { Credentials } from '../api.ts'
import { constraintErrors, type FieldErrors, focusFirstError } from '../form.ts'
import { authWords } from '../words/auth.ts'
import { commonWords } from '../words/common.ts'
import { safeNext } from '../next_path.ts'
import { asProblem, fieldErrorsOf, type ProblemError } from '../problem_error.ts'
import { controlProps, FieldFrame, TextField } from './field.tsx'
import { ProblemNotice } from './notice.tsx'

interface Props {
  /** A new password is asked to be long; an old one is taken as it is. */
  fresh: boolean
  submitLabel: string
  next: string | undefined
  send(credentials: Credentials): Promise<void>
}

/** E-mail and password: the one form behind logging in and signing up. */
export function CredentialsForm({ fresh, submitLabel, next, send }: Props) {
  const { route } = useLocation()
  const form = useRef<HTMLFormElement>(null)
  const errors = useSignal<FieldErrors>({})
  const problem = useSignal<ProblemError | undefined>(undefined)
  const pending = useSignal(false)

  useEffect(() => {
    if (form.current && problem.value) focusFirstError(form.current)
  }, [problem.value])

  async function submit(event: SubmitEvent) {
    event.preventDefault()
    if (!form.current || pending.value) return
    errors.value = constraintErrors(form.current)
    if (Object.keys(errors.value).length > 0) {
      requestAnimationFrame(() => form.current && focusFirstError(form.current))
      return
    }
    pending.value = true
    problem.value = undefined
    try {
      await send(credentialsOf(form.current))
      route(safeNext(next), true)
    } catch (thrown) {
      problem.value = asProblem(thrown)
      errors.value = fieldErrorsOf(problem.value.problem)
      pending.value = false
    }
  }

  return (
    <form class='card form' ref={form} noValidate onSubmit={submit}>
      {problem.value && <ProblemNotice error={problem.value} />}
      <TextField
        name='email'
        label={authWords.email}
        error={errors.value.email}
        input={{ type: 'email', autocomplete: 'email', maxLength: 254 }}
        testId='email'
      />
      <PasswordField fresh={fresh} error={errors.value.password} />
      <button
        type='submit'
        class='button button-wide'
        data-testid='submit'
        disabled={pending.value}
      >
        {pending.value ? commonWords.working : submitLabel}
      </button>
    </form>
  )
}

/** A password that can be looked at, which beats typing it twice. */
function PasswordField({ fresh, error }: { fresh: boolean; error?: string }) {
  const shown = useSignal(false)
  const field = {
    name: 'password',
    help: fresh ? authWords.newPasswordHelp : undefined,
    error,
  }
  const control = {
    ...controlProps(field),
    class: 'input',
    autocomplete: fresh ? 'new-password' : 'current-password',
    minLength: fresh ? 8 : undefined,
    'data-testid': 'password',
  }
  return (
    <FieldFrame {...field} label={authWords.password}>
      <div class='input-row'>
        {shown.value ? <input type='text' {...control} /> : <input type='password' {...control} />}
        <button
          type='button'
          class='button button-quiet'
          aria-label={shown.value ? authWords.hidePassword : authWords.showPassword}
          onClick={() => shown.value = !shown.value}
        >
          {shown.value ? authWords.hide : authWords.show}
        </button>
      </div>
    </FieldFrame>
  )
}

function credentialsOf(form: HTMLFormElement): Credentials {
  const data = new FormData(form)
  return { email: String(data.get('email')).trim(), password: String(data.get('password')) }
}
