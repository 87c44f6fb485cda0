import { useRoute } from 'preact-iso'
import { CredentialsForm } from '../components/credentials_form.tsx'
import { useTitle } from '../components/layout.tsx'
import { SignedOutOnly } from '../components/signed_out_only.tsx'
import { withNext } from '../next_path.ts'
import { logIn } from '../session.ts'
import { authWords } from '../words/auth.ts'

export function LogIn() {
  const { query: { next } } = useRoute()
  useTitle(authWords.logInTitle)
  return (
    <SignedOutOnly next={next}>
      <h1>{authWords.logInTitle}</h1>
      {next?.startsWith('/plans/') && <p class='lead'>{authWords.keptPlan}</p>}
      <CredentialsForm fresh={false} submitLabel={authWords.logIn} next={next} send={logIn} />
      <p>
        {authWords.noAccount} <a href={withNext('/signup', next)}>{authWords.signUpTitle}</a>
      </p>
    </SignedOutOnly>
  )
}
