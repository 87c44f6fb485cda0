import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { safeNext } from '../next_path.ts'
import { user } from '../session.ts'
import { dropEmail } from '../typed_email.ts'
import { Waiting } from './waiting.tsx'

/** A page for whoever is not signed in; who is, or just became so, goes on to `next`. */
export function SignedOutOnly(
  { next, children }: { next: string | undefined; children: ComponentChildren },
) {
  const { route } = useLocation()
  const signedIn = Boolean(user.value)
  useEffect(() => {
    if (!signedIn) return
    dropEmail()
    route(safeNext(next), true)
  }, [signedIn])

  if (user.value !== null) return <Waiting />
  return <div class='narrow'>{children}</div>
}
