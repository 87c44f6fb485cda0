import { useRoute } from 'preact-iso'
import { CredentialsForm } from '../components/credentials_form.tsx'
import { useTitle } from '../components/layout.tsx'
import { SignedOutOnly } from '../components/signed_out_only.tsx'
import { withNext } from '../next_path.ts'
import { logIn } from '../session.ts'
import { auth } from '../words/auth.ts'

export function LogIn() {
  const { query: { next } } = useRoute()
  useTitle(auth.logInTitle)
  return (
    <SignedOutOnly next={next}>
      <h1>{auth.logInTitle}</h1>
      {next?.startsWith('/plans/') && <p class='lead'>{auth.keptPlan}</p>}
      <CredentialsForm fresh={false} submitLabel={auth.logIn} next={next} send={logIn} />
      <p>
        {auth.noAccount} <a href={withNext('/signup', next)}>{auth.signUpTitle}</a>
      </p>
    </SignedOutOnly>
  )
}
