import { api } from '../api.ts'
import type { ProblemError } from '../problem_error.ts'
import { reloadUser, user } from '../session.ts'
import { verifyBannerWords } from '../words/account.ts'
import { Notice } from './notice.tsx'
import { ResendButton } from './resend_button.tsx'

/** Asks whoever has not confirmed their address to do so, and says what it is good for. */
export function VerifyBanner() {
  if (!user.value || user.value.emailVerified) return null
  return (
    <section class='banner' aria-label={verifyBannerWords.label}>
      <Notice title={verifyBannerWords.title}>
        <p>{verifyBannerWords.body(user.value.email)}</p>
        <ResendVerification />
      </Notice>
    </section>
  )
}

/** Sends the link once more; an address that was confirmed meanwhile is taken note of. */
export function ResendVerification() {
  function onFailure({ problem }: ProblemError) {
    if (problem.code !== 'already-verified') return false
    void reloadUser()
    return true
  }
  return <ResendButton send={api.sendVerification} onFailure={onFailure} />
}
