import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { withNext } from '../next_path.ts'
import { NotFound } from '../pages/not_found.tsx'
import { failureText, type ProblemError } from '../problem_error.ts'
import { confirmSession, endSession } from '../session.ts'
import type { Load } from '../use_load.ts'
import { commonWords } from '../words/common.ts'
import { Lost } from './lost.tsx'
import { ProblemNotice, Reference } from './notice.tsx'
import { Waiting } from './waiting.tsx'

interface Props<T> {
  load: Load<T>
  /** True for what only a signed-in user gets to see. */
  personal?: boolean
  /** True where nothing else of the page is there without it. */
  whole?: boolean
  /** The shape of what comes, shown until it is there. */
  skeleton?: ComponentChildren
  children(value: T): ComponentChildren
}

/** A page's data in each of its states: on the way, failed, here. */
export function Loaded<T>(props: Props<T>) {
  const { load, personal = false, whole = false, skeleton, children } = props
  const { value, error, reload } = load
  const here = value !== undefined
  useEffect(() => {
    if (personal && here) void confirmSession()
  }, [personal, here])

  if (value !== undefined) return <>{children(value)}</>
  if (error) return <LoadFailed error={error} whole={whole} onRetry={reload} />
  return <Waiting skeleton={skeleton} whole={whole} onRetry={reload} />
}

/** What stands in place of a page, or of a part of one, whose data did not come. */
export function LoadFailed(
  { error, whole, onRetry }: { error: ProblemError; whole: boolean; onRetry(): void },
) {
  if (error.problem.status === 401) return <LogInFirst />
  if (!whole) return <ProblemNotice error={error} onRetry={onRetry} />
  if (error.problem.status === 404) return <NotFound />
  const { title, body } = failureText(error.problem)
  return (
    <Lost level={1} alert title={title} body={body}>
      <button type='button' class='button' onClick={onRetry}>{commonWords.retry}</button>
      <Reference problem={error.problem} />
    </Lost>
  )
}

/** Leads to the log-in page and from there back to this one. */
function LogInFirst() {
  const { url, route } = useLocation()
  useEffect(() => {
    endSession()
    route(withNext('/login', url), true)
  }, [])
  return <Waiting whole />
}
