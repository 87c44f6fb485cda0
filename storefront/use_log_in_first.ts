import { useLocation } from 'preact-iso'
import { withNext } from './next_path.ts'
import type { ProblemError } from './problem_error.ts'
import { endSession } from './session.ts'

/** For what only a signed-in user may do: leads who is not to log in and back; true when it did. */
export function useLogInFirst(): (error: ProblemError) => boolean {
  const { route, url } = useLocation()
  return ({ problem }) => {
    if (problem.code !== 'login-required') return false
    endSession()
    route(withNext('/login', url), true)
    return true
  }
}
