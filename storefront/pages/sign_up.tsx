import { useRoute } from 'preact-iso'
import { CredentialsForm } from '../components/credentials_form.tsx'
import { useTitle } from '../components/layout.tsx'
import { text } from '../messages.ts'
import { withNext } from '../next_path.ts'
import { signUp } from '../session.ts'

export function SignUp() {
  const { query: { next } } = useRoute()
  useTitle(text.auth.signUpTitle)
  return (
    <div class='narrow'>
      <h1>{text.auth.signUpTitle}</h1>
      {next?.startsWith('/plans/') && <p class='lead'>{text.auth.keptPlan}</p>}
      <CredentialsForm fresh submitLabel={text.auth.signUp} next={next} send={signUp} />
      <p>
        {text.auth.haveAccount} <a href={withNext('/login', next)}>{text.nav.logIn}</a>
      </p>
    </div>
  )
}
