import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { programsWords } from '../words/account.ts'
import { Setting } from './setting.tsx'

/** How the customer's own programs use the API. */
export function ProgramsCard() {
  const words = programsWords
  const origin = useSignal('')
  useEffect(() => {
    origin.value = location.origin
  }, [])
  return (
    <Setting id='programs' heading={words.heading} about={words.about}>
      <ol class='plain-list'>
        {words.steps.map((step) => <li key={step}>{step}</li>)}
      </ol>
      <h3 id='example-heading'>{words.example}</h3>
      <pre class='example' tabIndex={0} role='region' aria-labelledby='example-heading'>
        <code>{exampleOf(origin.value)}</code>
      </pre>
      <p>{words.listed}</p>
      <p>
        {/* The reference is a page of its own, so it is not for the router. */}
        <a class='button button-quiet' href='/api/reference' target='_self'>{words.reference}</a>
      </p>
    </Setting>
  )
}

function exampleOf(origin: string): string {
  return [
    `curl ${origin}/api/auth/tokens \\`,
    `  --json '{"grantType": "password", "email": "…", "password": "…"}'`,
    '',
    `curl ${origin}/api/servers \\`,
    `  --header 'Authorization: Bearer ACCESS_TOKEN'`,
  ].join('\n')
}
