import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { withNext } from '../next_path.ts'
import { signedOutElsewhere } from '../session.ts'

/** Pages that show what is one customer's alone. */
const personal = /^\/(account|orders|servers|checkout)(\/|$)/

/** Logging out in one tab leads the others off what they show, to log in and back. */
export function LeaveWhenSignedOut() {
  const { path, url, route } = useLocation()
  const leave = signedOutElsewhere.value && personal.test(path)
  useEffect(() => {
    if (leave) route(withNext('/login', url), true)
  }, [leave])
  return null
}
