import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { commonWords } from '../words/common.ts'
import { withNext } from '../next_path.ts'
import { NotFound } from '../pages/not_found.tsx'
import type { ProblemError } from '../problem_error.ts'
import { confirmSession, endSession } from '../session.ts'
import type { Load } from '../use_load.ts'
import { ProblemNotice } from './notice.tsx'

interface Props<T> {
  load: Load<T>
  /** True for what only a signed-in user gets to see. */
  personal?: boolean
  children(value: T): ComponentChildren
}

/** A page's data in each of its states: on the way, failed, here. */
export function Loaded<T>({ load, personal = false, children }: Props<T>) {
  const { value, error, reload } = load
  const here = value !== undefined
  useEffect(() => {
    if (personal && here) void confirmSession()
  }, [personal, here])

  if (value !== undefined) return <>{children(value)}</>
  if (error) return <LoadFailed error={error} onRetry={reload} />
  return <Waiting />
}

/** What stands in place of a page whose data did not come. */
export function LoadFailed({ error, onRetry }: { error: ProblemError; onRetry(): void }) {
  if (error.problem.status === 401) return <LogInFirst />
  if (error.problem.status === 404) return <NotFound />
  return <ProblemNotice error={error} onRetry={onRetry} />
}

/** Appears only when the wait is long enough to notice. */
export function Waiting() {
  return (
    <p class='waiting' role='status'>
      <span class='waiting-blocks' aria-hidden='true'>
        <i />
        <i />
        <i />
      </span>
      {commonWords.loading}
    </p>
  )
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
