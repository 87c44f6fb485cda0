import { useCallback, useEffect, useState } from 'preact/hooks'
import { asProblem, type ProblemError } from './problem_error.ts'

export interface Load<T> {
  value?: T
  error?: ProblemError
  /** Loads again; what is there stays until the new answer comes. */
  reload(): void
}

/** Loads a page's data once for each `key`, and drops answers the page no longer waits for. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Load<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: ProblemError }>({ key })
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    const controller = new AbortController()
    load(controller.signal).then(
      (value) => controller.signal.aborted || setState({ key, value }),
      (error) => controller.signal.aborted || setState({ key, error: asProblem(error) }),
    )
    return () => controller.abort()
  }, [key, attempt])

  const reload = useCallback(() => setAttempt((before) => before + 1), [])

  // What failed or aged without a connection is asked for again as soon as there is one.
  useEffect(() => {
    addEventListener('online', reload)
    return () => removeEventListener('online', reload)
  }, [])

  return state.key === key ? { ...state, reload } : { reload }
}
