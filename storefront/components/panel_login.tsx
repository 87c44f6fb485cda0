import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ServerBody } from '../../api/servers/bodies.ts'
import { api, type PanelLogin as Login } from '../api.ts'
import { user } from '../session.ts'
import { asProblem } from '../problem_error.ts'
import { passwordOf, useForm } from '../use_form.ts'
import { accountFailures, panelLoginWords } from '../words/account.ts'
import { CopyButton } from './copy_button.tsx'
import { FormFailure } from './form_failure.tsx'
import { Notice } from './notice.tsx'
import { PasswordField } from './password_field.tsx'
import { SubmitButton } from './submit_button.tsx'
import { UsernameHint } from './username_hint.tsx'
import { ResendVerification } from './verify_banner.tsx'

/** The way into the game panel: asks for the password of the shop and shows the login once. */
export function PanelLogin({ server }: { server: ServerBody }) {
  const words = panelLoginWords
  const login = useSignal<Login | undefined>(undefined)
  const notYet = useSignal(false)
  return (
    <section class='card panel-login' aria-labelledby='panel-login-heading'>
      <h2 id='panel-login-heading'>{words.heading}</h2>
      {login.value ? <Shown login={login.value} onDone={() => login.value = undefined} /> : (
        <Ask
          ready={Boolean(server.panelUrl) && !notYet.value}
          onLogin={(made) => login.value = made}
          onNotYet={() => notYet.value = true}
        />
      )}
    </section>
  )
}

interface AskProps {
  /** False while the customer has no account at the panel. */
  ready: boolean
  onLogin(login: Login): void
  onNotYet(): void
}

function Ask({ ready, onLogin, onNotYet }: AskProps) {
  const words = panelLoginWords
  const form = useForm(async (data) => {
    try {
      onLogin(await api.createPanelLogin(passwordOf(data, 'currentPassword')))
    } catch (thrown) {
      if (asProblem(thrown).problem.code !== 'no-panel-account') throw thrown
      onNotYet()
    }
  })
  if (!user.value) return null
  if (!user.value.emailVerified) {
    return (
      <Notice title={words.unverifiedHeading}>
        <p>{words.unverified(user.value.email)}</p>
        <ResendVerification />
      </Notice>
    )
  }
  if (!ready) return <p role='status'>{words.notYet}</p>
  return (
    <>
      <p>{words.about}</p>
      <form class='form' {...form.attributes}>
        <FormFailure form={form} words={accountFailures} />
        <UsernameHint email={user.value.email} />
        <PasswordField
          name='currentPassword'
          label={words.password}
          fresh={false}
          help={words.passwordHelp}
          error={form.errors.value.currentPassword}
          testId='current-password'
        />
        <SubmitButton label={words.create} pending={form.pending.value} testId='panel-login' />
        <p class='field-help'>{words.replaces}</p>
      </form>
    </>
  )
}

function Shown({ login, onDone }: { login: Login; onDone(): void }) {
  const words = panelLoginWords
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <div class='shown' data-testid='panel-login-shown'>
      <h3 ref={heading} tabIndex={-1}>{words.shownHeading}</h3>
      <p>{words.shown}</p>
      <dl>
        <div>
          <dt>{words.username}</dt>
          <dd>
            <code data-testid='panel-username'>{login.username}</code>
            <CopyButton value={login.username} what={words.copyUsername} />
          </dd>
        </div>
        <div>
          <dt>{words.panelPassword}</dt>
          <dd>
            <code data-testid='panel-password'>{login.password}</code>
            <CopyButton value={login.password} what={words.copyPassword} />
          </dd>
        </div>
      </dl>
      <p class='actions'>
        <a class='button' href={login.panelUrl} target='_blank' rel='noreferrer'>{words.open}</a>
        <button type='button' class='button button-quiet' onClick={onDone}>{words.done}</button>
      </p>
    </div>
  )
}
