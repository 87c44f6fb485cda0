import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api } from '../api.ts'
import { FormFailure } from '../components/form_failure.tsx'
import { useTitle } from '../components/layout.tsx'
import { Waiting } from '../components/waiting.tsx'
import { Outcome } from '../components/outcome.tsx'
import { PasswordField } from '../components/password_field.tsx'
import { SubmitButton } from '../components/submit_button.tsx'
import { UsernameHint } from '../components/username_hint.tsx'
import { dropToken, useLinkToken } from '../link_token.ts'
import { asProblem } from '../problem_error.ts'
import { endSession } from '../session.ts'
import { keptEmail } from '../typed_email.ts'
import { passwordOf, useForm } from '../use_form.ts'
import { authWords, resetWords } from '../words/auth.ts'

export function Reset() {
  const token = useLinkToken('reset')
  const used = useSignal<string | undefined>(undefined)
  useTitle(resetWords.title)
  if (token.value === undefined) return <Waiting />
  if (token.value === used.value) return <Done />
  if (token.value === '') return <Invalid />
  return (
    <ResetForm
      key={token.value}
      token={token.value}
      onDone={() => used.value = token.value}
      onInvalid={() => token.value = ''}
    />
  )
}

interface FormProps {
  token: string
  onDone(): void
  onInvalid(): void
}

function ResetForm({ token, onDone, onInvalid }: FormProps) {
  const email = useSignal('')
  useEffect(() => {
    email.value = keptEmail()
  }, [])
  const form = useForm(async (data) => {
    try {
      await api.resetPassword({ token, password: passwordOf(data, 'password') })
    } catch (thrown) {
      if (asProblem(thrown).problem.code !== 'token-invalid') throw thrown
      dropToken('reset')
      return onInvalid()
    }
    dropToken('reset')
    // The API has ended every session of the account, this browser's with them.
    endSession()
    onDone()
  })
  return (
    <div class='narrow'>
      <h1>{resetWords.title}</h1>
      <p class='lead'>{resetWords.lead}</p>
      <form class='card form' {...form.attributes}>
        <FormFailure form={form} />
        <UsernameHint email={email.value} />
        <PasswordField
          name='password'
          label={authWords.newPassword}
          fresh
          error={form.errors.value.password}
          testId='password'
        />
        <SubmitButton label={resetWords.save} pending={form.pending.value} wide testId='submit' />
      </form>
    </div>
  )
}

function Done() {
  return (
    <Outcome title={resetWords.doneTitle} body={resetWords.done}>
      <a class='button' href='/login'>{resetWords.logIn}</a>
    </Outcome>
  )
}

function Invalid() {
  return (
    <Outcome title={resetWords.invalidTitle} body={resetWords.invalid}>
      <a class='button' href='/forgot'>{resetWords.again}</a>
    </Outcome>
  )
}
