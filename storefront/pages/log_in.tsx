import { useRoute } from 'preact-iso'
import { CredentialsForm } from '../components/credentials_form.tsx'
import { useTitle } from '../components/layout.tsx'
import { text } from '../messages.ts'
import { withNext } from '../next_path.ts'
import { logIn } from '../session.ts'

export function LogIn() {
  const { query: { next } } = useRoute()
  useTitle(text.auth.logInTitle)
  return (
    <div class='narrow'>
      <h1>{text.auth.logInTitle}</h1>
      {next?.startsWith('/plans/') && <p class='lead'>{text.auth.keptPlan}</p>}
      <CredentialsForm fresh={false} submitLabel={text.auth.logIn} next={next} send={logIn} />
      <p>
        {text.auth.noAccount} <a href={withNext('/signup', next)}>{text.nav.signUp}</a>
      </p>
    </div>
  )
}
