import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api } from '../api.ts'
import { FormFailure } from '../components/form_failure.tsx'
import { useTitle } from '../components/layout.tsx'
import { Waiting } from '../components/waiting.tsx'
import { Outcome } from '../components/outcome.tsx'
import { SubmitButton } from '../components/submit_button.tsx'
import { dropToken, useLinkToken } from '../link_token.ts'
import { asProblem } from '../problem_error.ts'
import { reloadUser, user } from '../session.ts'
import { useForm } from '../use_form.ts'
import { verifyWords } from '../words/auth.ts'

interface Confirmed {
  /** The one that did it. */
  token: string
  email: string
  /** True when it took the place of another address of the account. */
  changed: boolean
}

export function Verify() {
  const token = useLinkToken('verify')
  const confirmed = useSignal<Confirmed | undefined>(undefined)
  useTitle(verifyWords.title)
  if (token.value === undefined) return <Waiting />
  if (token.value === confirmed.value?.token) return <Done {...confirmed.value} />
  if (token.value === '') return <Invalid />
  return (
    <Ask
      key={token.value}
      token={token.value}
      onDone={(done) => confirmed.value = done}
      onInvalid={() => token.value = ''}
    />
  )
}

interface AskProps {
  token: string
  onDone(confirmed: Confirmed): void
  onInvalid(): void
}

/** A press of a button, because some mail scanners open links and run what is on the page. */
function Ask({ token, onDone, onInvalid }: AskProps) {
  const form = useForm(async () => {
    const before = user.value
    try {
      const email = await api.confirmAddress(token)
      if (before) await reloadUser().catch(() => {})
      dropToken('verify')
      onDone({ token, email, changed: before?.pendingEmail === email })
    } catch (thrown) {
      if (asProblem(thrown).problem.code !== 'token-invalid') throw thrown
      dropToken('verify')
      onInvalid()
    }
  })
  useEffect(() => {
    form.attributes.ref.current?.querySelector('button')?.focus()
  }, [])
  return (
    <div class='narrow'>
      <h1>{verifyWords.title}</h1>
      <p class='lead'>{verifyWords.lead}</p>
      <form class='form' {...form.attributes}>
        <FormFailure form={form} />
        <SubmitButton label={verifyWords.confirm} pending={form.pending.value} testId='submit' />
      </form>
    </div>
  )
}

function Done({ email, changed }: Confirmed) {
  return (
    <Outcome
      title={changed ? verifyWords.changedTitle : verifyWords.doneTitle}
      body={verifyWords.done(email)}
    >
      {user.value
        ? (
          <>
            <a class='button' href='/servers'>{verifyWords.servers}</a>
            <a class='button button-quiet' href='/account'>{verifyWords.account}</a>
          </>
        )
        : <a class='button' href='/login'>{verifyWords.logIn}</a>}
    </Outcome>
  )
}

/** A link that was opened twice is the usual reason, so nobody is asked to worry. */
function Invalid() {
  if (user.value?.emailVerified && !user.value.pendingEmail) {
    return (
      <Outcome title={verifyWords.alreadyTitle} body={verifyWords.already}>
        <a class='button' href='/account'>{verifyWords.account}</a>
      </Outcome>
    )
  }
  const way = user.value ? verifyWords.invalidSignedIn : verifyWords.invalidSignedOut
  return (
    <Outcome title={verifyWords.invalidTitle} body={`${verifyWords.invalid} ${way}`}>
      {user.value
        ? <a class='button' href='/account'>{verifyWords.account}</a>
        : <a class='button' href='/login?next=%2Faccount'>{verifyWords.logIn}</a>}
    </Outcome>
  )
}
