import { useSignal } from '@preact/signals'
import { api, type User } from '../api.ts'
import { asProblem, type ProblemError } from '../problem_error.ts'
import { enter } from '../session.ts'
import { passwordOf, textOf, useForm } from '../use_form.ts'
import { useLogInFirst } from '../use_log_in_first.ts'
import { accountFailures, emailWords } from '../words/account.ts'
import { TextField } from './field.tsx'
import { FormFailure } from './form_failure.tsx'
import { Notice, ProblemNotice } from './notice.tsx'
import { PasswordField } from './password_field.tsx'
import { StatusLabel } from './row.tsx'
import { Editable, Setting } from './setting.tsx'
import { SubmitButton } from './submit_button.tsx'
import { UsernameHint } from './username_hint.tsx'

/** The address, whether it is confirmed, and the one that is to take its place. */
export function EmailCard({ user }: { user: User }) {
  const { email, emailVerified, pendingEmail } = user
  return (
    <Setting id='email' heading={emailWords.heading} about={emailWords.about}>
      <p class='setting-value'>
        <strong>{email}</strong>
        <StatusLabel
          status={emailVerified ? 'active' : 'pending'}
          label={emailVerified ? emailWords.verified : emailWords.unverified}
        />
      </p>
      {pendingEmail && <PendingChange email={email} pendingEmail={pendingEmail} />}
      <Editable label={pendingEmail ? emailWords.another : emailWords.change}>
        {(close) => <ChangeForm email={email} onClose={close} />}
      </Editable>
    </Setting>
  )
}

function ChangeForm({ email, onClose }: { email: string; onClose(said?: string): void }) {
  const form = useForm(async (data) => {
    const user = await api.changeEmail({
      email: textOf(data, 'email'),
      currentPassword: passwordOf(data, 'currentPassword'),
    })
    enter(user)
    onClose(emailWords.sent(user.pendingEmail ?? user.email))
  })
  return (
    <form class='form' {...form.attributes}>
      <FormFailure form={form} words={accountFailures} />
      <TextField
        name='email'
        group='change-email'
        label={emailWords.newEmail}
        error={form.errors.value.email}
        input={{ type: 'email', autocomplete: 'email', autocapitalize: 'none', maxLength: 254 }}
      />
      <UsernameHint email={email} />
      <PasswordField
        name='currentPassword'
        group='change-email'
        label={emailWords.password}
        fresh={false}
        error={form.errors.value.currentPassword}
      />
      <div class='actions'>
        <SubmitButton label={emailWords.send} pending={form.pending.value} />
        <button type='button' class='button button-quiet' onClick={() => onClose()}>
          {emailWords.keep}
        </button>
      </div>
    </form>
  )
}

/** A change that waits for its link. A new link is asked for like the first: with the password. */
function PendingChange({ email, pendingEmail }: { email: string; pendingEmail: string }) {
  const logInFirst = useLogInFirst()
  const failure = useSignal<ProblemError | undefined>(undefined)
  async function drop() {
    failure.value = undefined
    try {
      enter(await api.dropEmailChange())
    } catch (thrown) {
      const error = asProblem(thrown)
      if (!logInFirst(error)) failure.value = error
    }
  }
  return (
    <Notice title={emailWords.pendingHeading(pendingEmail)}>
      <p>{emailWords.pending(email)}</p>
      {failure.value && <ProblemNotice error={failure.value} />}
      <p>
        <button type='button' class='button button-quiet' onClick={drop}>{emailWords.drop}</button>
      </p>
    </Notice>
  )
}
