import { useSignal } from '@preact/signals'
import { api, type User } from '../api.ts'
import { enter } from '../session.ts'
import { textOf, useForm } from '../use_form.ts'
import { profileWords } from '../words/account.ts'
import { TextField } from './field.tsx'
import { FormFailure } from './form_failure.tsx'
import { Setting } from './setting.tsx'
import { SubmitButton } from './submit_button.tsx'

export function NameCard({ user }: { user: User }) {
  const saved = useSignal(false)
  const form = useForm(async (data) => {
    saved.value = false
    enter(await api.changeName(textOf(data, 'name') || null))
    saved.value = true
  })
  return (
    <Setting id='name' heading={profileWords.heading} about={profileWords.about}>
      <form class='form' {...form.attributes}>
        <FormFailure form={form} />
        <TextField
          name='name'
          label={profileWords.name}
          required={false}
          error={form.errors.value.name}
          input={{
            onInput: () => saved.value = false,
            type: 'text',
            autocomplete: 'name',
            maxLength: 60,
            defaultValue: user.name ?? '',
          }}
        />
        <div class='done'>
          <SubmitButton label={profileWords.save} pending={form.pending.value} />
          <p class='said' role='status'>{saved.value ? profileWords.saved : ''}</p>
        </div>
      </form>
    </Setting>
  )
}
