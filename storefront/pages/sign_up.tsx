import { useRoute } from 'preact-iso'
import { CredentialsForm } from '../components/credentials_form.tsx'
import { useTitle } from '../components/layout.tsx'
import { SignedOutOnly } from '../components/signed_out_only.tsx'
import { withNext } from '../next_path.ts'
import { signUp } from '../session.ts'
import { authWords } from '../words/auth.ts'

export function SignUp() {
  const { query: { next } } = useRoute()
  useTitle(authWords.signUpTitle)
  return (
    <SignedOutOnly next={next}>
      <h1>{authWords.signUpTitle}</h1>
      {next?.startsWith('/plans/') && <p class='lead'>{authWords.keptPlan}</p>}
      <CredentialsForm fresh submitLabel={authWords.signUp} next={next} send={signUp} />
      <p>
        {authWords.haveAccount} <a href={withNext('/login', next)}>{authWords.logInTitle}</a>
      </p>
    </SignedOutOnly>
  )
}
