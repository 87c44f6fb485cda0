import { EmailCard } from '../components/email_card.tsx'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { LogOutCard } from '../components/log_out_card.tsx'
import { NameCard } from '../components/name_card.tsx'
import { PasswordCard } from '../components/password_card.tsx'
import { ProgramsCard } from '../components/programs_card.tsx'
import { SessionsCard } from '../components/sessions_card.tsx'
import { VerifyBanner } from '../components/verify_banner.tsx'
import { formatDate } from '../format.ts'
import { reloadUser, user } from '../session.ts'
import { useLoad } from '../use_load.ts'
import { accountWords } from '../words/account.ts'

export function Account() {
  useTitle(accountWords.title)
  const load = useLoad('account', reloadUser)
  return (
    <>
      <h1>{accountWords.title}</h1>
      <Loaded load={load} personal>{() => <Sections />}</Loaded>
    </>
  )
}

/** Nothing once the user is gone, in the moment before the page is left. */
function Sections() {
  if (!user.value) return null
  return (
    <div class='settings'>
      <p class='lead'>{accountWords.since(formatDate(user.value.createdAt))}</p>
      <VerifyBanner />
      <NameCard user={user.value} />
      <EmailCard user={user.value} />
      <PasswordCard user={user.value} />
      <SessionsCard />
      <ProgramsCard />
      <LogOutCard />
    </div>
  )
}
