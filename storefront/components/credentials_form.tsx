import type { Credentials } from '../api.ts'
import { withNext } from '../next_path.ts'
import { passwordOf, textOf, useForm } from '../use_form.ts'
import { authWords } from '../words/auth.ts'
import { EmailField } from './email_field.tsx'
import { FormFailure } from './form_failure.tsx'
import { Notice } from './notice.tsx'
import { PasswordField } from './password_field.tsx'
import { SubmitButton } from './submit_button.tsx'

interface Props {
  /** A new password is asked to be long; an old one is taken as it is. */
  fresh: boolean
  submitLabel: string
  next: string | undefined
  send(credentials: Credentials): Promise<void>
}

/** E-mail and password: the one form behind logging in and signing up. */
export function CredentialsForm({ fresh, submitLabel, next, send }: Props) {
  const form = useForm((data) =>
    send({ email: textOf(data, 'email'), password: passwordOf(data, 'password') })
  )
  const taken = form.failure.value?.problem.code === 'email-taken'

  return (
    <form class='card form' {...form.attributes}>
      {taken ? <AlreadyThere next={next} /> : <FormFailure form={form} />}
      <EmailField error={form.errors.value.email} />
      <PasswordField
        name='password'
        label={authWords.password}
        fresh={fresh}
        error={form.errors.value.password}
        testId='password'
      />
      {!fresh && (
        <p class='small'>
          <a href='/forgot'>{authWords.forgot}</a>
        </p>
      )}
      <SubmitButton label={submitLabel} pending={form.pending.value} wide testId='submit' />
    </form>
  )
}

/** Somebody who signs up again only has to log in; the address goes along. */
function AlreadyThere({ next }: { next: string | undefined }) {
  return (
    <div role='alert'>
      <Notice title={authWords.takenHeading}>
        <p>{authWords.taken}</p>
        <p>
          <a href={withNext('/login', next)}>{authWords.takenLogIn}</a>
        </p>
      </Notice>
    </div>
  )
}
