import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { withNext } from '../next_path.ts'
import { NotFound } from '../pages/not_found.tsx'
import type { ProblemError } from '../problem_error.ts'
import { confirmSession, endSession } from '../session.ts'
import type { Load } from '../use_load.ts'
import { ProblemNotice } from './notice.tsx'
import { Waiting } from './waiting.tsx'

interface Props<T> {
  load: Load<T>
  /** True for what only a signed-in user gets to see. */
  personal?: boolean
  /** The shape of what comes, shown until it is there. */
  skeleton?: ComponentChildren
  children(value: T): ComponentChildren
}

/** A page's data in each of its states: on the way, failed, here. */
export function Loaded<T>({ load, personal = false, skeleton, children }: Props<T>) {
  const { value, error, reload } = load
  const here = value !== undefined
  useEffect(() => {
    if (personal && here) void confirmSession()
  }, [personal, here])

  if (value !== undefined) return <>{children(value)}</>
  if (error) return <LoadFailed error={error} onRetry={reload} />
  return <Waiting skeleton={skeleton} onRetry={reload} />
}

/** What stands in place of a page whose data did not come. */
export function LoadFailed({ error, onRetry }: { error: ProblemError; onRetry(): void }) {
  if (error.problem.status === 401) return <LogInFirst />
  if (error.problem.status === 404) return <NotFound />
  return <ProblemNotice error={error} onRetry={onRetry} />
}

/** Leads to the log-in page and from there back to this one. */
export function LogInFirst() {
  const { url, route } = useLocation()
  useEffect(() => {
    endSession()
    route(withNext('/login', url), true)
  }, [])
  return <Waiting />
}
