import { api, type User } from '../api.ts'
import { enter } from '../session.ts'
import { passwordOf, useForm } from '../use_form.ts'
import { sessionsChanged } from '../sessions_changed.ts'
import { accountFailures, passwordCardWords } from '../words/account.ts'
import { FormFailure } from './form_failure.tsx'
import { PasswordField } from './password_field.tsx'
import { Editable, Setting } from './setting.tsx'
import { SubmitButton } from './submit_button.tsx'
import { UsernameHint } from './username_hint.tsx'

export function PasswordCard({ user }: { user: User }) {
  const words = passwordCardWords
  return (
    <Setting id='password' heading={words.heading} about={words.about}>
      <Editable label={words.change}>
        {(close) => <ChangeForm email={user.email} onClose={close} />}
      </Editable>
    </Setting>
  )
}

function ChangeForm({ email, onClose }: { email: string; onClose(said?: string): void }) {
  const words = passwordCardWords
  const form = useForm(async (data) => {
    const user = await api.changePassword({
      currentPassword: passwordOf(data, 'currentPassword'),
      newPassword: passwordOf(data, 'newPassword'),
    })
    enter(user)
    sessionsChanged()
    onClose(words.saved)
  })
  return (
    <form class='form' {...form.attributes}>
      <FormFailure form={form} words={accountFailures} />
      <UsernameHint email={email} />
      <PasswordField
        name='currentPassword'
        group='change-password'
        label={words.current}
        fresh={false}
        error={form.errors.value.currentPassword}
      />
      <PasswordField
        name='newPassword'
        group='change-password'
        label={words.fresh}
        fresh
        error={form.errors.value.newPassword}
      />
      <div class='actions'>
        <SubmitButton label={words.save} pending={form.pending.value} />
        <button type='button' class='button button-quiet' onClick={() => onClose()}>
          {words.keep}
        </button>
      </div>
      <p class='small'>
        <a href='/forgot'>{words.forgot}</a>
      </p>
    </form>
  )
}
