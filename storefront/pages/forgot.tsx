import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { api } from '../api.ts'
import { EmailField } from '../components/email_field.tsx'
import { FormFailure } from '../components/form_failure.tsx'
import { useTitle } from '../components/layout.tsx'
import { ResendButton } from '../components/resend_button.tsx'
import { SubmitButton } from '../components/submit_button.tsx'
import { keepEmailForLink } from '../typed_email.ts'
import { textOf, useForm } from '../use_form.ts'
import { forgotWords } from '../words/auth.ts'

export function Forgot() {
  const sentTo = useSignal('')
  useTitle(sentTo.value ? forgotWords.sentTitle : forgotWords.title)
  return (
    <div class='narrow'>
      {sentTo.value
        ? <Sent email={sentTo.value} onOther={() => sentTo.value = ''} />
        : <Ask onSent={(email) => sentTo.value = email} />}
    </div>
  )
}

function Ask({ onSent }: { onSent(email: string): void }) {
  const form = useForm(async (data) => {
    const email = textOf(data, 'email')
    await api.forgotPassword(email)
    keepEmailForLink(email)
    onSent(email)
  })

  return (
    <>
      <h1>{forgotWords.title}</h1>
      <p class='lead'>{forgotWords.lead}</p>
      <form class='card form' {...form.attributes}>
        <FormFailure form={form} />
        <EmailField error={form.errors.value.email} />
        <SubmitButton label={forgotWords.send} pending={form.pending.value} wide testId='submit' />
      </form>
      <p>
        <a href='/login'>{forgotWords.logIn}</a>
      </p>
    </>
  )
}

/** The same for every address: nobody learns here who has an account. */
function Sent({ email, onOther }: { email: string; onOther(): void }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>{forgotWords.sentTitle}</h1>
      <p class='lead' role='status'>{forgotWords.sent(email)}</p>
      <p>{forgotWords.lasts}</p>
      <section class='card setting-card' aria-labelledby='missing-heading'>
        <h2 id='missing-heading'>{forgotWords.missingHeading}</h2>
        <ul class='plain-list'>
          {forgotWords.missing.map((hint) => <li key={hint}>{hint}</li>)}
        </ul>
        <ResendButton justSent send={() => api.forgotPassword(email)} />
        <p>
          <button type='button' class='link' onClick={onOther}>{forgotWords.other}</button>
        </p>
      </section>
      <p>
        <a href='/login'>{forgotWords.logIn}</a>
      </p>
    </>
  )
}
