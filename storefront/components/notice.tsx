import type { ComponentChildren } from 'preact'
import { commonWords } from '../words/common.ts'
import type { FailureText } from '../words/problems.ts'
import { failureText, type KnownProblem, type ProblemError } from '../problem_error.ts'

interface FailureProps {
  title: string
  body: string
  action?: string
  onAction?(): void
  children?: ComponentChildren
}

/** Says that something failed, what it means and what to do. Read out at once. */
export function FailureNotice({ title, body, action, onAction, children }: FailureProps) {
  return (
    <div class='notice notice-bad' role='alert' tabIndex={-1}>
      <p class='notice-title'>{title}</p>
      {body && <p>{body}</p>}
      {children}
      {action && (
        <p>
          <button type='button' class='button button-quiet' onClick={onAction}>{action}</button>
        </p>
      )}
    </div>
  )
}

/** A failed call of the API in words, with the reference a person at support asks for. */
export function ProblemNotice(
  { error, words, onRetry, children }: {
    error: ProblemError
    /** What the page says of failures that only it can meet, by code. */
    words?: Partial<Record<string, FailureText>>
    onRetry?(): void
    children?: ComponentChildren
  },
) {
  const { title, body } = words?.[error.problem.code] ?? failureText(error.problem)
  return (
    <FailureNotice
      title={title}
      body={body}
      action={onRetry && commonWords.retry}
      onAction={onRetry}
    >
      {children}
      <Reference problem={error.problem} />
    </FailureNotice>
  )
}

/** What a person at support asks for, where the failure was ours. */
export function Reference({ problem: { requestId, status } }: { problem: KnownProblem }) {
  if (!requestId || status < 500) return null
  return <p class='small'>{commonWords.reference(requestId)}</p>
}

/** Something to know that is no failure. */
export function Notice({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class='notice'>
      <p class='notice-title'>{title}</p>
      {children}
    </div>
  )
}
