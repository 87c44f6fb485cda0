import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { commonWords } from '../words/common.ts'
import { asProblem, type ProblemError } from '../problem_error.ts'
import { logOut } from '../session.ts'
import { logOutWords } from '../words/account.ts'
import { ProblemNotice } from './notice.tsx'
import { Setting } from './setting.tsx'

export function LogOutCard() {
  const { route } = useLocation()
  const pending = useSignal(false)
  const failure = useSignal<ProblemError | undefined>(undefined)
  async function leave() {
    if (pending.value) return
    pending.value = true
    failure.value = undefined
    try {
      await logOut()
      route('/')
    } catch (thrown) {
      failure.value = asProblem(thrown)
      pending.value = false
    }
  }
  return (
    <Setting id='log-out' heading={logOutWords.heading} about={logOutWords.about}>
      {failure.value && <ProblemNotice error={failure.value} />}
      <p>
        <button
          type='button'
          class='button button-quiet'
          aria-disabled={pending.value ? 'true' : undefined}
          onClick={leave}
        >
          {pending.value ? commonWords.working : logOutWords.action}
        </button>
      </p>
    </Setting>
  )
}
