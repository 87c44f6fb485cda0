import { useSignal } from '@preact/signals'
import { asProblem, type ProblemError } from '../problem_error.ts'
import { useCountdown } from '../use_countdown.ts'
import { accountFailures, resendWords } from '../words/account.ts'
import { ProblemNotice } from './notice.tsx'

/** The API lets so much time pass between two mails of one kind. */
const RESEND_SECONDS = 60

interface Props {
  label?: string
  /** True where a mail was sent a moment ago, so that the next one waits from the start. */
  justSent?: boolean
  send(): Promise<unknown>
  /** Told of a failure; true when that settles it and nothing is to be shown. */
  onFailure?(error: ProblemError): boolean
}

/** Sends a mail once more, says so, and counts down to the next time. */
export function ResendButton({ label = resendWords.send, justSent, send, onFailure }: Props) {
  const { left, start } = useCountdown(justSent ? RESEND_SECONDS : 0)
  const pending = useSignal(false)
  const sent = useSignal(false)
  const failure = useSignal<ProblemError | undefined>(undefined)
  const waiting = left.value > 0

  async function resend() {
    if (pending.value || waiting) return
    pending.value = true
    sent.value = false
    failure.value = undefined
    try {
      await send()
      sent.value = true
      start(RESEND_SECONDS)
    } catch (thrown) {
      fail(asProblem(thrown))
    }
    pending.value = false
  }

  function fail(error: ProblemError) {
    if (onFailure?.(error)) return
    const { code, retryAfter } = error.problem
    if (code === 'rate-limited' && retryAfter && retryAfter <= RESEND_SECONDS) start(retryAfter)
    else failure.value = error
  }

  return (
    <div class='resend'>
      {failure.value && <ProblemNotice error={failure.value} words={accountFailures} />}
      <button
        type='button'
        class='button button-quiet'
        aria-disabled={pending.value || waiting ? 'true' : undefined}
        onClick={resend}
      >
        {waiting ? resendWords.wait(left.value) : label}
      </button>
      <p class='said' role='status'>{sent.value ? resendWords.sent : ''}</p>
    </div>
  )
}
