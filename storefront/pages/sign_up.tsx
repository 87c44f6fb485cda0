import { useRoute } from 'preact-iso'
import { CredentialsForm } from '../components/credentials_form.tsx'
import { useTitle } from '../components/layout.tsx'
import { SignedOutOnly } from '../components/signed_out_only.tsx'
import { withNext } from '../next_path.ts'
import { signUp } from '../session.ts'
import { auth } from '../words/auth.ts'

export function SignUp() {
  const { query: { next } } = useRoute()
  useTitle(auth.signUpTitle)
  return (
    <SignedOutOnly next={next}>
      <h1>{auth.signUpTitle}</h1>
      {next?.startsWith('/plans/') && <p class='lead'>{auth.keptPlan}</p>}
      <CredentialsForm fresh submitLabel={auth.signUp} next={next} send={signUp} />
      <p>
        {auth.haveAccount} <a href={withNext('/login', next)}>{auth.logInTitle}</a>
      </p>
    </SignedOutOnly>
  )
}
