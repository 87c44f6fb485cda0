import { useRoute } from 'preact-iso'
import { CredentialsForm } from '../components/credentials_form.tsx'
import { useTitle } from '../components/layout.tsx'
import { authWords } from '../words/auth.ts'
import { commonWords } from '../words/common.ts'
import { withNext } from '../next_path.ts'
import { signUp } from '../session.ts'

export function SignUp() {
  const { query: { next } } = useRoute()
  useTitle(authWords.signUpTitle)
  return (
    <div class='narrow'>
      <h1>{authWords.signUpTitle}</h1>
      {next?.startsWith('/plans/') && <p class='lead'>{authWords.keptPlan}</p>}
      <CredentialsForm fresh submitLabel={authWords.signUp} next={next} send={signUp} />
      <p>
        {authWords.haveAccount} <a href={withNext('/login', next)}>{commonWords.nav.logIn}</a>
      </p>
    </div>
  )
}
